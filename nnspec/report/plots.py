"""Pictures of results: lines with their errors, heat maps of kernels; the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnspec.ir.experiment import Plot
from nnspec.numerics.lazy import np
from nnspec.report.axes import Axis, axis
from nnspec.report.canvas import BLUE_TO_RED, ONE_SIDED, figure, mathtext, rendered
from nnspec.report.panels import Panel, panels, short
from nnspec.report.tables import sampled
from nnspec.result.estimate import Estimate
from nnspec.result.files import write_bytes
from nnspec.result.format import plain_number

BARS = 60
"""More points than this show their errors as a band."""


def draw_plot(plot: Plot, estimates: Mapping[str, Estimate], data: Mapping[str, Any]) -> Any:
    """The matplotlib figure of a plot.

    `lines` draws results over their dimension `x`: bars for sampled values, a line for exact ones. Further dimensions
    are told apart by `color`, and by panels beside each other, `column`. On a logarithmic axis a value that is not
    positive is shown by an open marker at its absolute value, and the legend says so. `heatmap` draws one kernel.
    """
    chosen = _chosen(plot, estimates.values())
    if plot.word == "heatmap":
        with figure() as (canvas, axes):
            _heatmap(canvas, axes, chosen[0])
        return canvas
    row = panels(chosen, str(plot.option("color") or ""), str(plot.option("column") or ""))
    with figure(len(row)) as (canvas, axes):
        for panel, place in zip(row, np.atleast_1d(axes), strict=True):
            first = panel is row[0]  # the others have the same names, and the same axis
            _lines(place, panel if first else replace(panel, named=frozenset()), plot, data)
            place.set_title(mathtext(panel.title))
            if not first:
                place.set_ylabel("")
    return canvas


def default_plots(plots: Sequence[Plot], estimates: Sequence[Estimate]) -> tuple[Plot, ...]:
    """Plots of the results over one or two dimensions that the spec does not show; methods of one thing together."""
    shown = {name for plot in plots for name in _names(plot)}
    groups: dict[tuple[str, Any], list[Estimate]] = {}
    for each in estimates:
        size = np.size(each.value)
        if each.name not in shown and each.name.split(".")[0] not in shown and size > 1 and len(each.dims) in (1, 2):
            one = len(each.dims) == 1
            key = (each.name.split(".")[0], axis(each, 0).key) if one else (each.name, None)
            groups.setdefault(key, []).append(each)
    taken = {plot.name for plot in plots}
    return tuple(_default(name, group, taken) for (name, _), group in groups.items())


def _names(plot: Plot) -> tuple[str, ...]:
    names = plot.option("y") or ()
    return (names,) if isinstance(names, str) else tuple(names)


def _chosen(plot: Plot, estimates: Iterable[Estimate]) -> list[Estimate]:
    """The results that a plot names; `G2` means all methods of it, `G2.exact` one."""
    every = list(estimates)
    return [each for name in _names(plot) for each in every if name in (each.name, each.name.split(".")[0])]


def _default(name: str, group: Sequence[Estimate], taken: set[str]) -> Plot:
    free = name if name not in taken else f"{name}-result"
    taken.add(free)
    options: tuple[tuple[str, Any], ...] = (("y", tuple(each.name for each in group)),)
    if len(group[0].dims) == 2:
        return Plot(name=free, word="heatmap", options=options)
    return Plot(name=free, word="lines", options=(("x", axis(group[0], 0).dim), *options))


def draw_all(plots: Sequence[Plot], estimates: Sequence[Estimate], data: Mapping[str, Any]) -> dict[str, bytes]:
    """Pictures by name, as PNG: those of the spec, then the default ones."""
    by_name = {each.name: each for each in estimates}
    every = (*plots, *default_plots(plots, estimates))
    ready = [plot for plot in every if _can_be_drawn(plot, estimates)]
    return {plot.name: png(draw_plot(plot, by_name, data)) for plot in ready}


def _can_be_drawn(plot: Plot, estimates: Sequence[Estimate]) -> bool:
    """Whether there is something to draw, and its dimensions are those of the plot: those of a sweep are not here."""
    chosen = _chosen(plot, estimates)
    if plot.word == "heatmap":
        return bool(chosen)
    further = {plot.option("color"), plot.option("column")} - {None}
    wanted = {*further, *(x for x in (str(plot.option("x")),) if "." in x)}
    return bool(chosen) and all(wanted <= set(each.dims) and len(set(each.dims) - further) == 1 for each in chosen)


def png(canvas: Any) -> bytes:
    """The picture as PNG, without date or program in it."""
    return rendered(canvas, "png")


def save(canvas: Any, path: Path) -> None:
    """Write a picture; the ending says how (`.png`, `.pdf`, `.svg`)."""
    write_bytes(Path(path), rendered(canvas, Path(path).suffix.lstrip(".") or "png"))


# ---------------------------------------------------------------- lines
def _lines(axes: Any, panel: Panel, plot: Plot, data: Mapping[str, Any]) -> None:
    chosen, x = panel.curves, str(plot.option("x") or "")
    logs = bool(plot.option("logx")), bool(plot.option("logy"))
    label, negative, hidden = x, False, 0
    order = sorted(range(len(chosen)), key=lambda k: sampled(chosen[k]))  # bars lie on top of lines
    for k in order:
        places = _along(chosen[k], x, data)
        label = label or places.label
        hidden = max(hidden, int(np.sum(places.places <= 0)) if logs[0] and places.numeric else 0)
        negative |= _series(axes, chosen[k], places, panel.colours[k], logs[1], joined=panel.joined)
    if logs[0]:
        axes.set_xscale("log")
    if logs[1]:
        axes.set_yscale("log")
    handles, labels = axes.get_legend_handles_labels()
    names = [each.name for each in chosen]
    wanted = sorted((k for k in range(len(labels)) if labels[k] in panel.named), key=lambda k: names.index(labels[k]))
    handles, labels = [handles[k] for k in wanted], [labels[k] for k in wanted]
    if negative:
        open_marker = axes.plot([], [], "o", color="0.35", markerfacecolor="none", linestyle="none")[0]
        handles, labels = [*handles, open_marker], [*labels, "value ≤ 0, at |value|"]
    if hidden:
        nothing = axes.plot([], [], linestyle="none")[0]
        handles, labels = [*handles, nothing], [*labels, f"{hidden} at {label} ≤ 0 not shown"]
    axes.set_xlabel(mathtext(short(label)))
    asked = _names(plot)
    if len(asked) == 1 and (len(chosen) == 1 or plot.option("color")):
        axes.set_ylabel(mathtext(chosen[0].name if len(chosen) == 1 else asked[0]))
    if len(handles) > 1 or (handles and not panel.named):
        axes.legend(handles, [mathtext(name) for name in labels])


def _along(estimate: Estimate, x: str, data: Mapping[str, Any]) -> Axis:
    """The places of a one-dimensional result, under the name the plot asks for."""
    assert len(estimate.dims) == 1, f"'{estimate.name}' has {len(estimate.dims)} dimensions; lines need one"
    size = np.shape(estimate.value)[0]
    for source in (estimate.coords, data):
        if x in source and np.shape(source[x]) == (size,):
            return Axis(dim=estimate.dims[0], label=x, places=np.asarray(source[x]), counted=False)
    return axis(estimate, 0, data)


def _series(axes: Any, estimate: Estimate, places: Axis, color: Any, logy: bool, *, joined: bool) -> bool:
    """Draw one result; True when a value is shown by its absolute value."""
    value = np.asarray(estimate.value, dtype=float)
    x = places.places if places.numeric else np.arange(1, len(value) + 1)
    if not places.numeric:
        axes.set_xticks(x, [str(place) for place in places.places])
    below = (value <= 0) & logy
    if estimate.stderr is None:
        _exact(axes, estimate, x, np.where(below, np.nan, value), color)
        _hollow(axes, x[below], -value[below], None, color)
        return bool(below.any())
    spread = np.broadcast_to(np.asarray(estimate.stderr, dtype=float), value.shape)
    if len(value) > BARS:
        _band(axes, estimate, x, value, spread, color, logy)
    else:
        height = np.where(below, np.nan, value)
        down = np.minimum(spread, 0.999999 * np.abs(value)) if logy else spread  # a bar to zero ends at the frame
        line = {"linestyle": "-", "linewidth": 0.6} if joined else {"linestyle": "none"}
        axes.errorbar(x, height, yerr=[down, spread], marker="o", color=color, label=estimate.name, **line)
    _hollow(axes, x[below], -value[below], spread[below], color)
    return bool(below.any())


def _exact(axes: Any, estimate: Estimate, x: Any, value: Any, color: str) -> None:
    """A line through exact values; a marker where a single one stands alone."""
    style = "-" if np.isfinite(value).sum() > 1 else "s"
    axes.plot(x, value, style, color=color, label=estimate.name)


def _band(axes: Any, estimate: Estimate, x: Any, value: Any, spread: Any, color: str, logy: bool) -> None:
    """Many sampled values: a line in a band of one standard deviation."""
    show = np.where((value <= 0) & logy, np.nan, value)
    low = np.maximum(value - spread, 1e-6 * np.abs(value)) if logy else value - spread
    axes.fill_between(x, low, value + spread, where=np.isfinite(show), color=color, alpha=0.25, linewidth=0)
    axes.plot(x, show, "-", color=color, label=estimate.name)


def _hollow(axes: Any, x: Any, size: Any, spread: Any, color: str) -> None:
    """Open markers at |value|; zeros sit on the lower frame."""
    if not len(x):
        return
    zero = size == 0
    if spread is not None:
        down = np.minimum(spread, 0.999999 * size)
        axes.errorbar(
            x[~zero], size[~zero], yerr=[down[~zero], spread[~zero]], fmt="o", color=color, markerfacecolor="white"
        )
    else:
        axes.plot(x[~zero], size[~zero], "o", color=color, markerfacecolor="white")
    frame = axes.get_xaxis_transform()
    axes.plot(x[zero], np.zeros(zero.sum()), "o", color=color, markerfacecolor="white", transform=frame, clip_on=False)


# ---------------------------------------------------------------- heat maps
def _heatmap(canvas: Any, axes: Any, estimate: Estimate) -> None:
    """A kernel as colours: one-sided for values of one sign, else centred at zero."""
    value = np.asarray(estimate.value, dtype=float)
    first, second = axis(estimate, 0), axis(estimate, 1)
    mixed = bool((value < 0).any() and (value > 0).any())
    top = float(np.nanmax(np.abs(value))) if value.size else 1.0
    limits = {"vmin": -top, "vmax": top} if mixed else {}
    picture = axes.imshow(
        value, cmap=BLUE_TO_RED if mixed else ONE_SIDED, origin="upper", interpolation="nearest", **limits,
        aspect="equal" if value.shape[0] == value.shape[1] else "auto",
    )  # fmt: skip
    _ticks(axes.yaxis, first)
    _ticks(axes.xaxis, second)
    axes.set_ylabel(mathtext(first.label))
    axes.set_xlabel(mathtext(second.label))
    error = "" if estimate.stderr is None else f", se ≤ {plain_number(float(np.max(estimate.stderr)), 2)}"
    axes.set_title(mathtext(estimate.name) + f"  ({estimate.method}{error})")
    axes.tick_params(direction="out", top=False, right=False)
    canvas.colorbar(picture, ax=axes, fraction=0.046, pad=0.03)


def _ticks(side: Any, places: Axis) -> None:
    """At most six places, by their coordinate."""
    count = len(places.places)
    chosen = sorted({round(k * (count - 1) / 5) for k in range(6)}) if count > 6 else list(range(count))
    words = [f"{places.places[k]:.3g}" if places.numeric else str(places.places[k]) for k in chosen]
    side.set_ticks(chosen, words)
