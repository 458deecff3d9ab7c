"""`assert_agree` keeps its word: how often it cries without a reason, and how often it misses one."""

from __future__ import annotations

import math
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pytest

from nnspec.testing import assert_agree

ENTRIES = 6
ALPHA, BETA = 0.02, 0.05


def five_sigma(rate: float, repetitions: int) -> float:
    """What chance allows a measured rate to differ: five binomial standard deviations."""
    return 5 * math.sqrt(rate * (1 - rate) / repetitions)


def cries(result: SimpleNamespace, exact: np.ndarray, **how: float) -> bool:
    """Whether a result is said to differ from `exact`; a comparison that is too weak is a fault here."""
    message = ""
    try:
        assert_agree(result, exact, miss=BETA, **how)
    except AssertionError as error:
        message = str(error)
    assert not message or " is not " in message, message
    return bool(message)


def alarms(results: list[SimpleNamespace], exact: np.ndarray) -> float:
    """The part of the results that are said to differ."""
    return float(np.mean([cries(result, exact, false_alarm=ALPHA, detect=math.inf) for result in results]))


def normal_results(seed: int, repetitions: int, se: np.ndarray, mean: np.ndarray) -> list[SimpleNamespace]:
    """Normal estimates with known errors."""
    noise = np.random.default_rng(seed).normal(size=(repetitions, *se.shape))
    return [SimpleNamespace(value=mean + se * each, stderr=se) for each in noise]


def jackknife_results(seed: int, repetitions: int, blocks: int, told: bool = True) -> list[SimpleNamespace]:
    """Means of blocks of exponential numbers with jackknife errors; `told` says whether the blocks come along."""
    found = []
    rng = np.random.default_rng(seed)
    for _ in range(repetitions):
        means = rng.exponential(size=(blocks, 200, ENTRIES)).mean(axis=1)
        out = (means.sum(axis=0)[None] - means) / (blocks - 1)
        stderr = np.sqrt((blocks - 1) / blocks * np.sum((out - out.mean(axis=0)[None]) ** 2, axis=0))
        found.append(SimpleNamespace(value=means.mean(axis=0), stderr=stderr, blocks=out if told else None))
    return found


SIZES = [pytest.param(1000, id="quick"), pytest.param(30_000, id="long", marks=pytest.mark.slow)]


@pytest.mark.parametrize("repetitions", SIZES)
def test_normal_errors_give_the_stated_rate_of_false_alarms(repetitions):
    """Bonferroni over six entries: 1 - (1 - alpha/6)^6 = 1.98%, within five binomial sigma, and never above alpha."""
    se = np.array([1.0, 0.1, 3.0, 0.5, 2.0, 1e-3])
    mean = np.arange(ENTRIES, dtype=float)
    rate = alarms(normal_results(1, repetitions, se, mean), mean)
    print(f"normal errors: {rate:.4f} of {repetitions}, stated {ALPHA}")
    expected = 1 - (1 - ALPHA / ENTRIES) ** ENTRIES
    assert abs(rate - expected) < five_sigma(expected, repetitions)


@pytest.mark.parametrize("repetitions", SIZES)
@pytest.mark.parametrize("blocks", [8, 16, 64])
def test_few_jackknife_blocks_do_not_raise_the_rate(blocks, repetitions):
    """The quantile of Student's t for blocks - 1 degrees of freedom; Wallace's form of it is on the safe side."""
    rate = alarms(jackknife_results(2, repetitions, blocks), np.ones(ENTRIES))
    print(f"{blocks} jackknife blocks: {rate:.4f} of {repetitions}, stated {ALPHA}")
    assert rate < ALPHA + five_sigma(ALPHA, repetitions)
    assert rate > ALPHA / 2 - five_sigma(ALPHA / 2, repetitions)


def test_the_blocks_matter():
    """Without being told of its eight blocks the same comparison cries more than four times too often."""
    assert alarms(jackknife_results(2, 1000, 8, told=False), np.ones(ENTRIES)) > 4 * ALPHA


@pytest.mark.parametrize("repetitions", SIZES)
def test_a_mutant_that_is_off_by_two_percent_is_missed_as_rarely_as_stated(repetitions):
    """One of six entries is 2% off, with errors just small enough that `detect=0.02` is not refused as too weak."""
    exact = np.ones(ENTRIES)
    mutant = exact.copy()
    mutant[3] += 0.02
    se = np.full(ENTRIES, 0.02 / smallest(exact))
    results = normal_results(3, repetitions, se, mutant)
    rate = float(np.mean([not cries(each, exact, false_alarm=1e-4, detect=0.02 * (1 + 1e-9)) for each in results]))
    print(f"2% off: missed {rate:.4f} of {repetitions}, stated {BETA}")
    assert abs(rate - BETA) < five_sigma(BETA, repetitions)


def test_a_comparison_that_could_not_have_seen_the_mutant_fails():
    exact = np.ones(ENTRIES)
    se = np.full(ENTRIES, 1.01 * 0.02 / smallest(exact))
    with pytest.raises(AssertionError, match="too weak"):
        assert_agree(SimpleNamespace(value=exact, stderr=se), exact, false_alarm=1e-4, detect=0.02, miss=BETA)


def smallest(exact: np.ndarray) -> float:
    """The smallest difference that is seen with errors of one, from the formula in the docstring of `assert_agree`."""
    quantile = NormalDist().inv_cdf
    return quantile(1 - 1e-4 / (2 * exact.size)) + quantile(1 - BETA)
