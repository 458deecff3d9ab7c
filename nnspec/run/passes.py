"""One group of a plan, shard after shard: what is on disk is taken from there, the rest is computed and put there."""

from __future__ import annotations

import errno
import itertools
import math
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, overload

from nnspec.numerics.lazy import np
from nnspec.plugin.records import Program, Statistics
from nnspec.run.shards import Shelf
from nnspec.run.stopping import held

HELD = 2**28
"""Bytes of statistics that are held in memory besides those on disk."""
NAMELESS = ""
FIRST_LOOK = 2.0
"""Seconds until errors so far are looked at."""
SHARE = 0.05
"""Of the time so far that one look may take."""
FEWEST = 16
"""Shards that are worth a look."""


@dataclass(frozen=True)
class Progress:
    """How far a run is: a group's names, shards done, shards, draws done and the seconds since the group began.

    `note` is something new to say; `errors` are the largest error bar so far of each result, by its name, where known.
    """

    names: str
    done: int
    shards: int
    draws: int
    seconds: float
    note: str = ""
    errors: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Part:
    """One question of a group with its shelf; the name is empty where a program's statistics cannot be told apart."""

    name: str
    shelf: Shelf


@dataclass
class Kept(Sequence[Statistics]):
    """The statistics of all shards in order: from memory, else from disk, else computed again."""

    labels: Sequence[str]
    parts: Sequence[Part]
    again: Callable[[int], Statistics]
    held: MutableMapping[str, Statistics] = field(default_factory=dict)
    room: float = HELD

    def __len__(self) -> int:
        return len(self.labels)

    @overload
    def __getitem__(self, number: int) -> Statistics: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Statistics]: ...
    def __getitem__(self, number: Any) -> Any:
        """The statistics of one shard, or of several."""
        if isinstance(number, slice):
            return [self[k] for k in range(*number.indices(len(self)))]
        number = range(len(self))[number]
        return self.find(number) or self.again(number)

    def find(self, number: int) -> Statistics | None:
        """What is there of a shard without computing it."""
        label = self.labels[number]
        if label in self.held:
            return self.held[label]
        found: dict[str, Any] = {}
        for part in self.parts:
            mine = part.shelf.get(label)
            if mine is None:
                return None
            found |= {_full(part.name, name): array for name, array in mine.items()}
        self.hold(label, found)
        return found

    def hold(self, label: str, statistics: Statistics, *, always: bool = False) -> None:
        """Keep it in memory while there is room, and always where there is no disk."""
        size = sum(np.asarray(array).nbytes for array in statistics.values())
        if size <= self.room or always or any(part.shelf.folder is None for part in self.parts):
            self.held[label] = statistics
            self.room -= size


def _full(part: str, name: str) -> str:
    """`m2` of G2 is `G2/m2` in a program; `/count` belongs to all."""
    return name.removeprefix("/") if part == NAMELESS or name.startswith("/") else f"{part}/{name}"


def _own(part: str, statistics: Statistics) -> dict[str, Any]:
    """What of a program's statistics belongs to a part."""
    if part == NAMELESS:
        return dict(statistics)
    shared = {f"/{name}": array for name, array in statistics.items() if "/" not in name}
    return {name[len(part) + 1 :]: array for name, array in statistics.items() if name.startswith(f"{part}/")} | shared


def complete(
    program: Program, parts: Sequence[Part], names: str, report: Callable[[Progress], None],
    only: Callable[[Sequence[int]], Program], memory: float = 4 * HELD,
) -> tuple[Program, Kept]:  # fmt: skip
    """Compute the shards that are missing, then those of longer programs while errors are too large.

    `only(places)` is the program of some of the parts alone; of the `memory` a quarter is for shards at the most.
    """
    start = time.perf_counter()
    held: dict[str, Statistics] = {}
    room = min(HELD, memory / 4)
    while True:
        kept = Kept(_labels(program), parts, _again(program, report, names, parts), held, room)
        _compute_missing(program, kept, names, report, only, start)
        longer = program.more(kept)
        if longer is None:
            return program, kept
        program = longer


