"""Points that a request is about: given ones, or a line from one point along the first axis."""

from __future__ import annotations

from typing import Any

from nnspec.numerics.lazy import np
from nnspec.plugin.records import Ask


def points_at(ask: Ask, key: str = "at") -> Any:
    """Points [point, in]; a flat list of numbers means points on the first axis."""
    given = np.asarray(ask[key], dtype=np.float64)
    return given if given.ndim == 2 else on_first_axis(given, ask.dim)


def on_first_axis(numbers: Any, dim: int) -> Any:
    """(r, 0, ..., 0) for each number: [point, in]."""
    points = np.zeros((len(numbers), dim))
    points[:, 0] = numbers
    return points


def line(ask: Ask) -> tuple[Any, Any]:
    """The point `from` [in] and the points from + r e_1 for r in `along` [point, in]."""
    start = np.asarray(ask["from"], dtype=np.float64)
    return start, start[None, :] + on_first_axis(np.asarray(ask["along"], dtype=np.float64), ask.dim)
