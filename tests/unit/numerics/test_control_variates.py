"""Control variates on independent draws, where means, variances and the bias of fits are known."""

from __future__ import annotations

import numpy as np

from nnspec.numerics.autocorrelation import correlated_errors
from nnspec.numerics.control_variates import Regression

BOTH = [np.array([0]), np.array([1]), np.array([0, 1])]


def controls(rng, chains=4, bins=64):
    """A normal variable and its square less one: means zero."""
    u = rng.normal(size=(chains, bins))
    return u, np.stack([u, u * u - 1], axis=-1)


def test_what_controls_explain_is_taken_away_to_rounding():
    u, h = controls(np.random.default_rng(1))
    series = np.stack([3 + 2 * u - 5 * u * u, np.full_like(u, 7.0), u * u], axis=-1)
    (found,) = Regression(h, BOTH).corrected(series)
    np.testing.assert_allclose(found, np.broadcast_to([-2.0, 7.0, 1.0], found.shape), atol=1e-12)


def test_single_draws_get_the_coefficients_of_the_bins():
    rng = np.random.default_rng(2)
    u, h = controls(rng)
    v, other = controls(rng)
    series, single = (x[..., None] ** 3 + 0.1 * x[..., None] ** 2 for x in (u, v))
    bins, alone = Regression(h, BOTH).corrected(series, single, other)
    slope = (series - bins)[0, 0, 0], (series - bins)[0, 1, 0]
    c = np.linalg.solve(h[0, :2], np.array(slope))  # of the first chain
    np.testing.assert_allclose((single - alone)[0, :, 0], other[0] @ c, rtol=1e-8)


def test_what_has_nothing_to_do_with_controls_stays():
    """Of 40 independent entries some are fitted by chance, which adds p/n = 1% to their variance, with a spread of
    2 sqrt(p/n)/sqrt(m) = 1.3% (m bins that are corrected): 4.5 of it, 1e-4 false alarms. Too few bins fit nothing."""
    rng = np.random.default_rng(3)
    _, h = controls(rng)
    series = rng.normal(size=(4, 64, 40))
    (found,) = Regression(h, BOTH).corrected(series)
    ratio = np.var(found, axis=(0, 1)) / np.var(series, axis=(0, 1))
    assert np.all(ratio < 1.01 + 4.5 * 0.013)
    assert 0.97 < np.mean(ratio) < 1.02
    short = series[:, :1, :3]
    np.testing.assert_array_equal(Regression(h[:, :1], [np.arange(2)]).corrected(short)[0], short)


def runs(rng, count, regression):
    """Means of u^4 less controls, in units of its error, for many small sets of 4 x 16 draws; <u^4> = 3."""
    found = []
    for _ in range(count):
        u, h = controls(rng, bins=16)
        series = regression(h)(u[..., None] ** 4)
        found.append((np.mean(series) - 3, correlated_errors(series).stderr[0]))
    return np.array(found).T


def test_fits_on_other_chains_have_no_bias_and_those_on_the_same_draws_have():
    """1,500 sets of 64 draws. Bias within 4 errors (6e-5 false alarms); the mutant, fitted on what it corrects, is far off."""
    gap, error = runs(np.random.default_rng(4), 1500, lambda h: lambda x: Regression(h, BOTH[1:2]).corrected(x)[0])
    assert abs(np.mean(gap)) < 4 * np.std(gap) / np.sqrt(len(gap))
    assert 0.9 < np.std(gap) / np.sqrt(np.mean(error**2)) < 1.15

    def same(h):
        def corrected(x):
            y, z = x - np.mean(x), h[..., 1:] - np.mean(h[..., 1:])
            return x - h[..., 1:] * np.sum(y * z) / np.sum(z * z)

        return corrected

    gap, _ = runs(np.random.default_rng(4), 1500, same)
    assert abs(np.mean(gap)) > 8 * np.std(gap) / np.sqrt(len(gap))


def test_one_chain_is_cut_in_time():
    u, h = controls(np.random.default_rng(5), chains=1, bins=160)
    (found,) = Regression(h, BOTH).corrected(u[..., None] ** 2)
    assert np.ptp(found) < 1e-12
