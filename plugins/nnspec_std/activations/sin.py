"""The sine."""

from collections.abc import Iterable

from nnspec.numerics import trig
from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = sin u."""
    return trig.sin(u)


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    r"""T = e^{-(q_{11} + q_{22})/2} \sinh q_{12}, without overflow for large variances."""
    size = jnp.where(q12 < 0, -q12, q12)
    positive = -0.5 * jnp.exp(size - (q11 + q22) / 2) * jnp.expm1(-2 * size)
    return jnp.where(q12 < 0, -positive, positive)


def dual_prime(q11: Array, q12: Array, q22: Array) -> Array:
    r"""E \cos u \cos v = e^{-(q_{11} + q_{22})/2} \cosh q_{12}, without overflow for large variances."""
    mean = (q11 + q22) / 2
    return 0.5 * (jnp.exp(q12 - mean) + jnp.exp(-q12 - mean))


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `sin`."""
    yield Activation(
        name="sin", equation=r"\phi(u) = \sin u", apply=apply, dual=dual, dual_prime=dual_prime, parity="odd"
    )
