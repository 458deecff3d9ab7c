"""The softplus, a smooth rectifier; its dual has no closed form."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = log(1 + e^u)."""
    return jax.nn.softplus(u)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `softplus`."""
    yield Activation(name="softplus", equation=r"\phi(u) = \log(1 + e^u)", apply=apply)
