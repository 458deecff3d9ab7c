"""Networks of dense layers as spec texts, for records that give an activation by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nnspec

FAMILIES: tuple[str, ...] = ()

ACTIVATIONS = {
    "relu_pow2": "{rectified_monomial: {degree: 2}}",
    "relu_pow3": "{rectified_monomial: {degree: 3}}",
    "gauss_exp(-u^2/2)": "{gaussian: {kappa: 0.5}}",
    "gauss_exp(-u^2)": "{gaussian: {kappa: 1}}",
    "exp(-u^2/2)": "{gaussian: {kappa: 0.5}}",
    "exp(-u^2)": "{gaussian: {kappa: 1}}",
    "square": "{monomial: {degree: 2}}",
    "cube": "{monomial: {degree: 3}}",
    "quartic_monomial_u^4": "{monomial: {degree: 4}}",
    "gelu_tanh_approx": "gelu_tanh",
}


def activation(name: str) -> str:
    """An activation of the records in the words of a spec."""
    slope = re.fullmatch(r"leaky_relu_([\d.]+)", name)
    return f"{{leaky_relu: {{slope: {slope[1]}}}}}" if slope else ACTIVATIONS.get(name, name)


def dense(width: str, weight: float, bias: float = 0.0) -> str:
    """A dense layer by its variances."""
    law = f', bias: "Normal(0, {bias!r})"' if bias else ""
    return f'{{dense: {{width: {width}, weight: "Normal(0, {weight!r})"{law}}}}}'


def kernels(
    layers: Sequence[str], points: Sequence[Sequence[float]], words: Sequence[str], folder: Path
) -> dict[str, Any]:
    """The kernels of a stack of layers by their words, [point, point_2]."""
    asked = "\n".join(f"  {word}: {{{word}: {{at: xs}}}}" for word in words)
    text = (
        f"nnspec: 1\nname: kernels\ndata: {{xs: {[list(map(float, point)) for point in points]}}}\n"
        f"model:\n  inputs: {{x: R^{len(points[0])}}}\n  parameterization: ntk\n  layers:\n"
        + "".join(f"    - {layer}\n" for layer in layers)
        + f"observables:\n{asked}\n"
    )
    run = nnspec.loads(text).run(folder)
    return {word: run[word].value for word in words}
