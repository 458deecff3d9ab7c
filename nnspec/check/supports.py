"""Where a density lives: domains that are empty, and formulas that are negative somewhere."""

from __future__ import annotations

from nnspec.check.scope import Scope, Wrong
from nnspec.check.sizes import constant
from nnspec.ir import expr as ir
from nnspec.ir.evaluate import DomainValue, NotConstant, evaluate
from nnspec.ir.walk import walk
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic

TRIED = 41
"""Points of an interval at which the formula of a density is tried."""
FAR = 4.0
"""How far out the formula of a density on all of R is tried."""


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


def not_negative(body: ir.Expr, name: str, over: ir.Domain, node: ast.Expr, scope: Scope) -> None:
    """NN403 for a formula of one number that is negative, as far as a few points of its domain show."""
    if over.type.shape or body.deps or body.free:
        return
    value = constant(node, over, scope, "a domain")
    low, high = value.args if value.shape == "interval" else (-FAR, FAR)
    known = scope.declared or scope.names
    numbers = {part.name: known[part.name].value for part in walk(body) if isinstance(part, ir.Const)}
    found: list[tuple[float, float]] = []
    for k in range(TRIED):
        u = low + (high - low) * (k + 0.5) / TRIED
        try:
            found.append((evaluate(body, {**numbers, name: u}), u))
        except (ArithmeticError, ValueError, NotConstant, KeyError):
            continue
    worst, place = min(found, default=(0, 0))
    if worst < 0:
        raise Wrong(Diagnostic("NN403", "a density is nowhere negative", node.span, f"this is {worst:.3g} at {name} = {place:.3g}",
                               helps=(f"write `exp(…)`, or a smaller domain of `{name}`",)))  # fmt: skip
