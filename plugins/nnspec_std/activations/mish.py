"""The identity times a hyperbolic tangent."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    r"""phi(u) = u \tanh(\log(1 + e^u))."""
    return jax.nn.mish(u)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `mish`."""
    yield Activation(
        name="mish",
        equation=r"\phi(u) = u \tanh(\log(1 + e^u))",
        apply=apply,
        cite=("misra2019",),
    )
