"""Sine and cosine together, whose dual is a Gaussian kernel."""

import math
from collections.abc import Iterable

from nnspec.numerics import trig
from nnspec.plugin import Activation, Parameter, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array, gamma: float = 1.0) -> Array:
    r"""phi(u) = \sqrt2 \sin(\sqrt{2 \gamma} u + \pi/4) = \sin(\sqrt{2 \gamma} u) + \cos(\sqrt{2 \gamma} u)."""
    return math.sqrt(2) * trig.sin(_wave(gamma) * u + math.pi / 4)


def _wave(gamma: float) -> float:
    return (2 * gamma) ** 0.5


def dual(q11: Array, q12: Array, q22: Array, gamma: float = 1.0) -> Array:
    r"""T = e^{-\gamma (q_{11} + q_{22} - 2 q_{12})}, since sin sin + cos cos = cos(u - v) [rahimi2007]."""
    return jnp.exp(-gamma * ((q11 - q12) + (q22 - q12)))


def dual_prime(q11: Array, q12: Array, q22: Array, gamma: float = 1.0) -> Array:
    r"""2 \gamma T."""
    return 2 * gamma * dual(q11, q12, q22, gamma)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `rbf`."""
    yield Activation(
        name="rbf",
        equation=r"\phi(u) = \sqrt2 \sin(\sqrt{2 \gamma} u + \pi/4)",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parameters=(
            Parameter(name="gamma", doc="the kernel is exp(-gamma (u - v)^2) in the mean", default=1.0, positive=True),
        ),
        cite=("rahimi2007",),
    )
