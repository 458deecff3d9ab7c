"""Slopes of a coordinate check over widths, from sweeps of specs with the loss of a constant gradient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import nnspec

FAMILIES = ("coord",)
SLOW = True
TOLERANCE = 0.15
"""Absolute, since the largest slope is of order one; flat rows lie within 0.05."""
WIDTHS = (256, 512, 1024, 2048)


def spec(exponents: dict[str, list[float]], optimizer: str, widths: tuple[int, ...] = WIDTHS, draws: int = 4) -> str:
    """Three hidden tanh layers, one step."""
    rule = "sgd: {lr: 0.01}" if optimizer == "sgd" else "adam: {lr: 0.001, eps: 0}"
    abc = ", ".join(f"{name}: {values}" for name, values in exponents.items())
    return f"""\
nnspec: 1
name: coord
let: {{n: 64}}
data: {{toy: "teacher(8, 8, seed=3)"}}
model:
  inputs: {{x: R^8}}
  parameterization: {{{abc}}}
  layers:
    - repeat: 3
      of:
        - dense: {{width: n, weight: "Normal(0, 1)"}}
        - act: tanh
    - dense: {{width: 1, weight: "Normal(0, 1)"}}
observables:
  fit: {{train: {{data: toy, loss: linear, optimizer: {{{rule}}}, steps: 1, draws: {draws}}}}}
  coords: {{coordinate_check: {{along: fit, steps: [1], norm: rms}}}}
sweep: {{grid: {{let.n: {list(widths)}}}}}
output: {{report: false}}
"""


def slopes(text: str, folder: Path) -> list[float]:
    """d log change / d log n of the hidden layers and of the output."""
    run = nnspec.loads(text).run(folder)
    layers, output = run["coords.change"], run["coords.output_change"]
    widths = np.log(np.asarray(layers.coords["let.n"]))
    found = np.concatenate([layers.value[:, 0], output.value], axis=1)
    return [float(np.polyfit(widths, np.log(each), 1)[0]) for each in found.T]


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """The numbers of a record."""
    _, kind, *_ = record["id"].split(".")
    inputs = record["inputs"]
    if kind == "PBfamily":  # c = 0 in the notes' gauge: a_1 = b = 0, a_l = 1/2, the readout times N^-d, a rate times N^2d
        d = inputs["d"]
        found = slopes(spec({"a": [0, 0.5, 0.5 + d], "b": [0, 0, 0], "c": [-2 * d] * 3}, "sgd"), folder)
        return [float(np.mean(found[:3])), found[3]]
    return slopes(spec({key: [inputs[key][k] for k in (0, 1, 3)] for key in "abc"}, kind), folder)
