"""The rectifier, cut off at six."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = min(max(u, 0), 6)."""
    return jax.nn.relu6(u)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `relu6`."""
    yield Activation(
        name="relu6",
        equation=r"\phi(u) = \min(\max(u, 0), 6)",
        apply=apply,
        kinks=(0.0, 6.0),
    )
