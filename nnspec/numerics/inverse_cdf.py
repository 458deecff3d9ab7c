r"""Draws from any density on the line by the inverse of its distribution function, tabulated where its mass is.

The density is a logarithm, log f(t) up to a constant, in a coordinate t of a bounded range. Nodes move in rounds to where
the mass is, first that of f^{1/64}, which shows from afar where f is large, then of f itself, and to where the table is
worst (jumps, poles). Inside a cell log f is taken for a straight line, so the inverse is monotone and in closed form.
All of it is JAX on arrays of fixed shapes: numbers in log f may be traced.

What is seen is seen at sample points: a peak much narrower than their distance can be missed without a word, unless
`seeds` are near it. Whoever draws asks for bounds of log f first (`nnspec.lower.soundness`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.numerics.lazy import jnp, lax
from nnspec.numerics.quadrature import gauss_legendre

if TYPE_CHECKING:
    from collections.abc import Callable

CELLS = 2048
ORDER = 6
TEMPERATURES = (64.0, 16.0, 4.0, 2.0, *[1.0] * 8)
TOLERANCE = 1e-6
"""Error of the distribution function beyond which there are no draws; a million of them could not see it."""


class Table(NamedTuple):
    """Nodes `[node]`, log f less its largest value there, distribution function, and log of the integral of f.

    `error` bounds the error of the distribution function, the mass beyond both ends included; `norm_error` the relative
    one of the integral.
    """

    nodes: Any
    log_f: Any
    cdf: Any
    log_norm: Any
    error: Any
    norm_error: Any


def tabulate(log_f: Callable[[Any], Any], low: float, high: float, seeds: Any = None) -> Table:
    """The table of the density proportional to exp(log_f(t)) on [low, high]; log_f acts elementwise, -inf is allowed.

    In every round log f is looked at near the `seeds` too, points [seed] of the range. Where log_f is not a number, or
    nowhere above -inf, the error is NaN.
    """
    nodes = jnp.linspace(low, high, CELLS + 1)

    def move(nodes: Any, temperature: Any) -> tuple[Any, None]:
        nodes = nodes if seeds is None else jnp.sort(jnp.concatenate([nodes, seeds]))
        return _moved(nodes, log_f, temperature), None

    nodes, _ = lax.scan(move, nodes, jnp.asarray(TEMPERATURES))
    nodes = jnp.unique(nodes, size=CELLS + 1, fill_value=high)
    at, width = log_f(nodes), jnp.diff(nodes)
    top = jnp.max(jnp.where(jnp.isnan(at), jnp.nan, at))
    level = at - top
    quarters = jnp.stack([_integrated(log_f, nodes[:-1] + 0.25 * k * width, 0.25 * width, top) for k in range(4)])
    parts = jnp.cumsum(quarters, axis=0)
    mass, total = parts[-1], jnp.sum(parts[-1])
    cdf = jnp.concatenate([jnp.zeros(1), jnp.cumsum(mass)]) / total
    straight = jnp.stack([_share(level[:-1], level[1:], 0.25 * (k + 1)) for k in range(3)]) * mass[None, :]
    shape = jnp.max(jnp.abs(straight - parts[:3])) / total
    rules = jnp.sum(jnp.abs(_integrated(log_f, nodes[:-1], width, top) - mass)) / total
    beyond = _beyond(nodes, level, total)
    return Table(nodes, level, cdf, top + jnp.log(total), 2 * (shape + rules) + beyond, 2 * rules + beyond)


def draw(table: Table, u: Any, tolerance: float = TOLERANCE) -> Any:
    """The t whose distribution function is u, in float64; NaN for a table whose error is above the tolerance."""
    k = jnp.clip(jnp.searchsorted(table.cdf, u, side="right") - 1, 0, table.cdf.shape[0] - 2)
    low, high = table.cdf[k], table.cdf[k + 1]
    v = jnp.clip((u - low) / jnp.where(high > low, high - low, 1.0), 0.0, 1.0)
    t = table.nodes[k] + (table.nodes[k + 1] - table.nodes[k]) * _inverse_share(table.log_f[k], table.log_f[k + 1], v)
    return jnp.where(table.error <= tolerance, t, jnp.nan)


def mean(log_f: Callable[[Any], Any], table: Table, values: Callable[[Any], Any]) -> Any:
    """E values(t) on the cells of a table, by Gauss points."""
    t, w = gauss_legendre(ORDER, 0.0, 1.0)
    width = jnp.diff(table.nodes)
    points = table.nodes[:-1, None] + width[:, None] * jnp.asarray(t)[None, :]
    log_p = log_f(points) - table.log_norm
    weight = jnp.where(log_p == -jnp.inf, 0.0, jnp.exp(log_p)) * width[:, None] * jnp.asarray(w)[None, :]
    return jnp.sum(jnp.where(weight == 0, 0.0, weight * values(points)))


def _integrated(log_f: Callable[[Any], Any], start: Any, width: Any, top: Any) -> Any:
    t, w = gauss_legendre(ORDER, 0.0, 1.0)
    points = start[:, None] + width[:, None] * jnp.asarray(t)[None, :]
    return width * jnp.sum(jnp.exp(log_f(points) - top) * jnp.asarray(w)[None, :], axis=1)


def _moved(nodes: Any, log_f: Callable[[Any], Any], temperature: Any) -> Any:
    """New nodes: mostly by the mass of f^{1/temperature}, some by the error of the table, some where they were."""
    width = jnp.diff(nodes)
    half = nodes[:-1] + 0.5 * width
    at, inner = log_f(nodes) / temperature, log_f(half) / temperature
    top = jnp.maximum(jnp.max(at), jnp.max(inner))
    top = jnp.where(top == -jnp.inf, 0.0, top)
    ends, inner = jnp.exp(at - top), jnp.exp(inner - top)
    mass = width * jnp.maximum(inner, jnp.maximum(ends[:-1], ends[1:]))
    worst = width * jnp.abs(ends[:-1] + ends[1:] - 2 * inner)
    worst = worst / jnp.maximum(jnp.max(worst), 1e-300)
    tails = width * jnp.maximum(ends[:-1], ends[1:]) ** 0.25
    monitor = 0.4 * _part(mass) + 0.15 * (_part(worst) + _part(worst**2)) + 0.2 * _part(tails) + 0.1 / CELLS
    cumulated = jnp.concatenate([jnp.zeros(1), jnp.cumsum(monitor)])
    return jnp.interp(jnp.linspace(0.0, 1.0, CELLS + 1) * cumulated[-1], cumulated, nodes)


def _part(monitor: Any) -> Any:
    total = jnp.sum(monitor)
    return jnp.where(total > 0, monitor / jnp.where(total > 0, total, 1.0), 1.0 / CELLS)


def _slope(first: Any, last: Any) -> tuple[Any, Any]:
    """The change of log f over a cell, bounded, and whether it is so small that a series is better."""
    change = jnp.clip(jnp.where(first == last, 0.0, last - first), -700.0, 700.0)
    return change, jnp.abs(change) < 1e-6


def _share(first: Any, last: Any, at: float) -> Any:
    """The mass left of a place in a cell, of 1, where log f is a straight line."""
    change, small = _slope(first, last)
    safe = jnp.where(small, 1.0, change)
    return jnp.where(small, at + 0.5 * change * at * (at - 1), jnp.expm1(safe * at) / jnp.expm1(safe))


def _inverse_share(first: Any, last: Any, v: Any) -> Any:
    change, small = _slope(first, last)
    safe = jnp.where(small, 1.0, change)
    # for a large change e^c - 1 would overflow: log(1 + v (e^c - 1)) = c + log(v + (1 - v) e^-c)
    up = safe + jnp.log(jnp.maximum(v + (1 - v) * jnp.exp(-safe), 1e-320))
    down = jnp.log1p(v * jnp.expm1(jnp.minimum(safe, 0.0)))
    return jnp.clip(jnp.where(small, v + 0.5 * change * v * (1 - v), jnp.where(safe > 0, up, down) / safe), 0.0, 1.0)


def _beyond(nodes: Any, level: Any, total: Any) -> Any:
    """Mass beyond the ends, as if log f went on falling as between the last nodes; infinite where it does not fall."""
    found = 0.0
    for end, inside, sign in ((0, 64, 1.0), (-1, -65, -1.0)):
        step = jnp.abs(nodes[end] - nodes[inside])
        fall = (level[inside] - level[end]) / jnp.where(step > 0, step, 1.0)
        height = jnp.exp(level[end])
        found = found + jnp.where(height == 0, 0.0, jnp.where(fall > 0, height / (fall * total), jnp.inf)) * abs(sign)
    return found


__all__ = ["TOLERANCE", "Table", "draw", "mean", "tabulate"]
