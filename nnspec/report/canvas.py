"""The look of all pictures: one column of a paper, colours that everybody can tell apart, mathematics in the text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nnspec.report.latex import printed
from nnspec.report.symbols import symbol

COLUMN = 3.4
"""Width of one column in inches."""
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555", "#B8A900")
"""Okabe and Ito's palette, told apart in every kind of colour blindness; the yellow darkened for white paper."""
ONE_SIDED, BLUE_TO_RED = "viridis", "RdBu_r"

_STYLE: dict[str, Any] = {
    "figure.figsize": (COLUMN, COLUMN / 1.5),
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "figure.constrained_layout.use": True,
    "font.family": ["serif"],
    "font.serif": ["STIXGeneral", "DejaVu Serif"],
    "mathtext.fontset": "stix",
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "axes.linewidth": 0.6,
    "axes.formatter.use_mathtext": True,
    "axes.formatter.limits": (-3, 4),
    "axes.unicode_minus": True,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.2,
    "lines.markeredgewidth": 0.8,
    "errorbar.capsize": 1.6,
    "pdf.fonttype": 42,
    "svg.hashsalt": "nnspec",
    "svg.fonttype": "path",
}
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib as this project wants it, whatever the user's own settings are."""
    import matplotlib as mpl
    from cycler import cycler

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE | {"axes.prop_cycle": cycler(color=COLOURS)})
        yield


@contextmanager
def figure(columns: int = 1, below: bool = False, height: float = COLUMN / 1.5) -> Iterator[tuple[Any, Any]]:
    """A new figure with a grid of axes [row, column], to be drawn inside the block; with `below` a low second row."""
    with style():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        wide = COLUMN if columns == 1 else COLUMN * (0.3 + 0.7 * columns)
        canvas = Figure(figsize=(wide, height + (0.3 * COLUMN if below else 0.0)))
        FigureCanvasAgg(canvas)
        rows, ratios = (2, [2.6, 1]) if below else (1, [1])
        grid = canvas.subplots(rows, columns, sharex="col", sharey="row", squeeze=False, height_ratios=ratios)
        yield canvas, grid


FORMS = ("svg", "pdf", "png")
"""For the page, for papers, for slides."""


def rendered(canvas: Any, form: str) -> bytes:
    """The bytes of a figure as `png`, `pdf` or `svg`; the same for the same figure.

    The backends are called themselves: `savefig` would draw everything twice for each form.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    out = io.BytesIO()
    with style():
        if canvas.get_layout_engine() is not None:  # found once, not for every form again
            canvas.draw_without_rendering()
            canvas.set_layout_engine("none")
        canvas.set_dpi(_STYLE["savefig.dpi"])
        match form:
            case "png":
                FigureCanvasAgg(canvas).print_png(out, metadata=_METADATA[form])
            case "pdf":
                FigureCanvasPdf(canvas).print_pdf(out, metadata=_METADATA[form])
            case "svg":
                FigureCanvasSVG(canvas).print_svg(out, metadata=_METADATA[form])
    return out.getvalue()


def mathtext(name: str) -> str:
    """A name of the spec for matplotlib, or such names with values: a letter in mathematics, words as they are."""
    if " = " in name:
        pairs = (each.partition(" = ") for each in name.split(", "))
        return ", ".join(mathtext(head) + sign + plain(value) for head, sign, value in pairs)
    if re.fullmatch(r"[^\W\d_]+[\w']*(\.\w+)?", name) is None:
        return plain(name)
    head, dot, method = name.partition(".")
    tail = f" ({spoken(method)})" if dot else ""
    return "$" + printed(symbol(head)).replace(r"^{\prime}", "'") + f"${tail}"


def spoken(method: str) -> str:
    """A method in words: `Monte Carlo`, `closed form`."""
    return "Monte Carlo" if method == "monte_carlo" else method.replace("_", " ")


def plain(text: str) -> str:
    """Text that matplotlib shall not read as mathematics."""
    return text.replace("$", r"\$")
