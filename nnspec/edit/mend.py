"""Specs mended: the fixes that may be applied unseen are applied, as long as they make nothing worse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from nnspec.edit.rewrite import applied, rewrite
from nnspec.text.diagnostic import Diagnostic, Fix
from nnspec.text.source import Source

PASSES = 10
Complain: TypeAlias = Callable[[Source], Sequence[Diagnostic]]


@dataclass(frozen=True)
class Deed:
    """One complaint that was seen to, or could not be: where it was, its code, and what its fix does."""

    line: int
    column: int
    code: str
    words: str


@dataclass(frozen=True)
class Mended:
    """A file, its text, the text that it should have, what was done, and what would have made it worse."""

    path: Path
    before: str
    after: str
    done: tuple[Deed, ...]
    refused: tuple[Deed, ...]

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after

    def write(self) -> None:
        """Put the new text in the place of the old one."""
        rewrite(self.path, self.after)

    def lines(self) -> list[str]:
        """What was done, and what was not, for the eye."""
        name = str(self.path)
        said = [f"{name}:{each.line}:{each.column}: mended {each.code}: {each.words}" for each in self.done]
        return said + [
            f"{name}:{each.line}:{each.column}: left {each.code} as it is: more errors would show if one were to {each.words}"
            for each in self.refused
        ]


@dataclass(frozen=True)
class _Chosen:
    """A complaint with the fix that was chosen for it."""

    complaint: Diagnostic
    fix: Fix

    def deed(self, source: Source) -> Deed:
        span = self.complaint.span
        line, column = source.line_column(span.start if span else self.fix.edits[0].start)
        return Deed(line, column, self.complaint.code, self.fix.described(source.text))


def mend(path: str | Path, source: Source, complain: Complain) -> Mended:
    """Apply fixes until none is left that may be applied unseen; nothing is written.

    Args:
        path: where the text stands.
        source: the text.
        complain: everything that is wrong with a text.
    """
    now, found = source, complain(source)
    done: list[Deed] = []
    refused: dict[Fix, Deed] = {}
    for _ in range(PASSES):
        chosen = [each for each in _choose(found, now) if each.fix not in refused]
        if not chosen:
            break
        step = _step(now, chosen, found, complain)
        for each in chosen:
            if each not in step.kept:
                refused[each.fix] = each.deed(now)
        done += [each.deed(now) for each in step.kept]
        if step.source.text != now.text:  # places have moved, and what made things worse may have its turn again
            refused = {}
        now, found = step.source, step.found
    return Mended(Path(path), source.text, now.text, tuple(done), tuple(refused.values()))


# ---------------------------------------------------------------- which fixes
def _choose(found: Iterable[Diagnostic], source: Source) -> list[_Chosen]:
    """Fixes of this very text that may be applied unseen, none of which touches another."""
    chosen: list[_Chosen] = []
    for complaint in found:
        if complaint.span is None or complaint.span.source != source:
            continue  # offsets of another file, perhaps one that this spec extends
        fix = next((each for each in complaint.fixes if each.applicability == "machine" and each.edits), None)
        if fix is not None and not any(_touch(fix, other.fix) for other in chosen):
            chosen.append(_Chosen(complaint, fix))
    return chosen


def _touch(one: Fix, other: Fix) -> bool:
    """Whether edits overlap or meet; what only meets has its turn in the next pass."""
    return any(a.start <= b.end and b.start <= a.end for a in one.edits for b in other.edits)


# ---------------------------------------------------------------- never worse
@dataclass(frozen=True)
class _Step:
    """A text, what is wrong with it, and the fixes that led to it."""

    source: Source
    found: Sequence[Diagnostic]
    kept: tuple[_Chosen, ...]

    @property
    def errors(self) -> int:
        return sum(each.level == "error" for each in self.found)


def _step(now: Source, chosen: Sequence[_Chosen], found: Sequence[Diagnostic], complain: Complain) -> _Step:
    """All fixes together when each of them does away with its error; else one after the other, without those that harm."""
    best = _Step(now, found, ())
    together = _tried(now, chosen, complain)
    mended = sum(each.complaint.level == "error" for each in chosen)
    if together.errors <= best.errors - mended:
        return together
    for each in chosen:
        more = _tried(now, [*best.kept, each], complain)
        if more.errors <= best.errors:
            best = more
    return best


def _tried(now: Source, chosen: Sequence[_Chosen], complain: Complain) -> _Step:
    source = Source(now.name, applied(now.text, [edit for each in chosen for edit in each.fix.edits]))
    return _Step(source, complain(source), tuple(chosen))
