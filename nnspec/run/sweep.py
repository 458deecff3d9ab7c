"""A sweep: its points one by one, their results as arrays over the swept values, and the claims about the whole."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nnspec.ir.experiment import Axis, Experiment, Sweep
from nnspec.ir.expr import Apply, DataRef
from nnspec.ir.walk import walk
from nnspec.lower.datasets import made
from nnspec.numerics.lazy import np
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.result.estimate import Estimate
from nnspec.result.record import CheckRecord
from nnspec.run.checks import judge_over
from nnspec.run.data import make_data
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
    """What came of a point: its meaning, its estimates and claims, or why there are none; `failed` are claims that failed."""

    point: Point
    experiment: Experiment | None = None
    estimates: tuple[Estimate, ...] = ()
    path: str = ""
    checks: tuple[CheckRecord, ...] = ()
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


def left_out(point: Point, swept: Sweep) -> Swept:
    """A point behind one that failed, where one failure was to be enough."""
    place = swept.axes[0].span if swept.axes else None
    said = Diagnostic("NN707", f"the point {point} was left out", place, "a point before it failed",
                      helps=("leave `--fail-fast` out, and all points are computed that can be",))  # fmt: skip
    return Swept(point, errors=(said,))


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


def over(experiment: Experiment, found: Sequence[Swept], words: Vocabulary) -> Whole:
    """Results of all points as arrays, and the claims of the sweep judged on them."""
    sweep = experiment.sweep
    assert sweep is not None
    groups = _groups(sweep)
    coords = {group[0].path: _coordinate(values(group[0], words)) for group in groups}
    shape = tuple(group[0].count for group in groups)
    estimates: list[Estimate] = []
    left_out: list[str] = []
    names = dict.fromkeys(each.name for point in found for each in point.estimates)
    for name in names:
        assembled = _assembled(name, found, shape, coords, sweep.seeds)
        if assembled is None:
            left_out.append(name)
        else:
            estimates.append(assembled)
    listed = {axis.path: values(axis, words) for axis in sweep.axes}
    by_name = {each.name: each for each in estimates}
    axes = {group[0].path: [_coordinate(listed[axis.path]) for axis in group] for group in groups}
    checks = judge_over(experiment, by_name, _common_data(sweep, found, words), _constants(experiment, found, shape), axes)
    return Whole(tuple(estimates), tuple(checks), tuple(found), tuple(left_out))


def _coordinate(texts: Sequence[str]) -> Any:
    """Numbers where all values are numbers, else the texts."""
    try:
        return np.asarray([float(text) for text in texts])
    except ValueError:
        return np.asarray([text.strip("\"'") for text in texts])


def _assembled(
    name: str, found: Sequence[Swept], shape: tuple[int, ...], coords: Mapping[str, Any], seeds: int
) -> Estimate | None:
    """One observable over the sweep: the mean over seeds at each point, NaN where one of them failed."""
    here = [(point.point.place, each) for point in found for each in point.estimates if each.name == name]
    first = here[0][1]
    own = np.shape(first.value)
    if any(np.shape(each.value) != own for _, each in here):
        return None
    value, error = _mean(here, (*shape, *own), seeds)
    same = {dim: along for dim, along in first.coords.items() if all(_equal(along, each.coords.get(dim)) for _, each in here)}
    along = {**{dim: values for dim, values in coords.items() if values.dtype.kind == "f"}, **same}
    warnings = tuple(dict.fromkeys(text for _, each in here for text in each.warnings))
    return replace(
        first, value=value, stderr=error, dims=(*coords, *first.dims), coords=along, blocks=None,
        draws=first.draws and first.draws * seeds,
        numerical_error=max(each.numerical_error for _, each in here), warnings=warnings, diagnostics={},
    )  # fmt: skip


def _mean(here: Sequence[tuple[tuple[int, ...], Estimate]], shape: tuple[int, ...], seeds: int) -> tuple[Any, Any]:
    r"""Mean over seeds at each place [*shape], NaN where one is missing, and its error, None where there is none to know.

    The error comes from those at every seed; where they have none, from how far the seeds lie apart,
    s^2 = \sum_k (v_k - \bar v)^2/(n (n - 1)), unless they all agree.
    """
    total, square, apart = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    count, lowest, highest = np.zeros(shape), np.full(shape, np.inf), np.full(shape, -np.inf)
    with np.errstate(all="ignore"):
        for place, each in here:
            found = np.asarray(each.value)
            total[place] += found
            count[place] += 1
            lowest[place], highest[place] = np.minimum(lowest[place], found), np.maximum(highest[place], found)
            square[place] += np.square(np.asarray(each.stderr)) if each.stderr is not None else 0.0
        many = np.where(count == seeds, count, np.nan)
        mean = total / many
        if any(each.stderr is not None for _, each in here):
            return mean, np.sqrt(square) / many
        for place, each in here:
            apart[place] += np.square(np.asarray(each.value) - mean[place])
        if seeds == 1 or np.array_equal(lowest, highest):
            return mean, None
        return mean, np.where(lowest == highest, 0.0, np.sqrt(apart / (many * (many - 1))))


def _equal(one: Any, other: Any) -> bool:
    return other is not None and np.array_equal(np.asarray(one), np.asarray(other))


def _constants(experiment: Experiment, found: Sequence[Swept], shape: tuple[int, ...]) -> dict[str, Any]:
    """Each constant over the whole grid, by its path, as it is at each point; NaN where a point has no meaning."""
    arrays = {name: np.full(shape, np.nan) for name in experiment.values}
    for each in found:
        for name, value in (each.experiment.values if each.experiment is not None else {}).items():
            arrays[name][each.point.place] = float(value)
    return {f"let.{name}": array for name, array in arrays.items()}


def _common_data(sweep: Sweep, found: Sequence[Swept], words: Vocabulary) -> dict[str, Any]:
    """The data sets that claims mention, as far as they are the same at every point."""
    asked = {part.name for check in sweep.checks for part in walk(check.that) if isinstance(part, DataRef)}
    sets = [make_data(each.experiment, words) for each in found if each.experiment is not None] if asked else []
    return {name: sets[0][name] for name in asked if sets and all(_equal(each[name], sets[0][name]) for each in sets)}


def run_points(
    listed: Sequence[Point], one: Callable[[Point], Swept], report: Callable[[int, int, Swept], None]
) -> list[Swept]:
    """Every point in turn; a point that fails does not keep the others from being computed."""
    found: list[Swept] = []
    for number, point in enumerate(listed, 1):
        found.append(one(point))
        report(number, len(listed), found[-1])
    return found
