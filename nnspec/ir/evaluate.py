"""Constant expressions as plain Python numbers: sizes, counts, arguments of densities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
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
    File,
    Lit,
    Local,
    Logic,
    Neg,
    Select,
    Text,
    Vector,
)  # fmt: skip
from nnspec.ir.files import FileValue
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
                return _half_sphere(self.dim) * 2 / self.dim * self.args[0] ** self.dim
            case "sphere":
                return 2 * _half_sphere(self.dim) * self.args[0] ** (self.dim - 1)
            case "interval":
                return self.args[1] - self.args[0]
            case "product":
                return math.prod(part.volume for part in self.args)
            case _:
                return math.inf


def _half_sphere(dim: int) -> float:
    """pi^(dim/2) / Gamma(dim/2): half the surface of the unit sphere."""
    if dim <= 300:
        return float(math.pi ** (dim / 2)) / math.gamma(dim / 2)
    return math.exp(dim / 2 * math.log(math.pi) - math.lgamma(dim / 2))


def evaluate(node: Expr, values: Mapping[str, Any]) -> Any:
    """The value of a constant expression, with `values` of the constants and bound variables by name.

    Raises:
        NotConstant: for anything random or not yet known.
        ArithmeticError, ValueError: as Python arithmetic does (division by zero, root of a negative number).
    """
    match node:
        case Lit(value=value) | Text(value=value):
            return value
        case File(sha256=sha256, path=path):
            return FileValue(sha256, Path(path))
        case Const(name=name) | Local(name=name):
            return values[name]
        case Neg(arg=arg):
            return -evaluate(arg, values)
        case Bin(op=op, left=left, right=right):
            return _binary(op, evaluate(left, values), evaluate(right, values))
        case Factorial(arg=arg):
            return _factorial(evaluate(arg, values))
        case Apply(fn="vol", args=(over,)):
            return evaluate(over, values).volume
        case Apply(fn=fn, args=args) if fn in FUNCTIONS:
            return _apply(fn, [evaluate(arg, values) for arg in args])
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
        return _bounded(left + right, left, right)
    if op == "sub":
        return _bounded(left - right, left, right)
    if op == "mul":
        return _bounded(left * right, left, right)
    if op == "div":
        return _bounded(left / right, left, right)
    return _bounded(_power(left, right), left, right)


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and abs(right) * max(left.bit_length(), 1) > 4096:
        if abs(left) > 1 and right > 0:
            raise OverflowError(_TOO_LARGE)
        left = left if abs(left) <= 1 else float(left)  # a reciprocal that is nearly zero
    power = left**right
    if isinstance(power, complex):
        msg = "a fractional power of a negative number is not real"
        raise ValueError(msg)  # noqa: TRY004  (a domain error, as Python's own)
    return power


_TOO_LARGE = "the value is too large"
_LARGEST = 2.0**1023


def _bounded(value: Any, *operands: Any) -> Any:
    """The value, if float64 can hold it; inf may come from inf only."""
    if isinstance(value, float):
        too_large = math.isinf(value) and not any(isinstance(each, float) and math.isinf(each) for each in operands)
    else:
        too_large = isinstance(value, int) and abs(value) > _LARGEST
    if too_large:
        raise OverflowError(_TOO_LARGE)
    return value


def _factorial(n: Any) -> int:
    if n < 0:
        msg = "a negative number has no factorial"
        raise ValueError(msg)
    if n > 170:
        raise OverflowError(_TOO_LARGE)
    return math.factorial(int(n))


def _apply(fn: str, args: list[Any]) -> Any:
    try:
        return _bounded(FUNCTIONS[fn].plain(*args), *args)
    except ValueError:
        at = ", ".join(f"{arg:g}" for arg in args)
        msg = f"`{fn}` has no real value at {at}"
        raise ValueError(msg) from None


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
