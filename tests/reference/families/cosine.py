"""Cosine networks: at any width, with other readouts, under a common random scale, with Cauchy frequencies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from families.specs import correlators, formula, points, run, value

FAMILIES = ("cosnet", "mixture", "cauchynet")
WIDTH = 10
HUGE = 10**12
READOUTS = {
    "": "a[i] ~ Normal(0, s1/N)",
    "uniform": "a[i] ~ Uniform(-sqrt(3*s1/N), sqrt(3*s1/N))",
    "laplace": "a[i] ~ Laplace(0, sqrt(s1/(2*N)))",
    "rademacher": "z[i] ~ Rademacher()",
}


def network(width: int, inputs: dict[str, Any], readout: str = "", scale: str = "", frequency: str = "Normal(0, s0/d)") -> tuple[dict[str, Any], str]:  # fmt: skip
    """Constants and model of phi = sum_i a_i cos(w_i.x + b_i)."""
    let = {"N": width, "s1": inputs.get("s1", 1.0), "s0": inputs.get("s0", 1.0), "d": inputs.get("d", 1)}
    front = f"{scale}*" if scale else ""
    amplitude = "sqrt(s1/N)*z[i]" if readout == "rademacher" else "a[i]"
    model = f"""
index i in N
input x in R^d
{"g ~ Gamma(nu/2, nu/2)" if scale else ""}
{READOUTS[readout]}
w[i] in R^d ~ {frequency}
b[i] ~ Uniform(-pi, pi)
phi(x) = {front}sum_i {amplitude}*cos(w[i].x + b[i])
"""
    return let, "\n".join(line for line in model.splitlines() if line)


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """The numbers of one record."""
    inputs, kind = record["inputs"], record["id"].split(".")
    if "|p|" in inputs:
        return [in_momentum_space(inputs, folder)]
    x = points(inputs["x"])
    n, at = len(x), tuple(range(len(x)))
    if kind[0] == "cauchynet":
        let, model = network(WIDTH, {"s1": 1 / inputs["m"]}, frequency="Cauchy(0, m)")
        text = formula("cauchynet", {**let, "m": inputs["m"]}, {"pts": x}, model, {"G": correlators(n)})
        return [float(WIDTH * value(text, folder, "G")[at])]
    if kind[0] == "mixture":
        width = HUGE if inputs["N"] == "inf" else int(inputs["N"])
        let, model = network(width, inputs, scale="1/sqrt(g)")
        text = formula("mixture", {**let, "nu": inputs["nu"]}, {"pts": x}, model, {"G": correlators(n)})
        return [float(value(text, folder, "G")[at])]
    width = int(inputs.get("N", WIDTH))
    let, model = network(width, inputs, inputs.get("dist", ""))
    connected = "full4" not in kind
    text = formula("cosnet", let, {"pts": x}, model, {"G": correlators(n, connected=connected)})
    found = float(value(text, folder, "G")[at])
    return [found * (width ** (n // 2 - 1) if connected else 1)]


def in_momentum_space(inputs: dict[str, Any], folder: Path) -> float:
    """The Fourier integral of the two-point function in closed form, which must be that of the network."""
    let, model = network(WIDTH, inputs)
    d, far = inputs["d"], 10 * (inputs["d"] / inputs["s0"]) ** 0.5  # ten widths of the Gaussian
    box = "*".join(f"Interval({-far!r}, {far!r})" for _ in range(d))
    along, square = ("y", "y^2") if d == 1 else ("y[1]", "y.y")
    lines = "\n".join(f"  {line}" for line in model.strip().splitlines())
    text = f"""\
nnspec: 1
name: momenta
let: {json.dumps({**let, "p": inputs["|p|"]})}
data: {{zero: [0.0], xs: [0.0, 0.3, {far / 10!r}]}}
model: |
{lines}
functions:
  K(x, y): s1/2*exp(-s0*(x - y).(x - y)/(2*d))
  C(y): s1/2*exp(-s0*{square}/(2*d))
  F(x): integral(cos(p*{along})*C(y), y in {box})
observables:
  G2: {{correlator: {{n: 2, at: xs, method: exact}}}}
  Gx: {{evaluate: {{of: K, at: xs}}}}
  Gp: {{evaluate: {{of: F, at: zero}}}}
checks:
  - max(abs(G2 - Gx)) < 1e-10
"""
    done = run(text, folder)
    assert all(each.passed for each in done.record.checks), done.record.checks
    return float(done["Gp"].value[0])
