"""Arithmetic of intervals: least and largest values of what is made of numbers that lie between bounds.

Ends are single numbers (`Plain`) or arrays of them (`Arrays`). Bounds hold up to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from nnspec.numerics.lazy import np, scipy


class Interval(NamedTuple):
    """Least and largest value: numbers, or arrays over boxes."""

    lo: Any
    hi: Any


class Truth(NamedTuple):
    """Whether something holds everywhere, and whether it may hold somewhere."""

    sure: Any
    may: Any


class NoBounds(Exception):
    """The expression holds something whose bounds are not known."""


_GELU = (-0.7517915, -0.16997121)
"""Where x Phi(x) is least, and what it is there, rounded down."""


class Plain:
    """Arithmetic of single numbers that overflows to infinity and never complains."""

    @staticmethod
    def minimum(a: Any, b: Any) -> Any:
        """The smaller one."""
        return a if a < b else b

    @staticmethod
    def maximum(a: Any, b: Any) -> Any:
        """The larger one."""
        return a if a > b else b

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        """One of the two."""
        return a if condition else b

    @staticmethod
    def function(name: str) -> Callable[[Any], Any]:
        """A function by its name; where it has no value, NaN."""
        plain: Callable[[float], float] = getattr(math, name)

        def safe(x: float) -> float:
            try:
                return float(plain(x))
            except OverflowError:
                return -math.inf if name == "sinh" and x < 0 else x if name == "floor" else math.inf
            except ValueError:
                return -math.inf if name == "log" and x == 0 else math.nan

        return safe

    @staticmethod
    def power(a: Any, b: Any) -> Any:
        """a^b for a >= 0, or whole b."""
        try:
            return float(a) ** b
        except OverflowError:
            return math.inf if a > 0 or b % 2 == 0 else -math.inf
        except ZeroDivisionError:
            return math.inf


class Arrays:
    """The same for arrays of numbers."""

    @staticmethod
    def minimum(a: Any, b: Any) -> Any:
        """The smaller one, entry by entry."""
        return np.minimum(a, b)

    @staticmethod
    def maximum(a: Any, b: Any) -> Any:
        """The larger one, entry by entry."""
        return np.maximum(a, b)

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        """One of the two, entry by entry."""
        return np.where(condition, a, b)

    @staticmethod
    def function(name: str) -> Callable[[Any], Any]:
        """A function by its name."""
        found: Callable[[Any], Any] = scipy.special.erf if name == "erf" else getattr(np, name)
        return found

    @staticmethod
    def power(a: Any, b: Any) -> Any:
        """a^b for a >= 0, or whole b."""
        return np.power(a, b)


# ---------------------------------------------------------------- arithmetic
def wide(lo: Any, hi: Any, arith: Any) -> Interval:
    """Bounds in which what is not a number bounds nothing."""
    return Interval(arith.where(lo == lo, lo, -math.inf), arith.where(hi == hi, hi, math.inf))


def product(a: Interval, b: Interval, arith: Any) -> Interval:
    """The product of two."""
    ends = [_finite(x * y, arith) for x in a for y in b]
    lo, hi = ends[0], ends[0]
    for end in ends[1:]:
        lo, hi = arith.minimum(lo, end), arith.maximum(hi, end)
    return Interval(lo, hi)


def _finite(x: Any, arith: Any) -> Any:
    """0 * inf is 0: the infinite end of an interval is not reached."""
    return arith.where(x == x, x, 0.0)


def reciprocal(a: Interval, arith: Any) -> Interval:
    """1/a; without bounds where zero lies inside."""
    around = (a.lo < 0) & (a.hi > 0)
    lo = arith.where(around, -math.inf, _over(a.hi, -1.0, arith))
    return Interval(lo, arith.where(around, math.inf, _over(a.lo, 1.0, arith)))


def _over(x: Any, side: float, arith: Any) -> Any:
    zero = x == 0
    return arith.where(zero, side * math.inf, 1.0 / arith.where(zero, 1.0, x))


def square(a: Interval, arith: Any) -> Interval:
    """The square of one."""
    x, y = a.lo * a.lo, a.hi * a.hi
    inside = (a.lo <= 0) & (a.hi >= 0)
    return Interval(arith.where(inside, 0.0, arith.minimum(x, y)), arith.maximum(x, y))


def power_of(a: Interval, b: Interval, arith: Any) -> Interval:
    """a^b; a negative a has whole powers alone, of which b is one number."""
    if not isinstance(b.lo, float) or b.lo != b.hi:
        exponent = product(b, applied("log", [a], arith), arith)
        return applied("exp", [exponent], arith)
    n = b.lo
    if n < 0:
        return reciprocal(power_of(a, Interval(-n, -n), arith), arith)
    whole = n == math.floor(n)
    lo = a.lo if whole else arith.maximum(a.lo, 0.0)
    hi = a.hi if whole else arith.maximum(a.hi, 0.0)
    x, y = arith.power(lo, n), arith.power(hi, n)
    if not whole or n % 2:
        return Interval(x, y)
    inside = (lo <= 0) & (hi >= 0)
    return Interval(arith.where(inside, 0.0, arith.minimum(x, y)), arith.maximum(x, y))


# ---------------------------------------------------------------- functions
_GROWING = ("exp", "log", "sqrt", "tanh", "sinh", "erf", "floor")


def applied(fn: str, args: list[Interval], arith: Any) -> Interval:
    """A function of the language by its name."""
    a = args[0]
    match fn:
        case "sqrt" | "log":
            call = arith.function(fn)
            return Interval(call(arith.maximum(a.lo, 0.0)), call(arith.maximum(a.hi, 0.0)))
        case _ if fn in _GROWING:
            call = arith.function(fn)
            return Interval(call(a.lo), call(a.hi))
        case "relu":
            return Interval(arith.maximum(a.lo, 0.0), arith.maximum(a.hi, 0.0))
        case "sign":
            return Interval(*(arith.where(x > 0, 1.0, arith.where(x < 0, -1.0, 0.0)) for x in a))
        case "abs" | "cosh":
            size = Interval(_distance(a, arith), arith.maximum(-a.lo, a.hi))
            return size if fn == "abs" else Interval(*map(arith.function("cosh"), size))
        case "sin":
            return _wave(Interval(a.lo - math.pi / 2, a.hi - math.pi / 2), arith)
        case "cos":
            return _wave(a, arith)
        case "tan":
            floor, tan = arith.function("floor"), arith.function("tan")
            whole = floor(a.lo / math.pi + 0.5) == floor(a.hi / math.pi + 0.5)
            return Interval(arith.where(whole, tan(a.lo), -math.inf), arith.where(whole, tan(a.hi), math.inf))
        case "gelu":
            return _gelu(a, arith)
        case "mod":
            return _mod(a, args[1], arith)
        case "min" | "max":
            pair = arith.minimum if fn == "min" else arith.maximum
            for b in args[1:]:
                a = Interval(pair(a.lo, b.lo), pair(a.hi, b.hi))
            return a
        case _:
            raise NoBounds(fn)


def _distance(a: Interval, arith: Any) -> Any:
    """How far the interval is from zero."""
    return arith.maximum(arith.maximum(a.lo, -a.hi), 0.0)


def _wave(a: Interval, arith: Any) -> Interval:
    """The cosine: between its ends it turns at whole multiples of pi."""
    floor, cos = arith.function("floor"), arith.function("cos")
    finite = (a.lo > -1e15) & (a.hi < 1e15)
    lo, hi = arith.where(finite, a.lo, 0.0), arith.where(finite, a.hi, 2 * math.pi)
    x, y = cos(lo), cos(hi)
    high = floor(hi / (2 * math.pi)) != floor(lo / (2 * math.pi))
    low = floor(hi / (2 * math.pi) + 0.5) != floor(lo / (2 * math.pi) + 0.5)
    top = arith.where(high | (hi - lo >= 2 * math.pi), 1.0, arith.maximum(x, y))
    return Interval(arith.where(low | (hi - lo >= 2 * math.pi), -1.0, arith.minimum(x, y)), top)


def _gelu(a: Interval, arith: Any) -> Interval:
    erf = arith.function("erf")
    x, y = (_finite(end * 0.5 * (1 + erf(end / math.sqrt(2))), arith) for end in a)
    inside = (a.lo <= _GELU[0]) & (a.hi >= _GELU[0])
    return Interval(arith.where(inside, _GELU[1], arith.minimum(x, y)), arith.maximum(x, y))


def _mod(a: Interval, b: Interval, arith: Any) -> Interval:
    if not isinstance(b.lo, float) or b.lo != b.hi or b.lo <= 0:
        msg = "a remainder by what is no positive number"
        raise NoBounds(msg)
    floor = arith.function("floor")
    turns = floor(a.lo / b.lo)
    one = turns == floor(a.hi / b.lo)
    return Interval(arith.where(one, a.lo - turns * b.lo, 0.0), arith.where(one, a.hi - turns * b.lo, b.lo))


# ---------------------------------------------------------------- conditions
def select(holds: Any, then: Interval, other: Interval, arith: Any) -> Interval:
    """What a condition chooses."""
    if not isinstance(holds, Truth):
        raise NoBounds(type(holds).__name__)
    lo, hi = arith.minimum(then.lo, other.lo), arith.maximum(then.hi, other.hi)
    lo = arith.where(holds.sure, then.lo, arith.where(holds.may, lo, other.lo))
    return Interval(lo, arith.where(holds.sure, then.hi, arith.where(holds.may, hi, other.hi)))


def compared(op: str, a: Interval, b: Interval) -> Truth:
    """Whether a comparison holds."""
    match op:
        case "<":
            return Truth(a.hi < b.lo, a.lo < b.hi)
        case "<=":
            return Truth(a.hi <= b.lo, a.lo <= b.hi)
        case ">":
            return Truth(a.lo > b.hi, a.hi > b.lo)
        case ">=":
            return Truth(a.lo >= b.hi, a.hi >= b.lo)
        case "==":
            return Truth((a.lo == a.hi) & (b.lo == b.hi) & (a.lo == b.lo), (a.lo <= b.hi) & (b.lo <= a.hi))
        case _:
            return Truth((a.hi < b.lo) | (b.hi < a.lo), (a.lo != a.hi) | (b.lo != b.hi) | (a.lo != b.lo))
