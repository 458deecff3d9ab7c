"""An expression as an array, for one draw of the parameters and one input point."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from operator import mul
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import DomainValue, evaluate
from nnspec.ir.experiment import FieldDef
from nnspec.ir.walk import rewrite, walk
from nnspec.lower.domains import domain_rule
from nnspec.lower.functions import function
from nnspec.lower.values import Value, align, common
from nnspec.numerics.lazy import jax, jnp
from nnspec.plugin.vocabulary import Vocabulary

FUSED_DOT = 4
"""Dot products up to this length are written out, so that they fuse with what follows instead of being stored."""


@dataclass(frozen=True)
class Env:
    """Everything that names can stand for while an expression is evaluated.

    `order` is that of quadratures, `periodic` says that intervals are circles to them; `stack` gives the field of a stack
    of layers at one point.
    """

    words: Vocabulary
    constants: Mapping[str, Any]
    dtype: Any
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    local: Mapping[str, Value] = field(default_factory=dict)
    fields: Mapping[str, FieldDef] = field(default_factory=dict)
    order: int = 0
    tables: Mapping[int, Any] = field(default_factory=dict)
    """Tables of densities by the identity of their nodes, made once and not for every draw."""
    periodic: bool = False
    stack: Callable[[Any], Any] | None = None


def lower(node: ir.Expr, env: Env) -> Value:
    """Evaluate an expression; its index axes are named, its event axis (vectors) comes last."""
    match node:
        case ir.Lit(value=value):
            return Value(value)
        case ir.Const(name=name):
            return Value(env.constants[name])
        case ir.Local(name=name):
            return env.local[name]
        case ir.Input(name=name):
            point = env.inputs[name]
            return Value(point, (), 1) if node.type.kind == "vec" else Value(point[0])
        case ir.Param(name=name, indices=indices):
            return Value(env.params[name], indices, 1 if node.type.kind == "vec" else 0)
        case ir.IndexVar(name=name):
            return Value(jnp.arange(1, env.sizes[name] + 1).astype(env.dtype), (name,))
        case ir.Neg(arg=arg):
            negated = lower(arg, env)
            return replace(negated, array=-negated.array)
        case ir.Bin():
            return _binary(node, env)
        case ir.Apply(fn="vol", args=(over,)):
            return Value(lower_domain(over, env).volume)
        case ir.Apply(fn=fn, args=args, options=options):
            given = [lower(arg, env) for arg in (*args, *(value for _, value in options))]
            return _elementwise(function(fn, env.words, tuple(name for name, _ in options)), given, env)
        case ir.Vector(items=items):
            arrays, axes = align(*(lower(item, env) for item in items))
            entries = common([jnp.asarray(array) for array in arrays], env.dtype)
            return Value(jnp.stack(jnp.broadcast_arrays(*entries), -1), axes, 1)
        case ir.Component(arg=arg, k=k):
            vector = lower(arg, env)
            return Value(vector.array[..., k - 1], vector.axes)
        case ir.Dot(left=left, right=right):
            return _dot(lower(left, env), lower(right, env), env)
        case ir.Reduce():
            return _reduce(node, env)
        case ir.Bind():
            return _bind(node, env)
        case ir.Integral():
            return _integral(node, env)
        case ir.FieldAt():
            return _field_at(node, env)
        case ir.Derivative():
            return _derivative(node, env)
        case _:
            return _logical(node, env)


def lower_domain(node: ir.Expr, env: Env) -> DomainValue:
    """A domain with its numbers; they may be traced, its shape and dimension are known."""
    assert isinstance(node, ir.Domain)
    args = tuple(
        lower_domain(arg, env) if isinstance(arg, ir.Domain) else lower(arg, env).array for arg in node.args
    )
    return DomainValue(node.shape, node.dim, args)


def _elementwise(fn: Any, values: list[Value], env: Env) -> Value:
    arrays, axes = align(*values)
    return Value(fn(*common([_array(a) for a in arrays], env.dtype)), axes)


def _array(number: Any) -> Any:
    """Plain numbers as float64 arrays: whole numbers are reals like all others."""
    return jnp.asarray(float(number)) if isinstance(number, int) and not isinstance(number, bool) else jnp.asarray(number)


_OPS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}


def _binary(node: ir.Bin, env: Env) -> Value:
    left, right = lower(node.left, env), lower(node.right, env)
    if left.plain and right.plain:
        both = {"l": left.array, "r": right.array}
        return _plain(ir.Bin(op=node.op, left=ir.Const(name="l"), right=ir.Const(name="r")), both)
    (a, b), axes = align(left, right)
    event = max(left.event, right.event)
    if left.event != right.event:
        a, b = (_lifted(array, value, event) for array, value in ((a, left), (b, right)))
    a, b = common([a, b], env.dtype)
    if node.op == "pow":
        return Value(_power(a, b), axes, event)
    return Value(_OPS[node.op](a, b), axes, event)


def _plain(node: ir.Expr, values: Mapping[str, Any]) -> Value:
    """A number that is known already: NaN where it has none, and no whole number that arrays could not hold."""
    try:
        number = evaluate(node, values)
    except ValueError:
        return Value(math.nan)
    return Value(float(number) if isinstance(number, int) and abs(number) > 2**53 else number)


def _lifted(array: Any, value: Value, event: int) -> Any:
    return array if value.plain or value.event == event or not hasattr(array, "ndim") else array[..., None]


def _power(a: Any, b: Any) -> Any:
    """Whole powers by multiplication, which is exact in sign and fast."""
    if isinstance(b, int):
        return jax.lax.integer_pow(a, b)
    if isinstance(b, float) and b == 0.5:
        return jnp.sqrt(a)
    return jnp.power(a, b)


def _dot(left: Value, right: Value, env: Env) -> Value:
    (a, b), axes = align(left, right)
    a, b = common([a, b], env.dtype)
    length = a.shape[-1]
    if length <= FUSED_DOT:
        total = a[..., 0] * b[..., 0]
        for k in range(1, length):
            total = total + a[..., k] * b[..., k]
        return Value(total, axes)
    if left.axes and right.axes:
        return Value(jnp.sum(a * b, axis=-1), axes)
    if not left.axes:
        a, b = b, a  # the one with index axes first
    return Value(jnp.matmul(a, b.reshape(length)), axes)


def _reduce(node: ir.Reduce, env: Env) -> Value:
    value = lower(node.body, env)
    where = tuple(value.axes.index(name) for name in node.axes if name in value.axes)
    fold = {"sum": jnp.sum, "prod": jnp.prod, "mean": jnp.mean}[node.op]
    kept = tuple(name for name in value.axes if name not in node.axes)
    total = fold(_array(value.array), axis=where) if where else value.array
    copies = math.prod(env.sizes[name] for name in node.axes if name not in value.axes)
    if copies != 1 and node.op != "mean":  # a function may ignore the argument that brings the index
        total = total * copies if node.op == "sum" else total**copies
    return Value(total, kept, value.event)


def _bind(node: ir.Bind, env: Env, given: Mapping[str, Value] | None = None) -> Value:
    """A function at its arguments. Its own sums run over indices of their own, whatever those of the arguments are."""
    bound = given or {name: lower(value, env) for name, value in zip(node.names, node.values, strict=True)}
    summed = {axis for part in walk(node.body) if isinstance(part, ir.Reduce) for axis in part.axes}
    taken = {axis for value in bound.values() for axis in value.axes}
    outer = {axis: _fresh(axis, taken) for axis in sorted(summed & taken)}
    renamed = {
        name: replace(value, axes=tuple(outer.get(axis, axis) for axis in value.axes)) for name, value in bound.items()
    }
    value = lower(node.body, replace(env, local={**env.local, **renamed}))
    for axis, other in outer.items():
        value = _identified(value, axis, other)
    return value


def _fresh(axis: str, taken: set[str]) -> str:
    """A name that no index of a spec can have: `i'` is one."""
    while axis in taken:
        axis += "@"
    return axis


def _identified(value: Value, axis: str, other: str) -> Value:
    """The value with the axis `other` called `axis`; where it has both, its diagonal."""
    if other in value.axes and axis in value.axes:
        places = value.axes.index(axis), value.axes.index(other)
        kept = tuple(name for name in value.axes if name not in (axis, other))
        diagonal = jnp.diagonal(value.array, axis1=places[0], axis2=places[1])
        return Value(jnp.moveaxis(diagonal, -1, len(kept)), (*kept, axis), value.event)
    return replace(value, axes=tuple(axis if name == other else name for name in value.axes))


def _integral(node: ir.Integral, env: Env) -> Value:
    over = lower_domain(node.over, env)
    nodes, weights = domain_rule(over, env.order, periodic=env.periodic)
    scalar = node.over.type.shape == ()
    axes: list[tuple[str, ...]] = []

    def integrand(point: Any) -> Any:
        bound = Value(point[0]) if scalar else Value(point, (), 1)
        value = lower(node.body, replace(env, local={**env.local, node.var: bound}))
        axes.append(value.axes)
        return _array(value.array)

    values = jax.vmap(integrand)(nodes)
    values = values if jnp.issubdtype(values.dtype, jnp.floating) else values.astype(env.dtype)
    return Value(jnp.tensordot(weights.astype(values.dtype), values, axes=(0, 0)), axes[-1])


def _field_at(node: ir.FieldAt, env: Env) -> Value:
    """Another field of the model at a point; its own sums and components run over indices of their own."""
    if env.stack is not None:
        return Value(env.stack(jnp.atleast_1d(lower(node.args[0], env).array)))
    definition = env.fields[node.name]
    args = [lower(arg, env) for arg in node.args]
    taken = {axis for arg in args for axis in arg.axes}
    outer = {axis: _fresh(axis, taken) for axis in definition.components if axis in taken}
    args = [replace(arg, axes=tuple(outer.get(axis, axis) for axis in arg.axes)) for arg in args]
    names = {name: f"{name}@" for name in definition.inputs}
    body = rewrite(definition.body, lambda part: _as_local(part, names))
    bound = ir.Bind(fn=node.name, names=tuple(names.values()), values=node.args, body=body, type=node.type)
    value = _bind(bound, env, dict(zip(names.values(), args, strict=True)))
    value = selected(value, definition.components, node.components)
    for axis, other in outer.items():
        value = _identified(value, axis, other)
    return value


def _as_local(part: ir.Expr, names: Mapping[str, str]) -> ir.Expr:
    if isinstance(part, ir.Input) and part.name in names:
        return ir.Local(name=names[part.name], type=part.type, span=part.span)
    return part


def selected(value: Value, indices: tuple[str, ...], components: tuple[ir.Expr, ...]) -> Value:
    """The components of a field that are meant: those of other indices, or single ones by their numbers."""
    own = {index: f"={index}" for index in indices} if components else {}
    value = replace(value, axes=tuple(own.get(axis, axis) for axis in value.axes))
    for index, component in zip(own.values(), components, strict=True):
        if isinstance(component, ir.IndexVar):
            value = _identified(value, component.name, index)
        elif index in value.axes:
            assert isinstance(component, ir.Lit)
            axis = value.axes.index(index)
            kept = tuple(name for name in value.axes if name != index)
            value = Value(jnp.take(value.array, int(component.value) - 1, axis=axis), kept, value.event)
    return value


def _derivative(node: ir.Derivative, env: Env) -> Value:
    """The derivative along one axis of an input or of a bound variable, by forward differentiation."""
    base, k = (node.by.arg, node.by.k - 1) if isinstance(node.by, ir.Component) else (node.by, 0)
    axes: list[tuple[str, ...]] = []

    def along(shift: Any) -> Any:
        value = lower(node.arg, _shifted(base, k, shift, env))
        axes.append(value.axes)
        return _array(value.array) * jnp.ones((), env.dtype)

    zero, one = jnp.zeros((), env.dtype), jnp.ones((), env.dtype)
    _, slope = jax.jvp(along, (zero,), (one,))
    return Value(slope, axes[-1])


def _shifted(base: ir.Expr, k: int, shift: Any, env: Env) -> Env:
    """The environment with one component of a variable moved."""
    if isinstance(base, ir.Input):
        point = jnp.asarray(env.inputs[base.name])
        moved = point.at[k].add(shift.astype(point.dtype))
        return replace(env, inputs={**env.inputs, base.name: moved})
    assert isinstance(base, ir.Local)
    value = env.local[base.name]
    array = jnp.asarray(value.array)
    moved = array.at[..., k].add(shift.astype(array.dtype)) if value.event else array + shift.astype(array.dtype)
    return replace(env, local={**env.local, base.name: replace(value, array=moved)})


_COMPARE = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def _logical(node: ir.Expr, env: Env) -> Value:
    match node:
        case ir.Compare(operands=operands, ops=ops):
            arrays, axes = align(*(lower(operand, env) for operand in operands))
            arrays = common(list(map(jnp.asarray, arrays)), env.dtype)
            holds = [_COMPARE[op](arrays[k], arrays[k + 1]) for k, op in enumerate(ops)]
            total = holds[0]
            for each in holds[1:]:
                total = jnp.logical_and(total, each)
            return Value(total, axes)
        case ir.Logic(op="not", args=(arg,)):
            value = lower(arg, env)
            return replace(value, array=jnp.logical_not(value.array))
        case ir.Logic(op=op, args=args):
            join = jnp.logical_and if op == "and" else jnp.logical_or
            return _elementwise(join, [lower(arg, env) for arg in args], env)
        case ir.Select(condition=condition, then=then, other=other):
            return _select([lower(part, env) for part in (condition, then, other)], env)
        case ir.Factorial(arg=arg):
            return _factorial(lower(arg, env), env)
        case _:
            msg = f"no lowering for {type(node).__name__}"
            raise AssertionError(msg)


def _select(parts: list[Value], env: Env) -> Value:
    """The condition decides on whole vectors."""
    (holds, then, other), axes = align(*parts)
    event = max(part.event for part in parts)
    holds = holds[..., None] if event and jnp.ndim(holds) else holds
    return Value(jnp.where(holds, *common([_array(then), _array(other)], env.dtype)), axes, event)


def _factorial(value: Value, env: Env) -> Value:
    """N! from a table, infinite where float64 has no such number."""
    if value.plain:
        return _plain(ir.Factorial(arg=ir.Lit(value=value.array)), {})
    table = jnp.asarray([*map(float, itertools.accumulate(range(1, 171), mul, initial=1)), math.inf])
    n = jnp.round(jnp.asarray(value.array)).astype(jnp.int32)
    found = jnp.where(n < 0, jnp.nan, table[jnp.clip(n, 0, 171)])
    return replace(value, array=found.astype(env.dtype))
