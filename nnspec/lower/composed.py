"""Densities made of others on the line: given by a formula, reweighted, cut off. Draws, logarithms, moments.

Numbers are drawn by the inverse of the distribution function, from a table that states its error
(`nnspec.numerics.inverse_cdf`); vectors that are cut off, and densities whose numbers are random, by rejection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import DomainValue
from nnspec.ir.walk import walk
from nnspec.lower.expressions import Env, lower, lower_domain
from nnspec.lower.landmarks import landmarks
from nnspec.lower.stack import density_args
from nnspec.lower.values import Value
from nnspec.numerics import inverse_cdf, streams
from nnspec.numerics.lazy import jax, jnp

FAR = 70.0
"""sinh t and e^t reach 10^30 there."""
NEAR = 36.0
ROUNDS = 4096
"""Rounds of rejection; what is not accepted then is not a number, and refused."""

Sample = Callable[[Any, tuple[int, ...]], Any]


class Line(NamedTuple):
    """A coordinate t on the support of a density: x(t), and the logarithm of dx/dt and of the density by x."""

    forward: Callable[[Any], Any]
    log_slope: Callable[[Any], Any]
    log_prob: Callable[[Any], Any]
    low: float
    high: float
    inverse: Callable[[Any], Any]
    """t(x)."""

    def seeds(self, law: ir.Expr, env: Env) -> Any:
        """The t of points near which the density may have peaks that are narrow."""
        t = self.inverse(landmarks(law, env))
        return jnp.clip(jnp.where(jnp.isnan(t), self.low, t), self.low, self.high)

    def log_f(self, t: Any) -> Any:
        """Log of the density of t; -inf where x overflows."""
        x = self.forward(t)
        value = self.log_prob(x) + self.log_slope(t)
        return jnp.where(jnp.isfinite(x), value, -jnp.inf)


def tabulated(law: ir.Expr) -> bool:
    """Whether a density is drawn from a table: one number, and no other parameters in it."""
    return isinstance(law, ir.Unnormalised | ir.Reweighted | ir.Truncated) and not (law.type.shape or law.deps or law.free)


def draws(law: ir.Expr, key: Any, shape: tuple[int, ...], base: Sample | None, env: Env) -> Any:
    """Independent events [*shape, *event]; `base(key, shape)` draws from what a truncated density is made of."""
    if tabulated(law):
        line, table = line_of(law, env), env.tables.get(id(law))
        table = table if table is not None else table_of(law, env)
        u = streams.uniform(key, shape, jnp.float64)
        return line.forward(inverse_cdf.draw(table, u)).astype(env.dtype)
    assert isinstance(law, ir.Truncated)
    assert base is not None
    return _rejected(law, key, shape, base, env)


def tables(laws: Any, env: Env) -> dict[int, inverse_cdf.Table]:
    """The tables of all densities inside `laws` that need one."""
    return {id(law): table_of(law, env) for law in tabulated_parts(laws)}


def table_of(law: ir.Expr, env: Env) -> inverse_cdf.Table:
    """The table of a density of one number."""
    line = line_of(law, env)
    return inverse_cdf.tabulate(line.log_f, line.low, line.high, line.seeds(law, env))


def _rejected(law: ir.Truncated, key: Any, shape: tuple[int, ...], base: Sample, env: Env) -> Any:
    """Draws of the base until all lie in the domain."""
    over = lower_domain(law.over, env)
    first = base(streams.draw_key(key, 0), shape)

    def unfinished(state: tuple[Any, Any, Any]) -> Any:
        number, _, inside = state
        return (number < ROUNDS) & ~jnp.all(inside)

    def again(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        number, events, inside = state
        fresh = base(streams.draw_key(key, number), shape)
        wide = inside.reshape(*inside.shape, *(1,) * (events.ndim - inside.ndim))
        return number + 1, jnp.where(wide, events, fresh), inside | _inside(fresh, over)

    _, events, inside = jax.lax.while_loop(unfinished, again, (1, first, _inside(first, over)))
    return jnp.where(inside.reshape(*inside.shape, *(1,) * (events.ndim - inside.ndim)), events, jnp.nan)


def _inside(x: Any, over: DomainValue) -> Any:
    """Which events lie in a domain: numbers [...] in an interval, vectors [..., component] elsewhere."""
    match over.shape:
        case "interval":
            low, high = (jnp.asarray(end, x.dtype) for end in over.args)
            return (x >= low) & (x <= high)
        case "ball":
            return jnp.sum(x * x, axis=-1) <= jnp.asarray(over.args[0], x.dtype) ** 2
        case "product":
            found, start = jnp.ones(x.shape[:-1], bool), 0
            for part in over.args:
                piece = x[..., start] if part.shape == "interval" else x[..., start : start + part.dim]
                found, start = found & _inside(piece, part), start + part.dim
            return found
        case "reals":
            return jnp.ones(x.shape[:-1] if over.dim > 1 else x.shape, bool)
        case _:
            msg = f"no draws in a {over.shape}"
            raise AssertionError(msg)


# ---------------------------------------------------------------- the line
def line_of(law: ir.Expr, env: Env) -> Line:
    """The coordinate on the support of a density of one number."""
    env = replace(env, dtype=jnp.float64)
    match law:
        case ir.Unnormalised(over=over) | ir.Truncated(over=over) if lower_domain(over, env).shape == "interval":
            low, high = lower_domain(over, env).args
            return _between(low, high, lambda x: log_density(law, x, env))
        case ir.Reweighted(base=ir.Density() as base) if env.words.densities[base.name].transform is not None:
            transform, args = env.words.densities[base.name].transform, density_args(base, env)
            assert transform is not None
            return Line(lambda t: transform.forward(jnp.sinh(t), args),
                        lambda t: transform.log_det(jnp.sinh(t), args) + _log_cosh(t),
                        lambda x: log_density(law, x, env), -FAR, FAR,
                        lambda x: jnp.arcsinh(transform.inverse(x, args)))  # fmt: skip
        case ir.Reweighted(base=base) if not isinstance(base, ir.Mixture | ir.Density):
            return line_of(base, env)._replace(log_prob=lambda x: log_density(law, x, env))
        case _:
            return Line(jnp.sinh, _log_cosh, lambda x: log_density(law, x, env), -FAR, FAR, jnp.arcsinh)


def _between(low: Any, high: Any, log_prob: Callable[[Any], Any]) -> Line:
    """Intervals by the logistic function, half-lines by the exponential one, so that poles at an end are resolved."""
    if _infinite(low) and _infinite(high):
        return Line(jnp.sinh, _log_cosh, log_prob, -FAR, FAR, jnp.arcsinh)
    if _infinite(high):
        return Line(lambda t: low + jnp.exp(t), lambda t: t, log_prob, -FAR, FAR, lambda x: jnp.log(x - low))
    if _infinite(low):
        return Line(lambda t: high - jnp.exp(t), lambda t: t, log_prob, -FAR, FAR, lambda x: jnp.log(high - x))
    length = high - low

    def forward(t: Any) -> Any:
        return jnp.where(t < 0, low + length * jax.nn.sigmoid(t), high - length * jax.nn.sigmoid(-t))

    def log_slope(t: Any) -> Any:
        return jnp.log(length) - jax.nn.softplus(t) - jax.nn.softplus(-t)

    return Line(forward, log_slope, log_prob, -NEAR, NEAR, lambda x: jnp.log((x - low) / (high - x)))


def _infinite(end: Any) -> bool:
    return isinstance(end, int | float) and math.isinf(end)


def _log_cosh(t: Any) -> Any:
    return jnp.logaddexp(t, -t) - math.log(2)


# ---------------------------------------------------------------- logarithms
def log_density(law: ir.Expr, x: Any, env: Env) -> Any:
    """Log of a density at numbers x [...] or at one vector, up to a constant for those that are no named ones."""
    match law:
        case ir.Copies(base=base):
            return jnp.sum(log_density(base, x, env))
        case ir.Density():
            return env.words.densities[law.name].log_prob(x, density_args(law, env))
        case ir.Mixture(weights=weights, parts=parts):
            terms = [
                jnp.log(lower(weight, env).array) + normalised(part, env)(x) for weight, part in zip(weights, parts, strict=True)
            ]
            return jax.scipy.special.logsumexp(jnp.stack(terms), axis=0)
        case ir.Truncated(base=base, over=over):
            return jnp.where(_inside(x, lower_domain(over, env)), log_density(base, x, env), -jnp.inf)
        case ir.Reweighted(base=base, var=var, factor=factor):
            below = log_density(base, x, env)
            at = _at(var, x, env, vector=bool(law.type.shape))
            return jnp.where(below == -jnp.inf, -jnp.inf, below + _log(factor, at))
        case ir.Unnormalised(var=var, over=over, body=body):
            at = _at(var, x, env, vector=bool(law.type.shape))
            return jnp.where(_inside(x, lower_domain(over, env)), _log(body, at), -jnp.inf)
        case _:
            msg = f"no logarithm of {type(law).__name__}"
            raise AssertionError(msg)


def normalised(law: ir.Expr, env: Env) -> Callable[[Any], Any]:
    """The log of a density of one number, normalised by its table where it is no named one."""
    if isinstance(law, ir.Density | ir.Mixture):
        return lambda x: log_density(law, x, env)
    constant = log_norm(law, env)
    return lambda x: log_density(law, x, env) - constant


def log_norm(law: ir.Expr, env: Env) -> Any:
    """Log of the integral of a density of one number that is known up to a constant."""
    return table_of(law, env).log_norm


def _at(var: str, x: Any, env: Env, *, vector: bool) -> Env:
    return replace(env, local={**env.local, var: Value(x, (), 1 if vector else 0)})


def _log(node: ir.Expr, env: Env) -> Any:
    """Log of a formula; that of an exponential is its argument, which never overflows."""
    match node:
        case ir.Apply(fn="exp", args=(arg,)):
            return _number(lower(arg, env), env)
        case ir.Bin(op="mul", left=left, right=right):
            return _log(left, env) + _log(right, env)
        case ir.Bin(op="div", left=left, right=right):
            return _log(left, env) - _log(right, env)
        case ir.Bin(op="pow", left=ir.Apply(fn="exp") as left, right=right):
            return _number(lower(right, env), env) * _log(left, env)
        case ir.Bind(names=names, values=values, body=body):
            bound = {name: lower(value, env) for name, value in zip(names, values, strict=True)}
            return _log(body, replace(env, local={**env.local, **bound}))
        case _:
            value = _number(lower(node, env), env)
            return jnp.where(value < 0, jnp.nan, jnp.log(jnp.where(value > 0, value, 1.0)) + jnp.where(value > 0, 0.0, -jnp.inf))


def _number(value: Value, env: Env) -> Any:
    return jnp.asarray(value.array).astype(env.dtype)


# ---------------------------------------------------------------- moments
def moment(law: ir.Expr, k: int, env: Env) -> Any:
    r"""E x^k of one component by quadrature on the table; infinite, or not a number for odd k, where there is none.

    Named densities have theirs in closed form, mixtures those of their parts.
    """
    match law:
        case ir.Density():
            return env.words.densities[law.name].moment(density_args(law, env), k)
        case ir.Copies(base=base):
            return moment(base, k, env)
        case ir.Mixture(weights=weights, parts=parts):
            numbers = [jnp.asarray(lower(weight, env).array, jnp.float64) for weight in weights]
            each = [number * moment(part, k, env) for number, part in zip(numbers, parts, strict=True)]
            return sum(each[1:], start=each[0]) / sum(numbers[1:], start=numbers[0])
    line, table = line_of(law, env), table_of(law, env)
    seeds = line.seeds(law, env)
    (above, first), (below, second) = (_half(line, table, k, sign, seeds) for sign in (1.0, -1.0))
    found = jnp.where(first & second, above + (-1) ** k * below, jnp.nan)
    return jnp.where(_converges(line, table, k), found, jnp.inf if k % 2 == 0 else jnp.nan)


def _half(line: Line, table: inverse_cdf.Table, k: int, sign: float, seeds: Any) -> tuple[Any, Any]:
    """E |x|^k on one side of zero, from a table of its own, whose nodes are where |x|^k f is; whether it is good."""

    def log_g(t: Any) -> Any:
        x = line.forward(t)
        there = sign * x > 0
        return jnp.where(there, line.log_f(t) + k * jnp.log(jnp.where(there, jnp.abs(x), 1.0)), -jnp.inf)

    empty = jnp.all(log_g(table.nodes) == -jnp.inf)
    own = inverse_cdf.tabulate(log_g, line.low, line.high, seeds)
    value = jnp.exp(own.log_norm - table.log_norm)
    return jnp.where(empty, 0.0, value), empty | (own.norm_error <= inverse_cdf.TOLERANCE)


def _converges(line: Line, table: inverse_cdf.Table, k: int) -> Any:
    """Whether |x|^k f falls towards both ends, by more than a power of 1/20 of x; what is zero there does."""
    found = jnp.asarray(table.error <= inverse_cdf.TOLERANCE)
    for end, inside in ((line.low, line.low + 4.0), (line.high, line.high - 4.0)):
        t = jnp.asarray([end, inside])
        x = jnp.abs(line.forward(t))
        value = line.log_f(t) + k * jnp.log(jnp.maximum(x, 1e-300))
        far = x[0] > 1e6  # a bounded support has all moments
        found = found & (~far | (value[0] == -jnp.inf) | (value[0] - value[1] < -0.05 * 4.0))
    return found


def tabulated_parts(laws: Any) -> Iterator[ir.Expr]:
    """The densities inside `laws` that are drawn from a table."""
    return (part for part in walk(laws) if tabulated(part))
