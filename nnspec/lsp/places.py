"""What an unfinished spec offers by name besides its symbols: paths, parts of results, dimensions, files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nnspec.document.spec import NOT_SWEPT
from nnspec.lsp.sheet import Sheet
from nnspec.syntax.tree import Leaf, Mapping, Node, Sequence

_PLAIN = re.compile(r"[\w-]+")


def paths(sheet: Sheet, *, whole: bool = False, plain: bool = False) -> Iterator[str]:
    """Paths of single values, which can be swept; with `whole` those of all parts, which can be left out.

    `plain` leaves out paths with brackets, which cannot stand between brackets of YAML.
    """
    if sheet.last is None:
        return
    for path, node in _below(sheet.last.tree, ""):
        fixed = any(path == each or path.startswith(f"{each}.") for each in NOT_SWEPT)
        if (whole or (not fixed and isinstance(node, Leaf))) and not (plain and "[" in path):
            yield path


def _below(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    if path:
        yield path, node
    if isinstance(node, Mapping):
        for entry in node.entries:
            if _PLAIN.fullmatch(entry.key.text):
                yield from _below(entry.value, f"{path}.{entry.key.text}".removeprefix("."))
    elif isinstance(node, Sequence) and node.items and isinstance(node.items[0], Mapping):
        for k, item in enumerate(node.items):
            yield from _below(item, f"{path}[{k}]")


def axes(sheet: Sheet) -> tuple[str, ...]:
    """Paths that are swept."""
    sweep = sheet.last.tree.get("sweep") if sheet.last is not None else None
    found = (sweep.get(part) for part in ("grid", "zip")) if isinstance(sweep, Mapping) else ()
    return tuple(entry.key.text for part in found if isinstance(part, Mapping) for entry in part.entries)


def parts(sheet: Sheet, result: str) -> tuple[tuple[str, str], ...]:
    """The parts of a result, each with its dimensions in words."""
    meaning = sheet.last.meanings.names.get(result) if sheet.last is not None else None
    if meaning is None or meaning.kind != "result":
        return ()
    return tuple((name, f"over ({', '.join(dims)})" if dims else "one number") for name, dims in meaning.parts.items())


def dimensions(sheet: Sheet) -> tuple[str, ...]:
    """The dimensions of all results."""
    names = sheet.last.meanings.names.values() if sheet.last is not None else ()
    found = (dims for each in names if each.kind == "result" for dims in (each.type.dims, *each.parts.values()))
    return tuple(dict.fromkeys(dim for dims in found for dim in dims))


def files(sheet: Sheet) -> tuple[str, ...]:
    """Specs beside this one, which it can extend."""
    path = Path(sheet.name)
    if not path.is_absolute():
        return ()
    return tuple(sorted(each.name for each in path.parent.glob("*.yaml") if each.name != path.name))
