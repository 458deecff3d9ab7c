"""A new name for a constant, parameter, index, input, function, data set, observable or the field.

All its places are edited, in formulas, keys and values; comments and docs are not. Before the edits are handed out, the
edited text is checked: a rename never breaks a spec.
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from lsprotocol import types as lsp

from nnspec.check.scope import DOMAINS, SPECIAL
from nnspec.ir.digest import digest
from nnspec.ir.functions import CONSTANTS, FUNCTIONS, OF_RESULTS
from nnspec.lsp.found import Occurrence, Survey, Word
from nnspec.lsp.names import Symbol
from nnspec.lsp.navigation import thing_at
from nnspec.lsp.sheet import Sheet
from nnspec.stages import Spec
from nnspec.syntax.expr_build import fold
from nnspec.syntax.expr_parse import leaf_of, parse_name
from nnspec.text.diagnostic import SpecError

_LANGUAGE = {*CONSTANTS, *FUNCTIONS, *OF_RESULTS, *DOMAINS, *SPECIAL} - {"d"}


class Refused(Exception):
    """Why a rename is not possible, in words for the user."""


def refuse(why: str) -> NoReturn:
    """Stop."""
    raise Refused(why)


def prepare(sheet: Sheet, position: lsp.Position) -> lsp.Range:
    """The name that would be renamed.

    Raises:
        Refused: when nothing here can be renamed.
    """
    found, _ = _occurrence(sheet, position)
    return sheet.text.range(found.span.start, found.span.end)


def rename(sheet: Sheet, position: lsp.Position, new: str) -> list[lsp.TextEdit]:
    """The edits that give the name at a place a new one.

    Raises:
        Refused: when there is nothing to rename, or the new name cannot be had.
    """
    found, survey = _occurrence(sheet, position)
    symbol = found.symbol
    if _is_name(new) != symbol.text:
        _free(_is_name(new), new, survey, sheet)
    for span, names in survey.broken:
        if symbol.text in names:
            line = sheet.text.position(span.start).line + 1
            refuse(f"`{symbol.text}` also stands in a formula that cannot be read, in line {line}; mend it first")
    edits = {(each.span.start, each.span.end): _written(new, each) for each in survey.of(symbol)}
    _same(sheet, edits, symbol)
    return [lsp.TextEdit(sheet.text.range(*place), text) for place, text in sorted(edits.items())]


def _occurrence(sheet: Sheet, position: lsp.Position) -> tuple[Occurrence, Survey]:
    if sheet.sketch is None:
        refuse("the file is not YAML at the moment; mend that first")
    match thing_at(sheet, position):
        case Occurrence(symbol=symbol) as found:
            _of_this_file(symbol, sheet.sketch.survey, sheet)
            return found, sheet.sketch.survey
        case Word(kind="key", text=text):
            refuse(f"`{text}` is a key of the language")
        case Word(text=text):
            refuse(f"`{text}` is a word of the language or of a plugin, not a name of this spec")
        case _:
            refuse("no name of the spec stands here")


def _of_this_file(symbol: Symbol, survey: Survey, sheet: Sheet) -> None:
    """Refuse a name that other files use too: editing one of them alone would break the other."""
    places = (each.span.source.name for each in survey.of(symbol))
    other = next((Path(name).name for name in places if name != sheet.name), None)
    if other is not None:
        refuse(f"`{symbol.text}` also stands in `{other}`, which this spec extends")


def _is_name(new: str) -> str:
    """The canonical form of a new name."""
    if new != new.strip() or new in ("null", "Null", "NULL"):
        refuse(f"`{new}` cannot be a name")
    try:
        return parse_name(leaf_of(new)).text
    except SpecError as error:
        refuse(f"`{new}` cannot be a name: {error.diagnostics[0].message}")


def _free(name: str, new: str, survey: Survey, sheet: Sheet) -> None:
    words = sheet.words
    taught = (words.activations, words.densities, words.datasets)
    if name in _LANGUAGE or any(name in kind for kind in taught):
        refuse(f"`{new}` is a word of the language or of a plugin")
    if any(symbol.text == name for symbol in survey.symbols):
        refuse(f"`{new}` is already the name of something in this spec")
    used = next((word for word in survey.words if word.text == name and word.kind in ("constants", "functions")), None)
    if used is not None:
        refuse(f"`{new}` already stands in a formula, where nothing has that name yet")


def _written(new: str, place: Occurrence) -> str:
    text = fold(new) if place.plain else new
    return text.replace("'", "''") if place.quoted else text


def _same(sheet: Sheet, edits: dict[tuple[int, int], str], symbol: Symbol) -> None:
    """Refuse what would make a sound spec a faulty one; an index has no name outside of formulas, not even a digest."""
    if isinstance(sheet.read, SpecError) or any(each.level == "error" for each in sheet.complaints):
        return
    text = sheet.plain
    for (start, end), new in sorted(edits.items(), reverse=True):
        text = text[:start] + new + text[end:]
    after = Sheet(sheet.uri, sheet.name, None, text, sheet.units, sheet.plugins)
    wrong = next((each for each in after.complaints if each.level == "error"), None)
    if wrong is not None:
        refuse(f"the spec would be wrong then: {wrong.message}")
    if symbol.kind == "index" and _digest(sheet) != _digest(after):
        refuse("the spec would mean something else then")


def _digest(sheet: Sheet) -> str:
    assert isinstance(sheet.read, Spec)
    return digest(sheet.read.check().experiment)
