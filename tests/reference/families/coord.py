"""Slopes of a coordinate check over widths, from sweeps of specs with the loss of a constant gradient.

One labelled point: under Adam the signs of a gradient that several points contribute to add up coherently only at widths
far beyond those that are computed here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import nnspec
from families import NotComputable

FAMILIES = ("coord",)
SLOW = True
WIDTHS, DRAWS = (256, 512, 1024), 16
FLAT, MIXED = 0.05, 0.15
SPEC = """\
nnspec: 1
name: coord
let: {{n: 64}}
data: {{toy: "teacher(8, 1, seed=3)"}}
model:
  inputs: {{x: R^8}}
  parameterization: {{{exponents}}}
  layers:
    - repeat: 3
      of:
        - dense: {{width: n, weight: "Normal(0, 1)"}}
        - act: tanh
    - dense: {{width: 1, weight: "Normal(0, 1)"}}
observables:
  fit: {{train: {{data: toy, loss: linear, optimizer: {{{rule}}}, steps: 1, draws: {draws}}}}}
  coords: {{coordinate_check: {{along: fit, steps: [1], norm: rms}}}}
sweep: {{grid: {{let.n: {widths}}}}}
output: {{report: false}}
"""
RULES = {"sgd": "sgd: {lr: 0.001}", "adam": "adam: {lr: 1e-6, eps: 0}"}
"""Rates so small that no unit saturates at these widths, where changes grow with them."""


def allowed(record: dict[str, Any]) -> float:
    """How far slopes may be off: less where nothing depends on the width, and no two powers compete."""
    return MIXED if np.any(record["value"]) else FLAT


def slopes(exponents: dict[str, list[float]], optimizer: str, folder: Path) -> list[float]:
    """d log change / d log n of the hidden layers and of the output."""
    abc = ", ".join(f"{name}: {values}" for name, values in exponents.items())
    text = SPEC.format(exponents=abc, rule=RULES[optimizer], draws=DRAWS, widths=list(WIDTHS))
    run = nnspec.loads(text).run(folder, plots=False)
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
        found = slopes({"a": [0, 0.5, 0.5 + d], "b": [0, 0, 0], "c": [-2 * d] * 3}, "sgd", folder)
        return [float(np.mean(found[:3])), found[3]]
    for key in "abc":
        if len(set(inputs[key][1:-1])) > 1:
            raise NotComputable("a parameterization has one exponent for all hidden layers")
    return slopes({key: [inputs[key][k] for k in (0, 1, -1)] for key in "abc"}, kind, folder)
