"""The names in formulas, paths and options, given the things that they name once all of these are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nnspec.check.scope import parts_of
from nnspec.document.paths import steps
from nnspec.lsp.found import Occurrence, Survey, Word
from nnspec.lsp.names import Locals, Mention, Symbol, mentions
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_build import fold
from nnspec.syntax.tree import Leaf
from nnspec.text.diagnostic import SpecError
from nnspec.text.source import Span

_PREFERRED = {"density": "densities", "dataset": "datasets"}
_ROOTS = {"let": "constant", "data": "data", "observables": "result"}
"""Parts of a spec whose entries are named by themselves, with the kind of these names."""
_WANTED = {"function": "function", "observable": "result", "results": "result", "axis name": "data"}


@dataclass(frozen=True)
class Formula:
    """A formula that waits until all names are declared; `hidden` names mean something of their own in it."""

    leaf: Leaf
    node: ast.ExprNode
    bound: Locals
    type: str
    hidden: frozenset[str] = frozenset()


def add(found: Survey, leaf: Leaf, symbol: Symbol, *, plain: bool = False) -> None:
    """A symbol; a second declaration of a name is a use of the first, so that both are renamed."""
    first = None if symbol.inside else found.symbol(symbol.text)
    if first is None:
        found.symbols.append(symbol)
    _occur(found, leaf, Occurrence(symbol.span, first or symbol, declares=first is None, plain=plain))


def _occur(found: Survey, leaf: Leaf, occurrence: Occurrence) -> None:
    found.occurrences.append(replace(occurrence, quoted=leaf.style == "single"))


def resolve(found: Survey, formulas: Iterable[Formula], named: Iterable[tuple[Leaf, str]]) -> None:
    """Give the names of all formulas and options their symbols."""
    resolver = _Resolver(found, {each.text: each for each in reversed(found.symbols) if not each.inside})
    for formula in formulas:
        for mention in mentions(formula.node, formula.bound):
            resolver.mention(formula, mention)
        for part in parts_of(formula.node):
            if isinstance(part, ast.Str):
                inside = Span(part.span.source, part.span.start + 1, part.span.end - 1)
                resolver.path(formula.leaf, part.text, inside)
    for leaf, kind in named:
        resolver.name(leaf, kind)
    found.occurrences.sort(key=lambda each: each.span.start)
    found.words.sort(key=lambda each: each.span.start)


@dataclass(frozen=True)
class _Resolver:
    found: Survey
    outside: dict[str, Symbol]

    def name(self, leaf: Leaf, kind: str) -> None:
        """An option that is a name, or a path."""
        base, dot, part = leaf.text.partition(".")
        symbol = self.outside.get(fold(base))
        if kind == "path" or (kind == "axis name" and dot):
            self.path(leaf, leaf.text, leaf.span_of(0, len(leaf.text)))
        elif symbol is not None and symbol.kind == _WANTED[kind]:
            _occur(self.found, leaf, Occurrence(leaf.span_of(0, len(base)), symbol, plain=True))
            if part:
                self.found.words.append(Word(leaf.span_of(len(base) + 1, len(leaf.text)), "part", f"{symbol.text}.{part}"))

    def path(self, leaf: Leaf, text: str, place: Span) -> None:
        """The name in a path as `let.N`, which stands at a place."""
        try:
            found = steps(text)
        except SpecError:
            return
        if place.text != text or len(found) < 2 or found[0][0] not in _ROOTS:
            return
        name, start, end = found[1]
        symbol = self.outside.get(fold(name))
        if symbol is not None and symbol.kind == _ROOTS[found[0][0]]:
            span = Span(place.source, place.start + start, place.start + end)
            _occur(self.found, leaf, Occurrence(span, symbol, plain=True))

    def mention(self, formula: Formula, mention: Mention) -> None:
        """A name in a formula."""
        name, symbol = mention.name, mention.symbol
        if mention.declares and symbol is not None:
            add(self.found, formula.leaf, symbol)
            return
        if mention.part and mention.before is not None:
            owner = self.outside.get(mention.before.text)
            if owner is not None and owner.kind == "result":
                self.found.words.append(Word(name.span, "part", f"{owner.text}.{name.text}"))
                return
        first = isinstance(formula.node, ast.Call) and formula.node.fn is name and formula.type in _PREFERRED
        derivative = mention.called and name.text == "d"  # and not a dimension of that name
        if symbol is None and not first and name.text not in formula.hidden and not derivative:
            symbol = self.outside.get(name.text)
        if symbol is not None:
            _occur(self.found, formula.leaf, Occurrence(name.span, symbol))
        else:
            kind = _PREFERRED[formula.type] if first else "functions" if mention.called else "constants"
            self.found.words.append(Word(name.span, kind, name.text))