def _labels(program: Program) -> tuple[str, ...]:
    return tuple(program.labels) or tuple(map(str, range(program.shards)))


def _again(program: Program, report: Any, names: str, parts: Sequence[Part]) -> Callable[[int], Statistics]:
    """A shard that was there, and is damaged or gone: computed anew, with all that it comes after."""

    def compute(number: int) -> Statistics:
        first = program.after(number)
        (found,) = program.compute([number], [None if first is None else compute(first)])
        report(Progress(names, number, program.shards, 0, 0.0, note=f"a damaged shard of {names} was computed again"))
        label = _labels(program)[number]
        for part in parts:
            part.shelf.put(label, _own(part.name, found))
        return found

    return compute


def _compute_missing(
    program: Program, kept: Kept, names: str, report: Any, only: Callable[[Sequence[int]], Program], start: float
) -> None:
    """Parts that lack the same shards are computed together."""
    labels, parts = kept.labels, kept.parts
    lacking: dict[tuple[int, ...], list[int]] = {}
    for place, part in enumerate(parts):
        missing = tuple(k for k, label in enumerate(labels) if label not in kept.held and not part.shelf.has(label))
        lacking.setdefault(missing, []).append(place)
    for missing, places in lacking.items():
        if missing:
            some = program if len(places) == len(parts) else only(places)
            _compute(some, missing, kept, [parts[place] for place in places], names, report, start)
    if not any(lacking):
        note = f"{names}: all shards were there" if program.shards > 1 else ""
        report(Progress(names, program.shards, program.shards, 0, time.perf_counter() - start, note))


def _compute(
    program: Program, missing: Sequence[int], kept: Kept, chosen: Sequence[Part], names: str, report: Any, start: float
) -> None:
    labels, waiting, draws = kept.labels, list(missing), 0
    whole, peek = len(chosen) == len(kept.parts), _Peek(start)
    ends: dict[int, Statistics] = {}
    while waiting:
        ready = list(itertools.islice((k for k in waiting if _follows(program, k, waiting)), program.width))
        before = [_before(program, k, kept, ends) for k in ready]
        with held():  # what was computed is kept, even when somebody wants to stop
            found = program.compute(ready, before)
            ends = dict(zip(ready, found, strict=True))
            for k, statistics in ends.items():
                stored = [part.shelf.put(labels[k], _own(part.name, statistics)) for part in chosen]
                if whole:
                    kept.hold(labels[k], statistics, always=not all(stored))
                elif not all(stored):
                    msg = "no space is left for what was computed; make room, or set NNSPEC_CACHE to another folder"
                    raise OSError(errno.ENOSPC, msg)
                waiting.remove(k)
                draws += program.draws[k] if program.draws else 0
        peek.look(program, kept, waiting[0] if waiting else len(labels))
        report(Progress(names, len(labels) - len(waiting), len(labels), draws, time.perf_counter() - start, errors=peek.errors))


@dataclass
class _Peek:
    """The errors so far, looked at when twice as much time has passed, and no more once that takes too long."""

    start: float
    wait: float = field(default_factory=lambda: FIRST_LOOK)
    errors: tuple[tuple[str, float], ...] = ()

    def look(self, program: Program, kept: Kept, there: int) -> None:
        """Finish with the first shards alone."""
        began = time.perf_counter()
        if not program.separate or there < FEWEST or began - self.start < self.wait:
            return
        with suppress(ValueError, ArithmeticError), np.errstate(all="ignore"):  # too few draws to say anything
            found = program.finish(kept[:there])
            self.errors = tuple((each.name, float(np.max(each.stderr, initial=0.0))) for each in found if each.stderr is not None)
        took, passed = time.perf_counter() - began, began - self.start
        self.wait = 2.0 * passed if took < SHARE * passed else math.inf


def _follows(program: Program, shard: int, waiting: Sequence[int]) -> bool:
    """Whether the shard that this one comes after is there."""
    first = program.after(shard)
    return first is None or first not in waiting


def _before(program: Program, shard: int, kept: Kept, ends: Mapping[int, Statistics]) -> Statistics | None:
    first = program.after(shard)
    if first is None:
        return None
    return ends[first] if first in ends else kept[first]
