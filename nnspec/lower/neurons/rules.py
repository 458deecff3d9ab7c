r"""Quadrature rules matched to densities: nodes and weights with \sum_q w_q f(v_q) -> E f(v) as `level` goes up.

Normal variables and whatever a density maps from the line are integrated by the trapezoid, which converges exponentially
for smooth functions; uniform ones by Gauss rules of their domain; a phase by equal steps of its period.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import DomainValue
from nnspec.lower.composed import line_of
from nnspec.lower.domains import domain_rule
from nnspec.lower.expressions import Env, lower, lower_domain
from nnspec.lower.values import Value
from nnspec.numerics import quadrature
from nnspec.numerics.lazy import jax, jnp, np

STEPS = (20, 32, 48, 72, 112, 176, 272, 416, 300, 420)
"""Nodes along one direction by level."""
NEAR = {8: 9.5, 9: 11.0}
"""Levels that come last, whose variables stay this close, in standard deviations or where the density is as small: small
steps for functions with poles near the real line, as tanh of a wide variable has them, and for oscillations. What grows so
fast that it lies further out differs between the two."""
MOST_NODES = 3_000_000
SWIFT = 1.5
"""How fast a place moves through the other directions for which pieces of length 2 are too long."""
NEGLIGIBLE = 1e-30
"""Weights below this, relative to the largest, are left out of products of rules."""


class NoRule(Exception):
    """A density without a quadrature rule, and why."""


class TooMany(Exception):
    """More nodes than can be afforded: how many."""

    def __init__(self, nodes: float) -> None:
        """Keep the number."""
        super().__init__(f"{nodes:,.0f}")
        self.nodes = nodes


@cache
def normal_rule(level: int) -> tuple[Any, Any]:
    """E f(z) for z ~ N(0, 1): equal steps on [-L, L], with L and the step chosen so that both errors are alike."""
    count = STEPS[level]
    end = math.sqrt(2 * _reach(level, 24))
    z = np.linspace(-end, end, count)
    w = np.exp(-0.5 * z * z)
    return z, w / np.sum(w)


def _reach(level: int, least: float) -> float:
    """By how much the logarithm of a density falls to where a rule ends."""
    return NEAR[level] ** 2 / 2 if level in NEAR else least + 0.9 * STEPS[level]


def normal_grid(dim: int, level: int) -> tuple[Any, Any]:
    """The same in R^dim, [node, dim], without nodes of negligible weight."""
    z, w = normal_rule(level)
    nodes, weights = z[:, None], w
    for _ in range(dim - 1):
        nodes, weights = joined((nodes, weights), (z[:, None], w))
        keep = weights > NEGLIGIBLE * np.max(weights)
        nodes, weights = nodes[keep], weights[keep]
    return nodes, weights / np.sum(weights)


def joined(first: tuple[Any, Any], second: tuple[Any, Any]) -> tuple[Any, Any]:
    """The product of two rules, [node, in + in]."""
    (a, u), (b, v) = first, second
    if len(u) * len(v) > 4 * MOST_NODES:
        raise TooMany(float(len(u)) * len(v))
    nodes = np.concatenate([np.repeat(a, len(b), axis=0), np.tile(b, (len(a), 1))], axis=1)
    return nodes, (u[:, None] * v[None, :]).reshape(-1)


def law_rule(law: ir.Expr, length: int | None, level: int, env: Env, *, phase: int = 0) -> tuple[Any, Any]:
    """Nodes [node, component] and weights [node] of one event of a density; `length` is that of a vector.

    `phase` is the number of factors that are trigonometric in the variable, when it is a phase.

    Raises:
        NoRule: a density for which none is known.
        TooMany: in too many dimensions.
    """
    match law:
        case ir.Copies(base=base, n=n):
            return _power(law_rule(base, None, level, env), n)
        case ir.Mixture(weights=weights, parts=parts):
            shares = np.array([float(lower(each, env).array) for each in weights])
            rules = [law_rule(part, length, level, env) for part in parts]
            nodes = np.concatenate([nodes for nodes, _ in rules])
            return nodes, np.concatenate([s * w for s, (_, w) in zip(shares / shares.sum(), rules, strict=True)])
        case ir.Density() if length is not None and law.type.shape == ():
            return _power(law_rule(law, None, level, env), length)
        case ir.Density():
            return _density(law, level, env, phase)
        case ir.Reweighted(base=base, var=var, factor=factor):
            nodes, weights = law_rule(base, length, level, env)
            return nodes, _normalised(weights * _values(factor, var, nodes, env, bare=law.type.shape == ()))
        case ir.Unnormalised() | ir.Truncated() if not law.type.shape and _unbounded(lower_domain(law.over, env)):
            return _on_the_line(law, level, env)
        case ir.Unnormalised(var=var, over=over, body=body):
            rule = _domain(lower_domain(over, env), STEPS[level])
            return rule[0], _normalised(rule[1] * _values(body, var, rule[0], env, bare=law.type.shape == ()))
        case ir.Truncated(base=ir.Density() as base, over=over):
            nodes, weights = _domain(lower_domain(over, env), STEPS[level])
            record, args = env.words.densities[base.name], _args(base, env)
            events = nodes if base.type.shape else nodes[:, 0]
            return nodes, _normalised(weights * np.exp(np.asarray(record.log_prob(jnp.asarray(events), args))))
    msg = "its density has no quadrature rule"
    raise NoRule(msg)


def _args(law: ir.Density, env: Env) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, arg in zip(law.names, law.args, strict=True):
        found[name] = lower_domain(arg, env) if isinstance(arg, ir.Domain) else np.asarray(lower(arg, env).array)
    return found


def _density(law: ir.Density, level: int, env: Env, phase: int) -> tuple[Any, Any]:
    record, args = env.words.densities[law.name], _args(law, env)
    if record.gaussian is not None:
        mean, cov = (np.asarray(part, np.float64) for part in record.gaussian(args))
        root = np.linalg.cholesky(cov.reshape(mean.size, mean.size))
        z, w = normal_grid(mean.size, level)
        return mean.reshape(1, -1) + z @ root.T, w
    over = record.uniform(args) if record.uniform is not None else None
    if over is not None:
        if phase and over.shape == "interval":
            lo, hi = (float(np.asarray(end)) for end in over.args)
            count = phase + 1 + level
            return (lo + (hi - lo) * (np.arange(count) + 0.25) / count)[:, None], np.full(count, 1 / count)
        return _domain(over, STEPS[level])
    if record.transform is not None and law.type.shape == ():
        return _mapped(record, args, level)
    msg = f"`{law.name}` has no quadrature rule"
    raise NoRule(msg)


def _domain(over: DomainValue, order: int) -> tuple[Any, Any]:
    """The uniform law on a bounded domain."""
    if not math.isfinite(float(np.asarray(over.volume))):
        msg = "its support is not bounded"
        raise NoRule(msg)
    if 2.0 * order**over.dim > 4 * MOST_NODES:
        raise TooMany(2.0 * order**over.dim)
    nodes, weights = domain_rule(over, order)
    return np.asarray(nodes, np.float64).reshape(len(nodes), -1), _normalised(np.asarray(weights, np.float64))


def _mapped(record: Any, args: Any, level: int) -> tuple[Any, Any]:
    """The trapezoid in the variable from which a density is mapped, as far as its weight goes."""
    args = {name: jnp.asarray(value, jnp.float64) for name, value in args.items()}

    def log_weight(u: Any) -> Any:
        x = record.transform.forward(u, args)
        return record.log_prob(x, args) + record.transform.log_det(u, args)

    coarse = np.linspace(-150.0, 150.0, 6001)
    logs = np.nan_to_num(np.asarray(log_weight(jnp.asarray(coarse))), nan=-np.inf, posinf=-np.inf)
    inside = coarse[logs > np.max(logs) - _reach(level, 40)]
    u = np.linspace(inside[0], inside[-1], 2 * STEPS[level])
    weights = np.nan_to_num(np.exp(np.asarray(log_weight(jnp.asarray(u))) - np.max(logs)), nan=0.0)
    return np.asarray(record.transform.forward(jnp.asarray(u), args))[:, None], _normalised(weights)


def _unbounded(over: DomainValue) -> bool:
    return not math.isfinite(float(np.asarray(over.volume)))


def _on_the_line(law: ir.Expr, level: int, env: Env) -> tuple[Any, Any]:
    """The trapezoid in the coordinate from whose table a density of one number is drawn, as far as its weight goes."""
    line = line_of(law, env)
    read = jax.jit(line.log_f)
    coarse = np.linspace(line.low, line.high, 6001)
    logs = np.nan_to_num(np.asarray(read(jnp.asarray(coarse))), nan=-np.inf, posinf=-np.inf)
    inside = np.flatnonzero(logs > np.max(logs) - _reach(level, 40))
    t = np.linspace(coarse[max(inside[0] - 1, 0)], coarse[min(inside[-1] + 1, 6000)], 2 * STEPS[level])
    weights = np.nan_to_num(np.exp(np.asarray(read(jnp.asarray(t))) - np.max(logs)), nan=0.0, posinf=0.0)
    return np.asarray(line.forward(jnp.asarray(t)))[:, None], _normalised(weights)


def _power(rule: tuple[Any, Any], n: int) -> tuple[Any, Any]:
    found = rule
    for _ in range(n - 1):
        found = joined(found, rule)
    return found


def _values(body: ir.Expr, var: str, nodes: Any, env: Env, *, bare: bool) -> Any:
    def at(node: Any) -> Any:
        bound = Value(node[0]) if bare else Value(node, (), 1)
        return jnp.asarray(lower(body, replace(env, local={**env.local, var: bound})).array, jnp.float64)

    return np.asarray(jax.jit(jax.vmap(at))(jnp.asarray(nodes)))


def _normalised(weights: Any) -> Any:
    total = float(np.sum(weights))
    if not (math.isfinite(total) and total > 0):
        msg = "its density cannot be normalised"
        raise NoRule(msg)
    return weights / total


# ---------------------------------------------------------------- kinks
def kinked_rule(planes: Any, level: int, dim: int) -> tuple[Any, Any]:
    r"""E f(z) for z ~ N(0, 1)^dim and f that is smooth away from the planes \sum_j A_j z_j = k, given as rows (A, k).

    Direction by direction with Gauss rules on the pieces between the planes; in the first directions pieces end where
    planes meet, and are short where a plane that hardly leans sweeps fast through the directions after them.

    Raises:
        TooMany: more nodes than can be afforded.
    """
    end, order = 8.5 + 0.5 * level, 8 + 4 * level
    return _slices(planes[:, :-1], planes[:, -1], dim, end, order, before=1)


def _slices(a: Any, k: Any, dim: int, end: float, order: int, before: int) -> tuple[Any, Any]:
    """Nodes and weights; there are so many slices like this one."""
    z, w = _pieces(np.concatenate([_breaks(a, k, dim), *_layers(a, k, dim, end)]), end, order)
    if before * len(z) * float(order * math.ceil(end)) ** (dim - 1) > 8 * MOST_NODES:
        raise TooMany(before * len(z) * float(order * math.ceil(end)) ** (dim - 1))
    if dim == 1:
        return z[:, None], w
    nodes, weights = [], []
    for value, weight in zip(z, w, strict=True):
        inner, v = _slices(a[:, 1:], k - a[:, 0] * value, dim - 1, end, order, before * len(z))
        nodes.append(np.concatenate([np.full((len(v), 1), value), inner], axis=1))
        weights.append(weight * v)
    return np.concatenate(nodes), np.concatenate(weights)


def _layers(a: Any, k: Any, dim: int, end: float) -> list[Any]:
    """Ends of short pieces in the first direction z.

    Where the place in which some planes meet, y_0 - y_1 z in the other directions, is closer than `end` and moves fast,
    what is left to integrate over changes on the scale 1/|y_1|.
    """
    found = []
    for count in range(1, dim):
        for chosen in combinations(range(len(a)), count):
            rows, first, sides = a[chosen, 1:], a[chosen, 0], k[list(chosen)]
            rest, *_ = np.linalg.lstsq(rows, np.stack([sides, first], axis=1), rcond=1e-13)
            if not np.allclose(rows @ rest, np.stack([sides, first], axis=1), rtol=0, atol=1e-9 * np.linalg.norm(first)):
                if count == 1 and first[0]:  # it does not lean: what is left jumps, or has a kink
                    found.append(sides / first)
                continue
            y0, y1 = rest[:, 0], rest[:, 1]
            speed = float(np.linalg.norm(y1))
            if speed > SWIFT:
                found.append((y0 @ y1 / speed - np.linspace(-end, end, 1 + math.ceil(end))) / speed)
    return found


def _breaks(a: Any, k: Any, dim: int) -> Any:
    """Where along the first direction `dim` planes meet in a point."""
    chosen = np.array(list(combinations(range(len(a)), dim)), dtype=int).reshape(-1, dim)
    if not len(chosen):
        return np.zeros(0)
    matrices, sides = a[chosen], k[chosen]
    size = np.prod(np.linalg.norm(matrices, axis=2), axis=1)
    good = np.abs(np.linalg.det(matrices)) > 1e-12 * size
    if not good.any():
        return np.zeros(0)
    return np.linalg.solve(matrices[good], sides[good][..., None])[:, 0, 0]


def _pieces(breaks: Any, end: float, order: int) -> tuple[Any, Any]:
    """Gauss points with normal weights on the pieces of [-end, end], none of them longer than 2."""
    inside = np.unique(np.round(np.asarray(breaks)[np.abs(breaks) < end], 12))
    edges = np.concatenate([[-end], inside, [end]])
    cuts = [np.linspace(lo, hi, 1 + math.ceil((hi - lo) / 2)) for lo, hi in pairwise(edges) if hi > lo]
    lows = np.concatenate([cut[:-1] for cut in cuts])
    highs = np.concatenate([cut[1:] for cut in cuts])
    rule = quadrature.gauss_legendre(order, 0.0, 1.0)
    z = (lows[:, None] + (highs - lows)[:, None] * rule.nodes[None, :]).reshape(-1)
    w = ((highs - lows)[:, None] * rule.weights[None, :]).reshape(-1)
    return z, w * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
