"""Checks and plots: formulas over results that must hold, and pictures of results."""

from __future__ import annotations

from nnspec.check.attempts import attempt, parsed
from nnspec.check.expressions import Reader
from nnspec.check.fields import is_field
from nnspec.check.nouns import file_name, noun
from nnspec.check.options import Options, resolve_options
from nnspec.check.scope import Scope, Wrong, parts_of
from nnspec.check.sizes import foresee
from nnspec.document.read import as_leaf, as_list, as_mapping
from nnspec.document.spec import LINES
from nnspec.ir import expr as ir
from nnspec.ir.experiment import Check, Plot
from nnspec.ir.types import BOOL
from nnspec.ir.walk import walk
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_build import fold
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.tree import Entry, Node
from nnspec.text.diagnostic import Diagnostic, Label, nearest


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


def read_plots(node: Node | None, scope: Scope) -> list[Plot]:
    """Each plot with its options; its dimensions must be those of everything in `y`."""
    mapping = as_mapping(node, "plots", scope.complaints) if node is not None else None
    found = [_plot(entry, scope) for entry in mapping.entries] if mapping else []
    return [each for each in found if each is not None]


def _plot(entry: Entry, scope: Scope) -> Plot | None:
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
    for key in _DIMENSIONS:
        if key in options.values and options.values[key] not in scope.swept:
            options.values[key] = fold(options.values[key])
    if not all(_fits(name, options, scope) for name in options.values["y"]):
        return None
    return Plot(name=entry.key.text, word="lines", options=tuple(sorted(options.values.items())), span=word.span)


_DIMENSIONS = ("x", "color", "column")


def _fits(name: str, options: Options, scope: Scope) -> bool:
    """Whether a result has the dimensions of a plot and no others; over a sweep its axes are dimensions too."""
    base, _, part = name.partition(".")
    meaning = scope.names[base]
    if meaning.broken:
        return True
    secondary = (Label(meaning.span, f"`{base}` is asked for here"),) if meaning.span else ()
    if not part and not meaning.whole:
        choice = ", ".join(f"`{base}.{each}`" for each in meaning.parts)
        scope.complaints.add(Diagnostic("NN613", f"`{base}` has several results: which one is meant?", options.spans["y"],
                                        "several results", secondary, helps=(f"one of {choice}",)))  # fmt: skip
        return False
    own = meaning.parts[part] if part else meaning.type.dims
    used = {key: options.values[key] for key in _DIMENSIONS if key in options.values}
    dims = (*(scope.swept if any(dim in scope.swept for dim in used.values()) else ()), *own)
    for key, dim in used.items():
        if dim not in dims:
            known = ", ".join(f"`{each}`" for each in dims) or "no dimension"
            near = next((each for each in scope.swept if each.rpartition(".")[2] == dim), None) or nearest(dim, dims)
            advice = (f"did you mean `{near}`?",) if near else ()
            message = f"`{name}` has no dimension `{dim}`"
            scope.complaints.add(Diagnostic("NN717", message, options.spans[key], f"it has {known}", secondary, helps=advice))
            return False
    left = [dim for dim in dims if dim not in used.values()]
    if left:
        many = " and ".join(f"`{dim}`" for dim in dims)
        message = f"`lines` shows results over one dimension, and `{name}` has {len(dims)}"
        free = ", ".join(f"`{key}: …`" for key in _DIMENSIONS if key not in used)
        helps = (f"give the others: {free}",) if len(dims) <= len(_DIMENSIONS) else (
            "the report shows it without being asked",
        )  # fmt: skip
        over = (Label(meaning.span, f"it is over {many}"),) if meaning.span else ()
        scope.complaints.add(Diagnostic("NN717", message, options.spans["y"], "named here", over, helps=helps))
        return False
    return True
