"""The approximation of `gelu` by a hyperbolic tangent, as many programs have it."""

from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    r"""phi(u) = \frac{u}{2} (1 + \tanh(\sqrt{2/\pi} (u + 0.044715 u^3)))."""
    return jax.nn.gelu(u, approximate=True)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `gelu_tanh`."""
    yield Activation(
        name="gelu_tanh",
        equation=r"\phi(u) = \frac{u}{2} (1 + \tanh(\sqrt{2/\pi} (u + 0.044715 u^3)))",
        apply=apply,
        cite=("hendrycks2016",),
    )
