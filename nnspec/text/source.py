"""A source text and half-open spans of it, so that every later complaint can show its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

# The line breaks that editors count; `str.splitlines` knows more and would number lines differently.
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Source:
    """A named text; its repr leaves the text out, because it ends up in the repr of every span."""

    name: str
    text: str = field(repr=False)

    def __hash__(self) -> int:
        """Hash without reading the text, which may be a megabyte."""
        return hash((self.name, len(self.text)))

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return (0, *(match.end() for match in _LINE_BREAK.finditer(self.text)))

    @property
    def line_count(self) -> int:
        """Number of lines; a final line break opens one more, empty line."""
        return len(self._starts)

    def line_start(self, line: int) -> int:
        """Offset of the first character of a line, counted from 1; a byte-order mark is not part of line 1."""
        start = self._starts[line - 1]
        return start + 1 if start == 0 and self.text.startswith(BYTE_ORDER_MARK) else start

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1; columns count characters."""
        line = bisect_right(self._starts, max(0, min(offset, len(self.text))))
        return line, max(1, min(offset, len(self.text)) - self.line_start(line) + 1)

    def line_text(self, line: int) -> str:
        """Text of a line without its line break."""
        end = self._starts[line] if line < self.line_count else len(self.text)
        return self.text[self.line_start(line) : end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch `start:end` of a source, in characters."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters under the span."""
        return self.source.text[self.start : self.end]

    def join(self, other: Span) -> Span:
        """Cover both spans and what lies between them."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __lt__(self, other: Span) -> bool:
        """Order by place: first the source, then the start, then the end."""
        return (self.source.name, self.start, self.end) < (other.source.name, other.start, other.end)
