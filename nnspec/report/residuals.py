"""How far results lie apart, in standard deviations."""

from __future__ import annotations

from typing import Any

from nnspec.numerics.lazy import np
from nnspec.result.estimate import Estimate


def residuals(one: Estimate, other: Estimate) -> Any:
    r"""(a - b)/s at every entry, NaN where there is no error.

    s is the standard error of the difference. Where both have leave-one-out values d_k over K blocks of the same draws it
    is that of the jackknife, s^2 = (K - 1)/K \sum_k (d_k - \bar d)^2, which knows that they are correlated; else
    s^2 = s_a^2 + s_b^2.
    """
    gap = np.asarray(one.value, dtype=float) - np.asarray(other.value, dtype=float)
    spread = np.broadcast_to(_spread(one, other), gap.shape)
    safe = np.where(spread > 0, spread, 1.0)
    return np.where(spread > 0, gap / safe, np.nan)


def _spread(one: Estimate, other: Estimate) -> Any:
    a, b = (None if each.blocks is None else np.asarray(each.blocks, dtype=float) for each in (one, other))
    if a is not None and b is not None and a.shape == b.shape and one.draws == other.draws:
        apart = a - b
        count = len(apart)
        return np.sqrt((count - 1) / count * np.sum(np.square(apart - np.mean(apart, axis=0)), axis=0))
    errors = [0.0 if each.stderr is None else np.asarray(each.stderr, dtype=float) for each in (one, other)]
    return np.hypot(*errors)
