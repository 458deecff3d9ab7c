"""The parts of a spec as a tree of names, for the outline of an editor."""

from __future__ import annotations

from lsprotocol import types as lsp

from nnspec.lsp.navigation import range_of
from nnspec.lsp.sheet import Sheet
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node, Sequence
from nnspec.text.source import Span

_Kind = lsp.SymbolKind
_PARTS = {
    "let": _Kind.Constant, "data": _Kind.Array, "functions": _Kind.Function, "observables": _Kind.Field,
    "plots": _Kind.Object, "plugins": _Kind.Package, "def": _Kind.Function, "grid": _Kind.Variable, "zip": _Kind.Variable,
    "inputs": _Kind.Variable, "indices": _Kind.Variable, "params": _Kind.Variable,
}  # fmt: skip
"""Keys whose entries have names of the author."""


def outline(sheet: Sheet) -> list[lsp.DocumentSymbol]:
    """The parts of the document, or of the last text of it that was YAML."""
    if sheet.last is None:
        return []
    found = (_part(sheet, entry) for entry in sheet.last.own.entries)
    return [each for each in found if each is not None]


def _part(sheet: Sheet, entry: Entry) -> lsp.DocumentSymbol | None:
    key, value = entry.key.text, entry.value
    children: list[lsp.DocumentSymbol | None] = []
    if key in ("model", "sweep") and isinstance(value, Mapping):
        children = [_part(sheet, each) for each in value.entries]
    elif key in _PARTS and isinstance(value, Mapping):
        children = [_symbol(sheet, each.key, each.value, _PARTS[key]) for each in value.entries]
    elif key in ("checks", "layers") and isinstance(value, Sequence):
        children = [
            _symbol(sheet, item, item, _Kind.Boolean if key == "checks" else _Kind.Class) for item in value.items
        ]
    return _symbol(sheet, entry.key, value, _Kind.Namespace if children else _Kind.Property, children)


def _symbol(
    sheet: Sheet, head: Node, value: Node, kind: lsp.SymbolKind, children: list[lsp.DocumentSymbol | None] | None = None
) -> lsp.DocumentSymbol | None:
    first = head
    while not isinstance(first, Leaf):
        below = first.items[0] if isinstance(first, Sequence) and first.items else None
        below = first.entries[0].key if isinstance(first, Mapping) and first.entries else below
        if below is None:
            return None
        first = below
    whole = range_of(sheet, Span(head.span.source, head.span.start, max(head.span.end, value.span.end)))
    selection = range_of(sheet, first.span)
    if whole is None or selection is None:
        return None
    name = " ".join(first.text.split())[:100] or "-"
    detail = " ".join(value.span.text.split())[:80] if value is not head and not children else None
    kept = [each for each in children or () if each is not None]
    return lsp.DocumentSymbol(name, kind, whole, selection, detail, children=kept or None)
