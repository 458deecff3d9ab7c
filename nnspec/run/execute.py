"""Run a plan: each group's program, shard after shard, and what is wrong with the numbers it gives."""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import Any

from nnspec.ir.experiment import Experiment
from nnspec.numerics import lazy
from nnspec.numerics.lazy import jax, np
from nnspec.plan.planner import Group, Plan
from nnspec.plan.show import size_of
from nnspec.plugin.records import Program, Resources, Statistics
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.result.estimate import Estimate
from nnspec.run.data import make_data, request
from nnspec.run.shards import NOWHERE, Shelf, put_all
from nnspec.text.diagnostic import Diagnostic

MEMORY = 4 * 2**30


@dataclass(frozen=True)
class Progress:
    """How far a run is: a group's names, shards done, shards, draws done and the seconds since the group began."""

    names: str
    done: int
    shards: int
    draws: int
    seconds: float


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
    """Choose devices and the folder of compiled programs; before anything is computed."""
    lazy.configure(devices=cores(), cache_dir=cache)


def execute(
    plan: Plan, words: Vocabulary, report: Report, memory: float = MEMORY, programs: Programs | None = None,
    shelf: Shelf = NOWHERE,
) -> Outcome:  # fmt: skip
    """Compute everything in a plan; what shards leave is kept on the `shelf`, and used when it is there.

    Raises:
        ComputingError: a group that would need too much memory, or that gave a number that is not finite.
    """
    _refuse_memory(plan, memory)
    data = make_data(plan.experiment, words)
    found: dict[str, Estimate] = {}
    seconds: dict[str, float] = {}
    for group in plan.groups:
        start = time.perf_counter()
        for estimate in _run(group, plan.experiment, words, data, report, programs, shelf):
            found[estimate.name] = _owned(_finite(estimate, group), words)
        seconds[", ".join(row.asked.name for row in group.rows)] = time.perf_counter() - start
    ordered = tuple(found[row.asked.name] for row in plan.rows)
    return Outcome(ordered, data, seconds, jax.devices()[0].device_kind if plan.groups else "")


def _run(
    group: Group, experiment: Experiment, words: Vocabulary, data: dict[str, Any], report: Report,
    programs: Programs | None, shelf: Shelf,
) -> list[Estimate]:
    questions = tuple(row.answers.question for row in group.rows)
    asks = tuple(request(row.asked, experiment, data) for row in group.rows)
    resources = Resources(asks=asks, devices=len(jax.devices()), programs={} if programs is None else programs)
    names = ", ".join(row.asked.name for row in group.rows)
    start = time.perf_counter()
    report(Progress(names, 0, 1, 0, 0.0))
    try:
        program = words.backends[group.backend].compile(questions, tuple(row.chosen for row in group.rows), resources)
        own = shelf.of(*_told(group, program)) if program.shards > 1 else NOWHERE
        statistics: dict[int, Statistics] = own.known(program.shards)
        while len(statistics) < program.shards:
            ready = _ready(program, statistics)
            before = [None if (first := program.after(k)) is None else statistics[first] for k in ready]
            found = program.compute(ready, before)
            put_all(own, ready, found)
            statistics |= zip(ready, found, strict=True)
            done = len(statistics)
            report(Progress(names, done, program.shards, done * program.draws_per_shard, time.perf_counter() - start))
        with np.errstate(all="ignore"):  # what is not finite is found in the results
            return program.finish([statistics[k] for k in range(program.shards)])
    except ArithmeticError as error:
        place = group.rows[0].asked.span
        diagnostic = Diagnostic("NN704", f"`{names}` could not be computed", place, "asked for here", notes=(str(error),))
        raise ComputingError(diagnostic) from error


def _told(group: Group, program: Program) -> tuple[str, ...]:
    """What the numbers of a program's shards depend on besides the spec, whose digest names the folder."""
    rows = [f"{row.asked.name} {row.chosen.method} {row.chosen.draws}" for row in group.rows]
    versions = (metadata.version("nnspec"), jax.__version__, jax.devices()[0].device_kind)
    return (group.backend, *rows, *versions, f"{program.shards} shards")


def _ready(program: Program, statistics: Mapping[int, Statistics]) -> list[int]:
    """The next shards that can be computed at once: all that they come after is there."""
    open_ = (k for k in range(program.shards) if k not in statistics)
    free = (k for k in open_ if (first := program.after(k)) is None or first in statistics)
    return list(itertools.islice(free, program.width))


def _refuse_memory(plan: Plan, memory: float) -> None:
    for row in plan.rows:
        need = row.chosen.bytes
        if need > memory:
            message = f"`{row.asked.name}` would need {size_of(need)}; the limit is {size_of(memory)}"
            shape = " x ".join(f"{n:,}" for n in row.chosen.shape) or "one"
            enough = math.ceil(need / 2**30)
            helps = ["take fewer points", f"raise the limit with `--memory {enough}GiB`"][: 2 if enough < 1024 else 1]
            diagnostic = Diagnostic("NN702", message, row.asked.span, "asked for here",
                                    notes=(f"the result has {shape} entries",), helps=tuple(helps))  # fmt: skip
            raise ComputingError(diagnostic)


def _finite(estimate: Estimate, group: Group) -> Estimate:
    """The estimate, if all of it is finite."""
    for what, array in (("value", estimate.value), ("error bar", estimate.stderr)):
        if array is None:
            continue
        bad = ~np.isfinite(np.asarray(array))
        if bad.any():
            first = tuple(int(k) for k in np.argwhere(bad)[0])
            place = next((row.asked.span for row in group.rows if row.asked.name == estimate.name), None)
            entry = ", ".join(f"{dim} {k + 1}" for dim, k in zip(estimate.dims, first, strict=True))
            where = f" at {entry}" if entry else ""
            message = f"the {what} of `{estimate.name}` is not finite{where}"
            note = f"{int(bad.sum())} of {bad.size} entries; no number of this observable is reported"
            raise ComputingError(Diagnostic("NN705", message, place, "asked for here", notes=(note,)))
    return estimate


def _owned(estimate: Estimate, words: Vocabulary) -> Estimate:
    """The estimate with the plugin that answered."""
    owner = words.origin("backends", estimate.backend)
    return replace(estimate, plugin=f"{owner.distribution} {owner.version}")
