"""Error bars of independent draws are one standard deviation: small runs of the real backends against exact correlators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from models import COSINES
from small_runs import coverage, independent_runs, too_small

import nnspec
from nnspec_std.backends import montecarlo, rao_blackwell

HEAD = "nnspec: 1\nname: error-bars\nlet: {N: 8}\n"
PAIRS = HEAD + COSINES + "data: {xs: [0, 1]}\nobservables:\n  G2: {correlator: {n: 2, at: xs, draws: DRAWS, method: monte_carlo}}\n"
QUARTIC = (
    HEAD + COSINES + "data: {xs: [0.3, 1.0]}\n"
    "observables:\n  G4c: {correlator: {n: 4, connected: true, at: xs, draws: DRAWS, method: METHOD}}\n"
)
EXACT = {("G2", at): float(np.exp(-((at[0] - at[1]) ** 2) / 2)) for at in ((0, 0), (0, 1), (1, 1))}
DRAWS = 256


def pairs(count: int, monkeypatch: pytest.MonkeyPatch) -> list:
    return independent_runs(PAIRS, montecarlo, DRAWS, count, monkeypatch)


@pytest.mark.parametrize(
    ("count", "within", "outside"),
    [pytest.param(300, 0.08, 0.02, id="quick"), pytest.param(1000, 0.03, 0.01, id="long", marks=pytest.mark.slow)],
)
def test_of_direct_sampling(count, within, outside, monkeypatch):
    """0.683 within one error bar. Binomial sigma of one entry: 0.027 for 300 runs, 0.015 for 1,000."""
    inside, far, table = coverage(pairs(count, monkeypatch), EXACT, "direct")
    assert abs(inside - 0.683) < within, table
    assert far < outside, table


@pytest.mark.parametrize(
    ("count", "within", "outside"),
    [pytest.param(150, 0.11, 0.03, id="quick"), pytest.param(1000, 0.03, 0.01, id="long", marks=pytest.mark.slow)],
)
def test_of_amplitudes_that_are_integrated_out(count, within, outside, monkeypatch, tmp_path):
    """0.683 within one error bar. Binomial sigma of one entry: 0.038 for 150 runs, 0.015 for 1,000."""
    exact = nnspec.loads(QUARTIC.replace("METHOD", "exact").replace("DRAWS", "512")).run(tmp_path, plots=False)["G4c"].value
    wanted = {("G4c", at): float(exact[at]) for at in ((0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 1))}
    runs = independent_runs(QUARTIC.replace("METHOD", "rao_blackwell"), rao_blackwell, 512, count, monkeypatch)
    inside, far, table = coverage(runs, wanted, "rao_blackwell")
    assert abs(inside - 0.683) < within, table
    assert far < outside, table


def test_error_bars_that_are_too_small_would_be_seen(monkeypatch):
    """A mutant whose errors are 30% too small leaves the band: 0.516 of a normal are within 0.7."""
    inside, far, _ = coverage(too_small(pairs(300, monkeypatch)), EXACT)
    assert abs(inside - 0.683) > 0.08
    assert far > 0.02


def test_the_first_of_them_is_the_run_that_a_user_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Same spec, same seed: the public interface gives these numbers. rtol: float32 sums differ in order."""
    first = pairs(2, monkeypatch)[0]["G2"]
    mine = nnspec.loads(PAIRS.replace("DRAWS", str(DRAWS))).run(tmp_path, plots=False)["G2"]
    np.testing.assert_allclose(mine.value, first.value, rtol=1e-5)
    np.testing.assert_allclose(mine.stderr, first.stderr, rtol=1e-3)
