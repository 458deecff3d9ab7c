"""Constant expressions as plain Python numbers: sizes, counts, arguments of densities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnspec.ir.expr import (
    Apply,
    Bin,
    Bind,
    Compare,
    Component,
    Const,
    Domain,
    Dot,
    Expr,
    Factorial,
    Lit,
    Local,
    Logic,
    Neg,
    Select,
    Text,
    Vector,
)  # fmt: skip
from nnspec.ir.functions import FUNCTIONS


class NotConstant(Exception):
    """The expression holds something that is only known later (a parameter, an input, a result)."""


@dataclass(frozen=True)
class DomainValue:
    """A domain with numbers in it: shape, dimension, and radius, ends or factors."""

    shape: str
    dim: int
    args: tuple[Any, ...] = ()

    @property
    def volume(self) -> Any:
        """Volume of the domain; inf for R^n; the surface for a sphere. The numbers may be traced."""
        match self.shape:
            case "ball":
                return math.pi ** (self.dim / 2) / math.gamma(self.dim / 2 + 1) * self.args[0] ** self.dim
            case "sphere":
                return 2 * math.pi ** (self.dim / 2) / math.gamma(self.dim / 2) * self.args[0] ** (self.dim - 1)
            case "interval":
                return self.args[1] - self.args[0]
            case "product":
                return math.prod(part.volume for part in self.args)
            case _:
                return math.inf


def evaluate(node: Expr, values: Mapping[str, Any]) -> Any:
    """The value of a constant expression, with `values` of the constants and bound variables by name.

    Raises:
        NotConstant: for anything random or not yet known.
        ArithmeticError, ValueError: as Python arithmetic does (division by zero, root of a negative number).
    """
    match node:
        case Lit(value=value) | Text(value=value):
            return value
        case Const(name=name) | Local(name=name):
            return values[name]
        case Neg(arg=arg):
            return -evaluate(arg, values)
        case Bin(op=op, left=left, right=right):
            return _binary(op, evaluate(left, values), evaluate(right, values))
        case Factorial(arg=arg):
            return math.factorial(int(evaluate(arg, values)))
        case Apply(fn="vol", args=(over,)):
            return evaluate(over, values).volume
        case Apply(fn=fn, args=args) if fn in FUNCTIONS:
            return FUNCTIONS[fn].plain(*(evaluate(arg, values) for arg in args))
        case Vector(items=items):
            return tuple(evaluate(item, values) for item in items)
        case Component(arg=arg, k=k):
            return evaluate(arg, values)[k - 1]
        case Dot(left=left, right=right):
            pairs = zip(evaluate(left, values), evaluate(right, values), strict=True)
            return sum(a * b for a, b in pairs)
        case Domain(shape=shape, dim=dim, args=args):
            return DomainValue(shape, dim, tuple(evaluate(arg, values) for arg in args))
        case Compare() | Logic() | Select():
            return _logical(node, values)
        case Bind(names=names, values=given, body=body):
            bound = {name: evaluate(value, values) for name, value in zip(names, given, strict=True)}
            return evaluate(body, {**values, **bound})
        case _:
            raise NotConstant(type(node).__name__)


def _binary(op: str, left: Any, right: Any) -> Any:
    if op == "add":
        return left + right
    if op == "sub":
        return left - right
    if op == "mul":
        return left * right
    if op == "div":
        return left / right
    if isinstance(left, int) and isinstance(right, int) and abs(right) * max(left.bit_length(), 1) > 4096:
        msg = "the power is too large"
        raise OverflowError(msg)
    power = left**right
    if isinstance(power, complex):
        msg = "a fractional power of a negative number"
        raise ValueError(msg)  # noqa: TRY004  (a domain error, as Python's own)
    return power


_ORDER = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def _logical(node: Expr, values: Mapping[str, Any]) -> Any:
    match node:
        case Compare(operands=operands, ops=ops):
            sides = [evaluate(operand, values) for operand in operands]
            return all(_ORDER[op](sides[k], sides[k + 1]) for k, op in enumerate(ops))
        case Logic(op="not", args=(arg,)):
            return not evaluate(arg, values)
        case Logic(op=op, args=args):
            return (all if op == "and" else any)(evaluate(arg, values) for arg in args)
        case Select(condition=condition, then=then, other=other):
            return evaluate(then if evaluate(condition, values) else other, values)
        case _:
            raise NotConstant(type(node).__name__)
