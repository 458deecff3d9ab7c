"""Training at infinite width, from specs with `ntk_dynamics`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import nnspec
from families import NotComputable

FAMILIES = ("dyn",)
TOLERANCE = 1e-9
MANY = 10**12
"""Steps of gradient descent that are as good as its flow: the error of the discrete solution is of order 1/MANY."""


def _spec(inputs: dict[str, Any], observables: str) -> str:
    variances = f'weight: "Normal(0, {inputs["sigma_w2"]!r})", bias: "Normal(0, {inputs["sigma_b2"]!r})"'
    first = [float(point[0]) for point in inputs["X"]]
    labels = "0"
    for place, label in zip(first, inputs["Y"], strict=True):  # a label for each first component
        labels = f"({float(label)!r} if abs(x[1] - ({place!r})) < 1e-6 else {labels})"
    return f"""\
nnspec: 1
name: dyn
data:
  X: {[list(map(float, point)) for point in inputs["X"]]}
  at: {[list(map(float, point)) for point in inputs["Xtest"]]}
  toy: table(X, {labels})
model:
  inputs: {{x: R^2}}
  parameterization: ntk
  layers:
    - repeat: {inputs["L_hidden"]}
      of:
        - dense: {{width: 8, {variances}}}
        - act: {inputs["activation"]}
    - dense: {{width: 1, {variances}}}
observables:
  {observables}
"""


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """The numbers of a record."""
    _, name, *rest = record["id"].split(".")
    inputs = record["inputs"]
    if name == "linear2":
        raise NotComputable("the two-layer network starts at given conserved quantities; a spec draws its parameters")
    if name == "ntkvar":
        raise NotComputable("the variance of the tangent kernel over networks is no observable; its mean is")
    if rest[1] == "gp":
        raise NotComputable("no word asks for the posterior of a Gaussian process")
    if rest[-1] == "ntk_eigs":
        theta = nnspec.loads(_spec(inputs, "theta: {ntk: {at: X}}")).run(folder)["theta"].value
        return list(map(float, np.linalg.eigvalsh(theta)))
    if inputs["s"] == "inf":
        lr, steps = 0.1, MANY
    elif inputs["s"] == 0.0:
        lr, steps = 0.1, 1
    else:
        lr, steps = inputs["s"] * len(inputs["Y"]) / 2 / MANY, MANY
    asked = f"out: {{ntk_dynamics: {{data: toy, lr: {lr!r}, steps: {steps}, every: {steps}, at: at}}}}"
    run = nnspec.loads(_spec(inputs, asked)).run(folder)
    found = run["out.mean" if rest[-1] == "mean" else "out.covariance"].value
    return list(map(float, np.ravel(found[0 if inputs["s"] == 0.0 else -1])))
