"""What a name, a word, a key or an error code means, as an editor shows it beside the pointer."""

from __future__ import annotations

import re

from lsprotocol import types as lsp

from nnspec.check.nouns import noun
from nnspec.document.fields import Field
from nnspec.ir.functions import CONSTANTS
from nnspec.lsp.found import Occurrence, Word
from nnspec.lsp.meanings import Meanings
from nnspec.lsp.names import Symbol
from nnspec.lsp.navigation import range_of, thing_at
from nnspec.lsp.sheet import Sheet
from nnspec.report.language import LANGUAGE
from nnspec.report.latex import model_latex
from nnspec.report.options import listed
from nnspec.report.words import describe
from nnspec.text.catalogue import page

_CODE = re.compile(r"\bNN\d{3}\b", re.IGNORECASE)
_KINDS = {
    "constant": "constant", "data": "data set", "input": "input", "index": "index", "param": "random parameter",
    "field": "field", "result": "observable", "function": "function", "argument": "argument of a function",
    "local": "variable of an integral",
    "drawn": "variable of a density",
}  # fmt: skip
_LONGEST = 600


def hover(sheet: Sheet, position: lsp.Position) -> lsp.Hover | None:
    """What stands at a place; None where nothing does that could be explained."""
    offset = sheet.text.offset(position)
    for match in _CODE.finditer(sheet.plain, max(0, offset - 5), offset + 5):
        text = code_page(match[0].upper())
        if match.start() <= offset <= match.end() and text:
            return _shown(text, sheet.text.range(match.start(), match.end()))
    thing = thing_at(sheet, position)
    match thing:
        case Occurrence(symbol=symbol):
            text = _symbol(symbol, sheet)
        case Word(kind="key", field=Field() as field):
            text = _key(field, sheet)
        case Word():
            text = _word(thing, sheet)
        case None:
            return None
    return _shown(text, range_of(sheet, thing.span)) if text else None


def code_page(code: str) -> str | None:
    """The page of an error code in Markdown."""
    found = page(code)
    if found is None:
        return None
    return (
        f"**{found.code}: {found.title}**\n\n{found.why}\n\n"
        f"bad:\n```yaml\n{found.bad.rstrip()}\n```\ngood:\n```yaml\n{found.good.rstrip()}\n```"
    )


def _shown(text: str, where: lsp.Range | None) -> lsp.Hover:
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text), where)


def _symbol(symbol: Symbol, sheet: Sheet) -> str:
    assert sheet.last is not None
    known = sheet.last.meanings
    lines = [f"**{symbol.shown}** ({_KINDS.get(symbol.kind, symbol.kind)}{_type(symbol, known)})"]
    meaning = known.names.get(symbol.text)
    if symbol.kind == "constant" and meaning is not None and meaning.value is not None:
        size = ", decides a size" if symbol.text in known.static else ""
        lines.append(f"= {meaning.value:.12g}{size}")
    declared = symbol.extent.text
    lines.append(f"```yaml\n{declared[:_LONGEST]}{'…' if len(declared) > _LONGEST else ''}\n```")
    if symbol.kind == "field":
        lines += _mathematics(known)
    return "\n\n".join(lines)


def _type(symbol: Symbol, known: Meanings) -> str:
    meaning = known.names.get(symbol.text)
    if symbol.inside or meaning is None or meaning.broken or symbol.kind in ("function", "field", "index"):
        return ""
    whole = ", a whole number" if meaning.type.integer else f", {noun(meaning.type)}"
    return (f", in {meaning.space}" if meaning.space else whole) + (
        f", one for each {', '.join(symbol.indices)}" if symbol.indices else ""
    )


def _mathematics(known: Meanings) -> list[str]:
    return [f"$$\n{model_latex(known.model)}\n$$"] if known.model is not None else []


def _key(field: Field, sheet: Sheet) -> str:
    notes = [field.type, *(["required"] if field.required else [])]
    notes += [f"default {field.default}"] if field.default is not None else []
    lines = [f"**{field.name}** ({', '.join(notes)})", field.doc]
    if field.choices:
        lines.append("one of " + ", ".join(f"`{each}`" for each in field.choices))
    if field.fields or field.options:
        lines.append(f"```text\n{listed((field,), '')}\n```")
    if field.name in ("def", "deform", "layers", "model", "field") and sheet.last is not None:
        lines += _mathematics(sheet.last.meanings)
    return "\n\n".join(lines)


def _word(word: Word, sheet: Sheet) -> str | None:
    if word.text in CONSTANTS:
        return f"**{word.text}** (constant of the language)\n\n= {CONSTANTS[word.text]:.12g}"
    if word.kind == "part":
        return _part(word, sheet)
    if word.kind in ("functions", "constants") and word.text in LANGUAGE:
        kind, text = LANGUAGE[word.text]
        return f"**{word.text}** ({kind})\n\n{text}"
    text_ = describe(word.text, sheet.words) if word.kind != "method" else None
    return f"```text\n{text_}\n```" if text_ is not None else None


def _part(word: Word, sheet: Sheet) -> str | None:
    """`fit.loss`: a part of a result."""
    owner, _, name = word.text.partition(".")
    known = sheet.last.meanings.names.get(owner) if sheet.last is not None else None
    if known is None or name not in known.parts:
        return None
    over = f"over ({', '.join(known.parts[name])})" if known.parts[name] else "one number"
    return f"**{word.text}** (part of an observable, {over})"
