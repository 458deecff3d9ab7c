"""Many small runs cut out of a large one, and how often their error bars hold the exact value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import nnspec
from nnspec.lower.shards import Plan
from nnspec.plugin import Resources
from nnspec.run.data import make_data, request
from nnspec_std.backends import _sampling

PER_RUN = 64
"""Shards of a run."""
ROWS: list[str] = []
"""The table of all that was measured in this session."""
HEAD = f"{'':33} {'runs':>5}  |z|<1   |z|<2   |z|>3   mean z   rms z"

Exact = Mapping[tuple[str, tuple[int, ...]], float]
Run = Mapping[str, Any]


def prepared(text: str, backend: Any) -> tuple[Any, Any, Any, Any]:
    """Questions, offers and requests of a spec, whose observables one program computes."""
    checked = nnspec.loads(text).check()
    (group,) = checked.plan.groups
    assert group.backend == backend.NAME
    data = make_data(checked.experiment, checked.spec.words)
    asks = tuple(request(row.asked, checked.experiment, data, checked.spec.words) for row in group.rows)
    questions = tuple(row.answers.question for row in group.rows)
    return questions, tuple(row.chosen for row in group.rows), asks, Resources(asks=asks)


def independent_runs(text: str, backend: Any, draws: int, count: int, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Estimates of `count` runs of so many draws each, from one compiled program; `DRAWS` in the text is its number.

    One long run is cut into as many shards as all the runs have together; the network of draw k does not depend on
    shards, so each 64 consecutive shards are what a run over their draws would have.
    """
    questions, offers, _, resources = prepared(text.replace("DRAWS", str(draws * count)), backend)
    monkeypatch.setattr(_sampling, "layout", lambda draws, parameters: Plan.equal(draws, PER_RUN * count, parameters))
    program = backend.compile(questions, offers, resources)
    assert program.shards == PER_RUN * count
    assert set(program.draws) == {draws // PER_RUN}
    shards = [shard for k in range(program.shards) for shard in program.compute([k], [None])]
    monkeypatch.undo()
    runs = [program.finish(shards[k : k + PER_RUN]) for k in range(0, len(shards), PER_RUN)]
    return [{each.name: each for each in run} for run in runs]


def coverage(runs: Sequence[Run], exact: Exact, title: str = "") -> tuple[float, float, str]:
    """The parts of |z| < 1 and |z| > 3 over all runs and entries, and a table; with a title it is kept for the summary."""
    lines, columns = [], []
    for (name, at), value in exact.items():
        z = np.array([(run[name].value[at] - value) / run[name].stderr[at] for run in runs])
        size = np.abs(z)
        columns.append(size)
        entry = f"{title} {name}[{', '.join(str(k + 1) for k in at)}]".strip()
        lines.append(
            f"{entry:33} {len(runs):5}  {np.mean(size < 1):.3f}   {np.mean(size < 2):.3f}   {np.mean(size > 3):.4f}  "
            f"{np.mean(z):+.3f}   {math.sqrt(np.mean(z**2)):.3f}"
        )
    whole = np.concatenate(columns)
    if title:
        ROWS.extend(lines)
    return float(np.mean(whole < 1)), float(np.mean(whole > 3)), "\n".join([HEAD, *lines])


def too_small(runs: Sequence[Run], factor: float = 0.7) -> list[Run]:
    """Mutants whose errors are too small."""
    return [
        {name: type("Mutant", (), {"value": each.value, "stderr": factor * each.stderr}) for name, each in run.items()} for run in runs
    ]
