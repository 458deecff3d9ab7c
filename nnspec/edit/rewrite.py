"""Texts with edits in them, and files whose text is replaced: whole, and everything else as it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from nnspec.result.files import atomic
from nnspec.text.diagnostic import Edit
from nnspec.text.source import BYTE_ORDER_MARK


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits that do not overlap."""
    pieces, done = [], 0
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join(pieces) + text[done:]


def rewrite(path: Path, text: str) -> None:
    """Put a new text in the place of the old one: whole, with its permissions, mark and line ends."""
    place = path.resolve()  # a link stays a link
    with place.open("rb") as file:
        mark = file.read(3) == BYTE_ORDER_MARK.encode()
    with atomic(place) as beside:
        beside.write_bytes(((BYTE_ORDER_MARK if mark else "") + text).encode())
        shutil.copymode(place, beside)
