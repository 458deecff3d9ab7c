"""A whole run: computed, judged and put together; what is shown to people is added by `report`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nnspec.ir.digest import digest
from nnspec.plan.planner import Plan
from nnspec.plan.show import rows
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.result.dataset import write_results
from nnspec.result.provenance import Timing, collect, now
from nnspec.result.record import RunRecord, summarise
from nnspec.run.checks import at_points, failures, judge
from nnspec.run.execute import Outcome, Programs, Report, execute
from nnspec.run.shards import NOWHERE, Shelf
from nnspec.run.stopping import held
from nnspec.run.sweep import Whole
from nnspec.text.diagnostic import Diagnostic


@dataclass(frozen=True)
class Finished:
    """A run: its record, its numbers, and the complaints of checks that failed."""

    record: RunRecord
    outcome: Outcome
    failed: tuple[Diagnostic, ...]


def run(
    plan: Plan, words: Vocabulary, report: Report, *, command_line: tuple[str, ...], warnings: tuple[str, ...] = (),
    memory: float, host: str | None = None, programs: Programs | None = None, shelf: Shelf = NOWHERE,
    force: bool = False,
) -> Finished:  # fmt: skip
    """Compute a plan and judge its checks; `programs` that were compiled for other constants are used again."""
    start, clock = now(), time.perf_counter()
    outcome = execute(plan, words, report, memory, programs, shelf, force=force)
    experiment = plan.experiment
    by_name = {estimate.name: estimate for estimate in outcome.estimates}
    checks = judge(experiment, by_name, outcome.data)
    failed = failures(experiment.checks, checks, experiment.numerics.seed)
    provenance = collect(
        digest(experiment),
        experiment.numerics.seed,
        _answered(plan, words),
        command_line,
        device=outcome.device,
        precision=_precision(plan),
        draws={e.name: e.draws for e in outcome.estimates if e.draws},
        host=host,
        timing=Timing(start=start, wall_seconds=time.perf_counter() - clock, steps=outcome.seconds),
    )
    cited = tuple(sorted({key for estimate in outcome.estimates for key in estimate.cite}))
    record = RunRecord(
        name=experiment.name,
        digest=provenance.digest,
        status="check failed" if failed else "done",
        provenance=provenance,
        plan=tuple(rows(plan)),
        checks=tuple(checks),
        warnings=(*warnings, *(text for estimate in outcome.estimates for text in estimate.warnings)),
        citations=cited,
        estimates=summarise(outcome.estimates),
    )
    return Finished(record, outcome, tuple(failed))


def _answered(plan: Plan, words: Vocabulary) -> Mapping[str, str]:
    """Distributions whose backends and samplers answered, with their versions."""
    owners = [words.origin("backends", row.chosen.backend) for row in plan.rows]
    owners += [words.origin("observables", row.asked.word) for row in plan.rows]
    owners.append(words.origin("samplers", plan.experiment.sampler))
    return dict(sorted({owner.distribution: owner.version for owner in owners}.items()))


def _precision(plan: Plan) -> tuple[str, ...]:
    """What was not computed in float64 throughout."""
    return tuple(
        f"{row.asked.name}: float32 inside blocks of draws, float64 across them"
        for row in plan.rows
        if ":float32:" in row.chosen.group
    )


def write(finished: Finished, work: Path) -> None:
    """Arrays and record; the arrays' file depends on nothing but spec, seed and versions."""
    attrs = {
        "title": finished.record.name,
        "digest": finished.record.digest,
        "seed": str(finished.record.provenance.seed),
        "provenance": replace(finished.record.provenance, timing=Timing(), command_line=(), host=None).to_json(),
    }
    write_results(work / "results.nc", finished.outcome.estimates, attrs)
    finished.record.write(work / "run.json")


def run_record(
    plan: Plan, words: Vocabulary, whole: Whole, command_line: tuple[str, ...], host: str | None
) -> tuple[RunRecord, tuple[Diagnostic, ...]]:
    """The record of a sweep: its claims, what its points are, and which of them failed."""
    experiment = plan.experiment
    assert experiment.sweep is not None
    failed = tuple(failures(experiment.sweep.checks, whole.checks, experiment.numerics.seed))
    broken = [point for point in whole.points if point.errors]
    wrong = [point for point in whole.points if point.failed]
    warnings = [f"{point.point}: {point.errors[0].message}" for point in broken]
    warnings += [f"{point.point}: {each.message}" for point in wrong for each in point.failed]
    warnings += [f"{name} has another shape at every point, and is found in their folders alone" for name in whole.left_out]
    provenance = collect(
        digest(experiment), experiment.numerics.seed, _answered(plan, words), command_line, device="",
        precision=_precision(plan), draws={e.name: e.draws for e in whole.estimates if e.draws}, host=host,
        timing=Timing(start=now()),
    )  # fmt: skip
    claims = (*at_points([each.checks for each in whole.points if each.checks]), *whole.checks)
    record = RunRecord(
        name=experiment.name, digest=provenance.digest,
        status="failed" if broken else "check failed" if failed or wrong else "done", provenance=provenance,
        plan=tuple(rows(plan)), checks=claims, warnings=tuple(warnings),
        citations=tuple(sorted({key for estimate in whole.estimates for key in estimate.cite})),
        estimates=summarise(whole.estimates),
        points=tuple({"changes": dict(p.point.changes), "folder": p.path, "failed": bool(p.errors)} for p in whole.points),
    )  # fmt: skip
    return record, failed


def write_whole(record: RunRecord, whole: Whole, path: Path) -> None:
    """Arrays and record of a sweep, the record last."""
    attrs = {"title": record.name, "digest": record.digest, "seed": str(record.provenance.seed)}
    with held():
        write_results(path / "results.nc", whole.estimates, attrs)
        record.write(path / "run.json")
