"""Numbers in lists: data sets by name, points as they stand, arguments of data generators."""

from __future__ import annotations

from nnspec.check.attempts import attempt, parsed
from nnspec.check.expressions import Reader
from nnspec.check.scope import Scope
from nnspec.check.sizes import number
from nnspec.document.read import Given, as_leaf
from nnspec.ir import expr as ir
from nnspec.ir.types import data
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.tree import Node, Sequence
from nnspec.text.diagnostic import Diagnostic, Label, nearest
from nnspec.text.source import Span


def numbers(given: Given, scope: Scope) -> ir.Expr | None:
    """A data set by name, or numbers as they stand."""
    if isinstance(given.value, Sequence):
        return literal(given.value, scope)
    leaf = as_leaf(given.value, given.field.name, scope.complaints)
    formula = parsed(scope, parse_expr, leaf) if leaf else None
    if formula is None:
        return None
    if not isinstance(formula, ast.Name):
        scope.complaints.add(
            Diagnostic("NN606", f"`{given.field.name}` takes the name of a data set, or a list", formula.span,
                       "this is a formula", helps=("give it a name under `data`, and write the name here",))
        )  # fmt: skip
        return None
    meaning = attempt(scope, lambda: scope.look_up(formula))
    if meaning is None:
        return None
    if meaning.kind != "data":
        secondary = (Label(meaning.span, "declared here"),) if meaning.span else ()
        what = {"constant": "a constant", "result": "an observable", "input": "the input"}.get(meaning.kind, "no data set")
        near = nearest(formula.text, [n for n, m in scope.names.items() if m.kind == "data"])
        helps = (f"did you mean `{near}`?",) if near else ("data sets are declared under `data`",)
        scope.complaints.add(Diagnostic("NN606", f"`{formula.written}` is not a data set", formula.span, f"this is {what}",
                                        secondary, helps=helps))  # fmt: skip
        return None
    return ir.DataRef(name=formula.text, type=meaning.type, span=formula.span, deps=frozenset({"data"}))


def literal(node: Sequence, scope: Scope) -> ir.Expr | None:
    """A list of numbers, or of points, as it stands in the file; each number may be a formula."""
    found = [_literal_item(item, scope) for item in node.items]
    rows = [row for row in found if row is not None]
    if len(rows) < len(found):
        return None
    if not rows:
        scope.complaints.add(Diagnostic("NN606", "an empty list has no points", node.span, "nothing stands in it"))
        return None
    odd = next((k for k, row in enumerate(rows) if row.type.shape != rows[0].type.shape), None)
    if odd is not None:
        scope.complaints.add(uneven(node.items[odd].span, rows[odd], rows[0]))
        return None
    return ir.Vector(items=tuple(rows), type=data((len(rows), *rows[0].type.shape)), span=node.span)


def uneven(place: Span, row: ir.Expr, first: ir.Expr) -> Diagnostic:
    """NN606: a list whose entries have different lengths."""
    here, there = (" x ".join(map(str, each.type.shape)) for each in (row, first))
    label = f"this has {here or 'no'} components, the first has {there or 'none'}"
    return Diagnostic("NN606", "the entries of a list have different lengths", place, label)


def _literal_item(item: Node, scope: Scope) -> ir.Expr | None:
    if isinstance(item, Sequence):
        return literal(item, scope)
    leaf = as_leaf(item, "an entry", scope.complaints)
    formula = parsed(scope, parse_expr, leaf) if leaf else None
    if formula is None:
        return None
    value = attempt(scope, lambda: number(formula, Reader(scope), scope, "an entry", finite=True))
    return None if value is None else ir.Lit(value=value, span=formula.span)
