"""Warnings about checks that no plan can keep: tolerances far below what so many draws can reach."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import NotConstant, evaluate
from nnspec.ir.experiment import Check
from nnspec.ir.walk import walk
from nnspec.plan.planner import Plan, Row
from nnspec.text.diagnostic import Diagnostic, Label

RELATIVE, ABSOLUTE = 1e-2, 1e-4
"""What the values of single networks spread by at least, as part of the mean and as a number. Sampled results usually
spread as much as they are large; at widths of 10^4 the tangent kernel still spreads by a hundredth of itself."""
_WHOLE = ("abs", "max", "mean", "sum", "norm", "spread")
_SIZES = ("abs", "norm", "spread")


def lint(plan: Plan) -> list[Diagnostic]:
    """NN495: checks whose tolerance is hopelessly small for the draws of a sampled result."""
    rows = {row.asked.name: row for row in plan.rows}
    values = plan.experiment.values
    found = (_hopeless(side, check, rows, values) for check in plan.experiment.checks for side in _bounds(check.that))
    return [each for each in found if each is not None]


# ---------------------------------------------------------------- what a check bounds
@dataclass(frozen=True)
class _Bound:
    """A claim `small < tolerance`."""

    small: ir.Expr
    tolerance: ir.Expr


def _bounds(that: ir.Expr) -> Iterator[_Bound]:
    """The bounds that must all hold for a check to pass."""
    match that:
        case ir.Logic(op="and", args=args):
            for arg in args:
                yield from _bounds(arg)
        case ir.Compare(operands=(left, right), ops=(("<" | "<="),)):
            yield _Bound(left, right)
        case ir.Compare(operands=(left, right), ops=((">" | ">="),)):
            yield _Bound(right, left)


@dataclass(frozen=True)
class _Difference:
    """A sampled result minus something that has no error, relative to the size of results or not."""

    sampled: ir.ResultRef
    relative: bool


def _difference(node: ir.Expr, rows: Mapping[str, Row], *, sized: bool = False, relative: bool = False) -> _Difference | None:
    """The difference whose size an expression is; None for whatever else it may be."""
    match node:
        case ir.Apply(fn=fn, args=(arg, *more)) if fn in _WHOLE and all(isinstance(each, ir.Text) for each in more):
            return _difference(arg, rows, sized=sized or fn in _SIZES, relative=relative)
        case ir.Bin(op="div", left=left, right=right) if any(isinstance(each, ir.ResultRef) for each in walk(right)):
            return _difference(left, rows, sized=sized, relative=True)
        case ir.Bin(op="sub", left=left, right=right) if sized:
            found = _sampled(left, right, rows) or _sampled(right, left, rows)
            return replace(found, relative=found.relative or relative) if found is not None else None
    return None


def _sampled(one: ir.Expr, other: ir.Expr, rows: Mapping[str, Row]) -> _Difference | None:
    """`one` as a sampled result, or its ratio to something, where all the rest has no error.

    Two results of the same networks can agree better than each of them with its mean.
    """
    result, below = (one.left, one.right) if isinstance(one, ir.Bin) and one.op == "div" else (one, ir.Lit(value=1))
    rest = [_name(part) for each in (other, below) for part in walk(each) if isinstance(part, ir.ResultRef)]
    if not isinstance(result, ir.ResultRef) or not _draws(_name(result), rows):
        return None
    if any(name not in rows or _draws(name, rows) for name in rest):
        return None
    return _Difference(result, any(isinstance(part, ir.ResultRef) for part in walk(below)))


def _name(found: ir.ResultRef) -> str:
    return f"{found.name}.{found.field_name}" if found.field_name else found.name


def _draws(name: str, rows: Mapping[str, Row]) -> int:
    row = rows.get(name)
    if row is None or row.asked.option("target_error") is not None:
        return 0
    return row.chosen.draws or 0


# ---------------------------------------------------------------- the verdict
def _hopeless(bound: _Bound, check: Check, rows: Mapping[str, Row], values: Mapping[str, Any]) -> Diagnostic | None:
    difference = _difference(bound.small, rows)
    try:
        tolerance = float(evaluate(bound.tolerance, values))
    except (NotConstant, KeyError, TypeError, ArithmeticError, ValueError):
        return None  # it is computed too: `5*max(se(G2))`
    if difference is None or tolerance <= 0:
        return None
    name = _name(difference.sampled)
    draws, place = _draws(name, rows), rows[name].asked.place("draws")
    if tolerance >= (RELATIVE if difference.relative else ABSOLUTE) / math.sqrt(draws):
        return None
    of = " of their mean" if difference.relative else ""
    spread = f"{tolerance * math.sqrt(draws):.2g}{of}"
    return Diagnostic(
        "NN495", f"{draws} draws are too few for the tolerance {tolerance:g}", bound.tolerance.span or check.span,
        "smaller than the error can be", (Label(place, f"`{name}` is sampled"),) if place is not None else (),
        notes=(f"the error is the spread of single networks over sqrt({draws}): they could differ by {spread} at most",),
        helps=(f"compare the difference with the error, `5*max(se({name}))`",), level="warning",
    )  # fmt: skip
