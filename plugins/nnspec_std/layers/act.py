"""The layer that applies an activation to each component."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from nnspec.plugin import Field, Kernels, Layer, LayerParam, hookimpl, jax, jnp
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args

if TYPE_CHECKING:
    from nnspec.ir.experiment import LayerNode
    from nnspec.plugin.model_records import Words


def width(node: LayerNode, fan_in: int) -> int:  # noqa: ARG001
    """As many outputs as inputs."""
    return fan_in


def params(node: LayerNode, fan_in: int) -> tuple[LayerParam, ...]:  # noqa: ARG001
    """No arrays."""
    return ()


def apply(node: LayerNode, weights: Args, h: Array, words: Words) -> Array:  # noqa: ARG001
    """Apply phi to each component: [point, in] to [point, in]."""
    name, options = node["function"]
    return words.activations[name].apply(h, **dict(options))


def kernel(node: LayerNode, kernels: Kernels, second_moment: Callable[[str], Array], words: Words) -> Kernels:  # noqa: ARG001
    r"""K \to T(K), \Theta \to \Theta \dot T(K), entry by entry with the diagonal of K.

    Where an activation has T alone, \dot T is its derivative by q12 (Price's theorem).
    """
    name, options = node["function"]
    record = words.activations[name]
    if record.dual is None:
        message = f"the dual of '{name}' is not known in closed form"
        raise ValueError(message)
    dual = partial(record.dual, **dict(options))
    dual_prime = (
        partial(record.dual_prime, **dict(options))
        if record.dual_prime is not None
        else jnp.vectorize(jax.grad(dual, argnums=1))
    )
    variance = jnp.diagonal(kernels.nngp)
    at = (
        jnp.broadcast_to(variance[:, None], kernels.nngp.shape),
        kernels.nngp,
        jnp.broadcast_to(variance[None, :], kernels.nngp.shape),
    )
    return Kernels(nngp=dual(*at), ntk=kernels.ntk * dual_prime(*at))


def formula(node: LayerNode) -> str:
    """Phi at the input, with all its options by name."""
    name, options = node["function"]
    return f"{name}(h[i]{''.join(f', {key}={value!r}' for key, value in options)})"


@hookimpl
def nnspec_layers() -> Iterable[Layer]:
    """Teach `act`."""
    yield Layer(
        name="act",
        doc="y_i = phi(x_i)",
        fields=(Field(name="function", type="activation", doc="the activation phi", required=True),),
        width=width,
        params=params,
        apply=apply,
        kernel=kernel,
        formula=formula,
        call="function",
    )
