"""Autocorrelation times and R-hat against AR(1) chains and direct sums."""

import math

import numpy as np
import pytest
import scipy.signal
import scipy.stats

from nnspec.numerics import autocorrelation as ac


def ar1(a, shape, seed):
    """Stationary chains x_t = a x_{t-1} + sqrt(1 - a^2) e_t of unit variance: rho(t) = a^t."""
    e = np.random.default_rng(seed).normal(size=shape)
    e[..., 0] /= math.sqrt(1 - a * a)
    return scipy.signal.lfilter([math.sqrt(1 - a * a)], [1.0, -a], e, axis=-1)


def test_autocovariance_is_the_direct_sum():
    x = np.random.default_rng(0).normal(size=(3, 17))
    y = x - x.mean()
    direct = [sum(np.sum(r[: 17 - t] * r[t:]) for r in y) / (3 * (17 - t)) for t in range(17)]
    np.testing.assert_allclose(ac.autocovariance(x), direct, atol=1e-14)


@pytest.mark.parametrize(("a", "chains"), [(0.0, 1), (0.5, 1), (0.9, 1), (0.9, 8), (-0.5, 1)])
def test_integrated_time_of_ar1(a, chains):
    """tau = (1 + a) / 2 (1 - a). False alarm <= 3e-6 (5 z-scores within 5 sigma); errors of 20% are missed <= 1e-3."""
    exact = (1 + a) / (2 * (1 - a))
    tau, stderr, window = ac.integrated_time(ar1(a, (chains, (1 << 17) // chains), seed=1))
    assert abs(tau - exact) < 5 * stderr + math.exp(-window / max(exact, 1.0)) * exact
    assert stderr < 0.06 * exact + 0.002
    assert ac.effective_size(ar1(a, (1 << 15,), seed=2)) == pytest.approx((1 << 15) / (2 * exact), rel=0.3)


def test_the_error_of_the_mean_is_calibrated():
    """600 AR(1) chains with tau = 4.5: variance of z is 1 within 5 sigma (0.29), plus 5% for 2,000 steps."""
    z = []
    for series in ar1(0.8, (600, 2000), seed=3):
        mean, stderr, _ = ac.series_mean(series)
        z.append(mean / stderr)
    assert abs(np.var(z) - 1.0) < 5 * math.sqrt(2 / 600) + 0.05
    assert abs(np.mean(z)) < 5 / math.sqrt(600)


def test_naive_errors_would_be_three_times_too_small():
    series = ar1(0.8, (20_000,), seed=4)
    assert ac.series_mean(series).stderr / (np.std(series) / math.sqrt(20_000)) == pytest.approx(3.0, rel=0.15)


def test_a_strongly_alternating_series_has_a_capped_size():
    """a = -0.9: tau = 0.026, ESS = 19 N, but log10(N) = 4."""
    x = ar1(-0.9, (10_000,), seed=8)
    assert ac.integrated_time(x).tau == pytest.approx(0.0263, abs=0.02)
    assert ac.effective_size(x) == pytest.approx(4e4)
    assert ac.series_mean(x).stderr == pytest.approx(0.5 / 100, rel=0.1)


def test_a_series_that_is_too_short_says_so():
    assert math.isinf(ac.integrated_time(ar1(0.99, (100, 10), seed=9)).stderr)
    assert math.isnan(ac.integrated_time(np.full(100, 0.1)).tau)
    assert math.isnan(ac.series_mean(np.full(100, 0.1)).stderr)
    assert math.isnan(ac.integrated_time(np.append(np.arange(50.0), math.nan)).tau)
    with pytest.raises(ValueError, match="at least 2 steps"):
        ac.integrated_time(np.zeros((3, 1)))


def test_r_hat_by_the_formula_on_normal_scores():
    x = np.random.default_rng(5).standard_cauchy(size=(4, 101))
    halves = np.concatenate([x[:, :50], x[:, 50:100]])

    def plain(v):
        ranks = np.argsort(np.argsort(v, axis=None)).reshape(v.shape) + 1
        z = scipy.stats.norm.ppf((ranks - 3 / 8) / (v.size + 1 / 4))
        within, between = np.mean([np.var(c, ddof=1) for c in z]), 50 * np.var([np.mean(c) for c in z], ddof=1)
        return math.sqrt((49 / 50 * within + between / 50) / within)

    exact = max(plain(halves), plain(np.abs(halves - np.median(halves))))
    assert ac.split_r_hat(x) == pytest.approx(exact, rel=1e-12)


def test_r_hat_sees_shifts_scales_drifts_and_stuck_chains():
    good = ar1(0.3, (4, 4000), seed=6)
    assert ac.split_r_hat(good) < 1.01
    shifted, wider, drifting = good.copy(), good.copy(), good.copy()
    shifted[0] += 1.0
    wider[0] *= 3.0
    drifting += np.linspace(0, 2, 4000)[None, :]
    for bad in (shifted, wider, drifting, drifting[0]):
        assert ac.split_r_hat(bad) > 1.05
    assert ac.split_r_hat(np.array([[0.0] * 8, [1.0] * 8])) == math.inf
    assert math.isnan(ac.split_r_hat(np.ones((2, 8))))
    with pytest.raises(ValueError, match="at least 4 steps"):
        ac.split_r_hat(np.ones((2, 3)))


def test_many_series_at_once_have_the_errors_of_each_alone() -> None:
    """AR(1) series of several memories, one that stands still, and chains that stay apart."""
    rng = np.random.default_rng(5)
    columns = []
    for memory in (0.0, 0.5, 0.9):
        x = rng.normal(size=(4, 2000))
        for t in range(1, x.shape[1]):
            x[:, t] += memory * x[:, t - 1]
        columns.append(x)
    apart = rng.normal(size=(4, 2000)) + 10 * np.arange(4)[:, None]
    found = ac.correlated_errors(np.stack([*columns, np.ones((4, 2000)), apart], axis=-1))
    for k, x in enumerate(columns):
        assert found.tau[k] == pytest.approx(ac.integrated_time(x).tau, rel=1e-10)
        assert found.stderr[k] == pytest.approx(ac.series_mean(x).stderr, rel=0.05)
    assert (found.stderr[3], found.tau[3]) == (0.0, 0.5)
    assert found.stderr[4] > 5  # what their four means are worth: 12.9/2
