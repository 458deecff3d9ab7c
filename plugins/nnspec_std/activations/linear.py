"""The identity, which makes deep linear networks."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = u."""
    return u


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    """E u v = q12."""
    return q12 + 0 * (q11 + q22)


def dual_prime(q11: Array, q12: Array, q22: Array) -> Array:
    """E 1 = 1."""
    return jnp.ones_like(q12 + q11 + q22)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `linear`, also called `identity`."""
    yield Activation(
        name="linear",
        equation=r"\phi(u) = u",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        aliases=("identity",),
        parity="odd",
        degree=1.0,
    )
