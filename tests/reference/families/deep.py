"""Deep networks of finite width at one input: their exact correlators, from specs with `correlator`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nnspec
from families import NotComputable
from families.networks import dense

FAMILIES = ("deep",)
VARIANCE = {"relu": 2.0, "linear": 1.0}
"""Of the weights, at which the variance of the field is the same in all layers."""


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """[G2, G4c, G6c]."""
    _, name, *rest = record["id"].split(".")
    if rest[0] == "V":
        raise NotComputable("vertices of deep networks are not built yet")
    inputs, variance = record["inputs"], VARIANCE[name]
    x = (inputs["K"] / variance) ** 0.5
    asked = "\n".join(
        f"  G{n}: {{correlator: {{n: {n}, at: xs, connected: {str(n > 2).lower()}, method: exact}}}}" for n in (2, 4, 6)
    )
    text = f"""\
nnspec: 1
name: deep
data: {{xs: [[{x!r}]]}}
model:
  inputs: {{x: R^1}}
  parameterization: ntk
  layers:
    - repeat: {inputs["L"]}
      of:
        - {dense(inputs["N"], variance)}
        - act: {name}
    - {dense("1", variance)}
observables:
{asked}
"""
    run = nnspec.loads(text).run(folder, plots=False)
    return [float(run[f"G{n}"].value.item()) for n in (2, 4, 6)]
