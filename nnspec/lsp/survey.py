"""A survey of a spec: every name with its declaration and uses, every word of a plugin, every key.

It needs a tree, but no correct spec: a formula that cannot be parsed hides none of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from nnspec.document.fields import Field
from nnspec.lsp.names import Locals, Mention, Symbol, local, mentions
from nnspec.lsp.slots import Choice, Items, Keys, Names, Slot, Value
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_build import fold
from nnspec.syntax.expr_parse import parse_block, parse_decl, parse_def_head, parse_expr, parse_name, parse_range
from nnspec.syntax.expr_scan import scan
from nnspec.syntax.tree import Leaf, Mapping, Node, Sequence
from nnspec.text.diagnostic import SpecError
from nnspec.text.source import Span

T = TypeVar("T")
_FORMULAS = {"count", "size", "number", "formula", "density", "constant", "dataset", "domain", "check", "points",
             "point", "axis", "body"}  # fmt: skip
_WORDS = {"activation": "activations", "parameterization": "parameterizations"}
_PREFERRED = {"density": "densities", "dataset": "datasets"}


@dataclass(frozen=True)
class Occurrence:
    """A place where a name of the spec stands."""

    span: Span
    symbol: Symbol
    declares: bool = False
    quoted: bool = False
    """Whether it stands in single quotes, where a prime is doubled."""
    plain: bool = False
    """Whether Greek letters must be spelt out here, because this is not read as a formula."""


@dataclass(frozen=True)
class Word:
    """A place where a word of the language, of a plugin, or a declared key stands."""

    span: Span
    kind: str
    text: str
    field: Field | None = None


@dataclass
class Survey:
    """What was found, in the order of the file."""

    symbols: list[Symbol] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    broken: list[tuple[Span, frozenset[str]]] = field(default_factory=list)
    """Formulas that could not be parsed, with the names in them."""

    def symbol(self, text: str) -> Symbol | None:
        """What a name means outside of formulas that give it a meaning of their own."""
        return next((each for each in self.symbols if each.text == text and not each.inside), None)

    def at(self, offset: int) -> Occurrence | Word | None:
        """What stands at a place; the narrowest where several do."""
        things: list[Occurrence | Word] = [*self.occurrences, *self.words]
        found = [each for each in things if each.span.start <= offset <= each.span.end]
        return min(found, key=lambda each: each.span.end - each.span.start, default=None)

    def of(self, symbol: Symbol) -> list[Occurrence]:
        """All places of a symbol."""
        return [each for each in self.occurrences if each.symbol is symbol]


@dataclass(frozen=True)
class _Formula:
    """A formula that waits until all names are declared."""

    leaf: Leaf
    node: ast.ExprNode
    bound: Locals
    type: str


def survey(tree: Mapping, slot: Slot) -> Survey:
    """Survey a spec."""
    surveyor = _Surveyor()
    surveyor.node(tree, slot, {})
    surveyor.resolve()
    return surveyor.found


class _Surveyor:
    def __init__(self) -> None:
        self.found = Survey()
        self.formulas: list[_Formula] = []
        self.named: list[tuple[Leaf, str]] = []

    # ------------------------------------------------------------ the tree
    def node(self, node: Node, slot: Slot, bound: Locals) -> None:
        match slot:
            case Keys():
                self.keys(node, slot)
            case Names():
                for entry in node.entries if isinstance(node, Mapping) else ():
                    self.node(entry.value, slot.value, self.declare(entry.key, entry.value, slot.kind))
            case Choice():
                self.choice(node, slot)
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
                self.head(leaf)
            case "block":
                self.block(leaf)
            case "function" | "observable" | "results" | "axis name":
                self.named.append((leaf, slot.type))
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
        self.formulas += [_Formula(leaf, node, bound, kind)] if node is not None else []

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
        elif kind != "plot":
            name = self.parsed(key, parse_name)
            if name is not None:
                self.add(key, Symbol(kind, name.text, name.span, extent), plain=kind == "result")
        return {}

    def param(self, leaf: Leaf, decl: ast.Decl, extent: Span) -> None:
        for each in decl.names:
            indices = tuple(index.text for index in each.indices)
            self.add(leaf, Symbol("param", each.name.text, each.name.span, extent, indices=indices))
        self.formula(leaf, decl, {}, "decl")

    def function(self, leaf: Leaf, name: ast.Name, args: tuple[ast.Name, ...], extent: Span) -> Locals:
        self.add(leaf, Symbol("function", name.text, name.span, extent, args=tuple(arg.text for arg in args)))
        bound = {arg.text: local(arg, leaf.span, "argument") for arg in reversed(args)}
        for symbol in bound.values():
            self.add(leaf, symbol)
        return bound

    def head(self, leaf: Leaf) -> None:
        head = self.parsed(leaf, parse_def_head)
        if head is not None:
            self.field(leaf, *head, leaf.span)

    def field(self, leaf: Leaf, name: ast.Name, args: tuple[ast.Name, ...], extent: Span) -> None:
        self.add(leaf, Symbol("field", name.text, name.span, extent, args=tuple(arg.text for arg in args)))
        for arg in args:
            self.formula(leaf, arg, {}, "formula")

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
                self.add(leaf, Symbol("index", name.text, name.span, node.span))
                self.formula(leaf, values, {}, "range")
            case ast.SInput(name=name, domain=domain):
                self.add(leaf, Symbol("input", name.text, name.span, node.span))
                self.formula(leaf, domain, {}, "domain")
            case ast.SLet(name=name, value=body):
                self.add(leaf, Symbol("constant", name.text, name.span, node.span))
                self.formula(leaf, body, {}, "constant")
            case ast.SParam(decl=decl, density=density):
                self.param(leaf, decl, node.span)
                self.formula(leaf, density, {}, "density")
            case ast.SDef(name=name, args=args, body=body):
                self.field(leaf, name, args, node.span)
                self.formula(leaf, body, {}, "formula")
            case ast.SDeform(factor=factor):
                self.formula(leaf, factor, {}, "formula")

    def add(self, leaf: Leaf, symbol: Symbol, *, plain: bool = False) -> None:
        """A symbol; a second declaration of a name is a use of the first, so that both are renamed."""
        first = None if symbol.inside else self.found.symbol(symbol.text)
        if first is None:
            self.found.symbols.append(symbol)
        self.occur(leaf, Occurrence(symbol.span, first or symbol, declares=first is None, plain=plain))

    def occur(self, leaf: Leaf, occurrence: Occurrence) -> None:
        self.found.occurrences.append(replace(occurrence, quoted=leaf.style == "single"))

    # ------------------------------------------------------------ meanings
    def resolve(self) -> None:
        """Give the names of all formulas their symbols."""
        outside = {each.text: each for each in reversed(self.found.symbols) if not each.inside}
        for formula in self.formulas:
            for mention in mentions(formula.node, formula.bound):
                self.mention(formula, mention, outside)
        for leaf, kind in self.named:
            text = leaf.text.partition(".")[0]
            symbol = outside.get(text)
            if symbol is not None and symbol.kind == _WANTED[kind]:
                self.occur(leaf, Occurrence(leaf.span_of(0, len(text)), symbol, plain=True))
        self.found.occurrences.sort(key=lambda each: each.span.start)
        self.found.words.sort(key=lambda each: each.span.start)

    def mention(self, formula: _Formula, mention: Mention, outside: dict[str, Symbol]) -> None:
        name, symbol = mention.name, mention.symbol
        if mention.declares and symbol is not None:
            self.add(formula.leaf, symbol)
            return
        if mention.part and mention.before is not None:
            owner = outside.get(mention.before.text)
            if owner is not None and owner.kind == "result":
                return
        first = isinstance(formula.node, ast.Call) and formula.node.fn is name and formula.type in _PREFERRED
        if symbol is None and not first:
            symbol = outside.get(name.text)
        if symbol is not None:
            self.occur(formula.leaf, Occurrence(name.span, symbol))
        else:
            kind = _PREFERRED[formula.type] if first else "functions" if mention.called else "constants"
            self.found.words.append(Word(name.span, kind, name.text))


_WANTED = {"function": "function", "observable": "result", "results": "result", "axis name": "data"}
