"""The sign, a jump: it has a kernel, and no tangent kernel."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array
from nnspec_std.activations._angles import sine_and_angle


def apply(u: Array) -> Array:
    """phi(u) = 1 for u > 0, -1 below, 0 at zero."""
    return jnp.sign(u)


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    r"""T = 1 - 2 \theta / \pi = \frac{2}{\pi} \arcsin \frac{q_{12}}{\sqrt{q_{11} q_{22}}}, zero where u or v is zero.

    Its slope is infinite at q12^2 = q11 q22, where zero is given.
    """
    _, angle = sine_and_angle(q11, q12, q22)
    return jnp.where((q11 == 0) | (q22 == 0), 0.0, 1 - angle * (2 / math.pi))


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `sign`."""
    yield Activation(
        name="sign",
        equation=r"\phi(u) = \mathrm{sign}(u)",
        apply=apply,
        dual=dual,
        parity="odd",
        degree=0.0,
        kinks=(0.0,),
        jumps=(0.0,),
        cite=("williams1997",),
    )
