"""The leaky rectifier, whose dual is an arc-cosine kernel and a linear one."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, Parameter, hookimpl, jnp
from nnspec.plugin.readings import Array
from nnspec_std.activations._angles import sine_and_angle


def apply(u: Array, slope: float = 0.01) -> Array:
    """phi(u) = u for u > 0, slope u below."""
    return jnp.where(u > 0, u, slope * u)


def dual(q11: Array, q12: Array, q22: Array, slope: float = 0.01) -> Array:
    r"""T = (1 - \alpha)^2 T_{relu} + \alpha q_{12} [chosaul2009], since phi(u) = (1 - \alpha) relu(u) + \alpha u."""
    sine, angle = sine_and_angle(q11, q12, q22)
    return (1 - slope) ** 2 * (sine + (math.pi - angle) * q12) / (2 * math.pi) + slope * q12


def dual_prime(q11: Array, q12: Array, q22: Array, slope: float = 0.01) -> Array:
    r"""(1 - \alpha)^2 (\pi - \theta) / 2\pi + \alpha."""
    _, angle = sine_and_angle(q11, q12, q22)
    return (1 - slope) ** 2 * (math.pi - angle) / (2 * math.pi) + slope


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `leaky_relu`."""
    yield Activation(
        name="leaky_relu",
        equation=r"\phi(u) = \max(u, 0) + \alpha \min(u, 0)",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parameters=(Parameter(name="slope", doc="slope below zero", default=0.01),),
        degree=1.0,
        kinks=(0.0,),
        cite=("chosaul2009",),
    )
