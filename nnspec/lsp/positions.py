"""Offsets in a text and positions in an editor: lines from 0, columns in the code units that were agreed on."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from lsprotocol.types import Position, Range

_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_BYTES = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


class Text:
    """A text that knows both; `units` is how columns count: `utf-16` unless client and server agreed otherwise."""

    def __init__(self, text: str, units: str = "utf-16") -> None:
        """Keep the text."""
        self.text = text
        self._codec, self._width = _BYTES[units]

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return (0, *(match.end() for match in _LINE_BREAK.finditer(self.text)))

    def _units(self, text: str) -> int:
        return len(text) if text.isascii() else len(text.encode(self._codec, "surrogatepass")) // self._width

    def position(self, offset: int) -> Position:
        """Where a character stands."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        return Position(line, self._units(self.text[self._starts[line] : offset]))

    def offset(self, position: Position) -> int:
        """The character at a position; behind the end of a line means its end, inside a character means before it."""
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[position.line]
        end = self._starts[position.line + 1] if position.line + 1 < len(self._starts) else len(self.text)
        line = self.text[start:end].rstrip("\r\n")
        if line.isascii():
            return start + min(position.character, len(line))
        left = position.character
        for k, character in enumerate(line):
            left -= self._units(character)
            if left < 0:
                return start + k
        return start + len(line)

    def range(self, start: int, end: int) -> Range:
        """Where a stretch of characters stands."""
        return Range(self.position(start), self.position(end))

    def word_at(self, offset: int) -> tuple[int, int]:
        """The stretch of letters, digits, `_` and `'` around an offset; empty when there are none."""
        start = end = offset
        while start > 0 and is_letter(self.text[start - 1]):
            start -= 1
        while end < len(self.text) and is_letter(self.text[end]):
            end += 1
        return start, end


def is_letter(character: str) -> bool:
    """Whether a character can be part of a name."""
    return character.isalnum() or character in "_'" or character in "∞∫√"


class Moved:
    """Places of an earlier text in a later one that differs from it in one stretch."""

    def __init__(self, old: str, new: str) -> None:
        """Find the stretch."""
        shorter = min(len(old), len(new))
        same = old == new
        self._start = shorter if same else next((k for k in range(shorter) if old[k] != new[k]), shorter)
        rest = shorter - self._start
        self._tail = next((k for k in range(rest) if old[-1 - k] != new[-1 - k]), rest)
        self._old, self._new = len(old), len(new)

    def forth(self, offset: int) -> int | None:
        """The place in the later text, None when it is no longer there."""
        return self._moved(offset, self._old, self._new)

    def back(self, offset: int) -> int | None:
        """The place in the earlier text, None when it was not there yet."""
        return self._moved(offset, self._new, self._old)

    def _moved(self, offset: int, here: int, there: int) -> int | None:
        if offset <= self._start:
            return offset
        return offset + there - here if offset >= here - self._tail else None
