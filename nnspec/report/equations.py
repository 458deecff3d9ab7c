"""Equations of methods, written in LaTeX by whoever wrote the method, as drawings inside the page."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Any

from nnspec.report.canvas import style

SIZE = 100.0
"""Units of the drawing to one em."""

_SAME = (
    (r"\\tfrac\b", r"\\frac"),
    (r"\\[lr]vert\b", "|"),
    (r"\\[lr]Vert\b", r"\\|"),
    (r"\\(Big|big|bigg|Bigg)[lrm]?\b", ""),
    (r"\\(displaystyle|limits|nolimits|!)", ""),
    (r"\\sqrt\s*(\\[A-Za-z]+|\w)", r"\\sqrt{\1}"),
    (r"~", r"\\ "),
)


def equation(latex: str) -> str:
    """An inline drawing of a formula, in the colour of the text; the LaTeX itself where it cannot be drawn."""
    text = " ".join(latex.split())
    drawing = _drawing(text)
    return drawing if drawing is not None else f"<code>{escape(text)}</code>"


@lru_cache(maxsize=256)
def _drawing(latex: str) -> str | None:
    """The outline of a formula as SVG, None when matplotlib does not know one of its commands."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    known = re.sub(r"\\text(?:rm)?\s*\{([^{}]*)\}", _words, _displayed(latex))
    for pattern, same in _SAME:
        known = re.sub(pattern, same, known)
    with style():
        try:
            path: Any = TextPath((0, 0), f"${known}$", size=SIZE, prop=FontProperties(family="STIXGeneral"))
        except (ValueError, RuntimeError):
            return None
    if not len(path.vertices):
        return None
    (left, bottom), (right, top) = path.vertices.min(axis=0), path.vertices.max(axis=0)
    low, high = min(float(bottom), 0.0) - 4, float(top) + 4
    width, height = float(right - left) + 8, high - low
    box = f"{left - 4:.0f} {-high:.0f} {width:.0f} {height:.0f}"
    size = f"width:{width / SIZE:.2f}em;height:{height / SIZE:.2f}em;vertical-align:{low / SIZE:.2f}em"
    label = escape(latex)
    return (
        f'<svg class="equation" role="img" aria-label="{label}" viewBox="{box}" style="{size}">'
        f'<path fill="currentColor" d="{_outline(path)}"/></svg>'
    )


def _words(found: re.Match[str]) -> str:
    """Upright words that keep their spaces."""
    return r"\mathrm{" + found.group(1).replace(" ", r"\ ") + "}"


def _displayed(latex: str) -> str:
    """Fractions that stand in no other group at full size, as in a displayed formula."""
    out, depth = "", 0
    for piece in re.split(r"(\\frac\b|[{}])", latex):
        depth += {"{": 1, "}": -1}.get(piece, 0)
        out += r"\dfrac" if piece == r"\frac" and depth == 0 else piece
    return out


def _outline(path: Any) -> str:
    """The curves of a path in SVG's letters, y downwards."""
    out: list[str] = []
    letters = {1: "M", 2: "L", 3: "Q", 4: "C"}
    for points, code in path.iter_segments(simplify=False, curves=True):
        if code == 79:
            out.append("Z")
            continue
        pairs = [f"{x:.1f} {-y:.1f}" for x, y in points.reshape(-1, 2)]
        out.append(letters[int(code)] + " ".join(pairs))
    return "".join(out)
