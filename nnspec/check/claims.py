"""Checks and plots: formulas over results that must hold, and pictures of results."""

from __future__ import annotations

from nnspec.check.expressions import Reader
from nnspec.check.options import attempt, parsed, resolve_options
from nnspec.check.scope import Scope
from nnspec.document.read import as_leaf, as_list, as_mapping
from nnspec.document.spec import LINES
from nnspec.ir.experiment import Check, Observable, Plot
from nnspec.ir.types import BOOL
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.tree import Entry, Node
from nnspec.text.diagnostic import Diagnostic, nearest


def read_checks(node: Node | None, scope: Scope) -> list[Check]:
    """Each claim, typed; a claim is a comparison of numbers."""
    items = as_list(node, "checks", scope.complaints) if node is not None else None
    found = [_check(item, scope) for item in items.items] if items else []
    return [each for each in found if each is not None]


def _check(node: Node, scope: Scope) -> Check | None:
    leaf = as_leaf(node, "a check", scope.complaints)
    formula = parsed(scope, parse_expr, leaf) if leaf else None
    if formula is None or leaf is None:
        return None
    that = attempt(scope, lambda: Reader(scope)(formula))
    if that is None:
        return None
    if that.type != BOOL:
        scope.complaints.add(Diagnostic("NN714", "a check is a comparison", formula.span, f"this is a {that.type}",
                                        helps=("as in `max(abs(G2 - Gfree)) < 5*max(se(G2))`",)))  # fmt: skip
        return None
    return Check(that=that, text=" ".join(leaf.text.split()), span=formula.span)


def read_plots(node: Node | None, observables: list[Observable], scope: Scope) -> list[Plot]:
    """Each plot with its options; `x` must be a dimension of everything in `y`."""
    mapping = as_mapping(node, "plots", scope.complaints) if node is not None else None
    found = [_plot(entry, observables, scope) for entry in mapping.entries] if mapping else []
    return [each for each in found if each is not None]


def _plot(entry: Entry, observables: list[Observable], scope: Scope) -> Plot | None:
    value = as_mapping(entry.value, entry.key.text, scope.complaints)
    if value is None or len(value.entries) != 1:
        if value is not None:
            scope.complaints.add(Diagnostic("NN715", f"`{entry.key.text}` is one plot by its word", value.span,
                                            helps=("as in `{lines: {x: r, y: [G2]}}`",)))  # fmt: skip
        return None
    word, body = value.entries[0].key, value.entries[0].value
    if word.text != "lines":
        near = nearest(word.text, ["lines"])
        helps = (f"did you mean `{near}`?",) if near else ("known here: `lines`",)
        scope.complaints.add(Diagnostic("NN716", f"no plot is called `{word.text}`", word.span, helps=helps))
        return None
    mapping = as_mapping(body, word.text, scope.complaints)
    if mapping is None:
        return None
    options = resolve_options(mapping, LINES, "`lines`", scope, word.span)
    if not options.complete:
        return None
    by_name = {each.name: each for each in observables}
    x = options.values["x"]
    for name in options.values["y"]:
        asked = by_name.get(name.partition(".")[0])
        if asked is not None and x not in asked.dims:
            place = options.spans["x"]
            dims = ", ".join(f"`{dim}`" for dim in asked.dims) or "no dimension"
            scope.complaints.add(Diagnostic("NN717", f"`{name}` has no dimension `{x}`", place, f"it has {dims}"))
            return None
    return Plot(name=entry.key.text, word="lines", options=tuple(sorted(options.values.items())), span=word.span)


