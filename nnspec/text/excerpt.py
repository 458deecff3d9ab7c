"""The excerpt of a diagnostic: source lines, carets under the spans, and labels that hang from them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from nnspec.text.source import Source, Span

WIDEST = 1000
"""Columns of a line that is longer than people write, where no terminal says how many fit."""
Runs: TypeAlias = tuple[tuple[str, str], ...]
_PLAIN, _PRIMARY, _SECONDARY = "plain", "primary", "secondary"
_LABEL = 24
"""Columns that a label may take where there are few."""


@dataclass(frozen=True)
class Mark:
    """A span to be underlined, with the text that explains it."""

    span: Span
    text: str
    primary: bool


@dataclass(frozen=True)
class Row:
    """One printed line: what stands in the gutter, and runs of text with their role."""

    gutter: str
    runs: Runs

    def plain(self) -> str:
        """The line without colour."""
        return f"{self.gutter}{''.join(text for text, _ in self.runs)}".rstrip()

    def painted(self, primary: str, secondary: str, reset: str) -> str:
        """The line with terminal colours."""
        colours = {_PRIMARY: primary, _SECONDARY: secondary}
        shown = (f"{colours[role]}{text}{reset}" if role in colours else text for text, role in self.runs)
        return f"{secondary}{self.gutter}{reset}{''.join(shown)}".rstrip()


@dataclass(frozen=True)
class _Drawn:
    """A mark in display columns of one line."""

    start: int
    end: int
    text: str
    role: str


def place(span: Span) -> str:
    """`name:line:column` of the start of a span."""
    line, column = span.source.line_column(span.start)
    return f"{span.source.name}:{line}:{column}"


def _line(mark: Mark) -> int:
    return mark.span.source.line_column(mark.span.start)[0]


def gutter_digits(marks: Sequence[Mark]) -> int:
    """Digits of the largest line number shown."""
    return max((len(str(_line(mark))) for mark in marks), default=1)


def by_source(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Group marks by their source; the source of the primary mark comes first."""
    groups: dict[Source, list[Mark]] = {}
    for mark in marks:
        groups.setdefault(mark.span.source, []).append(mark)
    return list(groups.values())


def _character_width(character: str) -> int:
    if character == "\t":
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def display_width(text: str) -> int:
    """Columns that a terminal gives to a text: wide characters take two, combining ones none."""
    return sum(_character_width(character) for character in text)


def _shown(text: str) -> str:
    spaced = text.replace("\t", " ")
    # Control characters would move the cursor; tabs would break the alignment of the carets.
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in {"Cc", "Cs"} else c for c in spaced)


