"""A result over several dimensions as curves over one: a colour for each value of a dimension, a panel for each of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.report.axes import Axis, axis
from nnspec.report.canvas import COLOURS
from nnspec.result.estimate import Estimate
from nnspec.result.format import plain_number

MOST_NAMED = 8
"""More curves than this are not all named in the legend, and their colours run from dark to light."""


@dataclass(frozen=True)
class Panel:
    """Curves in one pair of axes; each is a result over one dimension, named as the legend names it."""

    title: str
    curves: tuple[Estimate, ...]
    colours: tuple[Any, ...]
    named: frozenset[str]
    """Names of the curves that the legend shows."""
    references: tuple[Estimate, ...] = ()
    """What each curve is compared with, where the plot says so; a curve that is its own reference is not."""
    joined: bool = False
    """Whether the points of a curve are joined, so that one finds those of its colour."""


def panels(chosen: Sequence[Estimate], color: str, column: str, reference: Estimate | None = None) -> list[Panel]:
    """The panels of a plot: one, or one for each value of the dimension `column`."""
    if reference is not None:
        others = [replace(reference, name=each.name) for each in chosen]
        pairs = zip(panels(chosen, color, column), panels(others, color, column), strict=True)
        return [replace(panel, references=other.curves) for panel, other in pairs]
    places = next((axis(each, each.dims.index(column)) for each in chosen if column in each.dims), None)
    if places is None:
        return [_panel("", chosen, color)]
    found = []
    for k, value in enumerate(places.places):
        cut = [_slice(each, column, k, each.name) if column in each.dims else each for each in chosen]
        found.append(_panel(_said(places, value), cut, color))
    return found


def _panel(title: str, chosen: Sequence[Estimate], color: str) -> Panel:
    curves: list[Estimate] = []
    longest = 1
    for each in chosen:
        if color not in each.dims:
            curves.append(each)
            continue
        places = axis(each, each.dims.index(color))
        longest = max(longest, len(places.places))
        for k, value in enumerate(places.places):
            said = _said(places, value)
            curves.append(_slice(each, color, k, said if len(chosen) == 1 else f"{each.name}, {said}"))
    colours = _colours(len(curves))
    return Panel(title, tuple(curves), colours, frozenset(_named([each.name for each in curves])), joined=longest > 1)


def _colours(count: int) -> tuple[Any, ...]:
    if count <= MOST_NAMED:
        return COLOURS[:count]
    from matplotlib import colormaps

    scale = colormaps["viridis"]
    return tuple(scale(0.95 * k / (count - 1)) for k in range(count))


def _named(names: list[str]) -> list[str]:
    """All names, or some of them from the first to the last."""
    if len(names) <= MOST_NAMED:
        return names
    return [names[round(k * (len(names) - 1) / 4)] for k in range(5)]


def _said(places: Axis, value: Any) -> str:
    """`n = 64`, `model.parameterization = ntk`."""
    shown = plain_number(float(value), 4) if places.numeric else str(value)
    return f"{short(places.label)} = {shown}"


def short(label: str) -> str:
    """The name of a dimension; an axis of a sweep goes by the last step of its path, `n` for `let.n`."""
    return label.rpartition(".")[2]


def _slice(estimate: Estimate, dim: str, k: int, name: str) -> Estimate:
    """A result at the k-th place of one of its dimensions."""
    place = estimate.dims.index(dim)
    cut = (slice(None),) * place + (k,)
    stderr = estimate.stderr
    if stderr is not None:
        stderr = np.broadcast_to(np.asarray(stderr, dtype=float), np.shape(estimate.value))[cut]
    coords = {label: given for label, given in estimate.coords.items() if label != dim}
    dims = (*estimate.dims[:place], *estimate.dims[place + 1 :])
    value = np.asarray(estimate.value)[cut]
    blocks = None if estimate.blocks is None else np.asarray(estimate.blocks)[(slice(None), *cut)]
    return replace(estimate, name=name, value=value, stderr=stderr, dims=dims, coords=coords, blocks=blocks)
