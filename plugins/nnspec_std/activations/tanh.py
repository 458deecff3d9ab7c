"""The hyperbolic tangent; its dual has no closed form."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = tanh u."""
    return jnp.tanh(u)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `tanh`."""
    yield Activation(name="tanh", equation=r"\phi(u) = \tanh u", apply=apply, parity="odd")
