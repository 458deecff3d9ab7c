"""Kernels as colours, and how the entries of results are distributed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nnspec.ir.experiment import Plot
from nnspec.numerics.lazy import np
from nnspec.report.axes import Axis, axis
from nnspec.report.canvas import BLUE_TO_RED, COLOURS, ONE_SIDED, mathtext, plain, spoken
from nnspec.report.panels import short
from nnspec.report.residuals import residuals
from nnspec.result.estimate import Estimate
from nnspec.result.format import plain_number

_MOST_BINS = 80


# ---------------------------------------------------------------- heat maps
def draw_map(canvas: Any, axes: Any, plot: Plot, estimate: Estimate, reference: Estimate | None) -> None:
    """A result over two dimensions as colours: one-sided for values of one sign, else centred at zero."""
    estimate, reference = _turned(plot, estimate), None if reference is None else _turned(plot, reference)
    value = np.asarray(estimate.value, dtype=float) if reference is None else residuals(estimate, reference)
    value = np.where(np.isfinite(value), value, np.nan)
    first, second = axis(estimate, 0), axis(estimate, 1)
    from matplotlib.colors import LogNorm

    mixed = reference is not None or bool((value < 0).any() and (value > 0).any())
    top = float(np.nanmax(np.abs(value))) if np.isfinite(value).any() else 1.0
    positive = np.abs(value[value > 0]) if not mixed else np.asarray([])
    scale: dict[str, Any] = {"vmin": -top, "vmax": top} if mixed else {}
    if plot.option("log") and positive.size:
        scale = {"norm": LogNorm(float(positive.min()), float(positive.max()))}
    from matplotlib import colormaps

    colours = colormaps[BLUE_TO_RED if mixed else ONE_SIDED].with_extremes(bad="0.85")
    picture = axes.imshow(
        value, cmap=colours, origin="upper", interpolation="nearest", **scale,
        aspect="equal" if value.shape[0] == value.shape[1] else "auto",
    )  # fmt: skip
    _ticks(axes.yaxis, first)
    _ticks(axes.xaxis, second)
    axes.set_ylabel(mathtext(short(first.label)))
    axes.set_xlabel(mathtext(short(second.label)))
    spread = np.asarray([] if estimate.stderr is None else estimate.stderr, dtype=float)
    spread = spread[np.isfinite(spread)]
    error = f", s.e. ≤ {plain_number(float(np.max(spread)), 2)}" if spread.size else ""
    axes.set_title(plain(spoken(estimate.method)) + error)
    axes.tick_params(direction="out", top=False, right=False)
    bar = canvas.colorbar(picture, ax=axes, fraction=0.046, pad=0.03)
    bar.set_label(mathtext(estimate.name) if reference is None else _difference(estimate, reference))
    bar.ax.tick_params(which="both", direction="out", left=False)
    bar.ax.minorticks_off()


def _turned(plot: Plot, estimate: Estimate) -> Estimate:
    """The result with the dimension that the plot wants downwards first."""
    across, down = plot.option("x"), plot.option("y")
    if estimate.dims[0] != across and estimate.dims[1] != down:
        return estimate
    spread = None if estimate.stderr is None else np.broadcast_to(estimate.stderr, np.shape(estimate.value)).T
    blocks = None if estimate.blocks is None else np.swapaxes(np.asarray(estimate.blocks), 1, 2)
    return replace(estimate, value=np.asarray(estimate.value).T, stderr=spread, blocks=blocks, dims=estimate.dims[::-1])


def _difference(estimate: Estimate, reference: Estimate) -> str:
    return f"({mathtext(estimate.name)} − {mathtext(reference.name)})" + r"$/\sigma$"


def _ticks(side: Any, places: Axis) -> None:
    """At most six places, by their coordinate."""
    count = len(places.places)
    chosen = sorted({round(k * (count - 1) / 5) for k in range(6)}) if count > 6 else list(range(count))
    words = [f"{places.places[k]:.3g}" if places.numeric else plain(str(places.places[k])) for k in chosen]
    side.set_ticks(chosen, words)
    side.set_tick_params(which="minor", size=0)


# ---------------------------------------------------------------- histograms
def draw_histogram(axes: Any, plot: Plot, chosen: list[Estimate], reference: Estimate | None) -> None:
    """How often entries of results have which value; residuals beside the standard normal density that they should have."""
    rows = [(each, np.asarray(each.value, dtype=float) if reference is None else residuals(each, reference)) for each in chosen]
    kept = [(each, value[np.isfinite(value)]) for each, value in rows]
    kept = [(each, value) for each, value in kept if value.size]
    whole = np.concatenate([value for _, value in kept]) if kept else np.zeros(1)
    edges = _edges(whole, plot.option("bins"))
    for (each, value), colour in zip(kept, COLOURS, strict=False):
        axes.hist(value, edges, density=reference is not None, histtype="stepfilled", alpha=0.25, color=colour, linewidth=0)
        axes.hist(value, edges, density=reference is not None, histtype="step", color=colour, linewidth=1.0, label=each.name)
    if reference is not None:
        reach = max(4.0, float(np.max(np.abs(whole))))
        x = np.linspace(-reach, reach, 241)
        axes.plot(x, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), color="0.2", linewidth=0.9, label="standard normal")
        axes.set_xlabel(r"$\Delta/\sigma$" if len(kept) != 1 else _difference(kept[0][0], reference))
        axes.set_ylabel("density")
    else:
        axes.set_xlabel(", ".join(mathtext(each.name) for each, _ in kept))
        axes.set_ylabel("entries")
    if plot.option("logy"):
        axes.set_yscale("log")
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) > 1:
        axes.legend(handles, [mathtext(label) for label in labels])


def _edges(value: Any, bins: Any) -> Any:
    """Borders of intervals; their width 2 IQR/n^(1/3), of Freedman and Diaconis, where the spec says nothing."""
    if bins:
        return np.histogram_bin_edges(value, int(bins))
    return np.histogram_bin_edges(value, min(_MOST_BINS, len(np.histogram_bin_edges(value, "fd")) - 1))
