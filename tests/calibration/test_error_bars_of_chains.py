"""Error bars of chains and of draws with weights are one standard deviation: many small runs against exact values."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnspec
from nnspec.lower.moving import Segments
from nnspec.lower.shards import Plan
from nnspec.plugin import Resources
from nnspec.run.data import make_data, request
from nnspec_std.backends import _sampling, chains, montecarlo

CHAINS, STEPS = 4, 256
REFERENCE = Path(__file__).parents[1] / "reference" / "physics_values.json"
POINT = """
nnspec: 1
name: point
let: {lambda: 10}
data: {xs: [0]}
model:
  inputs: {x: R}
  params: {a: "Normal(0, 1)"}
  field: phi(x)
  def: a + 0*x
  deform: exp(-lambda/24*phi(0)^4)
sampler: SAMPLER
observables:
  G2: {correlator: {n: 2, at: xs, method: monte_carloDRAWS}}
  G4c: {correlator: {n: 4, connected: true, at: xs, method: monte_carloDRAWS}}
"""
CIRCLE = """
nnspec: 1
name: circle
let: {L: 4, m2: 1, lambda: 6, K: (2*pi/L)^2 + m2}
data: {xs: [0, L/4, L/2]}
model:
  inputs: {t: R}
  params: {z: "Normal(0, 1/m2)", a: "Normal(0, 1/K)", b: "Normal(0, 1/K)"}
  field: phi(t)
  def: z/sqrt(L) + sqrt(2/L)*(a*cos(2*pi*t/L) + b*sin(2*pi*t/L))
  deform: exp(-lambda/24*integral(phi^4, y in Interval(0, L)))
sampler: SAMPLER
observables:
  G2: {correlator: {n: 2, at: xs, method: monte_carloDRAWS}}
"""
VALUES = {record["id"]: record["value"] for record in json.loads(REFERENCE.read_text())}
_POINT, _CIRCLE = VALUES["phi4.d0.lam10.0"], VALUES["modes.L4.0.m2_1.0.lam6.0"]
EXACT = {
    "point": {("G2", (0, 0)): _POINT[1], ("G4c", (0, 0, 0, 0)): _POINT[3]},
    "circle": {("G2", (0, k)): _CIRCLE[k] for k in range(3)},
}


def prepared(text: str, backend: Any) -> tuple[Any, Any, Any, Any]:
    """Questions, offers and requests of a spec, whose observables one program computes."""
    checked = nnspec.loads(text).check()
    (group,) = checked.plan.groups
    assert group.backend == backend.NAME
    data = make_data(checked.experiment, checked.spec.words)
    asks = tuple(request(row.asked, checked.experiment, data, checked.spec.words) for row in group.rows)
    questions = tuple(row.answers.question for row in group.rows)
    return questions, tuple(row.chosen for row in group.rows), asks, Resources(asks=asks)


def chain_runs(text: str, sampler: str, count: int, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Results of `count` runs of four short chains each, cut out of one program that moves all of their chains."""
    words = f"{{{sampler}: {{chains: {CHAINS * count}, draws: {STEPS}, warmup: 300}}}}"
    questions, offers, asks, resources = prepared(text.replace("SAMPLER", words).replace("DRAWS", ""), chains)
    one = Segments.of(CHAINS, STEPS)
    many = Segments(CHAINS * count, one.segments, one.bins, one.length)
    monkeypatch.setattr(chains, "_cut", lambda _: many)
    monkeypatch.setattr(chains, "grid_error", lambda *_: 0.0)
    program = chains.compile(questions, offers, resources)
    left: list[Any] = []
    for shard in range(program.shards):
        left += program.compute([shard], [left[-1] if left else None])
    readers = chains.readings(questions, asks)
    found: list[dict[str, Any]] = []
    for run in range(count):
        own = slice(CHAINS * run, CHAINS * (run + 1))
        cut = [
            {name: x[own] for name, x in shard.items() if not name.startswith(chains.STATE)}
            | {f"{chains.STATE}position": np.zeros((1, CHAINS, 1))}
            for shard in left
        ]
        made = chains._estimates(questions, offers, asks, cut, one, readers, [1] * len(questions), None)
        found.append({each.name: each for each in made})
    return found


