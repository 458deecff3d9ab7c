"""The logistic sigmoid; its dual has no closed form."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = 1 / (1 + e^-u)."""
    return jax.nn.sigmoid(u)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `sigmoid`."""
    yield Activation(name="sigmoid", equation=r"\phi(u) = 1 / (1 + e^{-u})", apply=apply)
