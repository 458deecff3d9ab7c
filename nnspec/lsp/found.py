"""What a survey of a spec finds: names with their declarations and uses, words of plugins, keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from nnspec.document.fields import Field
from nnspec.lsp.names import Symbol
from nnspec.text.source import Span


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

    def at(self, offset: int, source: str) -> Occurrence | Word | None:
        """What stands at a place of a file; the narrowest where several do."""
        things: list[Occurrence | Word] = [*self.occurrences, *self.words]
        here = (each for each in things if each.span.source.name == source)
        found = [each for each in here if each.span.start <= offset <= each.span.end]
        return min(found, key=lambda each: each.span.end - each.span.start, default=None)

    def of(self, symbol: Symbol) -> list[Occurrence]:
        """All places of a symbol."""
        return [each for each in self.occurrences if each.symbol is symbol]
