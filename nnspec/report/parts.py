"""A part of a spec, chosen by its path, at each level: what stands there, its formulas, its meaning, its mathematics."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from typing import Any

from nnspec.document.paths import find
from nnspec.ir.digest import canonical
from nnspec.ir.experiment import Experiment, FieldDef, LayerNode, Model, ParamDecl
from nnspec.ir.expr import Expr
from nnspec.report.latex import latex, model_latex, printed
from nnspec.report.model import lines
from nnspec.syntax.expr_parse import parse_block, parse_expr
from nnspec.syntax.show import show
from nnspec.syntax.tree import Leaf, Mapping, Node
from nnspec.syntax.tree import Sequence as List
from nnspec.text.diagnostic import SpecError
from nnspec.text.source import Span


def tree_lines(node: Node, path: str) -> list[str]:
    """Every value with its path."""
    match node:
        case Leaf(text=text):
            return [f"{path or '.'}: {text!r}" if "\n" in text else f"{path or '.'}: {text}"]
        case List(items=items):
            return [line for k, item in enumerate(items) for line in tree_lines(item, f"{path}[{k}]")]
        case Mapping(entries=entries):
            return [line for e in entries for line in tree_lines(e.value, f"{path}.{e.key.text}" if path else e.key.text)]


def formula_lines(node: Node, path: str) -> list[str]:
    """Every value that is a formula, with all its parentheses decided; statements of a block one by one."""
    if not isinstance(node, Leaf):
        items = [(f"[{k}]", item) for k, item in enumerate(node.items)] if isinstance(node, List) else [
            (f".{entry.key.text}", entry.value) for entry in node.entries
        ]  # fmt: skip
        return [line for name, item in items for line in formula_lines(item, (path + name).lstrip("."))]
    if node.null or path in ("doc", "name"):
        return []
    try:
        if path == "model":
            return [f"model: {show(statement)}" for statement in parse_block(node).statements]
        return [f"{path}: {show(parse_expr(node))}"]
    except SpecError:
        return []


def meaning(experiment: Experiment, tree: Mapping, path: str) -> str:
    """What the part at a path means, as canonical JSON.

    Raises:
        SpecError: NN801 when the path leads nowhere.
    """
    found = dict.fromkeys(map(canonical, _meant(experiment, tree, path)))  # a layer that is repeated once
    values = [json.loads(each)["node"] for each in found]
    return json.dumps(values[0] if len(values) == 1 else values, indent=1, ensure_ascii=False)


def mathematics(experiment: Experiment, tree: Mapping, path: str) -> str:
    """The formulas in the part at a path, in LaTeX; a line says so where there are none.

    Raises:
        SpecError: NN801 when the path leads nowhere.
    """
    found = dict.fromkeys(line for each in _meant(experiment, tree, path) for line in _latex(each, experiment))
    return "\n".join(found) if found else f"% {path} has no formula"


def _latex(node: Any, experiment: Experiment) -> Iterator[str]:
    match node:
        case Model():
            yield model_latex(node)
        case FieldDef() | ParamDecl():
            yield from (printed(line) for line in lines(_only(node, experiment.model)))
        case LayerNode():
            assert experiment.model.stack is not None
            alone = replace(experiment.model.stack, layers=(node,), parameterization_options=())
            yield from (printed(line) for line in lines(replace(experiment.model, stack=alone, deform=None))[1:])
        case Expr():
            yield latex(node)
        case _:
            for value in _values(node):
                yield from _latex(value, experiment)


def _only(node: FieldDef | ParamDecl, model: Model) -> Model:
    """The model with one line alone."""
    fields, params = ((node,), ()) if isinstance(node, FieldDef) else ((), (node,))
    return replace(model, inputs=(), indices=(), fields=fields, params=params, deform=None)


def _values(node: Any) -> Iterator[Any]:
    """Expressions and the like that a node holds, in tuples of options too."""
    if isinstance(node, tuple):
        for each in node:
            yield from _values(each)
    elif is_dataclass(node) and not isinstance(node, type | Span):
        if isinstance(node, Expr):
            yield node
            return
        for name in node.__dataclass_fields__:
            yield from _values(getattr(node, name))


# ---------------------------------------------------------------- from places to meanings
def _meant(experiment: Experiment, tree: Mapping, path: str) -> Iterator[Any]:
    """The largest parts of a meaning that stand in the part of the spec at a path."""
    node = find(tree, path)
    yield from _inside(experiment, _place(tree, node) or node.span)


def _place(tree: Node, node: Node) -> Span | None:
    """The place of the key of a value, and of the value."""
    if isinstance(tree, Mapping):
        for entry in tree.entries:
            if entry.value is node:
                return entry.key.span.join(node.span) if entry.key.span.source is node.span.source else node.span
            found = _place(entry.value, node)
            if found is not None:
                return found
    for item in tree.items if isinstance(tree, List) else ():
        found = item.span if item is node else _place(item, node)
        if found is not None:
            return found
    return None


def _inside(node: Any, where: Span) -> Iterator[Any]:
    if isinstance(node, tuple):
        for each in node:
            yield from _inside(each, where)
    elif is_dataclass(node) and not isinstance(node, type | Span):
        place = getattr(node, "span", None)
        if place is not None and _holds(where, place):
            yield node
            return
        for name in node.__dataclass_fields__:
            yield from _inside(getattr(node, name), where)


def _holds(outer: Span, inner: Span) -> bool:
    return outer.source.name == inner.source.name and outer.start <= inner.start and inner.end <= outer.end