def weighed_runs(text: str, draws: int, count: int, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Results of `count` runs of independent draws with weights, cut out of one long run."""
    per_run = 64
    whole = text.replace("SAMPLER", "{reweight: {}}").replace("DRAWS", f", draws: {draws * count}")
    questions, offers, _, resources = prepared(whole, montecarlo)
    monkeypatch.setattr(_sampling, "layout", lambda draws, parameters: Plan.equal(draws, per_run * count, parameters))
    program = montecarlo.compile(questions, offers, resources)
    shards = [shard for k in range(program.shards) for shard in program.compute([k], [None])]
    monkeypatch.undo()
    runs = [program.finish(shards[k : k + per_run]) for k in range(0, len(shards), per_run)]
    return [{each.name: each for each in run} for run in runs]


def coverage(runs: list[dict[str, Any]], which: str) -> tuple[float, float, str]:
    """The parts of |z| < 1 and |z| > 3 over all runs and entries, and the table of each entry."""
    lines = ["entry          |z|<1   |z|<2   |z|>3   mean z   rms z"]
    columns: list[Any] = []
    for (name, at), exact in EXACT[which].items():
        z = np.array([(run[name].value[at] - exact) / run[name].stderr[at] for run in runs])
        size = np.abs(z)
        columns.append(size)
        lines.append(
            f"{name}{list(k + 1 for k in at)!s:10} {np.mean(size < 1):.3f}   {np.mean(size < 2):.3f}   "
            f"{np.mean(size > 3):.4f}  {np.mean(z):+.3f}   {math.sqrt(np.mean(z**2)):.3f}"
        )
    whole = np.concatenate(columns)
    return float(np.mean(whole < 1)), float(np.mean(whole > 3)), "\n".join(lines)


@pytest.mark.parametrize(
    ("which", "sampler", "count", "within", "outside"),
    [
        pytest.param("point", "hmc", 60, 0.18, 0.05, id="quick"),
        pytest.param("point", "hmc", 1000, 0.03, 0.01, id="point-hmc", marks=pytest.mark.slow),
        pytest.param("circle", "hmc", 1000, 0.03, 0.01, id="circle-hmc", marks=pytest.mark.slow),
        pytest.param("circle", "nuts", 1000, 0.03, 0.01, id="circle-nuts", marks=pytest.mark.slow),
    ],
)
def test_chains_cover_the_exact_value_as_often_as_they_say(which, sampler, count, within, outside, monkeypatch):
    """0.683 within one error bar. Binomial sigma of one entry: 0.06 for 60 runs, 0.015 for 1,000."""
    runs = chain_runs({"point": POINT, "circle": CIRCLE}[which], sampler, count, monkeypatch)
    inside, far, table = coverage(runs, which)
    print(f"{count} runs of {CHAINS} chains of {STEPS} steps, {which}, {sampler}: {inside:.3f}, {far:.4f}\n{table}")
    assert abs(inside - 0.683) < within, table
    assert far < outside, table


@pytest.mark.parametrize(
    ("which", "count", "within", "outside"),
    [
        pytest.param("point", 60, 0.18, 0.05, id="quick"),
        pytest.param("point", 1000, 0.03, 0.01, id="point", marks=pytest.mark.slow),
        pytest.param("circle", 1000, 0.03, 0.01, id="circle", marks=pytest.mark.slow),
    ],
)
def test_draws_with_weights_cover_the_exact_value_as_often_as_they_say(which, count, within, outside, monkeypatch):
    """0.683 within one error bar, at effective shares of 0.8 (the point) and 0.5 (the circle)."""
    runs = weighed_runs({"point": POINT, "circle": CIRCLE}[which], 1024, count, monkeypatch)
    inside, far, table = coverage(runs, which)
    print(f"{count} runs of 1024 draws with weights, {which}: {inside:.3f}, {far:.4f}\n{table}")
    assert abs(inside - 0.683) < within, table
    assert far < outside, table


@pytest.mark.slow
def test_error_bars_that_are_too_small_would_be_seen(monkeypatch):
    """A mutant with errors 30% too small leaves the band: 0.516 of a normal are within 0.7."""
    runs = chain_runs(POINT, "hmc", 300, monkeypatch)
    for run in runs:
        for name, each in run.items():
            run[name] = type("Mutant", (), {"value": each.value, "stderr": 0.7 * each.stderr})
    assert coverage(runs, "point")[0] < 0.683 - 0.1
