"""The free massive scalar: cosine networks whose frequencies fill a ball, and the integrals that they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from families import NotComputable
from families.cosine import network
from families.specs import correlators, formula, points, value
from nnspec.run.execute import ComputingError, NotYet

FAMILIES = ("scalarnet", "free")
WIDTH = 10
BALL = """
index i in N
input x in R^d
a[i] ~ Normal(0, 1/N)
w[i] in R^d ~ {law}
b[i] ~ Uniform(-pi, pi)
phi(x) = {front}*sum_i a[i]*cos(w[i].x + b[i]){back}
"""
UNIFORM = BALL.format(law="Uniform(Ball(d, Lam))", front="sqrt(2*vol(Ball(d, Lam))/(2*pi)^d)", back="/sqrt(w[i].w[i] + m^2)")
CONSTANT = BALL.format(law="Density(1/(u.u + m^2), u in Ball(d, Lam))", front="sqrt(2*Z/(2*pi)^d)", back="")


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """The numbers of one record."""
    inputs, kind = record["inputs"], record["id"].split(".")
    if kind[0] == "scalarnet":
        return four(inputs, kind[1] == "alpha0", folder)
    by = {"G": cut_off, "G0": cut_off, "Ginf": free, "F": prefactor, "bubble": bubble, "zero": zero}
    try:
        return by[kind[1]](inputs, folder)
    except ComputingError as refused:
        if inputs.get("d", 0) < 4:
            raise
        raise NotComputable("; ".join(refused.diagnostic.notes)) from None  # integrals over balls in four dimensions


def four(inputs: dict[str, Any], constant: bool, folder: Path) -> list[float]:
    """N G_c4 with frequencies that are uniform on the ball, or follow the propagator under a constant amplitude."""
    let = {"N": WIDTH, "d": inputs["d"], "m": inputs["m"], "Lam": inputs["Lambda"]}
    model = UNIFORM
    if constant:
        let["Z"] = integral("1/(k.k + m^2)", inputs, folder)
        model = CONSTANT
    text = formula("scalarnet", let, {"pts": points(inputs["x"])}, model, {"G": correlators(4)})
    try:
        return [WIDTH * float(value(text, folder, "G")[0, 1, 2, 3])]
    except NotYet as later:
        raise NotComputable(str(later)) from None


def integral(integrand: str, inputs: dict[str, Any], folder: Path) -> float:
    """An integral over the ball of wave vectors, by `evaluate`."""
    text = f"""
nnspec: 1
name: ball
let: {{d: {inputs["d"]}, m: {inputs["m"]}, Lam: {inputs["Lambda"]}}}
data: {{zero: [0.0]}}
model: {{inputs: {{x: R^d}}, params: {{c: "Normal(0, 1)"}}, field: phi(x), def: c}}
functions:
  I(x): "integral({integrand}, k in Ball(d, Lam))"
observables:
  I0: {{evaluate: {{of: I, at: zero}}}}
"""
    return float(value(text, folder, "I0")[0])


def cut_off(inputs: dict[str, Any], folder: Path) -> list[float]:
    """G_Lambda(r) as the two-point function of the network, at every width."""
    let = {"N": WIDTH, "d": inputs["d"], "m": inputs["m"], "Lam": inputs["Lambda"]}
    r = inputs.get("r", 0.0)
    far = [r] + [0.0] * (inputs["d"] - 1)
    text = formula("scalar", let, {"pts": [[0.0] * inputs["d"], far]}, UNIFORM, {"G": correlators(2)})
    return [float(value(text, folder, "G")[0, 1])]


def free(inputs: dict[str, Any], folder: Path) -> list[float]:
    """Without a cutoff: frequencies that follow 1/(k^2 + m^2) on the whole line, a Cauchy law."""
    if inputs["d"] > 1:
        msg = "1/(k^2 + m^2) is no density on R^d for d > 1: a network needs a cutoff"
        raise NotComputable(msg)
    let, model = network(WIDTH, {"s1": 1 / inputs["m"]}, frequency="Cauchy(0, m)")
    text = formula("free", {**let, "m": inputs["m"]}, {"pts": [[0.0], [inputs["r"]]]}, model, {"G": correlators(2)})
    return [float(value(text, folder, "G")[0, 1])]


def prefactor(inputs: dict[str, Any], folder: Path) -> list[float]:
    """The volume of the ball, and F at |k| = 1."""
    text = f"""
nnspec: 1
name: prefactor
let: {{d: {inputs["d"]}, m: {inputs["m"]}, Lam: {inputs["Lambda"]}}}
data: {{one: [1.0]}}
model: {{inputs: {{x: R^d}}, params: {{c: "Normal(0, 1)"}}, field: phi(x), def: c}}
functions:
  V(k): vol(Ball(d, Lam))
  F(k): sqrt(2*vol(Ball(d, Lam))/((2*pi)^d*(k.k + m^2)))
observables:
  V1: {{evaluate: {{of: V, at: one}}}}
  F1: {{evaluate: {{of: F, at: one}}}}
"""
    return [float(value(text, folder, name)[0]) for name in ("V1", "F1")]


def bubble(inputs: dict[str, Any], folder: Path) -> list[float]:
    """The integral of the squared propagator."""
    return [integral("1/((2*pi)^d*(k.k + m^2)^2)", inputs, folder)]


def zero(inputs: dict[str, Any], folder: Path) -> list[float]:
    """The first zero of G_Lambda in d = 1, from its values on grids that close in on it."""
    low, high = 0.1, 12.0
    for _ in range(6):
        r = np.linspace(low, high, 40)
        found = line(inputs, r, folder)
        first = int(np.argmax(np.sign(found[1:]) != np.sign(found[:-1])))
        low, high = float(r[first]), float(r[first + 1])
    a, b = found[first], found[first + 1]
    return [low - a * (high - low) / (b - a)]


def line(inputs: dict[str, Any], r: Any, folder: Path) -> Any:
    """The exact two-point function along a line."""
    let = {"N": WIDTH, "d": 1, "m": 1.0, "Lam": inputs["Lambda"]}
    observables = {"G": "{correlator: {n: 2, from: x0, along: r, method: exact}}"}
    return value(formula("line", let, {"r": [float(v) for v in r], "x0": [0.0]}, UNIFORM, observables), folder, "G")
