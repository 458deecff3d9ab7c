"""The functions that the language itself knows, with their arity and their meaning on plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Function:
    """A function of numbers: `low`..`high` arguments (None: any number), `plain` on Python floats."""

    name: str
    low: int
    high: int | None
    plain: Callable[..., Any]
    doc: str


def _sign(x: float) -> float:
    return math.copysign(1.0, x) if x else 0.0


def _relu(x: float) -> float:
    return max(x, 0.0)


def _gelu(x: float) -> float:
    return x * 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def _unary(name: str, plain: Callable[[float], Any], doc: str) -> Function:
    return Function(name, 1, 1, plain, doc)


FUNCTIONS: dict[str, Function] = {
    f.name: f
    for f in (
        _unary("sqrt", math.sqrt, "square root"),
        _unary("exp", math.exp, "exponential"),
        _unary("log", math.log, "natural logarithm"),
        _unary("sin", math.sin, "sine, radians"),
        _unary("cos", math.cos, "cosine, radians"),
        _unary("tan", math.tan, "tangent, radians"),
        _unary("tanh", math.tanh, "hyperbolic tangent"),
        _unary("sinh", math.sinh, "hyperbolic sine"),
        _unary("cosh", math.cosh, "hyperbolic cosine"),
        _unary("erf", math.erf, "error function, 2/sqrt(pi) * integral of exp(-t^2) from 0 to x"),
        _unary("abs", abs, "absolute value"),
        _unary("sign", _sign, "-1, 0 or 1"),
        _unary("floor", math.floor, "largest whole number that is not larger"),
        _unary("relu", _relu, "max(x, 0)"),
        _unary("gelu", _gelu, "x times the normal distribution function"),
        Function("mod", 2, 2, lambda x, y: x % y, "remainder with the sign of the divisor"),
        Function("min", 1, None, min, "smallest of the numbers, or of a result"),
        Function("max", 1, None, max, "largest of the numbers, or of a result"),
        Function("where", 3, 3, lambda c, a, b: a if c else b, "where(condition, a, b)"),
    )
}

CONSTANTS: dict[str, float] = {"pi": math.pi, "e": math.e, "inf": math.inf}

OF_RESULTS: dict[str, str] = {
    "max": 'largest entry; `max(G, "point")` over one dimension alone',
    "min": "smallest entry, over all dimensions or the named ones",
    "mean": 'mean over all entries; `mean(fit.predictions, "draw")` over one dimension alone',
    "sum": "sum of all entries, over all dimensions or the named ones",
    "se": "standard errors of a sampled result, zero for an exact one",
    "norm": "square root of the sum of squares",
    "agree": "whether two results agree within their errors: `agree(a, b, false_alarm=1e-3)`",
    "relative_change": 'norm of the change along "step", from the first to the last, over the norm of the first',
    "slope": 'slope of the straight line through all (x, y), least squares: `slope(log(N), log(g), where="mup")`',
    "argmin": 'where along an axis of the sweep a result is smallest, counted from 1: `argmin(y, over="let.lr", by="let.n")`; '
    "all other axes remain, and `by` says of which one the answer is a function",
    "argmax": "where along an axis of the sweep a result is largest, counted from 1",
    "spread": "largest minus smallest entry",
}
"""Functions of whole results, for `checks`."""
