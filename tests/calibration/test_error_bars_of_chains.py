"""Error bars of chains and of draws with weights are one standard deviation: many small runs against exact values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import models
import numpy as np
import pytest
from small_runs import coverage, independent_runs, prepared, too_small

from nnspec.lower.moving import Segments
from nnspec_std.backends import chains, montecarlo

CHAINS, STEPS, DRAWS = 4, 256, 1024
REFERENCE = Path(__file__).parents[1] / "reference" / "physics_values.json"
G2 = "observables:\n  G2: {correlator: {n: 2, at: xs, method: monte_carloMORE}}\n"
G4C = "  G4c: {correlator: {n: 4, connected: true, at: xs, method: monte_carloMORE}}\n"
SPECS = {
    "point": "nnspec: 1\nname: point\nsampler: SAMPLER\n" + models.POINT.replace("LAMBDA", "10") + G2 + G4C,
    "circle": "nnspec: 1\nname: circle\nsampler: SAMPLER\n" + models.CIRCLE + G2,
}
VALUES = {record["id"]: record["value"] for record in json.loads(REFERENCE.read_text())}
_POINT, _CIRCLE = VALUES["phi4.d0.lam10.0"], VALUES["modes.L4.0.m2_1.0.lam6.0"]
EXACT = {
    "point": {("G2", (0, 0)): _POINT[1], ("G4c", (0, 0, 0, 0)): _POINT[3]},
    "circle": {("G2", (0, k)): _CIRCLE[k] for k in range(3)},
}


def chain_runs(
    which: str, sampler: str, count: int, monkeypatch: pytest.MonkeyPatch, steps: int = STEPS, controls: str = "none"
) -> list[dict[str, Any]]:
    """Results of `count` runs of four short chains each, cut out of one program that moves all of their chains."""
    words = f"{{{sampler}: {{chains: {CHAINS * count}, draws: {steps}, warmup: 300, controls: {controls}}}}}"
    questions, offers, asks, resources = prepared(SPECS[which].replace("SAMPLER", words).replace("MORE", ""), chains)
    one = Segments.of(CHAINS, steps)
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
    inside, far, table = coverage(chain_runs(which, sampler, count, monkeypatch), EXACT[which], f"{sampler}, {which},")
    assert abs(inside - 0.683) < within, table
    assert far < outside, table


@pytest.mark.parametrize(
    ("which", "sampler", "count", "within", "outside"),
    [
        pytest.param("circle", "hmc", 60, 0.18, 0.05, id="quick"),
        pytest.param("point", "hmc", 1000, 0.03, 0.01, id="point-hmc", marks=pytest.mark.slow),
        pytest.param("circle", "hmc", 1000, 0.03, 0.01, id="circle-hmc", marks=pytest.mark.slow),
        pytest.param("circle", "nuts", 1000, 0.03, 0.01, id="circle-nuts", marks=pytest.mark.slow),
    ],
)
def test_control_variates_leave_error_bars_that_cover_the_exact_value(which, sampler, count, within, outside, monkeypatch):
    """The same with chains of 1,024 steps, the fewest for which controls are used by default. They take away most of the
    variance of G2, and nothing of the fourth cumulant at a point.
    """
    runs = chain_runs(which, sampler, count, monkeypatch, 4 * STEPS, "schwinger_dyson")
    inside, far, table = coverage(runs, EXACT[which], f"{sampler}, controls, {which},")
    left = [max(run["G2"].diagnostics.get("variance_left", [1.0])) for run in runs]  # one in a thousand does not use them
    assert np.median(left) < 0.15
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
    text = SPECS[which].replace("SAMPLER", "{reweight: {}}").replace("MORE", ", draws: DRAWS")
    inside, far, table = coverage(independent_runs(text, montecarlo, DRAWS, count, monkeypatch), EXACT[which], f"reweight, {which},")
    assert abs(inside - 0.683) < within, table
    assert far < outside, table


@pytest.mark.slow
def test_error_bars_that_are_too_small_would_be_seen(monkeypatch):
    """A mutant with errors 30% too small leaves the band: 0.516 of a normal are within 0.7."""
    assert coverage(too_small(chain_runs("point", "hmc", 300, monkeypatch)), EXACT["point"])[0] < 0.683 - 0.1
