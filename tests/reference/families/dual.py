"""Dual activations: with x.y/d = K the NNGP of one hidden layer is T(K), and its NTK T(K) + K12 T'(K).

Where K12 is small the derivative comes from a deeper network: a layer with a bias of variance v in front gives the same K
and the tangent kernel K12 - v, at the price of inputs with K - v. A phase that is averaged over belongs to a formula.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from families import NotComputable
from families.networks import FORMULAS, activation, dense, kernels, pair
from families.specs import formula, value

FAMILIES = ("dual",)
TOLERANCE = 1e-10
SMALL = 0.05
"""A correlation below which the derivative is not divided by it."""
PHASES = """
index i in N
input x in R^2
a[i] ~ Normal(0, 1)
w[i] in R^2 ~ Normal(0, 1/2)
b[i] ~ Uniform(-pi, pi)
phi(x) = 1/sqrt(N)*sum_i a[i]*cos(w[i].x + 10*b[i])
"""
COEFFICIENTS = """
nnspec: 1
name: coefficients
data: {{zero: [0.0]}}
model: {{inputs: {{x: R}}, params: {{c: "Normal(0, 1)"}}, field: phi(x), def: c}}
functions:
  weight(z): exp(-z^2/2)/sqrt(2*pi)
  s(z): {body}
  {functions}
observables:
  {observables}
"""


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """One record by itself."""
    (found,) = measure_many([record], folder).values()
    if isinstance(found, NotComputable):
        raise found
    return found


def measure_many(records: list[dict[str, Any]], folder: Path) -> dict[str, list[float] | NotComputable]:
    """All records of an activation from one run, or two: some have no tangent kernel."""
    found: dict[str, list[float] | NotComputable] = {}
    nets: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in records:
        if "K11" not in record["inputs"]:
            found[record["id"]] = coefficients(record, folder)
            continue
        name, which, _ = record["id"].removeprefix("dual.").rsplit(".", 2)
        if name == "cos_uniform_phase":
            found[record["id"]] = phases(record, which, folder)
        else:
            nets.setdefault((name, which), []).append(record)
    for (name, which), wanted in nets.items():
        found |= _of_one(name, which, wanted, folder)
    return found


def _of_one(name: str, which: str, records: list[dict[str, Any]], folder: Path) -> dict[str, list[float]]:
    near = [r for r in records if which == "Tdot" and _correlation(r["inputs"]) < SMALL]
    found = {record["id"]: [_behind_a_bias(name, record["inputs"], folder)] for record in near}
    rest = [record for record in records if record not in near]
    points = [point for record in rest for point in pair(record["inputs"])]
    if not points:
        return found
    words = ("nngp",) if which == "T" else ("nngp", "ntk")
    value = kernels([dense("8", 1.0), f"{{act: {activation(name)}}}", dense("1", 1.0)], points, words, folder)
    for k, record in enumerate(rest):
        at = (2 * k, 2 * k + 1)
        number = value["nngp"][at]
        if which == "Tdot":
            number = (value["ntk"][at] - number) / record["inputs"]["K12"]
        found[record["id"]] = [float(number)]
    return found


def _correlation(inputs: dict[str, Any]) -> float:
    return abs(float(inputs["K12"])) / (inputs["K11"] * inputs["K22"]) ** 0.5


def _behind_a_bias(name: str, inputs: dict[str, Any], folder: Path) -> float:
    bias = 0.5 * inputs["K11"] * inputs["K22"] / (inputs["K11"] + inputs["K22"])
    points = pair({key: inputs[key] - bias for key in ("K11", "K12", "K22")})
    layers = [dense("8", 1.0), dense("8", 1.0, bias), f"{{act: {activation(name)}}}", dense("1", 1.0)]
    found = kernels(layers, points, ("nngp", "ntk"), folder)
    return float((found["ntk"] - found["nngp"])[0, 1] / (inputs["K12"] + (inputs["K12"] - bias)))


def phases(record: dict[str, Any], which: str, folder: Path) -> list[float]:
    """The kernel of a cosine network, whose phases are uniform; derivatives by phases and by weights."""
    points = [list(point) for point in pair(record["inputs"])]
    text = formula("phases", {"N": 8}, {"pts": points}, PHASES, {"K": "{nngp: {at: pts}}", "T": "{ntk: {at: pts, method: quadrature}}"})
    kernel = float(value(text, folder, "K")[0, 1])
    if which == "T":
        return [kernel]
    return [(float(value(text, folder, "T")[0, 1]) - kernel) / (100 + 2 * record["inputs"]["K12"])]


def coefficients(record: dict[str, Any], folder: Path) -> list[float] | NotComputable:
    """a_n = E s(z) He_n(z)/sqrt(n!) for n = 0, 1, ..., each an integral on both sides of a kink."""
    name = record["inputs"]["activation"]
    if name not in FORMULAS:
        return NotComputable(f"`{name}` has no formula in the language")
    hermite, count = ["1", "z"], len(record["value"])
    for n in range(1, count):
        hermite.append(f"(z*{hermite[n]} - {n}*{hermite[n - 1]})")
    functions = [
        f"  A{n}(x): integral(f{n}(z), z in Interval(-13, 0)) + integral(f{n}(z), z in Interval(0, 13))" for n in range(count)
    ]
    functions += [f"  f{n}(z): s(z)*weight(z)*{hermite[n]}/sqrt({n}!)" for n in range(count)]
    asked = [f"  a{n}: {{evaluate: {{of: A{n}, at: zero}}}}" for n in range(count)]
    text = COEFFICIENTS.format(body=FORMULAS[name], functions="\n".join(functions).strip(), observables="\n".join(asked).strip())
    return [float(value(text, folder, f"a{n}")[0]) for n in range(count)]
