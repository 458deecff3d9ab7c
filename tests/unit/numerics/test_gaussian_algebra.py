"""Wick's theorem, conditioning and log-densities by independent routes."""

from itertools import product

import numpy as np
import pytest
import scipy.stats

from nnspec.numerics import gaussian, partitions
from nnspec.numerics.lazy import jnp


def covariance(n, seed=0):
    a = np.random.default_rng(seed).normal(size=(n, n + 2))
    return a @ a.T / n


def test_wick_is_the_sum_over_pairings():
    cov = covariance(4)
    for order in (2, 4, 6):
        for indices in [(0, 1, 2, 3, 0, 1)[:order], (2,) * order, (3, 1, 1, 0, 2, 2)[:order]]:
            pairs = partitions.pairings(order)
            exact = sum(np.prod([cov[indices[i], indices[j]] for i, j in pairing]) for pairing in pairs)
            assert gaussian.wick(cov, indices) == pytest.approx(exact, rel=1e-13)
    assert gaussian.wick(cov, (0, 1, 2)) == 0
    assert gaussian.wick(cov, ()) == 1
    assert gaussian.wick(np.array([[2.0]]), (0,) * 8) == pytest.approx(105 * 2.0**4)


def test_wick_carries_further_axes_along():
    stack = np.stack([covariance(3, seed) for seed in range(5)], axis=-1)
    got = gaussian.wick(stack, (0, 1, 1, 2))
    np.testing.assert_allclose(got, [gaussian.wick(stack[..., k], (0, 1, 1, 2)) for k in range(5)], rtol=1e-14)


@pytest.mark.parametrize("order", [2, 4, 6])
def test_correlators_are_wick_entry_by_entry(order):
    cov = covariance(2, seed=3)
    tensor = gaussian.correlator(cov, order)
    assert tensor.shape == (2,) * order
    for indices in product(range(2), repeat=order):
        assert tensor[indices] == pytest.approx(gaussian.wick(cov, indices), rel=1e-13)
    traced = gaussian.correlator(jnp.asarray(cov), order)
    assert isinstance(traced, type(jnp.zeros(1)))
    np.testing.assert_allclose(traced, tensor, rtol=1e-14)


def test_odd_correlators_vanish_and_gaussian_cumulants_stop_at_two():
    cov = covariance(3, seed=4)
    assert not np.any(gaussian.correlator(cov, 3))
    moments = {k: gaussian.correlator(cov, k) for k in (2, 4, 6)}
    assert np.max(np.abs(partitions.cumulant_tensor(6, moments, even=True))) < 1e-12


def test_conditioning_is_the_block_inverse():
    k = covariance(7, seed=5) + 0.1 * np.eye(7)
    y = np.random.default_rng(6).normal(size=(4, 2))
    mean, cov, jitter = gaussian.condition(k[:4, :4], k[4:, :4], k[4:, 4:], y, noise=0.3)
    inverse = np.linalg.inv(k[:4, :4] + 0.3 * np.eye(4))
    np.testing.assert_allclose(mean, k[4:, :4] @ inverse @ y, rtol=1e-11)
    np.testing.assert_allclose(cov, k[4:, 4:] - k[4:, :4] @ inverse @ k[:4, 4:], rtol=1e-11)
    assert jitter == 0.0
    # the precision route: the posterior covariance is the inverse of a block of the inverse
    joint = k.copy()
    joint[:4, :4] += 0.3 * np.eye(4)
    np.testing.assert_allclose(cov, np.linalg.inv(np.linalg.inv(joint)[4:, 4:]), rtol=1e-10)


def test_a_point_asked_twice_needs_jitter_and_changes_nothing():
    k = covariance(3, seed=7)
    at = [0, 1, 2, 2]
    y = np.array([0.3, -1.0, 0.5, 0.5])
    mean, _, jitter = gaussian.condition(k[np.ix_(at, at)], k[:, at], k, y)
    assert 0.0 < jitter <= 1e-12
    np.testing.assert_allclose(mean, y[:3], atol=1e-8)
    np.testing.assert_allclose(k[np.ix_(at, at)] @ gaussian.solve(k[np.ix_(at, at)], y), y, atol=1e-8)


def test_small_but_honest_pivots_need_no_jitter():
    assert gaussian.factorise(np.diag([1.0, 1e-25, 1e10])).jitter == 0.0


def test_what_is_no_covariance_is_refused():
    with pytest.raises(gaussian.NotPositiveError, match="smallest eigenvalue is -1"):
        gaussian.factorise(np.array([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(gaussian.NotPositiveError, match="not finite"):
        gaussian.factorise(np.array([[1.0, np.nan], [np.nan, 1.0]]))


def test_log_density_is_that_of_scipy():
    cov, mean = covariance(4, seed=8), np.arange(4.0)
    x = np.random.default_rng(9).normal(size=(6, 4))
    law = scipy.stats.multivariate_normal(mean, cov)
    np.testing.assert_allclose(gaussian.log_density(x, mean, cov), law.logpdf(x), rtol=1e-12)
    assert gaussian.log_density(x[0], mean, cov) == pytest.approx(law.logpdf(x[0]), rel=1e-12)
    with pytest.raises(gaussian.NotPositiveError, match="no density"):
        gaussian.log_density(np.zeros(2), np.zeros(2), np.ones((2, 2)))
