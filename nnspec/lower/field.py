"""The field of a model as a function of one draw and many points, and draws from its parameter density."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Experiment, FieldDef, InputDecl, Model
from nnspec.lower import composed
from nnspec.lower.draws import draw_from
from nnspec.lower.expressions import Env, lower, selected
from nnspec.lower.hoist import hoist
from nnspec.lower.stack import deviation, forward, resolve_stack, unit_variance
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp
from nnspec.plugin.vocabulary import Vocabulary

Theta = Mapping[str, Any]
L2 = 32_768
"""Numbers that one block of work may hold, so that it stays in a core's cache; beyond it everything is slower."""


def environment(experiment: Experiment, words: Vocabulary, constants: Mapping[str, Any], dtype: Any) -> Env:
    """Constants and sizes of an experiment: static constants as Python numbers, the others as given (traced)."""
    values = {c.name: c.value if c.static else constants[c.name] for c in experiment.constants}
    sizes = {index.name: index.size for index in experiment.model.indices}
    return Env(words=words, constants=values, dtype=dtype, sizes=sizes)


def traced_constants(experiment: Experiment) -> dict[str, float]:
    """The constants that programs take as arguments, so that a change of value does not compile again."""
    return {c.name: float(c.value) for c in experiment.constants if not c.static}


def field(model: Model, env: Env, which: ir.Expr | None = None, *, loop: bool = True) -> Callable[[Theta, Any], Any]:
    """The field: parameters of one draw and points [point, in] give values [point, out].

    Args:
        model: the model.
        env: constants and sizes.
        which: the field that is meant, and its component, where the model has several.
        loop: point after point, as is best for fresh draws; otherwise all points at once, as is best for derivatives.
    """
    if model.stack is not None:
        steps, unit = resolve_stack(model, env.words), unit_variance(model, env.words)
        return lambda theta, points: forward(steps, unit, theta, points.astype(env.dtype), env)
    definition, components = _chosen(model, which)
    body, parts = hoist(definition.body)
    whole = replace(env, fields={each.name: each for each in model.fields})
    spaces = {item.name: item for item in model.inputs}

    def at_points(theta: Theta, points: Any) -> Any:
        drawn = replace(whole, params=theta)
        ready = replace(drawn, local={key: lower(part, drawn) for key, part in parts.items()})

        def at_point(point: Any) -> Any:
            value = lower(body, replace(ready, inputs=_inputs(definition, spaces, point)))
            value = selected(value, definition.components, components)
            return jnp.asarray(value.array).astype(env.dtype).reshape(1)

        # A loop and not `vmap`: the compiler would fuse the drawing of the parameters into every point.
        return jax.lax.map(at_point, points.astype(env.dtype)) if loop else jax.vmap(at_point)(points.astype(env.dtype))

    return at_points


def _chosen(model: Model, which: ir.Expr | None) -> tuple[FieldDef, tuple[ir.Expr, ...]]:
    if isinstance(which, ir.FieldAt):
        return next(each for each in model.fields if each.name == which.name), which.components
    return model.fields[0], ()


def _inputs(definition: FieldDef, spaces: Mapping[str, InputDecl], point: Any) -> dict[str, Any]:
    """The components of a point that belong to each input, in the order of the field's arguments."""
    found: dict[str, Any] = {}
    start = 0
    for name in definition.inputs:
        found[name] = point[start : start + spaces[name].dim]
        start += spaces[name].dim
    return found


def prior(model: Model, env: Env) -> Callable[[Any], Theta]:
    """Draws from the product of the declared densities: a key gives the parameters of one network by name."""
    env = replace(env, tables=composed.tables(model, env))
    if model.stack is not None:
        return _stack_prior(model, env)

    def draw(key: Any) -> Theta:
        theta: dict[str, Any] = {}
        for param in model.params:  # those that others depend on come first
            shape = (*(env.sizes[index] for index in param.indices), *param.copies)
            stream = streams.stream(key, ", ".join(param.targets))
            events = draw_from(param.density, stream, shape, param.indices, replace(env, params=theta))
            if len(param.targets) == 1:
                theta[param.targets[0]] = events
            else:
                theta.update({name: events[..., k] for k, name in enumerate(param.targets)})
        return theta

    return draw


def _stack_prior(model: Model, env: Env) -> Callable[[Any], Theta]:
    steps, unit = resolve_stack(model, env.words), unit_variance(model, env.words)

    def draw(key: Any) -> Theta:
        theta: dict[str, Any] = {}
        for each in (param for step in steps for param in step.params):
            law = each.param.density
            array = draw_from(law, streams.stream(key, each.key), each.param.shape, (), env)
            scale = each.initial / deviation(law, env) if unit else each.initial
            theta[each.key] = array * (scale.astype(env.dtype) if hasattr(scale, "astype") else scale)
        return theta

    return draw


def parameter_count(model: Model, words: Vocabulary, sizes: Mapping[str, int]) -> int:
    """How many numbers one draw has."""
    if model.stack is not None:
        shapes = [param.param.shape for step in resolve_stack(model, words) for param in step.params]
    else:
        shapes = [(*(sizes[i] for i in p.indices), *p.copies, *p.density.type.shape) for p in model.params]
    return sum(_product(shape) for shape in shapes)


def work_per_point(model: Model, words: Vocabulary, sizes: Mapping[str, int]) -> tuple[float, int]:
    """Floating-point operations for one point of one draw, roughly, and the widest array on the way."""
    if model.stack is not None:
        steps = resolve_stack(model, words)
        flops = sum(2 * _product(p.param.shape) + 10 * step.width for step in steps for p in step.params or ())
        return float(flops), max(step.width for step in steps)
    neurons = _product(tuple(sizes.values()))
    return 30.0 * neurons, max(1, neurons)


def _product(shape: tuple[int, ...]) -> int:
    total = 1
    for n in shape:
        total *= n
    return total
