"""The error function, whose dual is an arc-sine."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jnp, lax
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    r"""phi(u) = \frac{2}{\sqrt\pi} \int_0^u e^{-t^2} dt."""
    return lax.erf(u)


def _determinant(q11: Array, q12: Array, q22: Array) -> Array:
    """(1 + 2 q11)(1 + 2 q22) - 4 q12^2, at least one."""
    return 1 + 2 * (q11 + q22) + 4 * (q11 * q22 - q12 * q12)


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    r"""T of the error function [williams1997, eq. 11].

    .. math:: T = \frac{2}{\pi} \arcsin \frac{2 q_{12}}{\sqrt{(1 + 2 q_{11})(1 + 2 q_{22})}}

    The arc-sine is taken as an arc-tangent, which is accurate for large variances on the diagonal too.
    """
    return (2 / math.pi) * jnp.arctan2(2 * q12, jnp.sqrt(_determinant(q11, q12, q22)))


def dual_prime(q11: Array, q12: Array, q22: Array) -> Array:
    r"""\frac{4}{\pi} ((1 + 2 q_{11})(1 + 2 q_{22}) - 4 q_{12}^2)^{-1/2}."""
    return (4 / math.pi) / jnp.sqrt(_determinant(q11, q12, q22))


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `erf`."""
    yield Activation(
        name="erf",
        equation=r"\phi(u) = \frac{2}{\sqrt\pi} \int_0^u e^{-t^2} dt",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parity="odd",
        cite=("williams1997",),
    )
