"""The exponential, whose neurons are log-normal."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = e^u."""
    return jnp.exp(u)


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    r"""T = e^{(q_{11} + q_{22})/2 + q_{12}}, which is also the dual of phi' = phi."""
    return jnp.exp((q11 + q22) / 2 + q12)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `exp`."""
    yield Activation(name="exp", equation=r"\phi(u) = e^u", apply=apply, dual=dual, dual_prime=dual)
