"""The tree of a YAML file: leaves that stay text, sequences and mappings, each with its span."""

from __future__ import annotations

import collections.abc
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from nnspec.text.source import Span

Style: TypeAlias = Literal["plain", "single", "double", "literal", "folded"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar; `offsets[k]` is the place of `text[k]` in the source, and the last entry is the end.

    Offsets are a `range` where the value stands in the source as it is, else a tuple.
    """

    text: str
    span: Span
    style: Style
    offsets: collections.abc.Sequence[int] = field(compare=False, repr=False)
    null: bool = False

    def span_of(self, start: int, end: int) -> Span:
        """The place in the source of `text[start:end]`."""
        last = len(self.text)
        start, end = max(0, min(start, last)), max(0, min(end, last))
        return Span(self.span.source, self.offsets[start], max(self.offsets[start], self.offsets[end]))


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Leaf
    value: Node


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; no key occurs twice."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, name: str) -> Node | None:
        """The value under a key, or None."""
        return next((entry.value for entry in self.entries if entry.key.text == name), None)


Node: TypeAlias = Leaf | Sequence | Mapping
