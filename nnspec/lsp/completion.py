"""What may be written at the cursor: keys, words of plugins, names of the spec."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lsprotocol import types as lsp

from nnspec.check.scope import DOMAINS
from nnspec.document.fields import Field
from nnspec.ir.functions import CONSTANTS, FUNCTIONS, OF_RESULTS
from nnspec.lsp.cursor import Cursor, cursor
from nnspec.lsp.names import Symbol
from nnspec.lsp.places import axes, dimensions, files, parts, paths
from nnspec.lsp.sheet import Sheet
from nnspec.lsp.slots import Choice, Items, Keys, Names, Slot, Value, descend, swept
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.report.language import OF_DENSITIES, OPERATORS
from nnspec.report.words import describe

_Kind = lsp.CompletionItemKind
_SYMBOLS = {
    "constant": _Kind.Constant, "data": _Kind.Value, "function": _Kind.Function, "input": _Kind.Variable,
    "index": _Kind.Variable, "param": _Kind.Variable, "field": _Kind.Function, "result": _Kind.Field,
}  # fmt: skip
_NAMES: dict[str, tuple[str, ...]] = {
    "formula": ("constant", "param", "input", "function", "field"),
    "body": ("constant", "function"),
    "check": ("result", "constant", "data"),
    "points": ("data",), "point": ("data",), "axis": ("data",), "axis name": ("data",), "table": ("data",),
    "field": ("field",), "map": ("input", "constant"), "formula of results": ("result", "constant"),
    "dataset": ("constant", "data", "function"),
    "function": ("function",), "observable": ("result",), "results": ("result",),
}  # fmt: skip
"""Kinds of names that stand in a value of each type; elsewhere constants do."""
_NO_NAMES = ("text", "name", "word", "flag", "methods", "parameterization", "activation", "head", "file", "path")
_NAMES_ONLY = ("points", "point", "axis", "axis name", "table", "field", "function", "observable", "results")
_RESULT = re.compile(r"(\w+)\.$")
_AXIS = re.compile(r"\b(?:over|by)\s*=\s*\"[\w.]*$")
_HEAD = re.compile(r"\w+\s*\(([^()]*)\)")


@dataclass(frozen=True)
class Proposal:
    """Something that can be written; `text` where that differs from its label."""

    label: str
    kind: lsp.CompletionItemKind
    detail: str = ""
    text: str | None = None
    doc: str | None = None


def complete(sheet: Sheet, position: lsp.Position) -> lsp.CompletionList:
    """Everything that fits; the client narrows it down as more is written."""
    offset = sheet.text.offset(position)
    here = cursor(sheet.plain, offset)
    slot = None if here.quiet else _slot(sheet, here)
    where = lsp.Range(sheet.text.position(here.start), position)
    found = {each.label: each for each in _proposals(slot, here, sheet)} if slot is not None else {}
    items = [
        lsp.CompletionItem(
            label=each.label, kind=each.kind, detail=each.detail or None, sort_text=f"{number:04}",
            documentation=lsp.MarkupContent(lsp.MarkupKind.PlainText, each.doc) if each.doc else None,
            text_edit=lsp.TextEdit(where, each.label if each.text is None else each.text),
        )
        for number, each in enumerate(found.values())
    ]  # fmt: skip
    return lsp.CompletionList(is_incomplete=False, items=items)


def _slot(sheet: Sheet, here: Cursor) -> Slot | None:
    """What may stand at a place; below a path of a sweep, what may stand at that path."""
    if here.path[:1] == ("sweep",) and here.path[1:2] in (("grid",), ("zip",)) and len(here.path) > 2:
        return descend(swept(sheet.slot, here.path[2]), here.path[3:])
    return descend(sheet.slot, here.path)


def _proposals(slot: Slot, here: Cursor, sheet: Sheet) -> Iterator[Proposal]:
    match slot:
        case Keys():
            known = {item.name for item in slot.fields}
            if here.key:
                yield from _keys(slot.fields, here)
            if slot.call and not here.siblings & known and not (here.key and slot.call in ("block", "word")):
                yield from _proposals(slot.below[slot.call], here, sheet)
        case Choice():
            yield from _choice(slot, here, sheet.words)
        case Names(kind="param") if "[" in here.before:
            yield from _symbols(sheet, ("index",))
        case Names(kind="axis") if here.key or here.before.strip():
            yield from _rest(paths(sheet, plain=here.flow), here, ": ")
        case Names(bare=Value() as bare) if not here.key:
            yield from _value(bare, here, sheet)
        case Items(bare=Value() as bare) if not here.key and here.path[-1:] != ("-",):
            yield from _value(bare, here, sheet)
        case Items(item=Value(type="path")) if here.path[-1:] != ("-",):
            return
        case Items(item=item) if here.before.strip() in ("", "-"):
            yield from _proposals(item, here, sheet) if here.path[-1:] == ("-",) else ()
        case Value():
            yield from _value(slot, here, sheet)


def _rest(found: Iterable[str], here: Cursor, end: str = "") -> Iterator[Proposal]:
    """Paths that begin as what stands before the word; the rest of them is proposed."""
    begun = here.before.strip().removeprefix("-").lstrip()
    for path in found:
        if path.startswith(begun):
            rest = path[len(begun) :]
            yield Proposal(rest, _Kind.Property, path, f"{rest}{end}")


def _keys(fields: Iterable[Field], here: Cursor) -> Iterator[Proposal]:
    for item in fields:
        if item.name not in here.siblings:
            text = f"{item.name}:" if item.type == "nested" and not here.flow else f"{item.name}: "
            need = ", required" if item.required else f", default {item.default}" if item.default is not None else ""
            yield Proposal(item.name, _Kind.Property, f"{item.type}{need}", text, item.doc)


def _choice(slot: Choice, here: Cursor, words: Vocabulary) -> Iterator[Proposal]:
    if (here.key or not here.flow) and here.siblings - {item.name for item in slot.own}:
        return  # the word is there
    if here.key:
        yield from _keys(slot.own, here)
    for word, option in slot.options.items():
        needed = [item.name for item in option.fields if item.required] if isinstance(option, Keys) else []
        body = ", ".join(f"{name}: " for name in needed)
        short = isinstance(option, Keys) and option.call is not None
        text = word if slot.bare and not body and slot.kind == "choices" else f"{word}: " if short else f"{word}: {{{body}}}"
        if here.key or not here.before.strip():
            whole = text if here.key or text == word else f"{{{text}}}"
            yield Proposal(word, _Kind.Class, _one(slot.kind), whole, _doc(word, words))


def _value(slot: Value, here: Cursor, sheet: Sheet) -> Iterator[Proposal]:
    words = sheet.words
    yield from (Proposal(word, _Kind.EnumMember) for word in slot.words)
    if slot.type == "activation":
        yield from _taught("activations", words)
    if slot.type == "file":
        yield from (Proposal(name, _Kind.File, text=name) for name in files(sheet) if not here.before.strip())
    if slot.type == "path":
        yield from _rest(paths(sheet, whole=True), here)
    if slot.type in _NO_NAMES:
        return
    if (behind := _RESULT.search(here.before)) is not None and parts(sheet, behind[1]):
        yield from (Proposal(name, _Kind.Field, detail) for name, detail in parts(sheet, behind[1]))
        return
    if slot.type == "check" and (begun := _AXIS.search(here.before)) is not None:
        text = begun[0].rpartition('"')[2]
        yield from (Proposal(path[len(text) :], _Kind.Property, path) for path in axes(sheet) if path.startswith(text))
        return
    if slot.type == "axis name":
        known = (*dimensions(sheet), *axes(sheet))
        yield from _rest(known, here)
    if slot.type == "body":
        head = _HEAD.match(here.path[-1]) if here.path else None
        for arg in head[1].split(",") if head else ():
            yield Proposal(arg.strip(), _Kind.Variable, "argument")
    if slot.type in ("formula", "block") and re.search(r"(?:sum|prod|mean)_$|\[[^\]]*$", here.before + here.word):
        yield from _symbols(sheet, ("index",))
    if (slot.type == "density" and "(" not in here.before) or (slot.type == "block" and "~" in here.before):
        yield from _taught("densities", words)
    if slot.type == "dataset" and "(" not in here.before:
        yield from _taught("datasets", words)
    every = tuple(_SYMBOLS) if slot.type == "block" else ("constant",)
    yield from _symbols(sheet, _NAMES.get(slot.type, every))
    if slot.type not in _NAMES_ONLY:
        yield from _language(slot, sheet)


def _language(slot: Value, sheet: Sheet) -> Iterator[Proposal]:
    if slot.type == "check":
        yield from (Proposal(name, _Kind.Function, "of results", doc=doc) for name, doc in OF_RESULTS.items())
    if slot.type in ("formula", "block"):
        for symbol in _known(sheet, ("index",)):
            yield Proposal(f"sum_{symbol.text}", _Kind.Operator, f"sum over `{symbol.text}`", f"sum_{symbol.text} ")
        yield from _taught("activations", sheet.words)
    if slot.type in ("domain", "density", "formula", "body", "block"):
        yield from (Proposal(word, _Kind.Class, "domain") for word in DOMAINS)
    if slot.type in ("formula", "body", "block", "number"):
        special = ("integral", "vol", "norm", *(("E", "cumulant", "d") if slot.type != "number" else ()))
        yield from (Proposal(word, _Kind.Function, "function", doc=OPERATORS[word]) for word in special)
    if slot.type in ("density", "block"):
        special = ("truncate", "Density")
        yield from (Proposal(word, _Kind.Class, "density", doc=OF_DENSITIES[word]) for word in special)
    yield from (Proposal(word, _Kind.Function, "function", doc=each.doc) for word, each in FUNCTIONS.items())
    yield from (Proposal(word, _Kind.Constant, f"{value:.6g}") for word, value in CONSTANTS.items())


def _known(sheet: Sheet, kinds: Iterable[str]) -> list[Symbol]:
    symbols = sheet.last.survey.symbols if sheet.last else []
    return [symbol for kind in kinds for symbol in symbols if symbol.kind == kind]


def _symbols(sheet: Sheet, kinds: Iterable[str]) -> Iterator[Proposal]:
    for symbol in _known(sheet, kinds):
        shown = symbol.shown if symbol.kind == "param" else symbol.text
        yield Proposal(shown, _SYMBOLS[symbol.kind], " ".join(symbol.extent.text.split())[:80])


def _taught(kind: str, words: Vocabulary) -> Iterator[Proposal]:
    for word in words.words(kind):
        yield Proposal(word, _Kind.Class, _one(kind), doc=_doc(word, words))


def _one(kind: str) -> str:
    return {"densities": "density", "datasets": "data generator"}.get(kind, kind.removesuffix("s"))


def _doc(word: str, words: Vocabulary) -> str | None:
    return describe(word, words)
