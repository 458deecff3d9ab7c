"""The dense layer: every output sees every input."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from nnspec.plugin import Field, Kernels, Layer, LayerParam, hookimpl, jnp
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args

if TYPE_CHECKING:
    from nnspec.ir.experiment import LayerNode
    from nnspec.plugin.model_records import Words


def width(node: LayerNode, fan_in: int) -> int:  # noqa: ARG001
    """The number of outputs, as the spec says."""
    return int(node["width"])


def params(node: LayerNode, fan_in: int) -> tuple[LayerParam, ...]:
    """`weight` [out, in], and `bias` [out] if the spec gives its density."""
    outputs = width(node, fan_in)
    weight = LayerParam(name="weight", shape=(outputs, fan_in), density=node["weight"], part="weight", fan_in=fan_in)
    if node["bias"] is None:
        return (weight,)
    return weight, LayerParam(name="bias", shape=(outputs,), density=node["bias"], part="bias", fan_in=fan_in)


def apply(node: LayerNode, weights: Args, h: Array, words: Words) -> Array:  # noqa: ARG001
    """y_i = sum_j W_ij h_j + b_i: [point, in] to [point, out]."""
    y = jnp.einsum("pj,ij->pi", h, weights["weight"])
    return y if node["bias"] is None else y + weights["bias"][None, :]


def kernel(node: LayerNode, kernels: Kernels, second_moment: Callable[[str], Array], words: Words) -> Kernels:  # noqa: ARG001
    r"""The kernels after the layer, with \sigma_w^2 = E w^2 and \sigma_b^2 = E b^2 [jacot2018, thm. 1].

    .. math:: K \to \sigma_b^2 + \sigma_w^2 K, \qquad \Theta \to \sigma_b^2 + \sigma_w^2 K + \sigma_w^2 \Theta

    The first layer starts from K = x.y / d and Theta = 0. The derivatives in Theta are those with respect to
    variables of variance one, w / \sigma_w and b / \sigma_b.
    """
    weight = second_moment("weight")
    bias = 0.0 if node["bias"] is None else second_moment("bias")
    nngp = bias + weight * kernels.nngp
    return Kernels(nngp=nngp, ntk=nngp + weight * kernels.ntk)


def formula(node: LayerNode) -> str:
    """The same as a formula."""
    bias = "" if node["bias"] is None else "bias[i] + "
    return f"{bias}sum_j weight[i, j]*h[j]"


@hookimpl
def nnspec_layers() -> Iterable[Layer]:
    """Teach `dense`."""
    yield Layer(
        name="dense",
        doc="y_i = sum_j W_ij x_j + b_i, with i.i.d. W and b",
        fields=(
            Field(name="width", type="size", doc="number of outputs", required=True),
            Field(
                name="weight",
                type="density",
                doc="density of the O(1) weights; the parameterization adds the powers of width",
                required=True,
            ),
            Field(name="bias", type="density", doc="density of the biases; without it there are none"),
        ),
        width=width,
        params=params,
        apply=apply,
        kernel=kernel,
        formula=formula,
        gaussian="makes",
    )
