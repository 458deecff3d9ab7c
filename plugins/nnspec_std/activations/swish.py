"""The swish, u times the sigmoid of u; its dual has no closed form."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = u / (1 + e^-u)."""
    return jax.nn.silu(u)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `swish`, also called `silu`."""
    yield Activation(
        name="swish",
        equation=r"\phi(u) = u / (1 + e^{-u})",
        apply=apply,
        aliases=("silu",),
        cite=("ramachandran2017",),
    )
