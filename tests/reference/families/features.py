"""Networks with one hidden layer of exponentials and of activations, and single variables added up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from families.specs import correlators, formula, points, value

FAMILIES = ("gaussnet", "relunet", "erfnet", "gelunet", "tanhnet", "hms", "equicorr", "clt")
WIDTH = 7
GAUSS = """
index i in N
input x in R^d
a[i] ~ Normal(0, s1/N)
w[i] in R^d ~ Normal(0, s0/d)
{bias}
phi(x) = sum_i a[i]*exp(w[i].x{plus})/exp(sb + s0*x.x/d)
"""
VARIABLES = {"laplace unit variance": "Laplace(0, sqrt(1/2))", "uniform unit variance": "Uniform(-sqrt(3), sqrt(3))"}


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """The numbers of one record."""
    by = {"gaussnet": gauss, "hms": kernel, "equicorr": correlated, "clt": cumulants}
    family = record["id"].split(".")[0]
    return by.get(family, layered)(record["inputs"], record["id"], folder)


def gauss(inputs: dict[str, Any], name: str, folder: Path) -> list[float]:
    """N G_c4, or G2, of exponential features."""
    x = points(inputs["x"])
    n, at = len(x), tuple(range(len(x)))
    with_bias = inputs["sb"] > 0
    model = GAUSS.format(bias="b[i] ~ Normal(0, sb)" if with_bias else "", plus=" + b[i]" if with_bias else "")
    model = "\n".join(line for line in model.splitlines() if line)
    let = {"N": WIDTH, "s1": inputs["s1"], "s0": inputs["s0"], "sb": inputs["sb"], "d": inputs["d"]}
    text = formula("gaussnet", let, {"pts": x}, model, {"G": correlators(n)})
    return [float(value(text, folder, "G")[at]) * WIDTH ** (n // 2 - 1)]


def layered(inputs: dict[str, Any], name: str, folder: Path) -> list[float]:
    """N G_c4 of a stack of two dense layers."""
    text = f"""
nnspec: 1
name: layered
data: {{pts: {points(inputs["x"])}}}
model:
  inputs: {{x: R^{inputs["d"]}}}
  parameterization: ntk
  layers:
    - dense: {{width: {WIDTH}, weight: "Normal(0, {inputs["s0"]})"}}
    - act: {inputs["activation"]}
    - dense: {{width: 1, weight: "Normal(0, 1)"}}
observables:
  G: {correlators(4)}
"""
    return [WIDTH * float(value(text, folder, "G")[0, 1, 2, 3])]


def kernel(inputs: dict[str, Any], name: str, folder: Path) -> list[float]:
    """The kernel of a network with hidden and output biases."""
    word = {"hms.erfnet": "erf", "hms.relunet": "relu"}.get(name.rsplit(".G2", 1)[0])
    x = points([inputs["x"], inputs["y"]])
    sw, sb, d = inputs["sigma_w2"], inputs["sigma_b2"], inputs["d"]
    if word is None:
        model = GAUSS.format(bias="b[i] ~ Normal(0, sb)\nc ~ Normal(0, sb)", plus=" + b[i]").strip() + " + c"
        let = {"N": WIDTH, "s1": sw, "s0": sw, "sb": sb, "d": d}
        text = formula("hms", let, {"pts": x}, model, {"K": "{nngp: {at: pts, method: quadrature}}"})
        return [float(value(text, folder, "K")[0, 1])]
    text = f"""
nnspec: 1
name: hms
data: {{pts: {x}}}
model:
  inputs: {{x: R^{d}}}
  parameterization: ntk
  layers:
    - dense: {{width: {WIDTH}, weight: "Normal(0, {sw})", bias: "Normal(0, {sb})"}}
    - act: {word}
    - dense: {{width: 1, weight: "Normal(0, {sw})", bias: "Normal(0, {sb})"}}
observables:
  G: {correlators(2)}
"""
    return [float(value(text, folder, "G")[0, 1])]


def correlated(inputs: dict[str, Any], name: str, folder: Path) -> list[float]:
    """G2 with equally correlated readout weights: one normal variable is common to all of them."""
    c = inputs["K12"]
    x = [[inputs["K11"] ** 0.5, 0.0], [c / inputs["K11"] ** 0.5, (inputs["K22"] - c**2 / inputs["K11"]) ** 0.5]]
    model = """
index i in N
input x in R^2
z ~ Normal(0, 1)
y[i] ~ Normal(0, 1)
w[i] in R^2 ~ Normal(0, 1)
phi(x) = 1/sqrt(N)*sum_i (sqrt(rho)*z + sqrt(1 - rho)*y[i])*relu(w[i].x)
"""
    text = formula("equicorr", {"N": inputs["N"], "rho": inputs["rho"]}, {"pts": x}, model, {"G": correlators(2)})
    return [float(value(text, folder, "G")[0, 1])]


def cumulants(inputs: dict[str, Any], name: str, folder: Path) -> list[float]:
    """Cumulants 2, 4, 6 of one term of a sum."""
    law = VARIABLES.get(inputs.get("dist", ""))
    term = "a[i]" if law else "a[i]*relu(w[i]*x)"
    rest = "" if law else f"\nw[i] ~ Normal(0, {inputs.get('K')})"
    model = f"index i in N\ninput x in R\na[i] ~ {law or 'Normal(0, 1)'}{rest}\nphi(x) = sum_i {term}"
    text = formula("clt", {"N": 1}, {"pts": [[1.0]]}, model, {f"k{n}": correlators(n) for n in (2, 4, 6)})
    return [float(value(text, folder, f"k{n}").reshape(())) for n in (2, 4, 6)]
