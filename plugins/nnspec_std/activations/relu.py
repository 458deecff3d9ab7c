"""The rectifier, whose dual is the arc-cosine kernel of order one [chosaul2009]."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax, jnp, lax
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = max(u, 0), with phi'(0) = 0."""
    return jax.nn.relu(u)


def _sine_and_angle(q11: Array, q12: Array, q22: Array) -> tuple[Array, Array]:
    r"""\sqrt{q11 q22 - q12^2} and the angle \theta between u and v.

    The determinant is summed from differences, which vanish exactly for q11 = q12 = q22; what rounding alone could
    have left counts as zero too. The root has an infinite slope there, which T does not feel: it is set to zero.
    For that both variances must be alike: u and v are measured in units of powers of two, which rounds nothing.
    """
    a, b = _unit(q11), _unit(q22)
    q11, q12, q22 = q11 / a / a, q12 / a / b, q22 / b / b
    size = jnp.where(q12 < 0, -q12, q12)
    determinant = q11 * (q22 - size) + size * (q11 - size)
    inside = determinant > 4 * jnp.finfo(determinant.dtype).eps * q11 * q22
    sine = jnp.where(inside, jnp.sqrt(jnp.where(inside, determinant, 1.0)), 0.0)
    nowhere = (sine == 0) & (q12 == 0)  # u or v vanishes: no angle
    return sine * a * b, jnp.arctan2(sine, jnp.where(nowhere, 1.0, q12))


def _unit(q: Array) -> Array:
    """The power of two next to the deviation; 1 where that is none."""
    root = lax.stop_gradient(jnp.sqrt(q))
    power = lax.reduce_precision(root, jnp.finfo(root.dtype).nexp, 0)
    return jnp.where((power > 0) & jnp.isfinite(power), power, 1.0)


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    r"""T of the rectifier.

    .. math:: T = \frac{1}{2\pi} (\sqrt{q_{11} q_{22}} \sin\theta + (\pi - \theta) q_{12}),
              \qquad \cos\theta = q_{12} / \sqrt{q_{11} q_{22}}
    """
    sine, angle = _sine_and_angle(q11, q12, q22)
    return (sine + (math.pi - angle) * q12) / (2 * math.pi)


def dual_prime(q11: Array, q12: Array, q22: Array) -> Array:
    r"""(\pi - \theta) / 2\pi; its own derivative is infinite at q12^2 = q11 q22, where zero is given."""
    _, angle = _sine_and_angle(q11, q12, q22)
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
