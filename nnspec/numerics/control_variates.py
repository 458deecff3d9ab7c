r"""Control variates for means over chains: quantities whose means are known to be zero, taken off with fitted coefficients.

With controls h, <h> = 0, the mean of O - c h is that of O for every c, and its variance is smallest for
c = Cov(h, h)^{-1} Cov(h, O) [assaraf1999, mira2013]. Coefficients are fitted by least squares on means over bins and come
from other chains than those they are applied to, so that they neither bias a mean nor make its error look smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnspec.numerics.lazy import np

FOLDS = 8
ROWS = 4
"""Bins that there must be for each coefficient."""
AT_ONCE = 1024
"""Entries that are fitted at the same time."""
RANK = 1e-10
"""Controls that depend on others to this relative variance count once."""


class Regression:
    """Fits of series on controls [chain, bin, control], in folds of chains (of one chain: of time).

    `families` are sets of controls, by their numbers. Each entry of a series is fitted by the family, or by none of them,
    for which RSS / (n - p)^2 is least: the mean square that p coefficients from n bins leave on other bins.
    """

    def __init__(self, controls: Any, families: Sequence[Any]) -> None:
        """Prepare the fits of all folds."""
        chains, bins, _ = controls.shape
        self.controls = np.asarray(controls, np.float64)
        self.folds = _folds(chains, bins)
        self.parts = [self.controls[self.folds == k] for k in range(int(self.folds.max()) + 1)]
        square = [part.T @ part for part in self.parts]
        whole, first = sum(square), [np.sum(part, axis=0) for part in self.parts]
        self.fits = []
        for k, part in enumerate(self.parts):
            n = chains * bins - len(part)
            mean = (sum(first) - first[k]) / n
            gram = whole - square[k] - n * np.outer(mean, mean)
            known = [np.asarray(f) for f in families if 0 < len(f) * ROWS <= n]
            self.fits.append((n, mean, [(f, _inverse(gram[np.ix_(f, f)])) for f in known]))

    def corrected(self, series: Any, *single: Any) -> tuple[Any, ...]:
        """The series [chain, bin, ...] less what controls explain; `single` is a series and its controls, treated alike."""
        flat = np.asarray(series, np.float64).reshape(*series.shape[:2], -1)
        other = np.asarray(single[0], np.float64).reshape(*series.shape[:2], -1) if single else None
        out, alone = np.empty_like(flat), None if other is None else np.empty_like(other)
        for start in range(0, flat.shape[2], AT_ONCE):
            entries = slice(start, start + AT_ONCE)
            for k, c in enumerate(self._coefficients(flat[..., entries])):
                mine = self.folds == k
                out[mine, entries] = flat[mine, entries] - self.controls[mine] @ c
                if alone is not None and other is not None:
                    alone[mine, entries] = other[mine, entries] - single[1][mine] @ c
        return (out.reshape(series.shape),) if alone is None else (out.reshape(series.shape), alone.reshape(series.shape))

    def _coefficients(self, series: Any) -> list[Any]:
        """Of each fold, [control, entry], from all others."""
        values = [series[self.folds == k] for k in range(len(self.parts))]
        cross = [part.T @ own for part, own in zip(self.parts, values, strict=True)]
        first = [np.sum(own, axis=0) for own in values]
        centre = sum(first) / series[..., 0].size
        second = [np.sum((own - centre) ** 2, axis=0) for own in values]
        whole, firsts, seconds = sum(cross), sum(first), sum(second)
        found: list[Any] = []
        for k, (n, mean, families) in enumerate(self.fits):
            average = (firsts - first[k]) / n
            slope = whole - cross[k] - n * np.outer(mean, average)
            spread = seconds - second[k] - n * (average - centre) ** 2
            best, chosen = spread / n**2, np.zeros_like(slope)
            for family, inverse in families:
                c = inverse @ slope[family]
                left = np.maximum(spread - np.sum(c * slope[family], axis=0), 0.0) / (n - len(family)) ** 2
                better = left < best
                best = np.where(better, left, best)
                chosen[:, better] = 0.0
                chosen[np.ix_(family, better)] = c[:, better]
            found.append(chosen)
        return found


def _folds(chains: int, bins: int) -> Any:
    """The fold of each bin, [chain, bin]."""
    if chains > 1:
        count = min(chains, FOLDS)
        return np.broadcast_to((np.arange(chains) * count // chains)[:, None], (chains, bins))
    count = min(bins, FOLDS)
    return (np.arange(bins) * count // bins)[None, :]


def _inverse(gram: Any) -> Any:
    """The inverse of a covariance matrix on what varies."""
    size = np.sqrt(np.maximum(np.diagonal(gram), 0.0))
    scale = np.where(size > 0, 1.0 / np.where(size > 0, size, 1.0), 0.0)
    values, vectors = np.linalg.eigh(gram * np.outer(scale, scale))
    good = values > RANK * max(float(values[-1]), 1e-300)
    return (vectors * np.where(good, 1.0 / np.where(good, values, 1.0), 0.0)) @ vectors.T * np.outer(scale, scale)
