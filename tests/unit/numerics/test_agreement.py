"""The verdict on two results: its error rates, its power, and what never passes."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import scipy.stats

from nnspec.numerics.agreement import agree

RNG = np.random.default_rng
FIVE_SIGMA = 5 * math.sqrt(0.05 * 0.95 / 2000)


def rejections(a, b, se_a, se_b=0.0, **how):
    return np.mean([not agree(x, y, s, se_b, false_alarm=0.05, **how).ok for x, y, s in zip(a, b, se_a, strict=True)])


def test_the_false_alarm_rate_is_the_stated_one():
    """2,000 repetitions, 10 entries: 1 - (1 - 0.005)^10 = 4.9%, within 5 binomial sigma."""
    se = RNG(0).uniform(0.5, 2.0, size=(2000, 10))
    a = RNG(1).normal(size=(2000, 10)) * se
    assert abs(rejections(a, np.zeros((2000, 10)), se) - 0.0489) < FIVE_SIGMA
    b = RNG(2).normal(size=(2000, 10)) * 0.7
    assert abs(rejections(a, b, se, 0.7) - 0.0489) < FIVE_SIGMA


def test_the_smallest_detectable_difference_is_missed_as_often_as_stated():
    """2,000 repetitions: a shift by `smallest_detectable` passes with probability `miss` = 5%."""
    seen = agree(0.0, 0.0, 1.0, false_alarm=1e-3, miss=0.05).smallest_detectable
    passed = [agree(x + seen, 0.0, 1.0, false_alarm=1e-3).ok for x in RNG(3).normal(size=2000)]
    assert abs(np.mean(passed) - 0.05) < FIVE_SIGMA


def test_few_blocks_keep_the_false_alarm_rate_when_dof_is_told():
    """12 blocks: with normal quantiles the rate would be over 10% for 10 entries."""
    blocks = RNG(4).normal(size=(2000, 12, 10))
    mean, se = blocks.mean(axis=1), blocks.std(axis=1, ddof=1) / math.sqrt(12)
    assert abs(rejections(mean, np.zeros((2000, 10)), se, dof=11) - 0.0489) < FIVE_SIGMA
    assert rejections(mean, np.zeros((2000, 10)), se) > 0.1


@pytest.mark.parametrize(("dof", "tail"), [(7, 1e-3), (15, 1e-6), (63, 1e-8), (1000, 1e-8)])
def test_the_student_quantile_is_that_of_scipy(dof, tail):
    allowed = agree(0.0, 0.0, 1.0, false_alarm=2 * tail, dof=dof).allowed
    assert allowed == pytest.approx(scipy.stats.t.isf(tail, dof), rel=0.02)  # Wallace's approximation


def test_bonferroni_counts_entries_with_errors_only():
    got = agree(np.zeros(5), np.zeros(5), np.array([1.0, 1.0, 1.0, 0.0, 0.0]), false_alarm=1e-4)
    assert got.allowed == pytest.approx(-NormalDist().inv_cdf(1e-4 / 6))
    assert got.smallest_detectable == pytest.approx(got.allowed + NormalDist().inv_cdf(1 - 1e-3))
    assert got.ok
    assert got.reason == ""


def test_a_test_that_could_not_have_seen_the_error_fails():
    blind = agree(np.zeros(3), np.zeros(3), 0.01, detect=0.05)
    assert not blind.ok
    assert blind.reason.startswith("could not have seen a difference of 0.05")
    assert agree(np.zeros(3), np.zeros(3), 0.005, detect=0.05).ok


def test_a_difference_is_reported_with_its_z():
    got = agree(np.array([0.0, 0.08]), np.zeros(2), 0.01, 0.0)
    assert not got.ok
    assert got.z_max == pytest.approx(8.0)
    assert got.reason == f"|z| is 8.00, allowed is {got.allowed:.2f}"


def test_entries_without_error_compare_exactly_up_to_the_tolerance():
    assert agree(1.0, 1.0, 0.0).ok
    off = agree(1.0 + 1e-9, 1.0, 0.0)
    assert not off.ok
    assert "entries without error differ by 1e-09" in off.reason
    assert agree(1.0 + 1e-9, 1.0, 0.0, tolerance=2e-9).ok
    assert not agree(np.array([0.0, 1e-6]), np.zeros(2), np.array([1.0, 0.0])).ok


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_and_infinity_never_pass(bad):
    assert not agree(bad, 0.0, 1.0).ok
    assert not agree(0.0, bad, 1.0).ok
    assert not agree(bad, bad, 1.0).ok
    assert not agree(0.0, 0.0, bad).ok
    assert not agree(0.0, 0.0, 1.0, bad).ok
    assert not agree(np.array([0.0, bad]), np.zeros(2), 0.0, tolerance=math.inf).ok


def test_negative_errors_empty_and_misshapen_comparisons_never_pass():
    assert agree(0.0, 0.0, -1.0).reason == "a standard error is negative"
    assert agree(np.zeros(0), np.zeros(0), 0.0).reason == "there is nothing to compare"
    with pytest.raises(ValueError, match=r"shape \(2,\) with shape \(3,\)"):
        agree(np.zeros(2), np.zeros(3), 1.0)
