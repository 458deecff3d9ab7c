"""Several outputs that share a hidden layer: which of them is meant is a second input of the field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from families.specs import correlators, formula, points, value

FAMILIES = ("sym",)
WIDTH = 6
READOUTS = {"gauss": "Normal(0, 1/N)", "uniform": "Uniform(-sqrt(3/N), sqrt(3/N))"}
MODEL = """
index i in N
input x in R
input s in R
a[i] ~ {law}
c[i] ~ {law}
w[i] ~ Normal(0, 1)
b[i] ~ Uniform(-pi, pi)
phi(x, s) = sum_i (a[i]*(1 - s) + c[i]*s)*cos(w[i]*x + b[i])
"""


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """N G_c4 by outputs, or the part of it that a rotation of the outputs changes."""
    inputs = record["inputs"]
    if "readout" in inputs:
        same, mixed = (connected([0.0] * 4, outputs, inputs["readout"], folder) for outputs in ((0, 0, 0, 0), (0, 0, 1, 1)))
        return [same - 3 * mixed]
    x = [point[0] for point in points(inputs["x"])]
    return [connected(x, outputs, "gauss", folder) for outputs in ((0, 0, 0, 0), (0, 0, 1, 1), (0, 1, 0, 1), (0, 1, 1, 0))]


def connected(x: list[float], outputs: tuple[int, ...], readout: str, folder: Path) -> float:
    """N G_c4 at four points, of an output each."""
    pts = [[place, float(output)] for place, output in zip(x, outputs, strict=True)]
    text = formula("outputs", {"N": WIDTH}, {"pts": pts}, MODEL.format(law=READOUTS[readout]), {"G": correlators(4)})
    return WIDTH * float(value(text, folder, "G")[0, 1, 2, 3])
