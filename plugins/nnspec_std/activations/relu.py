"""The rectifier, whose dual is the arc-cosine kernel of order one [chosaul2009]."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax
from nnspec.plugin.readings import Array
from nnspec_std.activations._angles import sine_and_angle


def apply(u: Array) -> Array:
    """phi(u) = max(u, 0), with phi'(0) = 0."""
    return jax.nn.relu(u)


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    r"""T of the rectifier.

    .. math:: T = \frac{1}{2\pi} (\sqrt{q_{11} q_{22}} \sin\theta + (\pi - \theta) q_{12}),
              \qquad \cos\theta = q_{12} / \sqrt{q_{11} q_{22}}
    """
    sine, angle = sine_and_angle(q11, q12, q22)
    return (sine + (math.pi - angle) * q12) / (2 * math.pi)


def dual_prime(q11: Array, q12: Array, q22: Array) -> Array:
    r"""(\pi - \theta) / 2\pi; its own derivative is infinite at q12^2 = q11 q22, where zero is given."""
    _, angle = sine_and_angle(q11, q12, q22)
    return (math.pi - angle) / (2 * math.pi)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `relu`."""
    yield Activation(
        name="relu",
        equation=r"\phi(u) = \max(u, 0)",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        degree=1.0,
        kinks=(0.0,),
        cite=("chosaul2009",),
    )
