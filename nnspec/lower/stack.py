"""A stack of layers, resolved: the arrays of each layer with the powers of the width that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.experiment import LayerNode, LayerStack, Model
from nnspec.lower.expressions import Env, lower, lower_domain
from nnspec.plugin.records import Exponents, Layer, LayerParam, Role
from nnspec.plugin.vocabulary import Vocabulary

SGD = "sgd"


@dataclass(frozen=True, kw_only=True)
class StackParam:
    """One array of a network: where it belongs, its record, its role, and the factors in front and at the start.

    `key` names its random stream. It is also the parameter's name in the formula form, so that both draw the same.
    """

    key: str
    layer: int
    param: LayerParam
    role: Role
    exponents: Exponents
    multiplier: float
    initial: float


@dataclass(frozen=True, kw_only=True)
class Step:
    """One layer with its record and its arrays."""

    node: LayerNode
    record: Layer
    params: tuple[StackParam, ...]
    fan_in: int
    width: int


def resolve_stack(model: Model, words: Vocabulary) -> tuple[Step, ...]:
    """Widths, roles and powers of the width of every layer.

    The first layer with weights is the input layer, the last one the readout, those between are hidden; n is the
    number of inputs of the layer, for the input layer the number of its outputs.
    """
    stack = model.stack
    assert stack is not None
    sizes: list[tuple[LayerNode, Layer, tuple[LayerParam, ...], int, int]] = []
    fan_in = model.dim
    for node in stack.layers:
        record = words.layers[node.name]
        width = record.width(node, fan_in)
        sizes.append((node, record, record.params(node, fan_in), fan_in, width))
        fan_in = width
    weighted = [k for k, (_, _, params, _, _) in enumerate(sizes) if any(p.part == "weight" for p in params)]
    steps: list[Step] = []
    number = 0  # layers with arrays, from 1
    for k, (node, record, params, inputs, width) in enumerate(sizes):
        role: Role = "input" if k in weighted[:1] else "readout" if k in weighted[-1:] else "hidden"
        number += bool(params)
        resolved = tuple(_param((k, number), p, role, stack, width, words) for p in params)
        steps.append(Step(node=node, record=record, params=resolved, fan_in=inputs, width=width))
    return tuple(steps)


def _param(
    place: tuple[int, int], param: LayerParam, role: Role, stack: LayerStack, width: int, words: Vocabulary
) -> StackParam:
    layer, number = place
    exponents = Exponents()
    multiplier = initial = 1.0
    if param.part == "weight":
        options = dict(stack.parameterization_options)
        exponents = words.parameterizations[stack.parameterization].exponents(role, SGD, **options)
        n, d = (width, param.fan_in) if role == "input" else (param.fan_in, 1)
        multiplier = float(n**-exponents.a * d**-exponents.a_in)
        initial = float(n**-exponents.b * d**-exponents.b_in)
    return StackParam(key=f"{param.name}_{number}", layer=layer, param=param, role=role, exponents=exponents,
                      multiplier=multiplier, initial=initial)  # fmt: skip


def density_args(density: ir.Expr, env: Env) -> dict[str, Any]:
    """The arguments of a density by name, as numbers (traced where they depend on traced constants)."""
    assert isinstance(density, ir.Density)
    return {
        name: lower_domain(arg, env) if isinstance(arg, ir.Domain) else lower(arg, env).array
        for name, arg in zip(density.names, density.args, strict=True)
    }


def deviation(density: ir.Expr, env: Env) -> Any:
    """Root mean square of one component of a density."""
    assert isinstance(density, ir.Density)
    record = env.words.densities[density.name]
    return record.moment(density_args(density, env), 2) ** 0.5


def unit_variance(model: Model, words: Vocabulary) -> bool:
    """Whether the trained variables have variance one, the deviation standing in front."""
    assert model.stack is not None
    return words.parameterizations[model.stack.parameterization].unit_variance


def forward(steps: tuple[Step, ...], unit: bool, theta: Mapping[str, Any], points: Any, env: Env) -> Any:
    """The network at points [point, in]: [point, out]."""
    return _outputs(steps, unit, theta, points, env)[-1]


def features(model: Model, theta: Mapping[str, Any], points: Any, env: Env) -> tuple[Any, ...]:
    """What each layer with weights gives at points [point, in], [point, out]: hidden pre-activations, and last the field."""
    steps = resolve_stack(model, env.words)
    outputs = _outputs(steps, unit_variance(model, env.words), theta, points.astype(env.dtype), env)
    return tuple(h for step, h in zip(steps, outputs, strict=True) if any(p.param.part == "weight" for p in step.params))


def _outputs(steps: tuple[Step, ...], unit: bool, theta: Mapping[str, Any], points: Any, env: Env) -> list[Any]:
    h, found = points, []
    for step in steps:
        weights: dict[str, Any] = {}
        for each in step.params:
            factor: Any = each.multiplier
            if unit:
                factor = factor * deviation(each.param.density, env)
            array = theta[each.key]
            weights[each.param.name] = array * _as(factor, array)
        h = step.record.apply(step.node, weights, h, env.words)
        found.append(h)
    return found


def _as(factor: Any, array: Any) -> Any:
    return factor.astype(array.dtype) if hasattr(factor, "astype") else factor