def _window(text: str, marks: Sequence[tuple[int, int, bool]], room: int | None) -> tuple[int, int]:
    """Characters `low:high` of a line that fit into the room, around the primary mark and then the others."""
    if room is None or (len(text) <= 2 * room and display_width(text) <= room):
        return 0, len(text)
    room = max(room - 2, 8)  # one column at each end for the dots
    ordered = sorted(marks, key=lambda mark: not mark[2])
    low, high = ordered[0][0], min(ordered[0][1], ordered[0][0] + room)
    for start, end, _ in ordered[1:]:
        if max(high, end) - min(low, start) <= room:
            low, high = min(low, start), max(high, end)
    spare = max(0, room - (high - low))
    low = max(0, low - spare // 2)
    high = min(len(text), low + room)
    low = max(0, high - room)
    while display_width(text[low:high]) > room and high - low > 1:  # wide characters
        low, high = (low + 1, high) if low < ordered[0][0] else (low, high - 1)
    return low, high


def _canvas(length: int) -> list[tuple[str, str]]:
    return [(" ", _PLAIN)] * length


def _runs(cells: Sequence[tuple[str, str]]) -> Runs:
    runs: list[tuple[str, str]] = []
    for text, role in cells:
        if runs and runs[-1][1] == role:
            runs[-1] = (runs[-1][0] + text, role)
        else:
            runs.append((text, role))
    return tuple(runs)


def _labels(drawn: Sequence[_Drawn], room: int | None) -> Iterator[Runs]:
    """Underlines of one line, the rightmost label beside them, the others hanging below by connectors."""
    end = max(mark.end for mark in drawn)
    cells = _canvas(end)
    for mark in sorted(drawn, key=lambda mark: mark.role == _PRIMARY):  # the primary carets win
        sign = "^" if mark.role == _PRIMARY else "-"
        cells[mark.start : mark.end] = [(sign, mark.role)] * (mark.end - mark.start)
    with_text = sorted((mark for mark in drawn if mark.text), key=lambda mark: (mark.start, mark.end))
    beside = with_text[-1] if with_text and with_text[-1].end == end else None
    if beside is not None and room is not None and end + 1 + display_width(beside.text) > room:
        beside = None
    if beside is not None:
        cells += [(" ", _PLAIN), (beside.text, beside.role)]
    yield _runs(cells)
    hanging = [mark for mark in with_text if mark is not beside]
    if hanging:
        yield _runs(_connectors(hanging, max(mark.start for mark in hanging) + 1))
    while hanging:
        mark = hanging.pop()
        yield from _hung(mark, [other for other in hanging if other.start < mark.start], room)


def _hung(mark: _Drawn, others: Sequence[_Drawn], room: int | None) -> Iterator[Runs]:
    """A label below its connector, with the connectors of those that follow; further left where room is scarce."""
    column, lines = mark.start, [mark.text]
    if room is not None:
        free = max((other.start + 2 for other in others), default=0)
        column = max(min(free, column), min(column, room - min(_LABEL, display_width(mark.text))))
        lines = _wrapped(mark.text, max(room - column, _LABEL // 2))
    for line in lines:
        yield _runs([*_connectors(others, column), (line, mark.role)])


def _wrapped(text: str, room: int) -> list[str]:
    """A text in lines that fit, as far as single words do."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and display_width(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _connectors(marks: Sequence[_Drawn], length: int) -> list[tuple[str, str]]:
    cells = _canvas(length)
    for mark in marks:
        cells[mark.start] = ("|", mark.role)
    return cells


@dataclass(frozen=True)
class _Placed:
    """A mark in characters of its line."""

    mark: Mark
    start: int
    end: int


def _placed(source: Source, line: int, marks: Sequence[Mark]) -> list[_Placed]:
    text, first = source.line_text(line), source.line_start(line)
    places = []
    for mark in marks:
        start = min(mark.span.start - first, len(text))
        end = mark.span.end - first
        if end > len(text):  # a span over several lines is underlined to the end of its first line
            end = max(start, len(text.rstrip()))
        places.append(_Placed(mark, max(0, start), max(0, start, end)))
    return places


def _excerpts(text: str, places: Sequence[_Placed], room: int | None) -> Iterator[list[Runs]]:
    """A line with its marks, and once more for the marks that are too far away to be seen with the others."""
    low, high = _window(text, [(each.start, each.end, each.mark.primary) for each in places], room)
    before, after = "…" if low else "", "…" if high < len(text) else ""
    drawn, away = [], []
    for each in places:
        if each.start > high or (each.start == high < len(text)) or each.end < low or (each.end == low > each.start):
            away.append(each)
            continue
        begin = len(before) + display_width(text[low : max(low, each.start)])
        length = max(1, display_width(text[max(low, each.start) : min(high, each.end)]))
        role = _PRIMARY if each.mark.primary else _SECONDARY
        drawn.append(_Drawn(begin, begin + length, _shown(each.mark.text), role))
    shown: Runs = ((f"{before}{_shown(text[low:high])}{after}", _PLAIN),)
    yield [shown, *(_labels(drawn, room) if drawn else ())]
    if away and drawn:
        yield from _excerpts(text, away, room)


def rows(marks: Sequence[Mark], digits: int, *, numbered: bool, width: int | None) -> Iterator[Row]:
    """The lines of one source that carry marks, in order, with `...` where lines are left out."""
    source = marks[0].span.source
    room = WIDEST if width is None else max(10, width - digits - 3)
    lines: dict[int, list[Mark]] = {}
    for mark in marks:
        lines.setdefault(_line(mark), []).append(mark)
    empty = f"{' ' * digits} | "
    previous: int | None = None
    for line in sorted(lines):
        if previous is not None and line == previous + 2:
            # Three dots would take as much room as the line that they hide.
            between = _shown(source.line_text(line - 1)[:room])
            yield Row(f"{line - 1:>{digits}} | ", ((between, _PLAIN),))
        elif previous is not None and line > previous + 2:
            yield Row("...", ())
        for excerpt in _excerpts(source.line_text(line), _placed(source, line, lines[line]), room):
            for count, runs in enumerate(excerpt):
                yield Row(f"{line:>{digits}} | " if count == 0 and numbered else empty, runs)
        previous = line
