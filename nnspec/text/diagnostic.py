"""Complaints with their place: what is wrong, where, why and what to type instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from nnspec.text import excerpt
from nnspec.text.source import Source, Span

SHOWN_AT_MOST = 20
_BOLD_RED, _BOLD_YELLOW, _BOLD, _BLUE, _RESET = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1m", "\x1b[1;34m", "\x1b[0m"


@dataclass(frozen=True)
class Label:
    """What a secondary place has to do with the complaint."""

    span: Span
    text: str


@dataclass(frozen=True)
class Edit:
    """A replacement of the characters `start:end` of the source."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Fix:
    """Edits that mend the fault: `machine` may be applied unseen, `maybe` must be offered first."""

    applicability: Literal["machine", "maybe"]
    edits: tuple[Edit, ...]

    def described(self, text: str) -> str:
        """What it does to a text, in words: ``replace `parms` by `params` ``."""
        return ", ".join(_deed(text[edit.start : edit.end], edit.text) for edit in self.edits)


def _deed(old: str, new: str) -> str:
    old = old.strip() or old
    if old and new:
        return f"replace `{old}` by `{new}`"
    return f"insert `{new}`" if new else f"delete `{old}`"


@dataclass(frozen=True)
class Diagnostic:
    """One complaint: a stable code, a plain sentence, its places, facts (`notes`) and advice (`helps`)."""

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    level: Literal["error", "warning"] = "error"
    path: str = ""
    where: str | None = None


def _paint(text: str, colour: str, *, on: bool) -> str:
    return f"{colour}{text}{_RESET}" if on and text else text


def _marks(diagnostic: Diagnostic) -> list[excerpt.Mark]:
    marks = [excerpt.Mark(label.span, label.text, primary=False) for label in diagnostic.secondary]
    if diagnostic.span is not None:
        marks.insert(0, excerpt.Mark(diagnostic.span, diagnostic.label, primary=True))
    return marks


def render(diagnostic: Diagnostic, *, color: bool = False, width: int | None = None) -> str:
    """Print a complaint with its excerpt, carets and advice; `width` clips long lines around the spans."""
    level_colour = _BOLD_RED if diagnostic.level == "error" else _BOLD_YELLOW
    head = _paint(f"{diagnostic.level}[{diagnostic.code}]", level_colour, on=color)
    lines = [f"{head}{_paint(f': {diagnostic.message}', _BOLD, on=color)}"]
    marks = _marks(diagnostic)
    numbered = diagnostic.where is None
    digits = excerpt.gutter_digits(marks) if numbered else 1
    gutter = " " * (digits + 1)
    bar = _paint(f"{gutter}|", _BLUE, on=color)
    tail = [f"note: {note}" for note in diagnostic.notes]
    tail += [f"help: {text}" for text in diagnostic.helps]
    tail.append(f"see: nnspec explain {diagnostic.code}")
    for count, group in enumerate(excerpt.by_source(marks)):
        place = diagnostic.where if diagnostic.where is not None else excerpt.place(group[0].span)
        arrow = _paint(f"{gutter}{'-->' if count == 0 else ':::'}", _BLUE, on=color)
        lines += [f"{arrow} {place}", bar]
        for row in excerpt.rows(group, digits, numbered=numbered, width=width):
            lines.append(row.painted(level_colour, _BLUE, _RESET) if color else row.plain())
        lines.append(bar)
    if not marks and diagnostic.where is not None:
        lines += [f"{_paint(f'{gutter}-->', _BLUE, on=color)} {diagnostic.where}", bar]
    sign = _paint(f"{gutter}=", _BLUE, on=color)
    for text in tail:
        # A text of several lines stays under its own heading.
        first, *rest = text.split("\n")
        lines.append(f"{sign} {first}")
        lines += [f"{gutter}  {' ' * (text.index(':') + 2)}{line}" for line in rest]
    return "\n".join(lines)


def _span_json(span: Span, label: str, *, primary: bool) -> dict[str, Any]:
    def point(offset: int) -> dict[str, int]:
        line, column = span.source.line_column(offset)
        return {"line": line, "col": column, "offset": offset}

    return {
        "file": span.source.name,
        "start": point(span.start),
        "end": point(span.end),
        "primary": primary,
        "label": label,
    }


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """The machine form of a complaint; offsets and columns count characters."""
    spans = [_span_json(mark.span, mark.text, primary=mark.primary) for mark in _marks(diagnostic)]
    if not spans and diagnostic.where is not None:  # a whole file, which could not be read
        spans = [_span_json(Span(Source(diagnostic.where, ""), 0, 0), diagnostic.label, primary=True)]
    fixes = [
        {
            "applicability": fix.applicability,
            "edits": [{"start": edit.start, "end": edit.end, "text": edit.text} for edit in fix.edits],
        }
        for fix in diagnostic.fixes
    ]
    return {
        "code": diagnostic.code,
        "level": diagnostic.level,
        "message": diagnostic.message,
        "spans": spans,
        "notes": list(diagnostic.notes),
        "helps": list(diagnostic.helps),
        "fixes": fixes,
        "path": diagnostic.path,
        "url": f"errors/{diagnostic.code}",
    }


def _place(diagnostic: Diagnostic) -> tuple[bool, str, int, int, str]:
    span = diagnostic.span
    if span is None:  # complaints without a place come last
        return True, diagnostic.where or "", 0, 0, diagnostic.code
    return False, span.source.name, span.start, span.end, diagnostic.code


def render_all(diagnostics: Sequence[Diagnostic], *, color: bool = False, width: int | None = None) -> str:
    """Print complaints one below the other, at most twenty of them."""
    texts = [render(each, color=color, width=width) for each in diagnostics[:SHOWN_AT_MOST]]
    more = len(diagnostics) - SHOWN_AT_MOST
    if more > 0:
        texts.append(f"… and {more} more error{'s' if more > 1 else ''}")
    return "\n\n".join(texts)


class SpecError(Exception):
    """Everything that is wrong with a spec, sorted by place and without repetitions."""

    def __init__(self, diagnostics: Iterable[Diagnostic] | Diagnostic) -> None:
        """Gather the complaints of one stage."""
        given = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(sorted(dict.fromkeys(given), key=_place))
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        """Print the complaints as a user sees them."""
        return render_all(self.diagnostics)


class Refused(Exception):
    """What a command will not do, and why; nothing is wrong with a spec."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        """Carry the complaint."""
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def _distance(left: str, right: str) -> int:
    """Edit distance in which swapping two neighbours is one edit, as typing errors are."""
    rows: list[list[int]] = [list(range(len(right) + 1))]
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, rows[i - 2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Find the candidate that was probably meant, if one is near enough to be worth offering."""
    folded = word.casefold()
    best: tuple[int, float, str] | None = None
    for candidate in candidates:
        other = candidate.casefold()
        if candidate == word or not folded or abs(len(other) - len(folded)) > max(2, len(folded) // 3):
            continue
        distance = _distance(folded, other) if len(folded) <= 64 else 99
        ratio = SequenceMatcher(None, folded, other).ratio()
        swapped = len(folded) > 1 and distance == 1 and sorted(folded) == sorted(other)
        # One edit turns any one-letter name into any other: short words need more in common.
        allowed = 0 if len(folded) < 3 else 1 if len(folded) < 5 else 2
        if distance <= allowed or swapped or (len(folded) >= 5 and ratio >= 0.8):
            best = min(best or (distance, -ratio, candidate), (distance, -ratio, candidate))
    return best[2] if best else None
