"""The step, the arc-cosine kernel of order zero: it has a kernel, and no tangent kernel."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array
from nnspec_std.activations._angles import sine_and_angle


def apply(u: Array) -> Array:
    """phi(u) = 1 for u > 0, 0 below, 1/2 at zero."""
    return (jnp.sign(u) + 1) / 2


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    r"""T = (\pi - \theta) / 2\pi [chosaul2009]; 1/4 where u or v is zero.

    Its slope is infinite at q12^2 = q11 q22, where zero is given.
    """
    _, angle = sine_and_angle(q11, q12, q22)
    return jnp.where((q11 == 0) | (q22 == 0), 0.25, (math.pi - angle) / (2 * math.pi))


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `heaviside`."""
    yield Activation(
        name="heaviside",
        equation=r"\phi(u) = 1 \text{ for } u > 0, \quad 0 \text{ for } u < 0",
        apply=apply,
        dual=dual,
        kinks=(0.0,),
        jumps=(0.0,),
        cite=("chosaul2009",),
    )
