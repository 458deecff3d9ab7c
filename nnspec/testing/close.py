"""An assertion that two deterministic results are the same up to a stated error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnspec.numerics.lazy import np


def assert_close(what: str | Sequence[str], got: Any, want: Any, rtol: float, scale: Any = None) -> None:
    """Assert |got - want| <= rtol * scale in every entry; NaN is never close.

    Args:
        what: a name for all entries, or one for each.
        got: the value on trial.
        want: what it should be.
        rtol: the relative error, whose origin the caller states.
        scale: what it is relative to, largest |want| by default; 0 asks for equality.
    """
    a, b = np.asarray(got, dtype=np.float64), np.asarray(want, dtype=np.float64)
    assert a.shape == b.shape, f"{what}: the shapes {a.shape} and {b.shape} differ"
    assert a.size, f"{what}: there is nothing to compare"
    size = np.max(np.abs(b)) if scale is None else np.asarray(scale, dtype=np.float64)
    excess = np.abs(a - b) - rtol * np.broadcast_to(size, a.shape)
    excess = np.where(np.isnan(excess), np.inf, excess)
    worst = np.unravel_index(int(np.argmax(excess)), a.shape)
    name = what if isinstance(what, str) else what[worst[0]]
    bound = rtol * float(np.broadcast_to(size, a.shape)[worst])
    assert excess[worst] <= 0, f"{name} is {a[worst]:.12g}, not {b[worst]:.12g} (allowed error {bound:.2g})"
