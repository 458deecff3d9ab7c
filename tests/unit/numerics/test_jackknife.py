"""The jackknife: identities that hold for every sample, its calibration, and its refusals."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from nnspec.numerics.moments import block_means, jackknife, jackknife_covariance, tail_check

RNG = np.random.default_rng


def test_a_linear_function_keeps_its_mean_and_gets_the_textbook_error():
    x = RNG(0).normal(size=(20, 3))
    got = jackknife(x, np.ones(20), lambda m: 2 * m + 1)
    np.testing.assert_allclose(got.value, 2 * x.mean(axis=0) + 1, rtol=1e-13)
    np.testing.assert_allclose(got.stderr, 2 * x.std(axis=0, ddof=1) / math.sqrt(20), rtol=1e-12)
    assert got.replicates.shape == (20, 3)


def test_equal_weights_give_the_textbook_formula_for_a_nonlinear_function():
    x = RNG(1).normal(size=(12, 2)) + 1
    left = np.array([np.prod(np.delete(x, b, axis=0).mean(axis=0)) for b in range(12)])
    got = jackknife(x, np.full(12, 5.0), np.prod)
    np.testing.assert_allclose(got.replicates, left, rtol=1e-13)
    assert got.value == pytest.approx(12 * np.prod(x.mean(axis=0)) - 11 * left.mean(), rel=1e-12)
    assert got.stderr == pytest.approx(math.sqrt(11 * np.mean((left - left.mean()) ** 2)), rel=1e-12)


def test_the_plug_in_variance_becomes_the_unbiased_one():
    """For blocks of one draw, B (m2 - m1^2) - (B - 1) mean(...) is the sample variance, identically."""
    x = RNG(2).exponential(size=30)
    got = jackknife({"m1": x, "m2": x**2}, np.ones(30), lambda m: m["m2"] - m["m1"] ** 2)
    assert got.value == pytest.approx(np.var(x, ddof=1), rel=1e-12)


def test_unequal_blocks_keep_a_linear_mean_and_forgive_empty_blocks():
    x = RNG(3).normal(size=103)
    means, sizes = block_means(x, 10)
    assert jackknife(means, sizes, lambda m: m).value == pytest.approx(x.mean(), rel=1e-12)
    padded = jackknife(np.append(means, 1e9), np.append(sizes, 0.0), lambda m: m)
    assert padded.value == pytest.approx(x.mean(), rel=1e-9)
    assert padded.stderr == pytest.approx(jackknife(means, sizes, lambda m: m).stderr, rel=0.1)


def test_trees_go_in_and_out_and_covariance_has_the_errors_on_its_diagonal():
    x = RNG(4).normal(size=(16, 2))

    def finish(m):
        return {"p": m["x"][0] * m["x"][1], "s": m["x"]}

    got = jackknife({"x": x}, np.ones(16), finish)
    cov = jackknife_covariance({"x": x}, np.ones(16), finish)
    np.testing.assert_allclose(np.diag(cov), np.append(got.stderr["p"], got.stderr["s"]) ** 2, rtol=1e-12)
    np.testing.assert_allclose(cov[1:, 1:], np.cov(x.T) / 16, rtol=1e-12)


@pytest.mark.parametrize("sizes", [np.full(16, 8), np.array([2, 14] * 8)])
def test_value_and_error_of_a_connected_correlator_are_calibrated(sizes):
    """4,000 samples of m2^2: false alarm <= 1e-6 on the bias (an uncorrected bias of 2 / 128 is missed
    <= 1e-6) and the mean squared error agrees with stderr^2 within 12% (allowed: 5 sigma)."""
    rng, edges = RNG(5), np.append(0, np.cumsum(sizes))[:-1]
    values, variances = [], []
    for _ in range(4000):
        x = rng.normal(size=int(np.sum(sizes)))
        means = np.add.reduceat(x**2, edges) / sizes
        got = jackknife(means, sizes, lambda m: m**2)
        values.append(got.value)
        variances.append(got.stderr**2)
    spread = np.std(values) / math.sqrt(len(values))
    assert abs(np.mean(values) - 1.0) < -NormalDist().inv_cdf(5e-7) * spread < 0.03
    # Var(x^2 mean)^2: 4 * 2 / n to leading order
    assert np.mean(variances) == pytest.approx(np.var(values), rel=0.12)


def test_importance_weights_that_fluctuate_are_not_underestimated():
    """One draw per block with weights uniform on (0, 1): Var = (4/3) sigma^2 / B, not sigma^2 / B."""
    rng, values, variances = RNG(6), [], []
    for _ in range(3000):
        x, w = rng.normal(size=40), rng.uniform(size=40)
        got = jackknife(x, w, lambda m: m)
        values.append(got.value)
        variances.append(got.stderr**2)
    assert np.mean(variances) == pytest.approx(np.var(values), rel=0.14)  # 5 sigma of the variance of 3,000


def test_fewer_than_eight_blocks_and_bad_weights_are_refused():
    with pytest.raises(ValueError, match="at least 8 blocks, got 7"):
        jackknife(np.ones(7), np.ones(7), lambda m: m)
    with pytest.raises(ValueError, match="at least 8 blocks, got 7"):
        jackknife(np.ones(9), np.array([1.0] * 7 + [0.0] * 2), lambda m: m)
    with pytest.raises(ValueError, match="not negative"):
        jackknife(np.ones(8), np.array([1.0] * 7 + [-1.0]), lambda m: m)


def test_the_tail_check_is_calibrated_and_sees_a_cauchy_tail():
    """2,000 normal samples: alarm rate 5% within 5 binomial sigma (Bonferroni may lower it by 0.5%)."""
    rng = RNG(7)
    checks = [tail_check(rng.normal(size=(16, 2)), np.ones(16), 0.05) for _ in range(2000)]
    rate = np.mean([c.share > c.allowed for c in checks])
    assert 0.045 - 5 * math.sqrt(0.05 * 0.95 / 2000) < rate < 0.05 + 5 * math.sqrt(0.05 * 0.95 / 2000)
    heavy = tail_check(rng.standard_cauchy(size=(64, 200)).mean(axis=1), np.ones(64))
    assert heavy.share > heavy.allowed
    still = tail_check(np.ones((16, 2)), np.ones(16))
    assert still.share == 0.0 < still.allowed < 1.0
