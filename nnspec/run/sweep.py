"""A sweep: its points one by one, their results as arrays over the swept values, and the claims about the whole."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nnspec.ir.experiment import Axis, Experiment, Sweep
from nnspec.ir.expr import Apply
from nnspec.numerics.lazy import np
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.result.estimate import Estimate
from nnspec.result.record import CheckRecord
from nnspec.run.checks import judge_over
from nnspec.run.data import made
from nnspec.text.diagnostic import Diagnostic


@dataclass(frozen=True)
class Point:
    """One point: the values by path, where it lies in the grid, and which of the seeds it has."""

    changes: tuple[tuple[str, str], ...]
    place: tuple[int, ...]
    seed: int = 0

    def __str__(self) -> str:
        """`let.N=10, let.s=2`."""
        return ", ".join(f"{path}={value}" for path, value in self.changes)


@dataclass(frozen=True)
class Swept:
    """What came of a point: its estimates, or why there are none; `failed` are its own checks that failed."""

    point: Point
    estimates: tuple[Estimate, ...] = ()
    path: str = ""
    failed: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Whole:
    """A sweep that ended: results over it, claims about it, and the points."""

    estimates: tuple[Estimate, ...]
    checks: tuple[CheckRecord, ...]
    points: tuple[Swept, ...]
    left_out: tuple[str, ...] = field(default=())
    """Observables that have another shape at every point."""


def values(axis: Axis, words: Vocabulary) -> tuple[str, ...]:
    """The values of an axis as they would stand in the spec."""
    if axis.made is None:
        return axis.values
    assert isinstance(axis.made, Apply)
    return tuple(repr(float(number)) for number in made(axis.made, {}, words))


def points(sweep: Sweep, seed: int, words: Vocabulary) -> list[Point]:
    """All points, the last axis fastest; seeds count from that of the spec."""
    groups = _groups(sweep)
    listed = {axis.path: values(axis, words) for axis in sweep.axes}
    found: list[Point] = []
    for place in itertools.product(*(range(group[0].count) for group in groups)):
        changes = tuple(
            (axis.path, listed[axis.path][k]) for k, group in zip(place, groups, strict=True) for axis in group
        )
        for number in range(sweep.seeds):
            more = (("numerics.seed", str(seed + number)),) if sweep.seeds > 1 else ()
            found.append(Point((*changes, *more), place, number))
    return found


def _groups(sweep: Sweep) -> list[list[Axis]]:
    """Axes that move together, in the order of the spec."""
    found: dict[str, list[Axis]] = {}
    for axis in sweep.axes:
        found.setdefault(axis.group, []).append(axis)
    return list(found.values())


def over(experiment: Experiment, found: Sequence[Swept], data: Mapping[str, Any], words: Vocabulary) -> Whole:
    """Results of all points as arrays, and the claims of the sweep judged on them."""
    sweep = experiment.sweep
    assert sweep is not None
    groups = _groups(sweep)
    dims = tuple(group[0].path for group in groups)
    coords = {group[0].path: _coordinate(values(group[0], words)) for group in groups}
    shape = tuple(group[0].count for group in groups)
    estimates: list[Estimate] = []
    left_out: list[str] = []
    names = dict.fromkeys(each.name for point in found for each in point.estimates)
    for name in names:
        assembled = _assembled(name, found, dims, shape, coords)
        if assembled is None:
            left_out.append(name)
        else:
            estimates.append(assembled)
    listed = {axis.path: values(axis, words) for axis in sweep.axes}
    by_name = {each.name: each for each in estimates}
    checks = judge_over(experiment, by_name, data, {axis.path: _coordinate(listed[axis.path]) for axis in sweep.axes}, coords)
    return Whole(tuple(estimates), tuple(checks), tuple(found), tuple(left_out))


def _coordinate(texts: Sequence[str]) -> Any:
    """Numbers where all values are numbers, else the texts."""
    try:
        return np.asarray([float(text) for text in texts])
    except ValueError:
        return np.asarray([text.strip("\"'") for text in texts])


def _assembled(
    name: str, found: Sequence[Swept], dims: tuple[str, ...], shape: tuple[int, ...], coords: Mapping[str, Any]
) -> Estimate | None:
    """One observable over the sweep: the mean over seeds at each point, NaN where a point failed."""
    here = [(point.point.place, each) for point in found for each in point.estimates if each.name == name]
    first = here[0][1]
    own = np.shape(first.value)
    if any(np.shape(each.value) != own for _, each in here):
        return None
    total, square, count = np.zeros((*shape, *own)), np.zeros((*shape, *own)), np.zeros(shape)
    for place, each in here:
        total[place] += np.asarray(each.value)
        square[place] += np.square(np.asarray(each.stderr)) if each.stderr is not None else 0.0
        count[place] += 1
    many = count.reshape(*shape, *(1,) * len(own))
    with np.errstate(all="ignore"):
        value, error = total / many, np.sqrt(square) / many
    sampled = any(each.stderr is not None for _, each in here)
    along = {**{dim: coords[dim] for dim in dims if coords[dim].dtype.kind == "f"}, **first.coords}
    warnings = tuple(dict.fromkeys(text for _, each in here for text in each.warnings))
    return replace(
        first, value=value, stderr=error if sampled else None, dims=(*dims, *first.dims), coords=along, blocks=None,
        numerical_error=max(each.numerical_error for _, each in here), warnings=warnings, diagnostics={},
    )  # fmt: skip


def run_points(
    listed: Sequence[Point], one: Callable[[Point], Swept], report: Callable[[int, int, Swept], None]
) -> list[Swept]:
    """Every point in turn; a point that fails does not keep the others from being computed."""
    found: list[Swept] = []
    for number, point in enumerate(listed, 1):
        found.append(one(point))
        report(number, len(listed), found[-1])
    return found
