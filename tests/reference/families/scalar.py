"""The free massive scalar: cosine networks whose frequencies fill a ball, and the integrals that they stand for.

Frequencies are uniform on the ball in up to three dimensions. Beyond, and where their law is the propagator, they have a
radius and a direction of their own; of the direction a line of points sees one angle.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from families.cosine import network
from families.specs import correlators, formula, points, value

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
CONSTANT = """
index i in N
input x in R^d
a[i] ~ Normal(0, 1/N)
k[i] ~ Density({radius}, r in Interval({low}, Lam))
{angles}
b[i] ~ Uniform(-pi, pi)
phi(x) = sqrt(2*Z/(2*pi)^d)*sum_i a[i]*cos(k[i]*{along} + b[i])
"""
ALONG_A_LINE = """
index i in N
input x in R
a[i] ~ Normal(0, 1/N)
k[i] ~ Density(r^(d - 1), r in Interval(0, Lam))
c[i] ~ Density(sin(c)^(d - 2), c in Interval(0, pi))
b[i] ~ Uniform(-pi, pi)
phi(x) = sqrt(2*vol(Ball(d, Lam))/(2*pi)^d)*sum_i a[i]*cos(k[i]*cos(c[i])*x + b[i])/sqrt(k[i]^2 + m^2)
"""
BALLS = 3
"""Dimensions in which integrals over a ball are cheap."""


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """The numbers of one record."""
    inputs, kind = record["inputs"], record["id"].split(".")
    if kind[0] == "scalarnet":
        return four(inputs, kind[1] == "alpha0", folder)
    by = {"G": cut_off, "G0": cut_off, "Ginf": free, "F": prefactor, "bubble": bubble, "zero": zero}
    return by[kind[1]](inputs, folder)


def four(inputs: dict[str, Any], constant: bool, folder: Path) -> list[float]:
    """N G_c4 with frequencies that are uniform on the ball, or follow the propagator under a constant amplitude."""
    let = {"N": WIDTH, "d": inputs["d"], "m": inputs["m"], "Lam": inputs["Lambda"]}
    model = UNIFORM
    if constant:
        let["Z"] = integral("1/(k^2 + m^2)", inputs, folder)
        model = propagating(inputs["d"])
    text = formula("scalarnet", let, {"pts": points(inputs["x"])}, model, {"G": correlators(4)})
    return [WIDTH * float(value(text, folder, "G")[0, 1, 2, 3])]


def propagating(d: int) -> str:
    """Frequencies whose law is the propagator on the ball: a length, and the angles of a direction."""
    if d == 1:
        return CONSTANT.format(radius="1/(r^2 + m^2)", low="-Lam", angles="", along="x").replace("R^d", "R")
    laws, parts, front = [], [], ""
    for k in range(1, d):
        laws.append(f"c{k}[i] ~ Density(sin(c)^{d - 1 - k}, c in Interval(0, pi))" if k < d - 1 else f"c{k}[i] ~ Uniform(-pi, pi)")
        parts.append(f"{front}cos(c{k}[i])*x[{k}]")
        front += f"sin(c{k}[i])*"
    parts.append(f"{front}x[{d}]")
    return CONSTANT.format(radius="r^(d - 1)/(r^2 + m^2)", low="0", angles="\n".join(laws), along=f"({' + '.join(parts)})")


def integral(integrand: str, inputs: dict[str, Any], folder: Path) -> float:
    """An integral over the ball of wave vectors of a function of their length k, by `evaluate`."""
    text = f"""
nnspec: 1
name: ball
let: {{d: {inputs["d"]}, m: {inputs["m"]!r}, Lam: {inputs["Lambda"]!r}}}
data: {{zero: [0.0]}}
model: {{inputs: {{x: R^d}}, params: {{c: "Normal(0, 1)"}}, field: phi(x), def: c}}
functions:
  I(x): "d*vol(Ball(d, 1))*integral(k^(d - 1)*{integrand}, k in Interval(0, Lam))"
observables:
  I0: {{evaluate: {{of: I, at: zero}}}}
"""
    return float(value(text, folder, "I0")[0])


def cut_off(inputs: dict[str, Any], folder: Path) -> list[float]:
    """G_Lambda(r) as the two-point function of the network, at every width."""
    let = {"N": WIDTH, "d": inputs["d"], "m": inputs["m"], "Lam": inputs["Lambda"]}
    r = float(inputs.get("r", 0.0))
    if inputs["d"] <= BALLS:
        model, pair = UNIFORM, [[0.0] * inputs["d"], [r] + [0.0] * (inputs["d"] - 1)]
    else:
        model, pair = ALONG_A_LINE, [[0.0], [r]]
    text = formula("scalar", let, {"pts": pair}, model, {"G": correlators(2)})
    return [float(value(text, folder, "G")[0, 1])]


def free(inputs: dict[str, Any], folder: Path) -> list[float]:
    """Without a cutoff: a network with Cauchy frequencies in d = 1, and an integral beyond, where there is none."""
    if inputs["d"] > 1:
        return [proper_time(inputs, folder)]
    let, model = network(WIDTH, {"s1": 1 / inputs["m"]}, frequency="Cauchy(0, m)")
    text = formula("free", {**let, "m": inputs["m"]}, {"pts": [[0.0], [inputs["r"]]]}, model, {"G": correlators(2)})
    return [float(value(text, folder, "G")[0, 1])]


def proper_time(inputs: dict[str, Any], folder: Path) -> float:
    """The heat kernel summed over all times t = e^u r/m: what is left out is below e^-100 of it."""
    text = f"""
nnspec: 1
name: propagator
let: {{d: {inputs["d"]}, m: {inputs["m"]!r}, r: {inputs["r"]!r}, far: 5 + log(1 + 40/(m*r))}}
data: {{at_r: [{inputs["r"]!r}]}}
model: {{inputs: {{x: R}}, params: {{c: "Normal(0, 1)"}}, field: phi(x), def: c}}
functions:
  heat(t, x): (4*pi*t)^(-d/2)*exp(-m^2*t - x^2/(4*t))
  D(x): "integral(exp(u)*r/m*heat(exp(u)*r/m, x), u in Interval(-far, far))"
observables:
  G: {{evaluate: {{of: D, at: at_r}}}}
"""
    return float(value(text, folder, "G")[0])


def prefactor(inputs: dict[str, Any], folder: Path) -> list[float]:
    """The volume of the ball, and F at |k| = 1."""
    text = f"""
nnspec: 1
name: prefactor
let: {{d: {inputs["d"]}, m: {inputs["m"]!r}, Lam: {inputs["Lambda"]!r}}}
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
    return [integral("1/((2*pi)^d*(k^2 + m^2)^2)", inputs, folder)]


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
