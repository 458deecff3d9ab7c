"""Sweeps: what is changed, to which values, and what must hold over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from nnspec.check.attempts import attempt, parsed
from nnspec.check.claims import read_checks
from nnspec.check.datasets import generated
from nnspec.check.options import resolve_options
from nnspec.check.scope import Meaning, Scope, Wrong
from nnspec.document.paths import steps, with_value
from nnspec.document.read import Given, as_mapping, left_empty, unknown_key, wrong_shape
from nnspec.document.spec import NOT_SWEPT, SWEEP, TOP
from nnspec.ir.experiment import Axis, Sweep
from nnspec.ir.expr import Apply, Expr, Lit
from nnspec.ir.types import result
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.tree import Leaf, Mapping, Node, Sequence
from nnspec.syntax.yaml_tree import read_value
from nnspec.text.diagnostic import Diagnostic, Label, SpecError
from nnspec.text.source import Span

MOST_POINTS = 100_000
_PARTS = ("grid", "zip", "checks")


def read_axes(given: Given | None, tree: Mapping, scope: Scope) -> tuple[Axis, ...]:
    """The axes of `grid`, each a group of its own, and those of `zip`, which are one group."""
    node = as_mapping(given.value, "sweep", scope.complaints, "sweep: {grid: {let.N: [10, 20]}}") if given is not None else None
    if node is None:
        return ()
    found: list[Axis] = []
    for part in ("grid", "zip"):
        value = node.get(part)
        if value is None or (isinstance(value, Leaf) and value.null):
            continue
        inner = as_mapping(value, part, scope.complaints, f"{part}: {{let.N: [10, 20]}}")
        for entry in inner.entries if inner else ():
            group = entry.key.text if part == "grid" else "zip"
            axis = _axis(entry.key, entry.value, group, tree, scope)
            if axis is not None:
                found.append(axis)
    _once(found, scope)
    _apart(found, scope)
    _one_length([axis for axis in found if axis.group == "zip"], scope)
    # The order of keys means nothing: dimensions of results are in the order of the alphabet.
    return tuple(sorted(found, key=lambda axis: (axis.path.casefold(), axis.path)))


def _apart(axes: list[Axis], scope: Scope) -> None:
    """NN805: a part of something that is swept as a whole would lose its value, or win, by the order of the keys."""
    for axis in axes:
        whole = next((each for each in axes if axis.path.startswith((f"{each.path}.", f"{each.path}["))), None)
        if whole is not None and axis.span is not None and whole.span is not None:
            message = f"`{axis.path}` is a part of `{whole.path}`, which is swept too"
            scope.complaints.add(Diagnostic("NN805", message, axis.span, "which value counts?",
                                            (Label(whole.span, "swept as a whole here"),),
                                            helps=("list the whole values under one of the two paths",)))  # fmt: skip


def _axis(key: Leaf, value: Node, group: str, tree: Mapping, scope: Scope) -> Axis | None:
    try:
        steps(key.text)
        reason = next((why for path, why in NOT_SWEPT.items() if key.text == path or key.text.startswith(f"{path}.")), None)
        if reason is None:
            _there(tree, key)
    except SpecError as error:
        scope.complaints.found.extend(_at(each, key) for each in error.diagnostics)
        return None
    if reason is not None:
        helps = {"numerics.workers": ("set it once, beside `grid`: `workers: 2`",),
                 "numerics.memory": ("set it once, on the command line: `--memory 8GiB`",)}.get(key.text, ())  # fmt: skip
        scope.complaints.add(Diagnostic("NN803", f"`{key.text}` cannot be swept", key.span, reason, helps=helps))
        return None
    if isinstance(value, Sequence):
        if not value.items:
            scope.complaints.add(left_empty(key.text, value.span, "no value stands in it"))
            return None
        texts = tuple(item.span.text for item in value.items)
        return Axis(path=key.text, values=texts, count=len(texts), group=group, span=key.span)
    return _made(key, value, group, scope)


def _there(tree: Mapping, key: Leaf) -> None:
    """A path that leads somewhere, or to a key that may be given."""
    with_value(tree, key.text, key, key.span)


def _at(fault: Diagnostic, key: Leaf) -> Diagnostic:
    """A complaint about a path, where the path is written."""
    return fault if fault.span is not None and fault.span.source is key.span.source else replace(fault, span=key.span)


def _made(key: Leaf, value: Node, group: str, scope: Scope) -> Axis | None:
    """Values of a generator: `geomspace(1e-4, 1, 9)`."""
    if not isinstance(value, Leaf):
        scope.complaints.add(wrong_shape(value, "a list", key.text, f"{key.text}: [10, 20, 40]"))
        return None
    formula = parsed(scope, parse_expr, value)
    if formula is None:
        return None
    if not isinstance(formula, ast.Call):
        scope.complaints.add(Diagnostic("NN805", f"`{key.text}` is swept over a list of values", value.span, "one value",
                                        helps=(f"write `{key.text}: [{value.text}, …]`",)))  # fmt: skip
        return None
    made = attempt(scope, lambda: _numbers(formula, value, scope))
    return None if made is None else Axis(path=key.text, made=made[0], count=made[1], group=group, span=key.span)


def _numbers(formula: ast.Call, value: Leaf, scope: Scope) -> tuple[Expr, int]:
    expression, shape = generated(formula, scope)
    if len(shape) != 1:
        raise Wrong(Diagnostic("NN805", "a sweep runs over numbers", value.span, f"this has {len(shape)} axes"))
    return expression, shape[0]


def _once(axes: list[Axis], scope: Scope) -> None:
    """NN805 for a path that stands under `grid` and under `zip`."""
    first: dict[str, Axis] = {}
    for axis in axes:
        other = first.setdefault(axis.path, axis)
        if other is not axis and axis.span is not None and other.span is not None:
            scope.complaints.add(Diagnostic("NN805", f"`{axis.path}` is swept twice", axis.span, "second time here",
                                            (Label(other.span, "first time here"),), helps=("delete one of the two",)))  # fmt: skip


def _one_length(axes: list[Axis], scope: Scope) -> None:
    """NN804: what changes together has as many values."""
    for axis in axes[1:]:
        if axis.count != axes[0].count and axis.span is not None and axes[0].span is not None:
            message = f"`{axes[0].path}` and `{axis.path}` change together, and have {axes[0].count} and {axis.count} values"
            scope.complaints.add(Diagnostic("NN804", message, axis.span, f"{axis.count} values",
                                            (Label(axes[0].span, f"{axes[0].count} values"),),
                                            helps=("all combinations are written under `grid`",)))  # fmt: skip


def dimensions(axes: tuple[Axis, ...]) -> tuple[str, ...]:
    """Names of the dimensions that a sweep gives to results: one for each group of axes."""
    return tuple({axis.group: axis.path for axis in reversed(axes)}[group] for group in dict.fromkeys(a.group for a in axes))


def read_sweep(given: Given | None, axes: tuple[Axis, ...], scope: Scope) -> Sweep | None:
    """The sweep with the claims about it."""
    node = given.value if given is not None else None
    if not isinstance(node, Mapping) or given is None:
        return None
    known = {item.name for item in SWEEP}
    for entry in node.entries:
        if entry.key.text not in known:
            scope.complaints.add(_unknown(entry.key, scope))
    plain = Mapping(tuple(e for e in node.entries if e.key.text in known - {*_PARTS}), node.span)
    fields = tuple(item for item in SWEEP if item.name not in _PARTS)
    options = resolve_options(plain, fields, "`sweep`", scope, given.key.span)
    if not axes and not scope.complaints.errors:
        scope.complaints.add(Diagnostic("NN805", "the sweep changes nothing", given.key.span, "no path is given",
                                        helps=("as in `sweep: {grid: {let.N: [10, 20, 40]}}`",)))  # fmt: skip
    with _over(axes, scope):
        checks = read_checks(node.get("checks"), scope)
    seeds, workers = options.values.get("seeds") or 1, options.values.get("workers") or 1
    twice = next((axis for axis in axes if axis.path == "numerics.seed" and seeds > 1), None)
    if twice is not None and twice.span is not None:
        scope.complaints.add(Diagnostic("NN805", "`numerics.seed` is swept twice", options.spans["seeds"], "second time here",
                                        (Label(twice.span, "first time here"),), helps=("delete one of the two",)))  # fmt: skip
    sweep = Sweep(axes=axes, seeds=seeds, checks=tuple(checks), workers=workers)
    if sweep.size > MOST_POINTS:
        scope.complaints.add(Diagnostic("NN806", "the sweep has too many points", given.key.span,
                                        f"{sweep.size:,}; {MOST_POINTS:,} at most"))  # fmt: skip
    return sweep


def _unknown(key: Leaf, scope: Scope) -> Diagnostic:
    """NN011: a path beside `grid`, or a word that `sweep` does not know."""
    path = f"let.{key.text}" if key.text in scope.names else key.text
    if "." in path and path.partition(".")[0] in {item.name for item in TOP}:
        return replace(unknown_key(key, "`sweep`", ()), helps=(f"paths stand under `grid`: `grid: {{{path}: […]}}`",))
    return unknown_key(key, "`sweep`", [item.name for item in SWEEP])


def _made_from(name: str, scope: Scope) -> set[str]:
    """The constants that the formula of a constant holds, and those in the formulas of these."""
    found: set[str] = set()
    todo = list(scope.uses.get(name, ()))
    while todo:
        used = todo.pop()
        if used not in found:
            found.add(used)
            todo += scope.uses.get(used, ())
    return found


@contextmanager
def _over(axes: tuple[Axis, ...], scope: Scope) -> Iterator[None]:
    """Names as they are over a whole sweep: results have its axes, swept constants are arrays over them."""
    dims = dimensions(axes)
    groups = dict(zip(dict.fromkeys(axis.group for axis in axes), dims, strict=True))
    names = dict(scope.names)
    for name, meaning in names.items():
        if meaning.kind == "result":
            names[name] = replace(meaning, type=result((*dims, *meaning.type.dims)))
    changed = {name: axis for axis in axes for root, _, name in (axis.path.partition("."),) if root == "let"}
    for name in (each for each, meaning in names.items() if meaning.kind == "constant"):
        made = {name} if name in changed else _made_from(name, scope)  # a formula in place of which there is a value
        made_of = {changed[each].group for each in made if each in changed}
        if made_of:
            over = result(tuple(dim for group, dim in groups.items() if group in made_of))
            names[name] = Meaning(kind="swept", type=over, span=names[name].span, written=name, space=f"let.{name}")
    before = scope.names, scope.swept, scope.swept_values
    scope.names, scope.swept = names, dims
    scope.swept_values = frozenset(value.strip("\"'") for axis in axes for value in axis.values)
    try:
        yield
    finally:
        scope.names, scope.swept, scope.swept_values = before


Change = tuple[Axis, Node, Span]
"""A value of an axis, and where its path is written."""


def single_points(node: Node, axes: tuple[Axis, ...]) -> Iterator[tuple[Change, ...]]:
    """Every listed value of every axis by itself; what changes together, together."""
    for group in dict.fromkeys(axis.group for axis in axes):
        listed = [(axis, _listed(node, axis)) for axis in axes if axis.group == group]
        for k in range(max(len(items) for _, items in listed)):
            changes = tuple((axis, items[k], axis.span or items[k].span) for axis, items in listed if k < len(items))
            if changes:
                yield changes


def _listed(node: Node, axis: Axis) -> tuple[Node, ...]:
    for part in ("grid", "zip"):
        inner = node.get(part) if isinstance(node, Mapping) else None
        value = inner.get(axis.path) if isinstance(inner, Mapping) else None
        if isinstance(value, Sequence):
            return value.items
    return ()


def ends_of(axes: tuple[Axis, ...]) -> Iterator[tuple[Axis, Node]]:
    """The numbers that generated axes are made of, as values of them: those that lie on the axis tell what follows it."""
    for axis in axes:
        for _, value in axis.made.options if isinstance(axis.made, Apply) else ():
            if isinstance(value, Lit):
                yield axis, read_value(repr(value.value), f"{axis.path}=")
