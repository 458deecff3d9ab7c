"""Pictures of results: lines with their errors, maps of kernels, histograms; the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnspec.check.sweeps import dimensions
from nnspec.ir.experiment import Experiment, Plot
from nnspec.numerics.lazy import np
from nnspec.report.axes import axis, squeezed
from nnspec.report.canvas import COLUMN, FORMS, figure, mathtext, rendered
from nnspec.report.curves import draw_panel, draw_residuals, floor, names_of
from nnspec.report.maps import draw_histogram, draw_map
from nnspec.report.panels import MOST_NAMED, panels
from nnspec.report.tables import sampled
from nnspec.result.estimate import Estimate
from nnspec.result.files import write_bytes

_DIMENSIONS = ("x", "y", "color", "column")
_WIDE, _VERY_WIDE = 8.0, 1000.0
"""Positive numbers whose largest is so many times the smallest have a logarithmic axis, where nobody chose one: over a
sweep, and otherwise."""
_FEWEST = 3
"""A number at fewer points of a sweep is read from the table."""
_LONGER = 4
"""A result over two dimensions, one of them so many times the other and this one short, is drawn as lines and no map."""


def draw_plot(plot: Plot, estimates: Mapping[str, Estimate], data: Mapping[str, Any]) -> Any:
    r"""The matplotlib figure of a plot.

    `lines` draws results over their dimension `x`: bars for sampled values, bands where there are many, a line for exact
    ones. Further dimensions are told apart by `color`, and by panels beside each other, `column`. On a logarithmic axis a
    value that is not positive is shown by an open marker at its absolute value, and the legend says so. `heatmap` draws
    one result over two dimensions, `histogram` the entries of results. `residuals` shows (a - b)/\sigma, below the lines
    or instead of the values.
    """
    chosen, reference = _chosen(plot, estimates.values()), _reference(plot, estimates.values())
    if plot.word == "heatmap":
        with figure(height=0.82 * COLUMN) as (canvas, grid):
            draw_map(canvas, grid[0, 0], plot, chosen[0], reference)
        return canvas
    if plot.word == "histogram":
        with figure() as (canvas, grid):
            draw_histogram(grid[0, 0], plot, chosen, reference)
        return canvas
    row = panels(chosen, str(plot.option("color") or ""), str(plot.option("column") or ""), reference)
    if plot.option("logy") is None:
        wide = _spans_scales(np.concatenate([np.ravel(each.value) for each in chosen]), _VERY_WIDE)
        plot = replace(plot, options=(*plot.options, ("logy", wide)))
    with figure(len(row), below=reference is not None) as (canvas, grid):
        for k, panel in enumerate(row):
            first, place = k == 0, grid[0, k]  # the others have the same names, and the same axis
            draw_panel(place, panel if first else replace(panel, named=frozenset()), plot, data)
            place.set_title(mathtext(panel.title))
            if reference is not None:
                draw_residuals(grid[1, k], panel, plot, data)
                grid[1, k].set_xlabel(place.get_xlabel())
                place.set_xlabel("")
            if not first:
                for each in grid[:, k]:
                    each.set_ylabel("")
        if plot.option("logy"):
            floor(grid[0, 0], [curve for panel in row for curve in panel.curves])  # the axis is that of all panels
        if reference is not None:
            reach = max(each.get_ylim()[1] for each in grid[1])
            grid[1, 0].set_ylim(-reach, reach)
            canvas.align_ylabels(grid[:, 0])
    return canvas


def drawable(
    plots: Sequence[Plot], estimates: Sequence[Estimate], swept: Sequence[str] = ()
) -> tuple[Plot, ...]:
    """Plots of the spec that these results can show, then those of results that none of them shows."""
    ready = [plot for plot in plots if _can_be_drawn(plot, estimates)]
    return (*ready, *default_plots(ready, estimates, swept))


def default_plots(plots: Sequence[Plot], estimates: Sequence[Estimate], swept: Sequence[str] = ()) -> tuple[Plot, ...]:
    """Plots of the results that the spec does not show; methods of one thing together, over a sweep along its axes."""
    shown = {name for plot in plots for name in names_of(plot)}
    groups: dict[tuple[str, Any], list[tuple[Estimate, dict[str, Any]]]] = {}
    for each in estimates:
        base = each.name.split(".")[0]
        options = _options(squeezed(each), swept) if each.name not in shown and base not in shown else None
        if options is not None:
            key = (base, tuple(options.items())) if "x" in options else (each.name, None)
            groups.setdefault(key, []).append((each, options))
    taken = {plot.name for plot in plots}
    return tuple(
        _default(name, [each for each, _ in drawn], drawn[0][1], taken)
        for (base, _), group in groups.items() for name, drawn in _apart(base, group)
    )  # fmt: skip


def _apart(base: str, group: list[tuple[Estimate, Any]]) -> list[tuple[str, list[tuple[Estimate, Any]]]]:
    """Methods of one thing, which differ in their methods, stay together; its parts are each a thing of their own."""
    if len({each.method for each, _ in group}) == len(group):
        return [(base, group)]
    return [(each.name, [(each, options)]) for each, options in group]


def _options(estimate: Estimate, swept: Sequence[str]) -> dict[str, Any] | None:
    """How a result is shown where nobody said so; None when it is a number, or over too much."""
    axes, own = [d for d in estimate.dims if d in swept], [d for d in estimate.dims if d not in swept]
    if np.size(estimate.value) < 2 or not np.isfinite(np.asarray(estimate.value, dtype=float)).any():
        return None
    if not axes and len(own) == 2:
        size, long = sorted(zip(np.shape(estimate.value), own, strict=True))
        return {"x": long[1], "color": size[1]} if size[0] <= MOST_NAMED and long[0] >= _LONGER * size[0] else {}
    if len(own) > 1 or len(estimate.dims) > 3 or (not own and max(np.shape(estimate.value)) < _FEWEST):
        return None
    numeric = [dim for dim in axes if axis(estimate, estimate.dims.index(dim)).numeric]
    x = (own or numeric or axes)[0]
    further = dict(zip(("color", "column"), (dim for dim in estimate.dims if dim != x), strict=False))
    found: dict[str, Any] = {"x": x, **further}
    if axes and not own:
        places = axis(estimate, estimate.dims.index(x))
        found["logx"] = places.numeric and _spans_scales(places.places)
        found["logy"] = _spans_scales(estimate.value)
    return found


def _spans_scales(value: Any, wide: float = _WIDE) -> bool:
    array = np.asarray(value, dtype=float)
    array = array[np.isfinite(array)]
    return bool(array.size and array.min() > 0 and array.max() >= wide * array.min())


def _default(name: str, group: Sequence[Estimate], options: Mapping[str, Any], taken: set[str]) -> Plot:
    free = name if name not in taken else f"{name}-result"
    taken.add(free)
    names = tuple(each.name for each in group)
    if not options:
        return Plot(name=free, word="heatmap", options=(("of", names),))
    exact = [each.name for each in group if not sampled(each)]
    compared: dict[str, Any] = {"residuals": ((exact or names)[-1],)} if len(names) > 1 and len(exact) < len(names) else {}
    return Plot(name=free, word="lines", options=tuple({**options, "y": names, **compared}.items()))


def draw_all(
    plots: Sequence[Plot], estimates: Sequence[Estimate], data: Mapping[str, Any], *, swept: Sequence[str] = (),
    forms: Sequence[str] = FORMS,
) -> dict[str, dict[str, bytes]]:  # fmt: skip
    """Pictures by name, and by form: those of the spec, then the default ones."""
    by_name = {each.name: each for each in estimates}
    found: dict[str, dict[str, bytes]] = {}
    for plot in drawable(plots, estimates, swept):
        canvas = draw_plot(plot, by_name, data)
        found[plot.name] = {form: rendered(canvas, form) for form in forms}
    return found


def swept(experiment: Experiment) -> tuple[str, ...]:
    """The axes of the sweep, which are dimensions of the results over it."""
    return dimensions(experiment.sweep.axes) if experiment.sweep is not None else ()


def save(canvas: Any, path: Path) -> None:
    """Write a picture; the ending says how (`.png`, `.pdf`, `.svg`)."""
    write_bytes(Path(path), rendered(canvas, Path(path).suffix.lstrip(".") or "png"))


# ---------------------------------------------------------------- what a plot shows
def _chosen(plot: Plot, estimates: Iterable[Estimate]) -> list[Estimate]:
    """The results that a plot names; `G2` means all methods of it, `G2.exact` one."""
    every = list(estimates)
    names = names_of(plot)
    found = [each for name in names for each in every if name in (each.name, each.name.split(".")[0])]
    return [squeezed(each, _kept(plot)) for each in found]


def _reference(plot: Plot, estimates: Iterable[Estimate]) -> Estimate | None:
    """The result that the others are compared with."""
    wanted = plot.option("residuals") or ()
    return next((squeezed(each, _kept(plot)) for each in estimates if each.name in wanted), None)


def _kept(plot: Plot) -> tuple[str, ...]:
    """The dimensions that a plot names; they are there even where they have one place."""
    return tuple(str(plot.option(key)) for key in _DIMENSIONS if isinstance(plot.option(key), str))


def _can_be_drawn(plot: Plot, estimates: Sequence[Estimate]) -> bool:
    """Whether there is something to draw, and its dimensions are those of the plot: those of a sweep may not be here."""
    chosen, reference = _chosen(plot, estimates), _reference(plot, estimates)
    if not chosen or (plot.option("residuals") and (reference is None or any(each.dims != reference.dims for each in chosen))):
        return False
    if plot.word == "histogram":
        return True
    if plot.word == "heatmap":
        wanted = {plot.option("x"), plot.option("y")} - {None}
        return all(wanted <= set(each.dims) and len(each.dims) == 2 for each in chosen[:1])
    further = {plot.option("color"), plot.option("column")} - {None}
    wanted = {*further, *(x for x in (str(plot.option("x")),) if "." in x)}
    return all(wanted <= set(each.dims) and len(set(each.dims) - further) == 1 for each in chosen)
