"""From a name to its declaration and its uses, and what else stands at a place."""

from __future__ import annotations

from lsprotocol import types as lsp

from nnspec.lsp.sheet import Sheet
from nnspec.lsp.survey import Occurrence, Word
from nnspec.text.source import Span


def thing_at(sheet: Sheet, position: lsp.Position) -> Occurrence | Word | None:
    """The name, word or key at a place; while the file is not YAML, as the last text that was YAML had it."""
    offset = sheet.moved.back(sheet.text.offset(position))
    return sheet.last.survey.at(offset) if sheet.last is not None and offset is not None else None


def range_of(sheet: Sheet, span: Span) -> lsp.Range | None:
    """Where a span of the last sketch stands in the document now."""
    start, end = sheet.moved.forth(span.start), sheet.moved.forth(span.end)
    return None if start is None or end is None or end < start else sheet.text.range(start, end)


def definition(sheet: Sheet, position: lsp.Position) -> lsp.Location | None:
    """Where the name at a place is declared."""
    thing = thing_at(sheet, position)
    where = range_of(sheet, thing.symbol.span) if isinstance(thing, Occurrence) else None
    return lsp.Location(sheet.uri, where) if where is not None else None


def references(sheet: Sheet, position: lsp.Position, *, declaration: bool) -> list[lsp.Location]:
    """All places of the name at a place."""
    thing = thing_at(sheet, position)
    if not isinstance(thing, Occurrence) or sheet.last is None:
        return []
    places = [each for each in sheet.last.survey.of(thing.symbol) if declaration or not each.declares]
    ranges = (range_of(sheet, each.span) for each in places)
    return [lsp.Location(sheet.uri, where) for where in ranges if where is not None]
