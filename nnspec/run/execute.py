"""Run a plan: each group's program, shard after shard, and what is wrong with the numbers it gives."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nnspec.ir.experiment import Experiment
from nnspec.lower.datasets import made
from nnspec.numerics import lazy
from nnspec.numerics.lazy import jax, np
from nnspec.plan.planner import Group, Plan, Row
from nnspec.plan.show import size_of
from nnspec.plugin.records import Ask, Program, Resources
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.result.estimate import Estimate
from nnspec.run.data import make_data, request
from nnspec.run.nodes import Node, node, reason
from nnspec.run.passes import NAMELESS, Part, Progress, complete
from nnspec.run.shards import NOWHERE, Shelf
from nnspec.text.diagnostic import Diagnostic

MEMORY = 4 * 2**30


Report = Callable[[Progress], None]
Programs = MutableMapping[str, Any]
"""Compiled programs by what they depend on besides traced constants: the points of a sweep share them."""


class ComputingError(Exception):
    """A computation that gave no trustworthy number; says which and why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        """Carry the complaint."""
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class NotYet(Exception):
    """What a spec asks for rightly and this version cannot compute."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Carry the complaints."""
        super().__init__(", ".join(each.message for each in diagnostics))
        self.diagnostics = diagnostics


@dataclass(frozen=True)
class Outcome:
    """Estimates in the order of the spec, the data they are about, and the seconds of each group."""

    estimates: tuple[Estimate, ...]
    data: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)
    device: str = ""


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prepare(cache: str | None) -> None:
    """Choose devices and the folder in which compiled programs are kept; before anything is computed."""
    lazy.configure(devices=cores(), cache_dir=None if cache is None else str(Path(cache) / "xla"))


def execute(
    plan: Plan, words: Vocabulary, report: Report, memory: float = MEMORY, programs: Programs | None = None,
    shelf: Shelf = NOWHERE, *, force: bool = False,
) -> Outcome:  # fmt: skip
    """Compute everything in a plan; what shards leave is kept on the `shelf`, and used when it is there (but for `force`).

    Raises:
        ComputingError: a group that would need too much memory, or that gave a number that is not finite.
    """
    _refuse_rows(plan.rows, memory)
    data = _data(plan.experiment, words)
    found: dict[str, Estimate] = {}
    seconds: dict[str, float] = {}
    for group in plan.groups:
        start = time.perf_counter()
        for estimate in _answered(group, _Setting(plan.experiment, words, data, report, programs, shelf, memory, force)):
            found[estimate.name] = _owned(estimate, words)
        seconds[", ".join(row.asked.name for row in group.rows)] = time.perf_counter() - start
    ordered = tuple(each for row in plan.rows for each in found.values() if _is_of(each.name, row.asked.name))
    return Outcome(ordered, data, seconds, jax.devices()[0].device_kind if plan.groups else "")


def _data(experiment: Experiment, words: Vocabulary) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for decl in experiment.data:
        try:
            found[decl.name] = made(decl.value, found, words)
        except ArithmeticError as error:
            message = f"the data `{decl.name}` cannot be made"
            raise ComputingError(Diagnostic("NN704", message, decl.span, "declared here", notes=(str(error),))) from error
    return found


@dataclass(frozen=True)
class _Setting:
    """What all groups of a run share."""

    experiment: Experiment
    words: Vocabulary
    data: dict[str, Any]
    report: Report
    programs: Programs | None
    shelf: Shelf
    memory: float
    force: bool


def _answered(group: Group, setting: _Setting) -> list[Estimate]:
    """A group's estimates; where a method that the planner chose gives no number, those of the next that samples.

    Only what is not sampled gives way: a sample that is not finite is a fault of the model.
    """
    try:
        return _run(group, setting)
    except ComputingError as error:
        others = [[offer for offer in row.answers.offers if offer.draws] for row in group.rows]
        free = [row.answers.question.method is None and not row.chosen.draws for row in group.rows]
        if error.diagnostic.code != "NN704" or not all(free) or not all(others):
            raise
        if len(group.rows) > 1:
            return [each for row in group.rows for each in _answered(replace(group, rows=(row,)), setting)]
        row, chosen = group.rows[0], others[0][0]
        _refuse_rows((replace(row, chosen=chosen),), setting.memory)
        why = f"{row.chosen.method} gave no number ({error.diagnostic.notes[0]}), so that it is sampled: {chosen.method}"
        setting.report(Progress(row.asked.name, 0, 1, 0, 0.0, note=f"{row.asked.name}: {why}"))
        found = _run(Group(chosen.backend, (replace(row, chosen=chosen),)), setting)
        return [replace(each, warnings=(why, *each.warnings)) for each in found]


def _run(group: Group, setting: _Setting) -> list[Estimate]:
    programs, report, shelf = setting.programs, setting.report, setting.shelf
    made = _Made(group, setting.experiment, setting.words, setting.data, {} if programs is None else programs)
    names = ", ".join(row.asked.name for row in group.rows)
    report(Progress(names, 0, 1, 0, 0.0))
    try:
        program = made.program(range(len(group.rows)))
        parts = made.parts(program, shelf)
        if setting.force:
            for part in parts:
                part.shelf.drop()
        for part, each in zip(parts, made.nodes(program), strict=True):
            part.shelf.describe(each)
        program, kept = complete(program, parts, names, report, made.program, setting.memory)
        with np.errstate(all="ignore"):  # what is not finite is found in the results
            found = program.finish(kept)
            return [_finite(estimate, group, lambda name: program.explain(kept, name)) for estimate in found]
    except ArithmeticError as error:
        place = group.rows[0].asked.span
        code, helps = getattr(error, "code", "NN704"), getattr(error, "helps", ())
        message = f"`{names}` could not be computed"
        diagnostic = Diagnostic(code, message, place, "asked for here", notes=(str(error),), helps=helps)
        raise ComputingError(diagnostic) from error


