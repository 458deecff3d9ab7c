"""Bounds of an expression on boxes: interval arithmetic on the tree. They are the closer the smaller the box."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnspec.ir import expr as ir
from nnspec.numerics.intervals import (
    Interval,
    NoBounds,
    Plain,
    Truth,
    applied,
    compared,
    power_of,
    product,
    reciprocal,
    select,
    square,
    wide,
)

Bounds = Interval | Truth | tuple[Interval, ...]


def bounds(node: ir.Expr, values: Mapping[str, Any], arith: Any = Plain) -> Bounds:
    """The bounds of an expression; `values` are those of constants and of variables: numbers, intervals, or vectors of such.

    Raises:
        NoBounds: for anything random, and for functions that the language itself does not know.
    """

    def of(part: ir.Expr) -> Bounds:
        return bounds(part, values, arith)

    def number(part: ir.Expr) -> Interval:
        return _number(of(part))

    match node:
        case ir.Lit(value=value):
            return Interval(float(value), float(value))
        case ir.Const(name=name) | ir.Local(name=name):
            return _given(values.get(name))
        case ir.Neg(arg=arg):
            return _each(lambda a: Interval(-a.hi, -a.lo), of(arg))
        case ir.Bin(op="mul", left=left, right=right) if left == right:
            return square(number(left), arith)
        case ir.Bin(op="pow", left=left, right=right):
            return power_of(number(left), number(right), arith)
        case ir.Bin(op=op, left=left, right=right):
            return _binary(op, of(left), of(right), arith)
        case ir.Apply(fn="where", args=(condition, then, other)):
            return select(of(condition), number(then), number(other), arith)
        case ir.Select(condition=condition, then=then, other=other):
            return select(of(condition), number(then), number(other), arith)
        case ir.Apply(fn=fn, args=args, options=()):
            return applied(fn, [number(arg) for arg in args], arith)
        case ir.Vector(items=items):
            return tuple(number(item) for item in items)
        case ir.Component(arg=arg, k=k):
            vector = of(arg)
            assert isinstance(vector, tuple)
            return _number(vector[k - 1])
        case ir.Dot(left=left, right=right):
            return _dot(of(left), of(right), arith, same=left == right)
        case ir.Compare() | ir.Logic():
            return _logic(node, of, arith)
        case ir.Bind(names=names, values=given, body=body):
            bound = {name: of(value) for name, value in zip(names, given, strict=True)}
            return bounds(body, {**values, **bound}, arith)
        case _:
            raise NoBounds(type(node).__name__)


def log_bounds(node: ir.Expr, values: Mapping[str, Any], arith: Any = Plain) -> Interval:
    """The bounds of the logarithm of an expression that is nowhere negative; an exponential is never formed."""

    def of(part: ir.Expr) -> Interval:
        return log_bounds(part, values, arith)

    match node:
        case ir.Apply(fn="exp", args=(arg,)):
            return _number(bounds(arg, values, arith))
        case ir.Bin(op="mul", left=left, right=right):
            return _number(_binary("add", of(left), of(right), arith))
        case ir.Bin(op="div", left=left, right=right):
            return _number(_binary("sub", of(left), of(right), arith))
        case ir.Bin(op="pow", left=ir.Apply(fn="exp", args=(arg,)), right=right):
            return product(_number(bounds(right, values, arith)), _number(bounds(arg, values, arith)), arith)
        case ir.Bind(names=names, values=given, body=body):
            bound = {name: bounds(value, values, arith) for name, value in zip(names, given, strict=True)}
            return log_bounds(body, {**values, **bound}, arith)
        case _:
            return applied("log", [_number(bounds(node, values, arith))], arith)


# ---------------------------------------------------------------- leaves
def _given(value: Any) -> Bounds:
    if isinstance(value, Interval | Truth):
        return value
    if isinstance(value, tuple):
        return tuple(_number(_given(each)) for each in value)
    if isinstance(value, int | float):
        return Interval(float(value), float(value))
    raise NoBounds(type(value).__name__)


def _number(value: Bounds) -> Interval:
    if isinstance(value, Interval):
        return value
    raise NoBounds(type(value).__name__)


def _each(change: Callable[[Interval], Interval], value: Bounds) -> Bounds:
    return change(value) if isinstance(value, Interval) else tuple(change(_number(each)) for each in _vector(value))


def _vector(value: Bounds) -> tuple[Interval, ...]:
    if isinstance(value, Interval | Truth):
        raise NoBounds(type(value).__name__)
    return value


def _binary(op: str, left: Bounds, right: Bounds, arith: Any) -> Bounds:
    if not isinstance(left, Interval):
        rest = [right] * len(left) if isinstance(right, Interval) else list(_vector(right))
        return tuple(_number(_binary(op, a, b, arith)) for a, b in zip(_vector(left), rest, strict=True))
    if not isinstance(right, Interval):
        return tuple(_number(_binary(op, left, b, arith)) for b in _vector(right))
    match op:
        case "add":
            return wide(left.lo + right.lo, left.hi + right.hi, arith)
        case "sub":
            return wide(left.lo - right.hi, left.hi - right.lo, arith)
        case "mul":
            return product(left, right, arith)
        case _:
            return product(left, reciprocal(right, arith), arith)


def _dot(left: Bounds, right: Bounds, arith: Any, *, same: bool) -> Interval:
    total: Bounds = Interval(0.0, 0.0)
    for a, b in zip(_vector(left), _vector(right), strict=True):
        total = _binary("add", total, square(a, arith) if same else product(a, b, arith), arith)
    return _number(total)


def _logic(node: ir.Expr, of: Callable[[ir.Expr], Bounds], arith: Any) -> Truth:
    match node:
        case ir.Compare(operands=operands, ops=ops):
            sides = [_number(of(operand)) for operand in operands]
            truths = [compared(op, sides[k], sides[k + 1]) for k, op in enumerate(ops)]
        case ir.Logic(op="not", args=(arg,)):
            inner = of(arg)
            if not isinstance(inner, Truth):
                raise NoBounds(type(inner).__name__)
            no, yes = arith.where(inner.may, False, True), arith.where(inner.sure, False, True)
            return Truth(no, yes)
        case ir.Logic(args=args):
            found = [of(arg) for arg in args]
            truths = [each for each in found if isinstance(each, Truth)]
            if len(truths) < len(found):
                raise NoBounds(type(node).__name__)
        case _:
            raise NoBounds(type(node).__name__)
    either = isinstance(node, ir.Logic) and node.op == "or"
    total = truths[0]
    for each in truths[1:]:
        total = Truth(*((x | y) if either else (x & y) for x, y in zip(total, each, strict=True)))
    return total
