"""An expression as an array, for one draw of the parameters and one input point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import DomainValue, evaluate
from nnspec.lower.domains import domain_rule
from nnspec.lower.functions import function
from nnspec.lower.values import Value, align, common
from nnspec.numerics.lazy import jax, jnp
from nnspec.plugin.vocabulary import Vocabulary

FUSED_DOT = 4
"""Dot products up to this length are written out, so that they fuse with what follows instead of being stored."""


@dataclass(frozen=True)
class Env:
    """Everything that names can stand for while an expression is evaluated; `order` is that of quadratures."""

    words: Vocabulary
    constants: Mapping[str, Any]
    dtype: Any
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    local: Mapping[str, Value] = field(default_factory=dict)
    order: int = 0


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
        case ir.Apply(fn=fn, args=args):
            return _elementwise(function(fn, env.words), [lower(arg, env) for arg in args], env)
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
        case ir.Bind(names=names, values=values, body=body):
            bound = {name: lower(value, env) for name, value in zip(names, values, strict=True)}
            return lower(body, replace(env, local={**env.local, **bound}))
        case ir.Integral():
            return _integral(node, env)
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
    arrays = common([jnp.asarray(a) if isinstance(a, int | float) else a for a in arrays], env.dtype)
    return Value(fn(*arrays), axes)


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
        return Value(evaluate(ir.Bin(op=node.op, left=ir.Const(name="l"), right=ir.Const(name="r")), both))
    (a, b), axes = align(left, right)
    event = max(left.event, right.event)
    if left.event != right.event:
        a, b = (_lifted(array, value, event) for array, value in ((a, left), (b, right)))
    a, b = common([a, b], env.dtype)
    if node.op == "pow":
        return Value(_power(a, b), axes, event)
    return Value(_OPS[node.op](a, b), axes, event)


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
    where = tuple(value.axes.index(name) for name in node.axes)
    fold = {"sum": jnp.sum, "prod": jnp.prod, "mean": jnp.mean}[node.op]
    kept = tuple(name for name in value.axes if name not in node.axes)
    return Value(fold(value.array, axis=where), kept, value.event)


def _integral(node: ir.Integral, env: Env) -> Value:
    over = lower_domain(node.over, env)
    nodes, weights = domain_rule(over, env.order)
    scalar = node.over.type.shape == ()
    axes: list[tuple[str, ...]] = []

    def integrand(point: Any) -> Any:
        bound = Value(point[0]) if scalar else Value(point, (), 1)
        value = lower(node.body, replace(env, local={**env.local, node.var: bound}))
        axes.append(value.axes)
        return jnp.asarray(value.array)

    values = jax.vmap(integrand)(nodes)
    return Value(jnp.tensordot(weights.astype(values.dtype), values, axes=(0, 0)), axes[-1])


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
            return _elementwise(jnp.where, [lower(part, env) for part in (condition, then, other)], env)
        case ir.Factorial(arg=arg):
            return Value(evaluate(ir.Factorial(arg=ir.Lit(value=lower(arg, env).array)), {}))
        case _:
            msg = f"no lowering for {type(node).__name__}"
            raise AssertionError(msg)
