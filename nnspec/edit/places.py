"""Where the formulas of a spec stand, and with which start symbol of the grammar each is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from nnspec.check.observables import universal
from nnspec.document.fields import Field
from nnspec.document.spec import NUMERICS, SWEEP
from nnspec.plugin.records import Layer
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.expr_parse import parse_block, parse_decl, parse_expr, parse_range
from nnspec.syntax.expr_tree import ExprNode
from nnspec.syntax.tree import Leaf, Node
from nnspec.syntax.tree import Mapping as Tree
from nnspec.syntax.tree import Sequence as List

Kind = Literal["expr", "decl", "range", "block"]
_FORMULAS = {
    "count", "size", "number", "formula", "density", "points", "point", "axis", "table", "field", "map", "formula of results",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A key or a value that is a formula."""

    leaf: Leaf
    kind: Kind = "expr"

    def parse(self) -> ExprNode:
        """Read it.

        Raises:
            SpecError: when it is not a formula.
        """
        match self.kind:
            case "expr":
                return parse_expr(self.leaf)
            case "decl":
                return parse_decl(self.leaf)
            case "range":
                return parse_range(self.leaf)
            case "block":
                return parse_block(self.leaf)


def places(tree: Tree, words: Vocabulary) -> Iterator[Place]:
    """Every formula of a spec, keys included; what no installed word explains is passed over."""
    for entry in tree.entries:
        match entry.key.text:
            case "let" | "functions" | "data":
                yield from _pairs(entry.value)
            case "model":
                yield from _model(entry.value, words)
            case "observables":
                for asked in entry.value.entries if isinstance(entry.value, Tree) else ():
                    yield from _chosen(asked.value, {w: (*r.fields, *universal(r)) for w, r in words.observables.items()})
            case "sampler":
                yield from _chosen(entry.value, {word: record.fields for word, record in words.samplers.items()})
            case "numerics":
                yield from _fields(entry.value, NUMERICS)
            case "sweep":
                yield from _sweep(entry.value)
            case "checks":
                yield from _values(entry.value)


def _sweep(node: Node) -> Iterator[Place]:
    """Generators of values, and claims; values in a list stand as they are written, for they are compared as texts."""
    yield from _fields(node, SWEEP)
    for entry in node.entries if isinstance(node, Tree) else ():
        if entry.key.text in ("grid", "zip"):
            axes = entry.value.entries if isinstance(entry.value, Tree) else ()
            yield from (place for axis in axes if isinstance(axis.value, Leaf) for place in _values(axis.value))
        elif entry.key.text == "checks":
            yield from _values(entry.value)


def _values(node: Node, kind: Kind = "expr") -> Iterator[Place]:
    """A value, or each entry of a list."""
    if isinstance(node, Leaf) and not node.null:
        yield Place(node, kind)
    elif isinstance(node, List):
        for item in node.items:
            yield from _values(item, kind)


def _pairs(node: Node, keys: Kind = "expr", values: Kind = "expr") -> Iterator[Place]:
    for entry in node.entries if isinstance(node, Tree) else ():
        yield Place(entry.key, keys)
        yield from _values(entry.value, values)


def _model(node: Node, words: Vocabulary) -> Iterator[Place]:
    if isinstance(node, Leaf) and node.style in ("literal", "folded"):
        yield Place(node, "block")
    for entry in node.entries if isinstance(node, Tree) else ():
        match entry.key.text:
            case "inputs":
                yield from _pairs(entry.value)
            case "indices":
                yield from _pairs(entry.value, values="range")
            case "params":
                yield from _pairs(entry.value, keys="decl")
            case "field" | "def" | "deform":
                yield from _values(entry.value)
                yield from _pairs(entry.value)  # several fields under `def`
            case "parameterization":
                for power in entry.value.entries if isinstance(entry.value, Tree) else ():
                    yield from _values(power.value)
            case "layers":
                yield from _layers(entry.value, words.layers)


def _layers(node: Node, known: Mapping[str, Layer]) -> Iterator[Place]:
    for item in node.items if isinstance(node, List) else ():
        for entry in item.entries if isinstance(item, Tree) else ():
            if entry.key.text == "repeat":
                yield from _values(entry.value)
            elif entry.key.text == "of":
                yield from _layers(entry.value, known)
            elif entry.key.text in known:
                yield from _layer(entry.value, known[entry.key.text])


def _layer(node: Node, record: Layer) -> Iterator[Place]:
    """The options of a layer, or the value that stands for one of them, as in `act: {snake: {beta: 2}}`."""
    names = {item.name for item in record.fields}
    if isinstance(node, Tree) and all(entry.key.text in names for entry in node.entries):
        yield from _fields(node, record.fields)
        return
    for item in record.fields:
        if item.name == record.call:
            yield from _option(node, item)


def _chosen(node: Node, known: Mapping[str, Iterable[Field]]) -> Iterator[Place]:
    """`{word: {option: value}}`."""
    for entry in node.entries if isinstance(node, Tree) else ():
        yield from _fields(entry.value, known.get(entry.key.text, ()))


def _fields(node: Node, fields: Iterable[Field]) -> Iterator[Place]:
    by_name = {item.name: item for item in fields}
    for entry in node.entries if isinstance(node, Tree) else ():
        if entry.key.text in by_name:
            yield from _option(entry.value, by_name[entry.key.text])


def _option(node: Node, item: Field) -> Iterator[Place]:
    if item.type in _FORMULAS:
        yield from _values(node)
    elif item.type == "mapping":
        yield from _fields(node, item.fields)
    elif item.type == "choice":
        yield from _chosen(node, dict(item.options))
    elif item.type == "activation":  # a word, or {word: {option: value}}
        for chosen in node.entries if isinstance(node, Tree) else ():
            for option in chosen.value.entries if isinstance(chosen.value, Tree) else ():
                yield from _values(option.value)
