"""Error bars of sampled correlators are one standard deviation: small runs of the real backend against the exact G2."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.lower.shards import Plan
from nnspec.plugin import Resources
from nnspec.run.data import make_data, request
from nnspec_std.backends import _sampling, montecarlo

DRAWS = 256
SPEC = """
nnspec: 1
name: error-bars
let: {{N: 8}}
data:
  xs: linspace(0, 1, 2)
model:
  inputs: {{x: R}}
  indices: {{i: N}}
  params:
    w[i]: Normal(0, 1)
    b[i]: Uniform(-pi, pi)
    a[i]: Normal(0, 1/N)
  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i])
observables:
  G2: {{correlator: {{n: 2, at: xs, draws: {draws}}}}}
"""
EXACT = np.exp(-(np.subtract.outer([0.0, 1.0], [0.0, 1.0]) ** 2) / 2)
ENTRIES = ((0, 0), (0, 1), (1, 1))


def small_runs(count: int, monkeypatch: pytest.MonkeyPatch) -> list:
    """Estimates of `count` runs of 256 draws each, from one compiled program.

    One long run is cut into as many shards as all the runs have together; the network of draw k does not depend on
    shards, so each 64 consecutive shards are what a run over their draws would have.
    """
    per_run = 64
    checked = nnspec.loads(SPEC.format(draws=DRAWS * count)).check()
    monkeypatch.setattr(_sampling, "layout", lambda draws, parameters: Plan.equal(draws, per_run * count, parameters))
    (group,) = checked.plan.groups
    data = make_data(checked.experiment, checked.spec.words)
    asks = tuple(request(row.asked, checked.experiment, data, checked.spec.words) for row in group.rows)
    questions = tuple(row.answers.question for row in group.rows)
    program = montecarlo.compile(questions, tuple(row.chosen for row in group.rows), Resources(asks=asks))
    assert program.shards == per_run * count
    assert set(program.draws) == {DRAWS // per_run}
    shards = [shard for k in range(program.shards) for shard in program.compute([k], [None])]
    monkeypatch.undo()
    return [program.finish(shards[k : k + per_run])[0] for k in range(0, len(shards), per_run)]


def coverage(runs: list) -> tuple[float, float, str]:
    """The parts of |z| < 1 and |z| > 3 over all runs and entries, and the table of each entry."""
    z = np.array([[(run.value - EXACT)[at] / run.stderr[at] for at in ENTRIES] for run in runs])
    lines = ["entry     |z|<1   |z|<2   |z|>3   mean z   rms z"]
    for k, at in enumerate(ENTRIES):
        size = np.abs(z[:, k])
        lines.append(
            f"G2[{at[0] + 1},{at[1] + 1}]   {np.mean(size < 1):.3f}   {np.mean(size < 2):.3f}   "
            f"{np.mean(size > 3):.4f}  {np.mean(z[:, k]):+.3f}   {math.sqrt(np.mean(z[:, k] ** 2)):.3f}"
        )
    return float(np.mean(np.abs(z) < 1)), float(np.mean(np.abs(z) > 3)), "\n".join(lines)


@pytest.mark.parametrize(
    ("count", "within", "outside"),
    [pytest.param(300, 0.08, 0.02, id="quick"), pytest.param(1000, 0.03, 0.01, id="long", marks=pytest.mark.slow)],
)
def test_error_bars_cover_the_exact_value_as_often_as_they_say(count, within, outside, monkeypatch):
    """0.683 within one error bar. Binomial sigma of one entry: 0.027 for 300 runs, 0.015 for 1,000."""
    inside, far, table = coverage(small_runs(count, monkeypatch))
    print(f"{count} runs of {DRAWS} draws\n{table}")
    assert abs(inside - 0.683) < within, table
    assert far < outside, table


def test_error_bars_that_are_too_small_would_be_seen(monkeypatch):
    """A mutant whose errors are 30% too small leaves the band: 0.516 of a normal are within 0.7."""
    runs = small_runs(300, monkeypatch)
    mutants = [type("Mutant", (), {"value": run.value, "stderr": 0.7 * run.stderr}) for run in runs]
    inside, far, _ = coverage(mutants)
    assert abs(inside - 0.683) > 0.08
    assert far > 0.02


def test_the_first_of_them_is_the_run_that_a_user_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Same spec, same seed: the public interface gives these numbers. rtol: float32 sums differ in order."""
    first = small_runs(2, monkeypatch)[0]
    mine = nnspec.loads(SPEC.format(draws=DRAWS)).run(tmp_path)["G2"]
    np.testing.assert_allclose(mine.value, first.value, rtol=1e-5)
    np.testing.assert_allclose(mine.stderr, first.stderr, rtol=1e-3)
