"""Quadrature rules on domains whose numbers may be traced: the rule of the unit domain, moved and scaled."""

from __future__ import annotations

from typing import Any

from nnspec.ir.evaluate import DomainValue
from nnspec.numerics import quadrature
from nnspec.numerics.lazy import jnp


def domain_rule(over: DomainValue, order: int, *, periodic: bool = False) -> tuple[Any, Any]:
    """Nodes [node, in] and weights [node] of a rule of the given order on a bounded domain.

    Intervals have Gauss points, exact for polynomials of degree 2 order - 1, or as circles equispaced ones, exact for
    harmonics below `order`: a power p of a sum of modes |n| <= M needs p M + 1 of them.
    """
    match over.shape:
        case "ball" | "sphere":
            if over.dim > quadrature.MAX_DIMENSION:
                msg = f"there is no quadrature on a {over.shape} in {over.dim} dimensions"
                raise ArithmeticError(msg)
            radius = over.args[0]
            unit = (quadrature.ball if over.shape == "ball" else quadrature.sphere)(over.dim, 1.0, order)
            power = over.dim if over.shape == "ball" else over.dim - 1
            return jnp.asarray(unit.nodes) * radius, jnp.asarray(unit.weights) * radius**power
        case "interval":
            low, high = over.args
            if periodic:
                step = (high - low) / order
                return low + step * jnp.arange(order, dtype=jnp.float64)[:, None], jnp.full(order, 1.0) * step
            unit = quadrature.gauss_legendre(order, -1.0, 1.0)
            nodes = jnp.asarray(unit.nodes).reshape(-1, 1)
            return 0.5 * (high + low) + 0.5 * (high - low) * nodes, 0.5 * (high - low) * jnp.asarray(unit.weights)
        case "product":
            return _product([domain_rule(part, order, periodic=periodic) for part in over.args])
        case _:
            msg = f"no quadrature on {over.shape}"
            raise AssertionError(msg)


def node_count(dim: int, order: int) -> int:
    """An upper bound on the nodes of `domain_rule` in `dim` dimensions."""
    return int(2 * order**dim)


def _product(rules: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    nodes, weights = rules[0]
    for more_nodes, more_weights in rules[1:]:
        n, m = nodes.shape[0], more_nodes.shape[0]
        nodes = jnp.concatenate([jnp.repeat(nodes, m, axis=0), jnp.tile(more_nodes, (n, 1))], axis=1)
        weights = jnp.repeat(weights, m) * jnp.tile(more_weights, n)
    return nodes, weights
