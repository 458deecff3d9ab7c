"""An assertion that two results agree, and that a difference would have been seen."""

from __future__ import annotations

import math
from typing import Any

from nnspec.numerics.agreement import agree
from nnspec.numerics.lazy import np


def assert_agree(
    sampled: Any, exact: Any, *, false_alarm: float, detect: float, miss: float = 1e-3, tolerance: float = 0.0
) -> None:
    r"""Assert that a sampled result is what another one says, in every entry.

    .. math:: |z| = \frac{|a - b|}{\sqrt{s_a^2 + s_b^2}} \leq \Phi^{-1}\left(1 - \frac{\alpha}{2 m}\right)

    Over keys it fails by chance with a probability of at most `false_alarm` = alpha (Bonferroni over m entries), and
    lets an error of the size `detect` pass with a probability of at most `miss`; when it could not, it fails too.

    Args:
        sampled: an `Estimate`, or anything with `value` and `stderr`; its number of blocks, where it says one,
            widens the quantile.
        exact: the same, or an array without error; one of the two must have an error.
        false_alarm: alpha.
        detect: the difference that must not go unseen.
        miss: the probability with which it may.
        tolerance: a known rounding or truncation error, granted on top.
    """
    a, se_a, dof_a = _parts(sampled)
    b, se_b, dof_b = _parts(exact)
    assert a.shape == b.shape, f"the shapes {a.shape} and {b.shape} differ"
    assert np.any(se_a > 0) or np.any(se_b > 0), "neither result has a standard error: compare them with a tolerance"
    verdict = agree(
        a, b, se_a, se_b, false_alarm=false_alarm, detect=detect, miss=miss, tolerance=tolerance, dof=min(dof_a, dof_b)
    )
    if verdict.ok:
        return
    se = np.broadcast_to(np.hypot(se_a, se_b), a.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(a == b, 0.0, np.maximum(np.abs(a - b) - tolerance, 0.0) / se)
    worst = np.unravel_index(int(np.argmax(np.where(np.isnan(z), np.inf, z))), z.shape)
    place = f"entry {tuple(int(k) for k in worst)}: " if worst else ""
    allowed, seen = verdict.allowed, verdict.smallest_detectable
    message = (
        f"{place}{a[worst]:.8g} is not {b[worst]:.8g}: {verdict.reason}; z = {z[worst]:.2f} with an error of "
        f"{se[worst]:.3g} (|z| <= {allowed:.2f} is allowed, the smallest difference seen is {seen:.3g})"
    )
    if not z[worst] > allowed and np.all(np.isfinite(z)):
        message = f"the comparison is too weak: {verdict.reason} (wanted {detect:.3g}); take more draws"
    raise AssertionError(message)


def _parts(result: Any) -> tuple[Any, Any, float]:
    """Value, standard error and the degrees of freedom of that error."""
    value = np.asarray(getattr(result, "value", result), dtype=np.float64)
    error = getattr(result, "stderr", None)
    stderr = np.zeros(()) if error is None else np.asarray(error, dtype=np.float64)
    kept = getattr(result, "blocks", None)
    count = getattr(result, "diagnostics", {}).get("blocks", None if kept is None else len(kept))
    return value, stderr, math.inf if error is None or count is None else float(count - 1)
