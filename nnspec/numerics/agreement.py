r"""Do two results agree, and could we have seen it if they did not?

A comparison with m entries is a test with two error rates: it raises a false alarm with probability at
most \alpha, and it misses a difference larger than `smallest_detectable` with probability at most \beta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from nnspec.numerics.lazy import np


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """The verdict, with the largest |z|, the allowed one, and the smallest difference that would be seen."""

    ok: bool
    z_max: float
    allowed: float
    smallest_detectable: float
    reason: str


def agree(
    a: Any,
    b_or_exact: Any,
    se_a: Any,
    se_b: Any = 0.0,
    *,
    false_alarm: float = 1e-6,
    detect: float | None = None,
    miss: float = 1e-3,
    tolerance: float = 0.0,
    dof: float = math.inf,
) -> Agreement:
    r"""Compare `a` with another estimate or an exact value, entry by entry.

    .. math::
        z = \frac{a - b}{\sqrt{s_a^2 + s_b^2}}, \qquad
        |z| \leq \Phi^{-1}\left(1 - \frac{\alpha}{2 m}\right) \quad \text{(Bonferroni over m entries)}, \qquad
        d = \left[\Phi^{-1}\left(1 - \frac{\alpha}{2 m}\right) + \Phi^{-1}(1 - \beta)\right] \max s

    `a` and `b_or_exact` have the same shape; standard errors have that shape or are numbers. d is
    `smallest_detectable`; when `detect` is given and d > `detect` the answer is no, because the test could
    not have seen the difference. Entries without error must be equal up to `tolerance`, which is also
    granted to all others on top of their z (for rounding or a known truncation).

    `dof` is the number of degrees of freedom of the standard errors (blocks - 1): few blocks make z heavy
    tailed, and \Phi^{-1} becomes the quantile of Student's t in Wallace's form,
    t = \sqrt{\nu (e^{u^2 / \nu} - 1)} with u = \Phi^{-1} (8 \nu + 3) / (8 \nu + 1).

    NaN never passes, nor do infinite values or errors, nor an empty comparison. Raises `ValueError` when shapes differ.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b_or_exact, dtype=np.float64)
    if a.shape != b.shape:
        message = f"cannot compare shape {a.shape} with shape {b.shape}"
        raise ValueError(message)
    if a.size == 0:
        return _verdict("there is nothing to compare", math.nan, math.inf, math.inf)
    se = np.broadcast_to(np.hypot(se_a, se_b), a.shape)
    entries = max(int(np.sum(se > 0.0)), 1)
    allowed = _student(-NormalDist().inv_cdf(false_alarm / (2 * entries)), dof)
    reach = allowed - NormalDist().inv_cdf(miss)
    if not np.all(np.isfinite(a) & np.isfinite(b) & np.isfinite(se)):
        return _verdict("not all values and errors are finite", math.nan, allowed, math.nan)
    if np.any(np.asarray(se_a) < 0.0) or np.any(np.asarray(se_b) < 0.0):
        return _verdict("a standard error is negative", math.nan, allowed, math.nan)
    gap = np.maximum(np.abs(a - b) - tolerance, 0.0)
    seen = reach * float(np.max(se, initial=0.0)) + tolerance
    z = np.divide(gap, se, out=np.zeros_like(gap), where=se > 0.0)
    z_max = float(np.max(z, initial=0.0))
    exact_gap = float(np.max(gap[se == 0.0], initial=0.0))
    if exact_gap > 0.0:
        reason = f"entries without error differ by {exact_gap + tolerance:.3g}, more than {tolerance:.3g}"
        return _verdict(reason, math.inf, allowed, seen)
    if z_max > allowed:
        return _verdict(f"|z| is {z_max:.2f}, allowed is {allowed:.2f}", z_max, allowed, seen)
    if detect is not None and seen > detect:
        reason = f"could not have seen a difference of {detect:.3g}, only one of {seen:.3g}"
        return _verdict(reason, z_max, allowed, seen)
    return _verdict("", z_max, allowed, seen)


def _verdict(reason: str, z_max: float, allowed: float, seen: float) -> Agreement:
    return Agreement(ok=not reason, z_max=z_max, allowed=allowed, smallest_detectable=seen, reason=reason)


def _student(quantile: float, dof: float) -> float:
    """The quantile of Student's t that has the same tail as this normal one."""
    if math.isinf(dof):
        return quantile
    u = quantile * (8 * dof + 3) / (8 * dof + 1)
    return math.sqrt(dof * math.expm1(u * u / dof))
