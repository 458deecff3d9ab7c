"""The points of a sweep as a table: what was changed, what came out, and where its own page is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from nnspec.ir.experiment import Experiment
from nnspec.numerics.lazy import np
from nnspec.report.axes import squeezed
from nnspec.report.page import element, grid
from nnspec.report.panels import short
from nnspec.report.tables import cell
from nnspec.result.estimate import Estimate
from nnspec.result.format import plain_number
from nnspec.result.record import RunRecord

_SEED = "numerics.seed"
_LONG = 10
"""More characters than this are not read one by one."""


def points_table(record: RunRecord, experiment: Experiment, estimates: Sequence[Estimate], at: str) -> str:
    """A row for each point of the grid, with the numbers found there; `at` is the folder of its points, seen from the page."""
    sweep = experiment.sweep
    if sweep is None or not record.points:
        return ""
    seeds = sweep.seeds
    rows = [record.points[k : k + seeds] for k in range(0, len(record.points), seeds)]
    paths = [path for path in dict.fromkeys(path for row in record.points for path in row["changes"]) if path != _SEED]
    names = [short(path) for path in paths]
    names = [path if names.count(name) > 1 else name for path, name in zip(paths, names, strict=True)]
    numbers = {each.name: column for each in estimates if (column := _numbers(each, len(rows), paths))}
    pages = dict(experiment.output).get("report", True)
    head = [*map(escape, names), *map(escape, numbers), "run"]
    body = [
        [
            *(escape(_shown(str(row[0]["changes"].get(path, "")))) for path in paths),
            *(escape(column[k]) for column in numbers.values()),
            ", ".join(_page(point, at, pages=pages) for point in row),
        ]
        for k, row in enumerate(rows)
    ]
    return grid(head, body, "points of the sweep")


def _numbers(estimate: Estimate, count: int, paths: Sequence[str]) -> list[str]:
    """The value at every point, where it is one number there."""
    axes = tuple(dim for dim in estimate.dims if dim in paths)
    flat = squeezed(estimate, axes)
    if flat.dims != axes or np.size(flat.value) != count:
        return []
    places = (tuple(map(int, np.unravel_index(k, np.shape(flat.value)))) for k in range(count))
    return [cell(flat, place) if np.isfinite(np.asarray(flat.value)[place]) else "–" for place in places]


def _shown(text: str) -> str:
    """A value of an axis; a long number is rounded."""
    try:
        return plain_number(float(text), 6) if len(text) > _LONG else text
    except ValueError:
        return text


def _page(point: Mapping[str, Any], at: str, *, pages: bool) -> str:
    if point["failed"]:
        return element("span", "failed", class_="badge bad")
    seed = point["changes"].get(_SEED)
    words = f"seed {seed}" if seed is not None else "report" if pages else str(point["folder"])
    where = f"{quote(at)}/{quote(str(point['folder']))}/" + ("report.html" if pages else "")
    return element("a", escape(words), href=where)
