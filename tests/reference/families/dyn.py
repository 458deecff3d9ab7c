"""Training: at infinite width, its end in a Gaussian process, and two things of finite networks, by training them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

import nnspec
from families.networks import activation, dense, pair

FAMILIES = ("dyn",)
SLOW = True
TOLERANCE = 1e-9
MANY = 10**12
"""Steps of gradient descent that are as good as its flow: the error of the discrete solution is of order 1/MANY."""
WIDTH, DRAWS, RATE = 8, 40_000, 1e-6
HALVINGS = (100, 200, 400, 800)
"""Steps in a quarter of a unit of time."""
LINEAR = """\
nnspec: 1
name: linear-network
let: {{N: {N}, s0: {s0!r}, ab: {product!r}, n: {n}, g: {front!r}}}
data:
  one: [1.0]
  toy: table(one, {y!r})
model: |
  index i in N
  input x in R
  w[i] ~ Discrete([(sqrt(s0 + 2*ab) + sqrt(s0 - 2*ab))/2], [1])
  u[i] ~ Discrete([(sqrt(s0 + 2*ab) - sqrt(s0 - 2*ab))/2], [1])
  phi(x) = g*sum_i w[i]*u[i]*x
observables:
  fit: {{train: {{data: toy, optimizer: {{sgd: {{lr: "{lr!r}/n"}}}}, steps: {quarters}*n, record: {{at: one, every: n}}}}}}
  theta: {{ntk: {{at: one, along: fit}}}}
"""
ONE_STEP = """\
nnspec: 1
name: tangent-kernel
data:
  there: [{y}]
  toy: table(there, 1)
  here: [{x}]
model:
  inputs: {{x: R^2}}
  parameterization: ntk
  layers:
    - {first}
    - act: {activation}
    - {last}
observables:
  fit: {{train: {{data: toy, loss: linear, optimizer: {{sgd: {{lr: {lr!r}}}}}, steps: 1, record: {{at: here, every: 1}}, draws: {draws}}}}}
"""


def measure(record: dict[str, Any], folder: Path) -> list[float] | tuple[list[float], list[float]]:
    """The numbers of a record."""
    _, name, *rest = record["id"].split(".")
    inputs = record["inputs"]
    if name == "linear2":
        return linear(inputs, folder)
    if name == "ntkvar":
        return spread(inputs, folder)
    if "noise_var" in inputs:
        run = nnspec.loads(_spec(inputs, f"out: {{posterior: {{data: toy, at: at, noise: {inputs['noise_var']!r}}}}}")).run(folder, plots=False)
        return [*map(float, run["out.mean"].value), *map(float, np.ravel(run["out.covariance"].value))]
    if rest[-1] == "ntk_eigs":
        theta = nnspec.loads(_spec(inputs, "theta: {ntk: {at: X}}")).run(folder, plots=False)["theta"].value
        return list(map(float, np.linalg.eigvalsh(theta)))
    time = float(inputs["s"])
    if time == 0.0:
        lr, steps = 1e-3, 1
    else:
        lr, steps = 1e-3 if math.isinf(time) else time * len(inputs["Y"]) / 2 / MANY, MANY
    asked = f"out: {{ntk_dynamics: {{data: toy, lr: {lr!r}, steps: {steps}, every: {steps}, at: at}}}}"
    run = nnspec.loads(_spec(inputs, asked)).run(folder, plots=False)
    found = run["out.mean" if rest[-1] == "mean" else "out.covariance"].value
    return list(map(float, np.ravel(found[0 if time == 0.0 else -1])))


def _spec(inputs: dict[str, Any], observables: str) -> str:
    variances = inputs["sigma_w2"], inputs["sigma_b2"]
    data = [list(map(float, point)) for point in inputs["X"]]
    labels = "0"
    for point, label in zip(data, inputs["Y"], strict=True):  # a label for each point
        off = " + ".join(f"abs(x[{k}] - ({value!r}))" for k, value in enumerate(point, start=1))
        labels = f"({float(label)!r} if {off} < 1e-9 else {labels})"
    return f"""\
nnspec: 1
name: dyn
data:
  X: {data}
  at: {[list(map(float, point)) for point in inputs["Xtest"]]}
  toy: table(X, {labels})
model:
  inputs: {{x: R^{len(data[0])}}}
  parameterization: ntk
  layers:
    - repeat: {inputs["L_hidden"]}
      of:
        - {dense("8", *variances)}
        - act: {activation(inputs["activation"])}
    - {dense("1", *variances)}
observables:
  {observables}
"""


def linear(inputs: dict[str, Any], folder: Path) -> list[float]:
    """A linear network with two layers, trained in steps that are halved again and again, and what follows for no step.

    All neurons start alike, with the product and the squares that the record asks for. The gradient flow of (f - y)^2/2 is
    that of (f - y)^2 in half of the time; in the second gauge time has the factor N gamma^2.
    """
    neurons, gamma = inputs["N"] or 10, inputs["gamma0"]
    root = math.sqrt(neurons)
    front, speed, product = (1 / root, 1.0, inputs["p0"] / root) if gamma is None else (1 / (neurons * gamma), neurons * gamma**2, inputs["p0"])
    slowest = math.sqrt(inputs["s0"] ** 2 - 4 * product**2)
    quarters = max(8, math.ceil(4 * 30 / slowest))
    rows = []
    for n in HALVINGS:
        text = LINEAR.format(
            N=neurons, s0=inputs["s0"], product=product, n=n, front=front, y=inputs["y"], lr=speed / 8, quarters=quarters
        )
        run = nnspec.loads(text).run(folder, plots=False)
        p, s = run["fit.predictions"].value[0, :, 0] * (gamma or 1), run["theta"].value[:, 0, 0] * speed
        assert abs(p[-1] - p[-2]) < 1e-10, "the end is not reached"
        rows.append([p[1], s[1], p[4], s[4], s[-1]])
    table = np.array(rows)
    for k in range(1, len(HALVINGS)):  # Richardson: errors of order h, h^2, ... one after the other
        table = (2**k * table[1:] - table[:-1]) / (2**k - 1)
    return list(map(float, table[0]))


def spread(inputs: dict[str, Any], folder: Path) -> tuple[list[float], list[float]]:
    """N times the variance of the tangent kernel: what one small step at y, under a constant gradient, changes at x."""
    x, y = pair(inputs)
    text = ONE_STEP.format(
        x=x, y=y, activation=activation(inputs["activation"]), first=dense(str(WIDTH), 1.0), last=dense("1", 1.0), lr=RATE, draws=DRAWS
    )
    before, after = np.moveaxis(nnspec.loads(text).run(folder, plots=False)["fit.predictions"].value[:, :, 0], 1, 0)
    squares = WIDTH * ((found := (after - before) / RATE) - np.mean(found)) ** 2
    return [float(np.mean(squares))], [float(np.std(squares) / math.sqrt(DRAWS))]
