"""A survey of a spec: every name with its declaration and uses, every word of a plugin, every key.

It needs a tree, but no correct spec: a formula that cannot be parsed hides none of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Mapping_
from dataclasses import replace
from typing import TypeVar

from nnspec.check.datasets import POINT
from nnspec.lsp.found import Survey, Word
from nnspec.lsp.names import Locals, Symbol, local
from nnspec.lsp.resolve import Formula, add, resolve
from nnspec.lsp.slots import Choice, Items, Keys, Names, Slot, Value, swept
from nnspec.plugin.records import Dataset
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_build import fold
from nnspec.syntax.expr_parse import (
    parse_block,
    parse_decl,
    parse_def_head,
    parse_expr,
    parse_field_head,
    parse_name,
    parse_range,
)
from nnspec.syntax.expr_scan import scan
from nnspec.syntax.tree import Leaf, Mapping, Node, Sequence
from nnspec.text.diagnostic import SpecError
from nnspec.text.source import Span

T = TypeVar("T")
_FORMULAS = {"count", "size", "number", "formula", "density", "constant", "dataset", "domain", "check", "points",
             "point", "axis", "body", "table", "field", "map", "formula of results"}  # fmt: skip
_WORDS = {"activation": "activations", "parameterization": "parameterizations"}


def survey(tree: Mapping, slot: Keys, datasets: Mapping_[str, Dataset]) -> Survey:
    """Survey a spec; data generators say which of their arguments label points."""
    surveyor = _Surveyor(slot, datasets)
    surveyor.node(tree, slot, {})
    resolve(surveyor.found, surveyor.formulas, surveyor.named)
    return surveyor.found


class _Surveyor:
    def __init__(self, root: Keys, datasets: Mapping_[str, Dataset]) -> None:
        self.found = Survey()
        self.root, self.datasets = root, datasets
        self.formulas: list[Formula] = []
        self.named: list[tuple[Leaf, str]] = []

    # ------------------------------------------------------------ the tree
    def node(self, node: Node, slot: Slot, bound: Locals) -> None:
        match slot:
            case Keys():
                self.keys(node, slot)
            case Names(bare=bare) if bare is not None and not isinstance(node, Mapping):
                self.node(node, bare, bound)
            case Names():
                for entry in node.entries if isinstance(node, Mapping) else ():
                    below = swept(self.root, entry.key.text) if slot.kind == "axis" else slot.value
                    self.node(entry.value, below, self.declare(entry.key, entry.value, slot.kind))
            case Choice():
                self.choice(node, slot)
            case Items(bare=bare) if bare is not None and isinstance(node, Leaf):
                self.node(node, bare, bound)
            case Items(item=item):
                for each in node.items if isinstance(node, Sequence) else ():
                    self.node(each, item, {})
            case Value():
                self.value(node, slot, bound)

    def keys(self, node: Node, slot: Keys) -> None:
        known = {item.name: item for item in slot.fields}
        keys = {entry.key.text for entry in node.entries} if isinstance(node, Mapping) else set()
        if slot.call and not (isinstance(node, Mapping) and (not keys or keys & known.keys())):
            self.node(node, slot.below[slot.call], {})
        elif isinstance(node, Mapping):
            for entry in node.entries:
                item = known.get(entry.key.text)
                if item is not None:
                    self.found.words.append(Word(entry.key.span, "key", item.name, item))
                    self.node(entry.value, slot.below[item.name], {})

    def choice(self, node: Node, slot: Choice) -> None:
        if isinstance(node, Leaf) and not node.null and slot.bare:
            self.found.words.append(Word(node.span, slot.kind, node.text))
        for entry in node.entries if isinstance(node, Mapping) else ():
            word, own = entry.key.text, {item.name: item for item in slot.own}
            if word in own:
                self.found.words.append(Word(entry.key.span, "key", word, own[word]))
                self.node(entry.value, slot.below[word], {})
                continue
            self.found.words.append(Word(entry.key.span, slot.kind, word))
            if word in slot.options:
                self.node(entry.value, slot.options[word], {})

    def value(self, node: Node, slot: Value, bound: Locals) -> None:
        if isinstance(node, Sequence):
            for item in node.items:
                self.value(item, slot, bound)
        elif isinstance(node, Mapping):
            for entry in node.entries if slot.type == "activation" else ():
                self.found.words.append(Word(entry.key.span, "activations", entry.key.text))
                for option in entry.value.entries if isinstance(entry.value, Mapping) else ():
                    self.value(option.value, Value("number"), {})
        elif not node.null:
            self.leaf(node, slot, bound)

    def leaf(self, leaf: Leaf, slot: Value, bound: Locals) -> None:
        match slot.type:
            case kind if kind in _FORMULAS:
                self.formula(leaf, self.parsed(leaf, parse_expr), bound, kind)
            case "range":
                self.formula(leaf, self.parsed(leaf, parse_range), bound, "range")
            case "head":
                self.head(leaf, leaf.span)
            case "block":
                self.block(leaf)
            case "function" | "observable" | "results" | "axis name":
                self.named.append((leaf, slot.type))
            case "path":
                self.named.append((leaf, "path"))
            case kind if kind in _WORDS:
                self.found.words.append(Word(leaf.span, _WORDS[kind], leaf.text))
            case "methods":
                self.found.words.append(Word(leaf.span, "method", leaf.text))

    # ------------------------------------------------------------ formulas
    def parsed(self, leaf: Leaf, parse: Callable[[Leaf], T]) -> T | None:
        """A parsed leaf; the names in one that cannot be parsed are remembered."""
        try:
            return parse(leaf)
        except SpecError:
            tokens = [token for formula in scan(leaf) for token in formula.tokens if token.kind in ("name", "sub")]
            self.found.broken.append((leaf.span, frozenset(fold(token.text) for token in tokens)))
            return None

    def formula(self, leaf: Leaf, node: ast.ExprNode | None, bound: Locals, kind: str) -> None:
        if kind == "dataset" and isinstance(node, ast.Call):
            self.generator(leaf, node)
        elif node is not None:
            self.formulas.append(Formula(leaf, node, bound, kind))

    def generator(self, leaf: Leaf, node: ast.Call) -> None:
        """The call of a data generator, whose labels are formulas of the point."""
        record = self.datasets.get(node.fn.text) if isinstance(node.fn, ast.Name) else None
        types = [each.type for each in record.parameters] if record is not None else []
        named = {each.name: each.type for each in record.parameters} if record is not None else {}
        given = [*zip(node.args, [*types, *[None] * len(node.args)], strict=False)]
        given += [(each.value, named.get(each.name.text)) for each in node.kwargs]
        names = frozenset((POINT, *(name for each in self.datasets.values() for name in each.coordinates)))
        self.formulas.append(Formula(leaf, replace(node, args=(), kwargs=()), {}, "dataset"))
        for value, kind in given:
            if kind == "target":
                self.formulas.append(Formula(leaf, value, {}, "label", names))
            else:
                self.formula(leaf, value, {}, "dataset")

    def declare(self, key: Leaf, value: Node, kind: str) -> Locals:
        """Declare the name in a key; the names that hold in its value alone are returned."""
        extent = key.span.join(value.span)
        if kind == "param":
            decl = self.parsed(key, parse_decl)
            if decl is not None:
                self.param(key, decl, extent)
        elif kind == "function":
            head = self.parsed(key, parse_def_head)
            if head is not None:
                return self.function(key, *head, extent)
        elif kind == "field":
            self.head(key, extent)
        elif kind == "axis":
            self.named.append((key, "path"))
        elif kind not in ("plot", "plugin"):
            name = self.parsed(key, parse_name)
            if name is not None:
                add(self.found, key, Symbol(kind, name.text, name.span, extent), plain=kind == "result")
        return {}

    def param(self, leaf: Leaf, decl: ast.Decl, extent: Span) -> None:
        for each in decl.names:
            indices = tuple(index.text for index in each.indices)
            add(self.found, leaf, Symbol("param", each.name.text, each.name.span, extent, indices=indices))
        self.formula(leaf, decl, {}, "decl")

    def function(self, leaf: Leaf, name: ast.Name, args: tuple[ast.Name, ...], extent: Span) -> Locals:
        add(self.found, leaf, Symbol("function", name.text, name.span, extent, args=tuple(arg.text for arg in args)))
        bound = {arg.text: local(arg, leaf.span, "argument") for arg in reversed(args)}
        for symbol in bound.values():
            add(self.found, leaf, symbol)
        return bound

    def head(self, leaf: Leaf, extent: Span) -> None:
        head = self.parsed(leaf, parse_field_head)
        if head is not None:
            self.field(leaf, *head, extent)

    def field(
        self, leaf: Leaf, name: ast.Name, components: tuple[ast.Name, ...], args: tuple[ast.Name, ...], extent: Span
    ) -> None:
        indices, points = (tuple(each.text for each in names) for names in (components, args))
        add(self.found, leaf, Symbol("field", name.text, name.span, extent, indices=indices, args=points))
        for each in (*components, *args):
            self.formula(leaf, each, {}, "formula")

    def block(self, leaf: Leaf) -> None:
        """The statements of `model: |`, each by itself, so that a broken one hides no other."""
        if leaf.style not in ("literal", "folded"):
            return
        for formula in scan(leaf, block=True):
            start, end = formula.start, formula.end
            piece = Leaf(leaf.text[start:end], leaf.span_of(start, end), "literal", leaf.offsets[start : end + 1])
            block = self.parsed(piece, parse_block)
            for statement in block.statements if block else ():
                self.statement(piece, statement)

    def statement(self, leaf: Leaf, node: ast.Statement) -> None:
        match node:
            case ast.SIndex(name=name, range=values):
                add(self.found, leaf, Symbol("index", name.text, name.span, node.span))
                self.formula(leaf, values, {}, "range")
            case ast.SInput(name=name, domain=domain):
                add(self.found, leaf, Symbol("input", name.text, name.span, node.span))
                self.formula(leaf, domain, {}, "domain")
            case ast.SLet(name=name, value=body):
                add(self.found, leaf, Symbol("constant", name.text, name.span, node.span))
                self.formula(leaf, body, {}, "constant")
            case ast.SParam(decl=decl, density=density):
                self.param(leaf, decl, node.span)
                self.formula(leaf, density, {}, "density")
            case ast.SDef(name=name, components=components, args=args, body=body):
                self.field(leaf, name, components, args, node.span)
                self.formula(leaf, body, {}, "formula")
            case ast.SDeform(factor=factor):
                self.formula(leaf, factor, {}, "formula")
