"""What holds for every layer: shapes, points that do not see each other, and the step of the kernels against draws."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from nnspec.ir.experiment import LayerNode
from nnspec.ir.expr import Density, Lit
from nnspec.numerics.lazy import jax, jnp, np
from nnspec.numerics.streams import draw_key, normal, root_key, stream
from nnspec.plugin.records import Kernels, Layer, LayerParam, Vocabulary
from nnspec.testing.agree import assert_agree
from nnspec.testing.close import assert_close
from nnspec.testing.formula_law import check_formula

Direct = Callable[[LayerNode, dict[str, Any], Any], Any]
_DRAWS, _WIDTH = 4000, 16


class _Sampled(NamedTuple):
    value: Any
    stderr: Any


def example_node(record: Layer, size: int = 3, activation: str = "tanh") -> LayerNode:
    """A node with all fields that have an obvious example: sizes, densities (normal), activations and defaults."""
    options: list[tuple[str, Any]] = []
    for number, each in enumerate(record.fields):
        value: Any = each.default
        match each.type:
            case "size" | "count":
                value = size
            case "density":
                value = _normal(0.6 + 0.5 * number)
            case "activation":
                value = (activation, ())
            case _:
                assert value is not None or not each.required, f"give a node: '{each.name}' has no obvious example"
        options.append((each.name, value))
    return LayerNode(name=record.name, options=tuple(options))


def _normal(variance: float) -> Density:
    return Density(name="Normal", names=("mean", "variance"), args=(Lit(value=0.0), Lit(value=variance)))


def check_layer(
    record: Layer, words: Vocabulary, *, node: Callable[[int], LayerNode] | None = None, direct: Direct | None = None
) -> None:
    """Check a layer: what it declares against what it does, and its kernels against draws of a wide layer.

    Args:
        record: the layer.
        words: where its activations and densities are looked up.
        node: a node of a given size; made from the fields if it is not given.
        direct: the layer written once more in NumPy, compared at sizes 1 to 3.
    """
    make = node or partial(example_node, record)
    for size in (1, 2, 3):
        for fan_in in (1, 4):
            _check_apply(record, make(size), fan_in, words, direct)
    if record.kernel is not None:
        smooth = (make if node else partial(example_node, record, activation=name) for name in ("erf", "relu"))
        for each in smooth:
            _check_kernel(record, each(_WIDTH), words)


def _args(param: LayerParam) -> dict[str, float]:
    return {name: arg.value for name, arg in zip(param.density.names, param.density.args, strict=True)}


def _check_apply(record: Layer, node: LayerNode, fan_in: int, words: Vocabulary, direct: Direct | None) -> None:
    name = f"'{record.name}' from {fan_in} to {record.width(node, fan_in)}"
    params = record.params(node, fan_in)
    assert len({param.name for param in params}) == len(params), f"arrays of {name} share a name"
    rng = np.random.default_rng(1)
    numbers = {param.name: rng.normal(size=param.shape) for param in params}
    inputs = rng.normal(size=(5, fan_in))
    for dtype in (jnp.float32, jnp.float64):
        weights = {key: jnp.asarray(value, dtype) for key, value in numbers.items()}
        h = jnp.asarray(inputs, dtype)
        y = record.apply(node, weights, h, words)
        shape = (5, record.width(node, fan_in))
        assert (y.shape, y.dtype) == (shape, dtype), f"{name} gives {y.dtype}{y.shape}, not {dtype.dtype}{shape}"
        assert bool(jnp.all(jnp.isfinite(y))), f"{name} is not finite"
    alone = jnp.concatenate([record.apply(node, weights, h[k : k + 1], words) for k in range(5)])
    assert_close(f"{name}, point by point,", alone, y, 1e-12)
    if record.formula is not None:
        check_formula(record, node, numbers, inputs, y, words)
    if direct is not None:
        assert_close(f"{name}, written directly,", y, direct(node, numbers, inputs), 1e-12)


def _check_kernel(record: Layer, node: LayerNode, words: Vocabulary) -> None:
    r"""The step of both kernels against draws of the layer, fed with independent Gaussian fields of covariance K.

    With i.i.d. arrays of mean zero both steps hold in the mean at every width. False alarm <= 1e-6 over keys
    (Bonferroni over the entries); an error of 15% of the largest entry of K or \Theta is missed with <= 1e-3.
    """
    assert record.kernel is not None
    kernels = Kernels(
        nngp=jnp.asarray([[1.3, 0.4, -0.2], [0.4, 0.7, 0.1], [-0.2, 0.1, 0.9]]),
        ntk=jnp.asarray([[2.0, 0.3, -0.5], [0.3, 1.5, 0.2], [-0.5, 0.2, 1.1]]),
    )
    params = {param.name: param for param in record.params(node, _WIDTH)}

    def second_moment(name: str) -> Any:
        return words.densities[params[name].density.name].moment(_args(params[name]), 2)

    want = record.kernel(node, kernels, second_moment, words)
    one = partial(_one_draw, record, node, words, kernels, {name: second_moment(name) for name in params})
    keys = jax.vmap(partial(draw_key, root_key(20240229)))(jnp.arange(_DRAWS))
    draws = jax.jit(lambda keys: jax.lax.map(one, keys, batch_size=200))(keys)
    for what, got, exact in zip(("K", "Theta"), draws, (want.nngp, want.ntk), strict=True):
        values = np.asarray(got)
        sampled = _Sampled(values.mean(axis=0), values.std(axis=0, ddof=1) / math.sqrt(_DRAWS))
        try:
            assert_agree(sampled, exact, false_alarm=1e-6, detect=0.15 * float(jnp.max(jnp.abs(exact))))
        except AssertionError as error:
            message = f"the kernel step of '{record.name}' for {what}: {error}"
            raise AssertionError(message) from None


def _one_draw(
    record: Layer, node: LayerNode, words: Vocabulary, kernels: Kernels, variances: dict[str, Any], key: Any
) -> tuple[Any, Any]:
    r"""What one draw gives for both kernels, averaged over the outputs i.

    .. math:: \frac{1}{n} \sum_i y_i(x) y_i(x'), \qquad
              \frac{1}{n} \sum_i \left( \sum_\mu \partial_\mu y_i(x) \partial_\mu y_i(x')
              + \sum_k \frac{\partial y_i(x)}{\partial h_k} \frac{\partial y_i(x')}{\partial h_k} \Theta(x, x') \right)

    with derivatives by variables of variance one, and weights divided by the root of their fan-in.
    """
    params = {param.name: param for param in record.params(node, _WIDTH)}
    unit = {}
    for name, param in params.items():
        law = words.densities[param.density.name]
        drawn = law.sample(stream(key, name), _args(param), param.shape, jnp.float64)
        unit[name] = drawn / jnp.sqrt(variances[name])
    h = jnp.linalg.cholesky(kernels.nngp) @ normal(stream(key, "input"), (3, _WIDTH), jnp.float64)

    def scale(name: str) -> Any:
        return jnp.sqrt(variances[name] / (params[name].fan_in if params[name].part == "weight" else 1))

    def output(unit: dict[str, Any], h: Any) -> Any:
        return record.apply(node, {name: value * scale(name) for name, value in unit.items()}, h, words)

    y = output(unit, h)
    by_array = [j.reshape(*y.shape, -1) for j in (jax.jacrev(output)(unit, h).values() if unit else ())]
    by_input = jax.vmap(lambda x: jax.jacrev(lambda x: output(unit, x[None, :])[0])(x))(h)
    ntk = jnp.einsum("pik,qik->pq", by_input, by_input) * kernels.ntk
    for j in by_array:
        ntk = ntk + jnp.einsum("pim,qim->pq", j, j)
    return y @ y.T / y.shape[1], ntk / y.shape[1]
