"""Where a density lives: domains that are empty, and formulas that are negative somewhere."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.check.scope import Scope, Wrong
from nnspec.check.sizes import constant
from nnspec.ir import expr as ir
from nnspec.ir.bounds import bounds
from nnspec.ir.evaluate import DomainValue, NotConstant, evaluate
from nnspec.ir.walk import walk
from nnspec.numerics.intervals import Interval, NoBounds
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic

BOXES = 600
"""Boxes of a domain at which the formula of a density is looked at."""
FAR = 1e3
"""How far out the formula of a density on all of R^n is looked at."""
ROUNDING = 1e-12
"""Relative to the largest value seen: what is below zero by less is rounding."""

Box = tuple[Interval, ...]


def not_empty(over: ir.Domain, node: ast.Expr, scope: Scope) -> None:
    """NN403 for a domain without points."""
    value = constant(node, over, scope, "a domain")
    fault = _empty(value)
    if fault:
        raise Wrong(Diagnostic("NN403", "the domain of a density is empty", node.span, fault))


def _empty(value: DomainValue) -> str:
    """Why a domain has no volume; empty when it has one."""
    if value.shape == "interval" and not value.args[0] < value.args[1]:
        return f"{value.args[0]:g} is not below {value.args[1]:g}"
    if value.shape in ("ball", "sphere") and not value.args[0] > 0:
        return f"a radius of {value.args[0]:g}"
    return next(filter(None, map(_empty, value.args)), "") if value.shape == "product" else ""


def has_volume(over: ir.Domain, node: ast.Expr) -> None:
    """NN403 for a density that is cut off to a sphere, on which it has no mass."""
    if any(isinstance(part, ir.Domain) and part.shape == "sphere" for part in walk(over)):
        raise Wrong(Diagnostic("NN403", "nothing is left of a density on a sphere", node.span, "this has no volume",
                               helps=("uniform on it is `Uniform(Sphere(d, r))`",)))  # fmt: skip


def not_negative(body: ir.Expr, name: str, over: ir.Domain, node: ast.Expr, scope: Scope) -> None:
    """NN403 for a formula that is negative somewhere, as far as so many boxes show; those first whose bound is lowest."""
    if body.deps or body.free:
        return
    domain = constant(node, over, scope, "a domain")
    known = scope.declared or scope.names
    numbers = {part.name: known[part.name].value for part in walk(body) if isinstance(part, ir.Const)}
    largest = 0.0
    for box in _lowest_first(body, name, domain, numbers):
        point = _within(tuple(_middle(side) for side in box), domain)
        value = _value(body, {**numbers, name: point if over.type.shape else point[0]})
        if value is None:
            continue
        largest = max(largest, abs(value))
        if value < -ROUNDING * largest:
            place = f"{point[0]:.3g}" if not over.type.shape else "[" + ", ".join(f"{x:.3g}" for x in point) + "]"
            raise Wrong(Diagnostic("NN403", "a density is nowhere negative", node.span, f"this is {value:.3g} at {name} = {place}",
                                   helps=(f"write `exp(…)`, or a smaller domain of `{name}`",)))  # fmt: skip


def _lowest_first(body: ir.Expr, name: str, domain: DomainValue, numbers: Mapping[str, Any]) -> Iterator[Box]:
    """Boxes of a domain, halved again and again; none of those in which the formula is certainly not negative."""
    first = tuple(_sides(domain))
    queue: list[tuple[float, int, Box]] = [(-math.inf, 0, first)]
    for number in range(1, BOXES):
        if not queue:
            return
        _, _, box = heapq.heappop(queue)
        yield box
        for half in _halves(box):
            low = _lower(body, {**numbers, name: half if len(half) > 1 or domain.shape == "product" else half[0]})
            if low < 0:
                heapq.heappush(queue, (low, -number if low == -math.inf else number, half))


def _lower(body: ir.Expr, values: Mapping[str, Any]) -> float:
    """A lower bound; none of a formula that has none, so that all of its boxes are looked at."""
    try:
        found = bounds(body, values)
    except NoBounds:
        return -math.inf
    return float(found.lo) if isinstance(found, Interval) and found.lo == found.lo else -math.inf


def _halves(box: Box) -> tuple[Box, Box]:
    """The box cut through its longest side."""
    k = max(range(len(box)), key=lambda side: box[side].hi - box[side].lo)
    middle = _middle(box[k])
    return (
        (*box[:k], Interval(box[k].lo, middle), *box[k + 1 :]),
        (*box[:k], Interval(middle, box[k].hi), *box[k + 1 :]),
    )  # fmt: skip


def _middle(side: Interval) -> float:
    return 0.5 * float(side.lo) + 0.5 * float(side.hi)


def _sides(domain: DomainValue) -> Iterator[Interval]:
    """The box around a domain."""
    match domain.shape:
        case "interval":
            yield Interval(max(domain.args[0], -FAR), min(domain.args[1], FAR))
        case "product":
            for part in domain.args:
                yield from _sides(part)
        case _:
            reach = domain.args[0] if domain.shape in ("ball", "sphere") else FAR
            yield from (Interval(-reach, reach) for _ in range(domain.dim))


def _within(point: tuple[float, ...], domain: DomainValue) -> tuple[float, ...]:
    """The point, or where the domain ends on the way to it."""
    match domain.shape:
        case "ball" | "sphere":
            length = math.hypot(*point)
            shrink = length > domain.args[0] or (domain.shape == "sphere" and length > 0)
            return tuple(x * domain.args[0] / length for x in point) if shrink else point
        case "product":
            found: tuple[float, ...] = ()
            for part in domain.args:
                found += _within(point[len(found) : len(found) + part.dim], part)
            return found
        case _:
            return point


def _value(body: ir.Expr, values: Mapping[str, Any]) -> float | None:
    try:
        return float(evaluate(body, values))
    except (ArithmeticError, ValueError, NotConstant, KeyError, TypeError):
        return None
