"""Lines in a picture: bars and bands for sampled values, lines for exact ones, and what is left in sigmas below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.ir.experiment import Plot
from nnspec.numerics.lazy import np
from nnspec.report.axes import Axis, axis
from nnspec.report.canvas import mathtext, plain
from nnspec.report.panels import Panel, short
from nnspec.report.residuals import residuals
from nnspec.report.tables import sampled
from nnspec.result.estimate import Estimate
from nnspec.result.format import plain_number

BARS = 60
"""More points than this show their errors as a band."""
_WRITTEN = 6
_NAMED = 3
"""More results than this are not all written beside the axis."""


def draw_panel(axes: Any, panel: Panel, plot: Plot, data: Mapping[str, Any]) -> str:
    """One panel of a plot of lines; the label of its axis."""
    chosen, x = panel.curves, str(plot.option("x") or "")
    logs = bool(plot.option("logx")), bool(plot.option("logy"))
    label, negative, hidden = x, False, 0
    order = sorted(range(len(chosen)), key=lambda k: sampled(chosen[k]))  # bars lie on top of lines
    for k in order:
        places = along(chosen[k], x, data)
        label = places.label
        hidden = max(hidden, int(np.sum(places.places <= 0)) if logs[0] and places.numeric else 0)
        negative |= _series(axes, chosen[k], places, panel.colours[k], logs[1], joined=panel.joined)
    if logs[0]:
        axes.set_xscale("log")
        _places(axes, [along(each, x, data) for each in chosen])
    if logs[1]:
        axes.set_yscale("log")
        floor(axes, chosen)
    _legend(axes, panel, f"{hidden} at {label} ≤ 0 not shown" if hidden else "", negative=negative)
    axes.set_xlabel(mathtext(short(label)))
    asked = names_of(plot)
    if 0 < len(asked) <= _NAMED:
        names = list(dict.fromkeys(each.partition(".")[0] for each in asked)) if len(chosen) > 1 else [chosen[0].name]
        axes.set_ylabel(", ".join(mathtext(asked[0] if len(names) == 1 and plot.option("color") else name) for name in names))
    return label


def draw_residuals(axes: Any, panel: Panel, plot: Plot, data: Mapping[str, Any]) -> None:
    """Below a panel: (value - reference)/s of each curve, in a band of one and two standard deviations."""
    axes.axhspan(-2, 2, color="0.93", linewidth=0)
    axes.axhspan(-1, 1, color="0.86", linewidth=0)
    axes.axhline(0, color="0.4", linewidth=0.6)
    largest = 3.0
    for curve, reference, colour in zip(panel.curves, panel.references, panel.colours, strict=True):
        pulls = residuals(curve, reference)
        if not np.isfinite(pulls).any() or np.array_equal(curve.value, reference.value):
            continue
        places = along(curve, str(plot.option("x") or ""), data)
        x = places.places if places.numeric else np.arange(1, len(pulls) + 1)
        axes.plot(x, pulls, "o", markersize=2.6, color=colour, label=curve.name)
        largest = max(largest, float(np.nanmax(np.abs(pulls))) * 1.15)
    axes.set_ylim(-largest, largest)
    axes.set_ylabel(r"$\Delta/\sigma$")


def names_of(plot: Plot) -> tuple[str, ...]:
    """The results that a plot names."""
    names = plot.option("y" if plot.word == "lines" else "of") or ()
    return (names,) if isinstance(names, str) else tuple(names)


def along(estimate: Estimate, x: str, data: Mapping[str, Any]) -> Axis:
    """The places of a one-dimensional result, under the name the plot asks for."""
    assert len(estimate.dims) == 1, f"'{estimate.name}' has {len(estimate.dims)} dimensions; lines need one"
    size = np.shape(estimate.value)[0]
    for source in (estimate.coords, data):
        if x in source and np.shape(source[x]) == (size,):
            return Axis(dim=estimate.dims[0], label=x, places=np.asarray(source[x]), counted=False)
    return axis(estimate, 0, data)


def _places(axes: Any, every: list[Axis]) -> None:
    """Few places within two decades of a logarithmic axis are written out: 5, 10, 20."""
    whole = np.unique(np.concatenate([each.places for each in every if each.numeric] or [np.zeros(0)]))
    whole = whole[whole > 0]
    if 1 < len(whole) <= _WRITTEN and whole[-1] < 100 * whole[0]:
        axes.set_xticks(whole, [plain_number(float(place), 4) for place in whole])
        axes.set_xticks([], minor=True)


def floor(axes: Any, chosen: Sequence[Estimate]) -> None:
    """The frame of a logarithmic axis, from values: a bar that reaches zero ends at the frame and does not move it."""
    lows, highs = [], []
    for each in chosen:
        size = np.abs(np.asarray(each.value, dtype=float))
        spread = np.zeros_like(size) if each.stderr is None else np.broadcast_to(np.asarray(each.stderr, dtype=float), size.shape)
        good = np.isfinite(size) & (size > 0) & np.isfinite(spread)
        if good.any():
            lows.append(float(np.min(np.maximum(size - spread, size / 2)[good])))
            highs.append(float(np.max((size + spread)[good])))
    if lows:
        low, high = min(lows), max(highs)
        room = max((high / low) ** 0.06, 1.15)
        axes.set_ylim(low / room, high * room)


def _legend(axes: Any, panel: Panel, hidden: str, *, negative: bool) -> None:
    handles, labels = axes.get_legend_handles_labels()
    names = [each.name for each in panel.curves]
    wanted = sorted((k for k in range(len(labels)) if labels[k] in panel.named), key=lambda k: names.index(labels[k]))
    handles, labels = [handles[k] for k in wanted], [labels[k] for k in wanted]
    if negative:
        open_marker = axes.plot([], [], "o", color="0.35", markerfacecolor="none", linestyle="none")[0]
        handles, labels = [*handles, open_marker], [*labels, "value ≤ 0, at |value|"]
    if hidden:
        nothing = axes.plot([], [], linestyle="none")[0]
        handles, labels = [*handles, nothing], [*labels, hidden]
    if len(handles) > 1 or (handles and not panel.named):
        axes.legend(handles, [mathtext(name) for name in labels], loc="best")


def _series(axes: Any, estimate: Estimate, places: Axis, color: Any, logy: bool, *, joined: bool) -> bool:
    """Draw one result; True when a value is shown by its absolute value."""
    value = np.asarray(estimate.value, dtype=float)
    x = places.places if places.numeric else np.arange(1, len(value) + 1)
    if not places.numeric:
        axes.set_xticks(x, [plain(str(place)) for place in places.places])
        axes.tick_params(axis="x", which="minor", bottom=False, top=False)
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
    if zero.any():  # an empty line that is not clipped lies in a corner of the picture, and the axes would leave it room
        frame = axes.get_xaxis_transform()
        axes.plot(x[zero], np.zeros(zero.sum()), "o", color=color, markerfacecolor="white", transform=frame, clip_on=False)
