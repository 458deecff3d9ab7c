"""The exponential linear unit that normalises itself."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = 1.0507 u for u > 0, 1.0507 1.6733 (e^u - 1) below."""
    return jax.nn.selu(u)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `selu`."""
    yield Activation(
        name="selu",
        equation=r"\phi(u) = \lambda u \text{ for } u > 0, \quad \lambda \alpha (e^u - 1) \text{ for } u < 0",
        apply=apply,
        kinks=(0.0,),
        cite=("klambauer2017",),
    )
