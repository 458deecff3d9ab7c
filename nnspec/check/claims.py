"""Checks and plots: formulas over results that must hold, and pictures of results."""

from __future__ import annotations

from nnspec.check.expressions import Reader
from nnspec.check.nouns import file_name, not_yet, noun
from nnspec.check.options import attempt, parsed, resolve_options
from nnspec.check.scope import Scope, Wrong
from nnspec.check.sizes import foresee
from nnspec.document.read import as_leaf, as_list, as_mapping
from nnspec.document.spec import LINES
from nnspec.ir import expr as ir
from nnspec.ir.experiment import Check, Observable, Plot
from nnspec.ir.types import BOOL
from nnspec.ir.walk import walk
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_build import fold
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.tree import Entry, Node
from nnspec.text.diagnostic import Diagnostic, Label, nearest


def read_checks(node: Node | None, scope: Scope) -> list[Check]:
    """Each claim, typed; a claim is a comparison of numbers."""
    items = as_list(node, "checks", scope.complaints, "- max(abs(G2)) < 2") if node is not None else None
    found = [_check(item, scope) for item in items.items] if items else []
    return [each for each in found if each is not None]


def _check(node: Node, scope: Scope) -> Check | None:
    leaf = as_leaf(node, "a check", scope.complaints)
    formula = parsed(scope, parse_expr, leaf) if leaf else None
    if formula is None or leaf is None:
        return None
    that = attempt(scope, lambda: _judgeable(foresee(Reader(scope)(formula), scope), formula))
    if that is None:
        return None
    if that.type != BOOL:
        scope.complaints.add(Diagnostic("NN714", "a check is a comparison", formula.span, f"this is {noun(that.type)}",
                                        helps=("as in `max(abs(G2 - Gfree)) < 5*max(se(G2))`",)))  # fmt: skip
        return None
    return Check(that=that, text=" ".join(leaf.text.split()), span=formula.span)


def _judgeable(that: ir.Expr, formula: ast.Expr) -> ir.Expr:
    """A claim about results and constants; NN718 for what has no value when all is computed, NN390 for integrals."""
    for part in walk(that):
        place = part.span or formula.span
        if isinstance(part, _NO_VALUE):
            raise Wrong(Diagnostic("NN718", "a check is about results and constants", place, _NO_VALUE_WORDS[type(part)],
                                   helps=("ask for what you need as an observable, and name it here",)))  # fmt: skip
        if isinstance(part, ir.Integral | ir.Reduce):
            what = "an integral" if isinstance(part, ir.Integral) else "a sum over an index"
            raise Wrong(not_yet(f"{what} in a check", place, "ask for it as an observable: `evaluate`"))
    return that


_NO_VALUE = (ir.Param, ir.Input, ir.IndexVar)
_NO_VALUE_WORDS = {
    ir.Param: "this is a random parameter", ir.Input: "this is an input point", ir.IndexVar: "this is an index",
}  # fmt: skip


def read_plots(node: Node | None, observables: list[Observable], scope: Scope) -> list[Plot]:
    """Each plot with its options; `x` must be a dimension of everything in `y`."""
    mapping = as_mapping(node, "plots", scope.complaints) if node is not None else None
    found = [_plot(entry, observables, scope) for entry in mapping.entries] if mapping else []
    return [each for each in found if each is not None]


def _plot(entry: Entry, observables: list[Observable], scope: Scope) -> Plot | None:
    fault = file_name(entry.key, "the name of a plot also names its file")
    if fault is not None:
        scope.complaints.add(fault)
    value = as_mapping(entry.value, entry.key.text, scope.complaints, "{lines: {x: r, y: [G2]}}")
    if value is None or len(value.entries) != 1:
        if value is not None:
            second = value.entries[1].key.span if value.entries else value.span
            label = "and another word here" if value.entries else "no word here"
            scope.complaints.add(Diagnostic("NN715", f"`{entry.key.text}` is one plot by its word", second, label,
                                            helps=("as in `{lines: {x: r, y: [G2]}}`",)))  # fmt: skip
        return None
    word, body = value.entries[0].key, value.entries[0].value
    if word.text != "lines":
        near = nearest(word.text, ["lines"])
        helps = (f"did you mean `{near}`?",) if near else ("known here: `lines`",)
        scope.complaints.add(Diagnostic("NN716", f"no plot is called `{word.text}`", word.span, "not known here", helps=helps))
        return None
    mapping = as_mapping(body, word.text, scope.complaints)
    if mapping is None:
        return None
    options = resolve_options(mapping, LINES, "`lines`", scope, word.span)
    if not options.complete:
        return None
    by_name = {each.name: each for each in observables}
    x = options.values["x"] = fold(options.values["x"])
    for name in options.values["y"]:
        asked = by_name.get(name.partition(".")[0])
        if asked is not None and x not in asked.dims:
            place = options.spans["x"]
            dims = ", ".join(f"`{dim}`" for dim in asked.dims) or "no dimension"
            near = nearest(x, asked.dims)
            advice = (f"did you mean `{near}`?",) if near else ()
            secondary = (Label(asked.span, f"`{name}` is asked for here"),) if asked.span else ()
            scope.complaints.add(Diagnostic("NN717", f"`{name}` has no dimension `{x}`", place, f"it has {dims}", secondary,
                                            helps=advice))  # fmt: skip
            return None
        if asked is not None and len(asked.dims) != 1:
            dims = " and ".join(f"`{dim}`" for dim in asked.dims)
            secondary = (Label(asked.span, f"it is over {dims}"),) if asked.span else ()
            message = f"`lines` shows results over one dimension, and `{name}` has {len(asked.dims)}"
            scope.complaints.add(Diagnostic("NN717", message, options.spans["y"], "named here", secondary,
                                            helps=("the report shows it without being asked",)))  # fmt: skip
            return None
    return Plot(name=entry.key.text, word="lines", options=tuple(sorted(options.values.items())), span=word.span)


