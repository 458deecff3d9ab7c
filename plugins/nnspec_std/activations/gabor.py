"""A wave under a bump."""

from collections.abc import Iterable

from nnspec.numerics import trig
from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = e^(-u^2) sin u."""
    return jnp.exp(-u * u) * trig.sin(u)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `gabor`."""
    yield Activation(name="gabor", equation=r"\phi(u) = e^{-u^2} \sin u", apply=apply, parity="odd")
