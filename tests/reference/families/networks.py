"""Networks of dense layers as spec texts, for records that give an activation by name."""

from __future__ import annotations

import math
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


FORMULAS = {
    "linear": "z", "abs": "abs(z)", "relu": "relu(z)", "sign": "sign(z)", "heaviside": "(sign(z) + 1)/2", "erf": "erf(z)",
    "tanh": "tanh(z)", "sin": "sin(z)", "cos": "cos(z)", "exp": "exp(z)", "gelu": "gelu(z)", "square": "z^2", "cube": "z^3",
    "sigmoid": "1/(1 + exp(-z))", "silu": "z/(1 + exp(-z))", "softplus": "log(1 + exp(z))",
    "normal_cdf": "(1 + erf(z/sqrt(2)))/2", "relu_pow2": "relu(z)^2", "relu_pow3": "relu(z)^3",
    "gauss_exp(-u^2/2)": "exp(-z^2/2)", "gauss_exp(-u^2)": "exp(-z^2)", "quartic_monomial_u^4": "z^4",
}  # fmt: skip
"""Activations as formulas in z, where the language has one."""


def activation(name: str) -> str:
    """An activation of the records in the words of a spec."""
    slope = re.fullmatch(r"leaky_relu_([\d.]+)", name)
    return f"{{leaky_relu: {{slope: {slope[1]}}}}}" if slope else ACTIVATIONS.get(name, name)


def dense(width: str, weight: float, bias: float = 0.0) -> str:
    """A dense layer by its variances."""
    law = f', bias: "Normal(0, {bias!r})"' if bias else ""
    return f'{{dense: {{width: {width}, weight: "Normal(0, {weight!r})"{law}}}}}'


def pair(inputs: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Two points x, y of R^2 with x.x/2, x.y/2 and y.y/2 as the record says; parallel ones too."""
    a, c, b = (float(inputs[key]) for key in ("K11", "K12", "K22"))
    along = c / math.sqrt(a) if a else 0.0
    across = b - along**2
    across = math.sqrt(across) if across > 1e-15 * b else 0.0
    root = math.sqrt(2.0)
    return [root * math.sqrt(a), 0.0], [root * along, root * across]


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
    run = nnspec.loads(text).run(folder, plots=False)
    return {word: run[word].value for word in words}
