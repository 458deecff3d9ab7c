"""The normal distribution function, the sigmoid whose dual is an arc-sine."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax, jnp
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    r"""phi(u) = \Phi(u), the probability that a standard normal variable is below u."""
    return jax.scipy.stats.norm.cdf(u)


def _determinant(q11: Array, q12: Array, q22: Array) -> Array:
    """(1 + q11)(1 + q22) - q12^2, at least one."""
    return 1 + (q11 + q22) + (q11 * q22 - q12 * q12)


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    r"""T = \frac14 + \frac{1}{2\pi} \arcsin \frac{q_{12}}{\sqrt{(1 + q_{11})(1 + q_{22})}} [williams1997]."""
    return 0.25 + jnp.arctan2(q12, jnp.sqrt(_determinant(q11, q12, q22))) / (2 * math.pi)


def dual_prime(q11: Array, q12: Array, q22: Array) -> Array:
    r"""\frac{1}{2\pi} ((1 + q_{11})(1 + q_{22}) - q_{12}^2)^{-1/2}."""
    return 1 / (2 * math.pi * jnp.sqrt(_determinant(q11, q12, q22)))


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `normal_cdf`."""
    yield Activation(
        name="normal_cdf",
        equation=r"\phi(u) = \frac12 (1 + \mathrm{erf}(u / \sqrt 2))",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        cite=("williams1997",),
    )
