"""Whether a density that is drawn from a table is what its table says, before anything is drawn.

A table knows a density at its nodes. What may lie between them is bounded by interval arithmetic on the formula, cell by
cell, in cells that are halved until their bounds together leave no room for a peak that was missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.bounds import log_bounds
from nnspec.ir.experiment import Model
from nnspec.ir.walk import walk
from nnspec.lower import conditional
from nnspec.lower.composed import Line, line_of, log_norm, table_of, tabulated, tabulated_parts
from nnspec.lower.expressions import Env, lower, lower_domain
from nnspec.lower.field import prior
from nnspec.lower.stack import density_args
from nnspec.lower.values import Value
from nnspec.numerics import inverse_cdf, streams
from nnspec.numerics.intervals import Arrays, Interval, NoBounds
from nnspec.numerics.lazy import jax, jnp, np

PEAK = 1e-5
"""Mass that may hide in one cell, as a narrow peak does, relative to all of it."""
HIDDEN = 0.1
"""Mass that the bounds of all cells together leave room for."""
MOST_CELLS = 1 << 18
CHUNK = 1 << 13
TRIED = 1 << 17
MISSED = 1e-2
"""Where no bounds are known: what the density may be above its table at points that were not used for it, of its height."""
ROUGH = 1e-3
"""Error of a table up to which it can tell whether something hides."""
NETWORKS = 2
"""Networks with whose numbers densities are looked at that hold random ones."""
INSIDE = 5
"""Points of a cell at which a named density, which is smooth, is read for a bound of it."""

Upper = Callable[[Any, Any], Any]


def certify(laws: Any, env: Env) -> None:
    """Look at every tabulated density inside `laws` with its numbers.

    Raises:
        ArithmeticError: for one that cannot be normalised, whose table is not good enough, or that hides a peak.
    """
    for law in tabulated_parts(laws):
        why = fault(law, env)
        if why:
            shown = f"`{law.span.text}`" if law.span is not None else "a density"
            message = f"{shown} cannot be drawn from: {why}"
            raise ArithmeticError(message)
    if isinstance(laws, Model):
        _certify_some(laws, env)


def _certify_some(model: Model, env: Env) -> None:
    """Look at densities whose numbers are random too, with those of a few networks."""
    laws = [part for param in model.params for part in walk(param.density) if conditional.has_own_table(part)]
    draw = jax.jit(prior(model, env)) if laws else None
    for law in laws:
        assert draw is not None
        for number in range(NETWORKS):
            drawn = replace(env, params=draw(streams.draw_key(streams.root_key(0), number)))
            whole, _ = conditional.closed(law)
            first = {
                name: Value(jnp.asarray(value.array)[(0,) * len(value.axes)], (), value.event)
                for name, value in conditional.slot_values(law, drawn).items()
            }
            why = fault(whole, replace(drawn, local={**drawn.local, **first}))
            if why:
                shown = f"`{law.span.text}`" if law.span is not None else "a density"
                message = f"{shown} cannot be drawn from, with the numbers of one network: {why}"
                raise ArithmeticError(message)


def fault(law: ir.Expr, env: Env) -> str:
    """Why a density by a table is not to be trusted; empty when it is."""
    atoms = [part for part in walk(law) if isinstance(part, ir.Density) and env.words.densities[part.name].atoms is not None]
    if atoms:
        return f"`{atoms[0].name}` lives on single numbers: it cannot be reweighted, cut off, or mixed inside such a density"
    env = replace(env, dtype=jnp.float64)
    line = line_of(law, env)
    table = jax.jit(lambda: table_of(law, env))()
    error = float(table.error)
    if math.isnan(error):
        return "it is not a number or negative somewhere, or zero wherever it was tried"
    if math.isinf(error):
        return "it cannot be normalised, or its tails fall off too slowly to tell"
    if error > inverse_cdf.TOLERANCE:
        return f"its distribution function is known to {error:.1e} only, and {inverse_cdf.TOLERANCE:g} is needed"
    return _hides(law, line, table, env)


@dataclass(frozen=True)
class Asked:
    """A density with the constants in it, which tell it from others."""

    law: ir.Expr
    constants: tuple[tuple[str, Any], ...]
    env: Env = field(compare=False)

    @staticmethod
    def of(law: ir.Expr, env: Env) -> Asked:
        """The question about a density under an environment."""
        return Asked(law, tuple((name, float(value)) for name, value in env.constants.items() if np.ndim(value) == 0), env)


@lru_cache(64)
def hidden_peak(asked: Asked) -> str:
    """Why quadrature at some nodes may miss a part of a density that is known up to a constant; empty when it does not."""
    env = replace(asked.env, dtype=jnp.float64)
    line = line_of(asked.law, env)
    table = jax.jit(lambda: table_of(asked.law, env))()
    return _hides(asked.law, line, table, env) if float(table.error) <= ROUGH else ""


def _hides(law: ir.Expr, line: Line, table: inverse_cdf.Table, env: Env) -> str:
    try:
        return _by_bounds(law, line, table, env)
    except NoBounds:
        return _by_trial(line, table)


_PEAK = "it has a peak that is too narrow to be found"


def _by_trial(line: Line, table: inverse_cdf.Table) -> str:
    """Compare the density with its table at points that were not used for it."""
    nodes, level = np.asarray(table.nodes), np.asarray(table.log_f)
    middle = np.interp([1e-9, 1 - 1e-9], np.asarray(table.cdf), nodes)
    tried = np.concatenate([np.linspace(line.low, line.high, TRIED), np.linspace(*middle, TRIED)])
    top = float(np.max(np.asarray(line.log_f(table.nodes))))
    found = np.asarray(jax.jit(line.log_f)(jnp.asarray(tried))) - top
    return "" if np.all(np.exp(found) - np.interp(tried, nodes, np.exp(level)) <= MISSED) else _PEAK


# ---------------------------------------------------------------- bounds
def _by_bounds(law: ir.Expr, line: Line, table: inverse_cdf.Table, env: Env) -> str:
    r"""Bound the mass of cells by \sup f times their length, and halve those in which more may hide than is seen."""
    with np.errstate(all="ignore"):
        edges, known = _cells(line, table)
        upper, norm = _upper(law, env), float(table.log_norm)
        lo, hi, cell = edges[:-1], edges[1:], np.arange(len(known))
        most, seen = _masses(upper, lo, hi, norm)
        while True:
            hidden, found = most - seen, np.bincount(cell, seen, minlength=len(known)) - known
            if np.max(found) > 2 * PEAK and np.max(hidden[cell == np.argmax(found)]) <= PEAK:
                place = edges[np.argmax(found)]
                return f"{_PEAK}, near {place:.6g}; a mixture `0.3*p + 0.7*q` of simple ones can be drawn from"
            if np.max(hidden) <= PEAK and np.sum(most) <= 1 + HIDDEN:
                return ""
            middle = 0.5 * lo + 0.5 * hi
            wide = (hidden > min(PEAK, 0.5 * HIDDEN / len(lo))) & (middle > lo) & (middle < hi)
            if not wide.any() or len(lo) + wide.sum() > MOST_CELLS:
                part = 100 * min(float(np.sum(most)) - 1, 1.0)
                return f"how much of it lies between the points of its table cannot be told: it may be {part:.2g} % of it"
            new_lo = np.concatenate([lo[wide], middle[wide]])
            new_hi = np.concatenate([middle[wide], hi[wide]])
            new = _masses(upper, new_lo, new_hi, norm)
            most, seen = (np.concatenate([old[~wide], own]) for old, own in zip((most, seen), new, strict=True))
            lo, hi = np.concatenate([lo[~wide], new_lo]), np.concatenate([hi[~wide], new_hi])
            cell = np.concatenate([cell[~wide], cell[wide], cell[wide]])


def _masses(upper: Upper, lo: Any, hi: Any, norm: float) -> tuple[Any, Any]:
    """What cells may hold at the most, and what they hold as their middle says."""
    middle = 0.5 * lo + 0.5 * hi
    found = [np.exp(np.minimum(logs + np.log(hi - lo) - norm, 700.0)) for logs in (upper(lo, hi), upper(middle, middle))]
    return np.where(np.isnan(found[0]), np.inf, found[0]), np.where(np.isnan(found[1]), 0.0, found[1])


def _cells(line: Line, table: inverse_cdf.Table) -> tuple[Any, Any]:
    """Edges of the cells of a table as events in rising order, and the mass that it has in each."""
    edges, cdf = np.asarray(jax.jit(line.forward)(table.nodes)), np.asarray(table.cdf)
    finite = np.isfinite(edges)
    edges, first = np.unique(edges[finite], return_index=True)
    return edges, np.abs(np.diff(cdf[finite][first]))


def _upper(law: ir.Expr, env: Env) -> Upper:
    """An upper bound of the logarithm of a density on cells [cell] from lo to hi."""
    constants = {name: float(value) for name, value in env.constants.items() if np.ndim(value) == 0 and not isinstance(value, str)}
    constants |= {name: float(value.array) for name, value in env.local.items() if np.ndim(value.array) == 0}
    match law:
        case ir.Unnormalised(var=var, body=body):
            return lambda lo, hi: np.asarray(log_bounds(body, {**constants, var: Interval(lo, hi)}, Arrays).hi) + 0 * lo
        case ir.Reweighted(base=base, var=var, factor=factor):
            below = _upper(base, env)
            return lambda lo, hi: below(lo, hi) + log_bounds(factor, {**constants, var: Interval(lo, hi)}, Arrays).hi
        case ir.Truncated(base=base, over=over):
            ends = tuple(float(np.asarray(end)) for end in lower_domain(over, env).args) or (-math.inf, math.inf)
            inner = _upper(base, env)
            return lambda lo, hi: np.where((hi < ends[0]) | (lo > ends[1]), -np.inf, inner(lo, hi))
        case ir.Mixture(weights=weights, parts=parts):
            logs = [math.log(float(np.asarray(lower(each, env).array))) for each in weights]
            norms = [float(log_norm(part, env)) if tabulated(part) else 0.0 for part in parts]
            each = [_upper(part, env) for part in parts]
            return lambda lo, hi: np.logaddexp.reduce(
                [log - norm + one(lo, hi) for log, norm, one in zip(logs, norms, each, strict=True)], axis=0
            )
        case ir.Density(name=name):
            record, args = env.words.densities[name], density_args(law, env)
            return _of_named(jax.jit(lambda x: record.log_prob(x, args)))
        case _:
            raise NoBounds(type(law).__name__)


def _of_named(read: Callable[[Any], Any]) -> Upper:
    """The largest of a few values in each cell; arrays of one shape, so that nothing is compiled twice."""
    shares = np.linspace(0.0, 1.0, INSIDE)

    def upper(lo: Any, hi: Any) -> Any:
        x = lo[:, None] + shares[None, :] * (hi - lo)[:, None]
        x = np.concatenate([x, np.ones((-len(x) % CHUNK, INSIDE))]).reshape(-1, CHUNK, INSIDE)
        return np.concatenate([np.max(np.asarray(read(part)), axis=1) for part in x])[: len(lo)]

    return upper
