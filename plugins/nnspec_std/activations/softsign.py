"""An algebraic sigmoid."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = u / (1 + |u|)."""
    return u / (1 + jnp.abs(u))


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `softsign`."""
    yield Activation(
        name="softsign",
        equation=r"\phi(u) = u / (1 + |u|)",
        apply=apply,
        kinks=(0.0,),
        parity="odd",
    )
