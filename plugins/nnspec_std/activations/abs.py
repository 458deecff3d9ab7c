"""The absolute value, the even part of the rectifier."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array
from nnspec_std.activations._angles import sine_and_angle


def apply(u: Array) -> Array:
    """phi(u) = |u|."""
    return jnp.abs(u)


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    r"""T = \frac{2}{\pi} (\sqrt{q_{11} q_{22}} \sin\theta + (\pi/2 - \theta) q_{12}) [chosaul2009]."""
    sine, angle = sine_and_angle(q11, q12, q22)
    return (sine + (math.pi / 2 - angle) * q12) * (2 / math.pi)


def dual_prime(q11: Array, q12: Array, q22: Array) -> Array:
    r"""1 - 2 \theta / \pi, the dual of the sign."""
    _, angle = sine_and_angle(q11, q12, q22)
    return 1 - angle * (2 / math.pi)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `abs`."""
    yield Activation(
        name="abs",
        equation=r"\phi(u) = |u|",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parity="even",
        degree=1.0,
        kinks=(0.0,),
        cite=("chosaul2009",),
    )
