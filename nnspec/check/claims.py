"""Checks: formulas over results that must hold."""

from __future__ import annotations

from nnspec.check.attempts import attempt, parsed
from nnspec.check.expressions import Reader
from nnspec.check.fields import is_field
from nnspec.check.nouns import noun
from nnspec.check.scope import Scope, Wrong, parts_of
from nnspec.check.sizes import foresee
from nnspec.document.read import as_leaf, as_list
from nnspec.ir import expr as ir
from nnspec.ir.experiment import Check
from nnspec.ir.types import BOOL
from nnspec.ir.walk import walk
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.tree import Node
from nnspec.text.diagnostic import Diagnostic


def read_checks(node: Node | None, scope: Scope) -> list[Check]:
    """Each claim, typed; a claim is a comparison of numbers, or of results by `agree`."""
    items = as_list(node, "checks", scope.complaints, "- max(abs(G2)) < 2") if node is not None else None
    found = [_check(item, scope) for item in items.items] if items else []
    return [each for each in found if each is not None]


def _check(node: Node, scope: Scope) -> Check | None:
    leaf = as_leaf(node, "a check", scope.complaints)
    formula = parsed(scope, parse_expr, leaf) if leaf else None
    if formula is None or leaf is None:
        return None
    that = attempt(scope, lambda: _judgeable(foresee(Reader(scope)(_of_results(formula, scope)), scope), formula))
    if that is None:
        return None
    if that.type != BOOL:
        scope.complaints.add(Diagnostic("NN714", "a check is a comparison", formula.span, f"this is {noun(that.type)}",
                                        helps=("as in `max(abs(G2 - Gfree)) < 5*max(se(G2))`",)))  # fmt: skip
        return None
    return Check(that=that, text=" ".join(leaf.text.split()), span=formula.span)


def _of_results(formula: ast.Expr, scope: Scope) -> ast.Expr:
    """The formula; NN718 for a field in it, whether or not it has its points."""
    for part in parts_of(formula):
        if isinstance(part, ast.Name) and is_field(part, scope):
            raise Wrong(Diagnostic("NN718", "a check is about results and constants", part.span, "this is the field",
                                   helps=("ask for what you need as an observable, and name it here",)))  # fmt: skip
    return formula


def _judgeable(that: ir.Expr, formula: ast.Expr) -> ir.Expr:
    """A claim about results and constants; NN718 for what has no value when all is computed."""
    for part in walk(that):
        what = _NO_VALUE.get(type(part))
        if what is not None:
            raise Wrong(Diagnostic("NN718", "a check is about results and constants", part.span or formula.span, what,
                                   helps=("ask for what you need as an observable, and name it here",)))  # fmt: skip
    return that


_NO_VALUE: dict[type[ir.Expr], str] = {
    ir.Param: "this is a random parameter", ir.Input: "this is an input point", ir.IndexVar: "this is an index",
    ir.FieldAt: "this is the field at a point", ir.Mean: "this is a mean over networks",
    ir.Cumulant: "this is a cumulant over networks", ir.Integral: "this is an integral", ir.Reduce: "this is a sum over an index",
    ir.Derivative: "this is a derivative",
}  # fmt: skip
