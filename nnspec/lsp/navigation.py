"""From a name to its declaration and its uses, and what else stands at a place; both may lie in an extended spec."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types as lsp

from nnspec.lsp.found import Occurrence, Word
from nnspec.lsp.positions import Text
from nnspec.lsp.sheet import Sheet
from nnspec.text.source import Span


def thing_at(sheet: Sheet, position: lsp.Position) -> Occurrence | Word | None:
    """The name, word or key at a place; while the file is not YAML, as the last text that was YAML had it."""
    offset = sheet.moved.back(sheet.text.offset(position))
    return sheet.last.survey.at(offset, sheet.name) if sheet.last is not None and offset is not None else None


def range_of(sheet: Sheet, span: Span) -> lsp.Range | None:
    """Where a span of the last sketch stands in the document now; None where it is in another file."""
    if span.source.name != sheet.name:
        return None
    start, end = sheet.moved.forth(span.start), sheet.moved.forth(span.end)
    return None if start is None or end is None or end < start else sheet.text.range(start, end)


def location(sheet: Sheet, span: Span) -> lsp.Location | None:
    """Where a span of the last sketch stands, in the document or in a file that it extends."""
    if span.source.name == sheet.name:
        where = range_of(sheet, span)
        return lsp.Location(sheet.uri, where) if where is not None else None
    path = Path(span.source.name)
    if not path.is_file():
        return None
    return lsp.Location(path.resolve().as_uri(), Text(span.source.text, sheet.units).range(span.start, span.end))


def definition(sheet: Sheet, position: lsp.Position) -> lsp.Location | None:
    """Where the name at a place is declared; the file behind `extends`."""
    leaf, base = sheet.extends, sheet.base
    offset = sheet.moved.back(sheet.text.offset(position))
    if leaf is not None and base is not None and offset is not None and leaf.span.start <= offset <= leaf.span.end:
        return lsp.Location(base.resolve().as_uri(), lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0)))
    thing = thing_at(sheet, position)
    return location(sheet, thing.symbol.span) if isinstance(thing, Occurrence) else None


def references(sheet: Sheet, position: lsp.Position, *, declaration: bool) -> list[lsp.Location]:
    """All places of the name at a place."""
    thing = thing_at(sheet, position)
    if not isinstance(thing, Occurrence) or sheet.last is None:
        return []
    places = [each for each in sheet.last.survey.of(thing.symbol) if declaration or not each.declares]
    found = (location(sheet, each.span) for each in places)
    return [where for where in found if where is not None]