def _is_of(name: str, asked: str) -> bool:
    """Whether an estimate is what was asked for, or a part of it: `diag.rhat`."""
    return name == asked or name.startswith(f"{asked}.")


@dataclass(frozen=True)
class _Made:
    """A group with its data made, from which programs for all of it or for some of its rows are compiled."""

    group: Group
    experiment: Experiment
    words: Vocabulary
    data: dict[str, Any]
    programs: Programs

    def asks(self, places: Sequence[int]) -> tuple[Ask, ...]:
        """The requests of some rows."""
        return tuple(self._asks[k] for k in places)

    @cached_property
    def _asks(self) -> tuple[Ask, ...]:
        return tuple(request(row.asked, self.experiment, self.data, self.words) for row in self.group.rows)

    def program(self, places: Sequence[int]) -> Program:
        """The program of some rows."""
        rows = [self.group.rows[k] for k in places]
        resources = Resources(asks=self.asks(places), devices=len(jax.devices()), programs=self.programs)
        questions = tuple(row.answers.question for row in rows)
        return self.words.backends[self.group.backend].compile(questions, tuple(row.chosen for row in rows), resources)

    def nodes(self, program: Program) -> list[Node]:
        """What the shards of each row depend on, or those of all rows together where they cannot be told apart."""
        rows, asks = self.group.rows, self.asks(range(len(self.group.rows)))
        whole = not program.labels
        found = [node(row, ask, self.experiment, self.words, whole=whole) for row, ask in zip(rows, asks, strict=True)]
        if program.separate:
            return found
        facets = {f"{each.observable}: {key}": value for each in found for key, value in each.facets.items()}
        return [Node(self.experiment.name, ", ".join(each.observable for each in found), facets)]

    def parts(self, program: Program, shelf: Shelf) -> list[Part]:
        """The shelves of these."""
        names = [row.asked.name if program.separate else NAMELESS for row in self.group.rows]
        return [Part(name, shelf.of(each)) for name, each in zip(names, self.nodes(program), strict=False)]


def reasons(plan: Plan, words: Vocabulary, shelf: Shelf) -> dict[str, str]:
    """By the names of observables: what of it is on disk, or why it must be computed."""
    known = list(shelf.nodes())
    if all(each.spec != plan.experiment.name for each in known):  # and then nothing heavy is loaded
        return {row.asked.name: "computed: new" for row in plan.rows}
    data = make_data(plan.experiment, words)
    found: dict[str, str] = {}
    for group in plan.groups:
        made = _Made(group, plan.experiment, words, data, {})
        program = made.program(range(len(group.rows)))
        labels = tuple(program.labels) or tuple(map(str, range(program.shards)))
        for each, part in zip(made.nodes(program), made.parts(program, shelf), strict=True):
            there = sum(part.shelf.has(label) for label in labels)
            text = f"{there} of {len(labels)} shards are on disk" if there else f"computed: {reason(each, known)}"
            said = "taken from disk" if there == len(labels) else text
            found |= dict.fromkeys(each.observable.split(", "), said)
    return found


def _refuse_rows(rows: Sequence[Row], memory: float) -> None:
    for row in rows:
        need = row.chosen.bytes
        if need > memory:
            message = f"`{row.asked.name}` would need {size_of(need)}; the limit is {size_of(memory)}"
            shape = " x ".join(f"{n:,}" for n in row.chosen.shape) or "one"
            enough = math.ceil(need / 2**30)
            helps = ["take fewer points", f"raise the limit with `--memory {enough}GiB`"][: 2 if enough < 1024 else 1]
            diagnostic = Diagnostic("NN702", message, row.asked.span, "asked for here",
                                    notes=(f"the result has {shape} entries",), helps=tuple(helps))  # fmt: skip
            raise ComputingError(diagnostic)


def _finite(estimate: Estimate, group: Group, explain: Callable[[str], str]) -> Estimate:
    """The estimate, if all of it is finite."""
    for what, array in (("value", estimate.value), ("error bar", estimate.stderr)):
        if array is None:
            continue
        bad = ~np.isfinite(np.asarray(array))
        if estimate.unbounded:
            bad &= ~np.isposinf(np.asarray(array))
        if bad.any():
            first = tuple(int(k) for k in np.argwhere(bad)[0])
            place = next((row.asked.span for row in group.rows if _is_of(estimate.name, row.asked.name)), None)
            entry = ", ".join(f"{dim} {k + 1}" for dim, k in zip(estimate.dims, first, strict=True))
            where = f" at {entry}" if entry else ""
            message = f"the {what} of `{estimate.name}` is not finite{where}"
            note = f"{int(bad.sum())} of {bad.size} entries; no number of this observable is reported"
            notes = tuple(filter(None, (explain(estimate.name), note)))
            raise ComputingError(Diagnostic("NN705", message, place, "asked for here", notes=notes))
    return estimate


def _owned(estimate: Estimate, words: Vocabulary) -> Estimate:
    """The estimate with the plugin that answered."""
    owner = words.origin("backends", estimate.backend)
    return replace(estimate, plugin=f"{owner.distribution} {owner.version}")
