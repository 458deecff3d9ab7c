"""A whole power; its dual is a polynomial."""

from collections.abc import Iterable

from nnspec.plugin import Activation, Parameter, hookimpl, jnp, lax
from nnspec.plugin.readings import Array
from nnspec_std.activations._angles import homogeneous, pairings


def apply(u: Array, degree: int = 2) -> Array:
    """phi(u) = u^degree."""
    if isinstance(degree, int):
        return lax.integer_pow(u, degree)
    power = jnp.abs(u) ** degree
    return jnp.where(jnp.mod(degree, 2) == 1, jnp.sign(u) * power, power)


def dual(q11: Array, q12: Array, q22: Array, degree: int = 2) -> Array:
    r"""T = \sum_k \left[\binom{n}{2k} (2k - 1)!!\right]^2 (n - 2k)! \, q_{12}^{n - 2k} (q_{11} q_{22})^k [isserlis1918]."""
    return homogeneous(pairings(degree), degree, q12, q11 * q22)


def dual_prime(q11: Array, q12: Array, q22: Array, degree: int = 2) -> Array:
    """n^2 times the dual of the power n - 1."""
    return degree**2 * homogeneous(pairings(degree - 1), degree - 1, q12, q11 * q22)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `monomial`."""
    yield Activation(
        name="monomial",
        equation=r"\phi(u) = u^n",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parameters=(Parameter(name="degree", type="int", doc="the power n, a whole number", default=2),),
        degree=lambda degree=2: float(degree),
        cite=("isserlis1918",),
    )
