"""The identity between -1 and 1, cut off there."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = max(-1, min(u, 1))."""
    return jnp.where(u > 1, 1.0, jnp.where(u < -1, -1.0, u))


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `hard_tanh`."""
    yield Activation(
        name="hard_tanh",
        equation=r"\phi(u) = \max(-1, \min(u, 1))",
        apply=apply,
        kinks=(-1.0, 1.0),
        parity="odd",
    )
