r"""Errors of correlated series: integrated autocorrelation time, effective sample size, split R-hat.

Series are `[step]` for one chain or `[chain, step]` for several of the same length, in float64. The
integrated time is the physicists' one, 1/2 for independent draws:

.. math:: \tau = \frac{1}{2} + \sum_{t \geq 1} \rho(t), \qquad \mathrm{Var}\, \bar x = \frac{2 \tau}{n} \Gamma(0)

(emcee and many others quote 2 \tau.) A series that never moves has no time: the answers are NaN.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from nnspec.numerics.lazy import np, scipy


class IntegratedTime(NamedTuple):
    """Integrated autocorrelation time in steps, its standard error, and the summation window."""

    tau: float
    stderr: float
    window: int


class SeriesMean(NamedTuple):
    """Mean of a correlated series, its standard error, and the effective number of draws."""

    value: float
    stderr: float
    ess: float


def autocovariance(series: Any) -> Any:
    r"""Autocovariance \Gamma(t) `[step]`, averaged over chains around the common mean [wolff2004].

    .. math:: \Gamma(t) = \frac{1}{R (n - t)} \sum_r \sum_i (x_{r, i} - \bar x)(x_{r, i+t} - \bar x)
    """
    x = _chains(series)
    chains, steps = x.shape
    y = x - np.mean(x)
    size = 1 << (2 * steps - 1).bit_length()
    power = np.abs(np.fft.rfft(y, size, axis=1)) ** 2
    raw = np.sum(np.fft.irfft(power, size, axis=1)[:, :steps], axis=0)
    return raw / (chains * (steps - np.arange(steps)))


def integrated_time(series: Any, s_tau: float = 1.5) -> IntegratedTime:
    r"""Integrated autocorrelation time by the Gamma method with automatic window [wolff2004].

    With \tau(W) = 1/2 + \sum_{t \leq W} |\rho(t)|, \tau_W = S / \ln((2 \tau + 1) / (2 \tau - 1)) and N the total
    number of steps, the window is the first W with

    .. math:: e^{-W / \tau_W} - \tau_W / \sqrt{W N} < 0

    Then \rho is corrected for the bias of the subtracted mean, which is -2 \tau \Gamma(0) / N, and
    \mathrm{Var}\, \tau = (4 / N) (W + 1/2 - \tau) \tau^2. `s_tau` is S, the assumed ratio of the slowest
    time to \tau. (Wolff has \rho for |\rho|, which cuts alternating series after one step.) When no window
    is found below half a chain the chains are too short: the error is then infinite.
    """
    x = _chains(series)
    total = x.size
    gamma = autocovariance(x)
    if not np.ptp(x) > 0.0:
        return IntegratedTime(math.nan, math.nan, 0)
    limit = x.shape[1] // 2
    window = _window(np.abs(gamma[1 : limit + 1] / gamma[0]), total, s_tau)
    found = window is not None
    window = window or limit
    # Gamma(t) is low by Var(mean), which is the windowed sum over N
    corrected = gamma[: window + 1] + (gamma[0] + 2.0 * np.sum(gamma[1 : window + 1])) / total
    tau = 0.5 + float(np.sum(corrected[1:])) / float(corrected[0])
    if not found:
        return IntegratedTime(tau, math.inf, window)
    stderr = abs(tau) * math.sqrt(4.0 / total * max(window + 0.5 - tau, 0.0))
    return IntegratedTime(tau, stderr, window)


class CorrelatedErrors(NamedTuple):
    """Errors of the means of many series at once, `[entry]`, and their integrated times in steps."""

    stderr: Any
    tau: Any


def correlated_errors(series: Any, s_tau: float = 1.5) -> CorrelatedErrors:
    r"""Errors of means by the Gamma method, as `integrated_time` has it, for `[chain, step, entry]` [wolff2004].

    .. math:: \mathrm{stderr}^2 = \frac{2 \tau \, \Gamma(0)}{N}

    All chains count around their common mean, so that chains which stay apart make the error larger. The error is
    infinite where no window is found below half a chain; it is zero, and the time 1/2, where nothing moves.
    """
    x = np.asarray(series, dtype=np.float64)
    chains, steps, entries = x.shape
    y = x - np.mean(x, axis=(0, 1))
    size, limit, total = 1 << (2 * steps - 1).bit_length(), steps // 2, chains * steps
    power = np.sum(np.abs(np.fft.rfft(y, size, axis=1)) ** 2, axis=0)
    gamma = np.fft.irfft(power, size, axis=0)[: limit + 1] / (chains * (steps - np.arange(limit + 1)))[:, None]
    still = ~(np.ptp(x, axis=(0, 1)) > 0.0)
    zero = np.where(still, 1.0, gamma[0])
    w = np.arange(1, limit + 1)[:, None]
    trial = 0.5 + np.cumsum(np.abs(gamma[1:] / zero), axis=0) + 1e-12
    scale = s_tau / np.log((2.0 * trial + 1.0) / (2.0 * trial - 1.0))
    good = np.exp(-w / scale) - scale / np.sqrt(w * float(total)) < 0.0
    found = np.any(good, axis=0) if limit else np.zeros(entries, bool)
    window = np.where(found, np.argmax(good, axis=0) + 1 if limit else 0, limit)
    sums = np.concatenate([np.zeros((1, entries)), np.cumsum(gamma[1:], axis=0)])
    inside = np.take_along_axis(sums, window[None, :], axis=0)[0]
    bias = (gamma[0] + 2.0 * inside) / total  # Gamma(t) is low by Var(mean)
    variance = np.where(still, 1.0, gamma[0] + bias)
    tau = np.where(still, 0.5, 0.5 + (inside + window * bias) / variance)
    tau = np.maximum(tau, 0.5 / max(math.log10(max(total, 10)), 1.0))  # alternating series, as in `effective_size`
    stderr = np.where(still, 0.0, np.where(found, np.sqrt(2.0 * tau * variance / total), np.inf))
    return CorrelatedErrors(stderr, tau)


def effective_size(series: Any) -> float:
    r"""Effective number of draws N / 2 \tau, at most N log10(N) [vehtari2021]; NaN if the series never moves.

    The cap is for alternating series, whose \tau is near zero and may come out negative.
    """
    size: int = _chains(series).size
    tau = integrated_time(series).tau
    cap = size * max(math.log10(size), 1.0)
    return cap if 2.0 * tau * cap < size else size / (2.0 * tau)


def series_mean(series: Any) -> SeriesMean:
    r"""Mean with the error \sqrt{2 \tau \Gamma(0) / N} [wolff2004]."""
    x = _chains(series)
    ess = effective_size(x)
    return SeriesMean(float(np.mean(x)), math.sqrt(float(np.var(x)) / ess), ess)


def split_r_hat(series: Any) -> float:
    r"""Rank-normalised split R-hat, the larger of bulk and folded [vehtari2021].

    Each chain is split in half (an odd last step is dropped), values are replaced by normal scores of
    their ranks, z = \Phi^{-1}((r - 3/8) / (S + 1/4)), and with within- and between-chain variances W and B

    .. math:: \hat R = \sqrt{\frac{(n - 1) W / n + B / n}{W}}

    The folded version ranks |x - median| and sees chains that differ in width. Below 1.01 is good. One
    chain suffices, since its halves are compared. Infinite when chains sit still at different values, NaN
    when nothing moves.
    """
    x = _chains(series)
    half = x.shape[1] // 2
    if half < 2:
        message = f"split R-hat needs at least 4 steps per chain, got {x.shape[1]}"
        raise ValueError(message)
    halves = np.concatenate([x[:, :half], x[:, half : 2 * half]])
    bulk = _r_hat(_normal_scores(halves))
    folded = _r_hat(_normal_scores(np.abs(halves - np.median(halves))))
    known = [r for r in (bulk, folded) if not math.isnan(r)]
    return max(known) if known else math.nan


def _chains(series: Any) -> Any:
    x = np.asarray(series, dtype=np.float64)
    if x.ndim == 1:
        x = x[None, :]
    if x.ndim != 2 or x.shape[1] < 2:
        message = f"a series is [step] or [chain, step] with at least 2 steps, not of shape {np.shape(series)}"
        raise ValueError(message)
    return x


def _window(size: Any, total: int, s_tau: float) -> int | None:
    """First window W >= 1 at which the statistical error outgrows the truncation error."""
    w = np.arange(1, size.size + 1)
    tau = 0.5 + np.cumsum(size) + 1e-12  # never exactly 1/2, where the logarithm is infinite
    scale = s_tau / np.log((2.0 * tau + 1.0) / (2.0 * tau - 1.0))
    found = np.flatnonzero(np.exp(-w / scale) - scale / np.sqrt(w * float(total)) < 0.0)
    return int(w[found[0]]) if found.size else None


def _normal_scores(x: Any) -> Any:
    ranks = scipy.stats.rankdata(x, method="average").reshape(x.shape)
    return scipy.special.ndtri((ranks - 0.375) / (x.size + 0.25))


def _r_hat(z: Any) -> float:
    steps = z.shape[1]
    within = float(np.mean(np.var(z, axis=1, ddof=1)))
    between = float(np.var(np.mean(z, axis=1), ddof=1))
    if within == 0.0:
        return math.inf if between > 0.0 else math.nan
    return math.sqrt((steps - 1) / steps + between / within)
