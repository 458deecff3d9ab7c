"""Cosine networks: at any width, with other readouts, under a common random scale, with Cauchy frequencies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from families import NotComputable
from families.specs import correlators, formula, points, value

FAMILIES = ("cosnet", "mixture", "cauchynet")
WIDTH = 10
HUGE = 10**12
READOUTS = {
    "": "a[i] ~ Normal(0, s1/N)",
    "uniform": "a[i] ~ Uniform(-sqrt(3*s1/N), sqrt(3*s1/N))",
    "rademacher": "z[i] ~ Normal(0, 1)",
}


def network(width: int, inputs: dict[str, Any], readout: str = "", scale: str = "", frequency: str = "Normal(0, s0/d)") -> tuple[dict[str, Any], str]:  # fmt: skip
    """Constants and model of phi = sum_i a_i cos(w_i.x + b_i)."""
    let = {"N": width, "s1": inputs.get("s1", 1.0), "s0": inputs.get("s0", 1.0), "d": inputs.get("d", 1)}
    front = f"{scale}*" if scale else ""
    amplitude = "sqrt(s1/N)*sign(z[i])" if readout == "rademacher" else "a[i]"
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
    if "x" not in inputs:
        msg = "no observable is the two-point function in momentum space"
        raise NotComputable(msg)
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
