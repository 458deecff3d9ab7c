"""Functions of the spec at points; integrals by rules whose order is raised until two values agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.walk import children, rewrite
from nnspec.lower.domains import node_count
from nnspec.lower.expressions import Env, lower
from nnspec.lower.forms import Anything
from nnspec.lower.points import line, points_at
from nnspec.lower.values import Value
from nnspec.plugin import Ask, Rule, hookimpl, jax, jnp, np

TOLERANCE, ROUNDING = 1e-10, 1e-14
FIRST = {1: 64, 2: 24, 3: 12, 4: 8}
"""The first order by dimension, 5 beyond: dense enough that what varies over a hundredth of the domain is seen."""
MOST_NODES, MOST_ORDER = 4_000_000, 6_000
BATCH = 1 << 22
"""Numbers held at a time: nodes times points."""


def compute(form: Anything, ask: Ask) -> tuple[Any, float]:
    """Values, and the difference between the last two orders relative to the largest value, or 0 without integrals."""
    function: ir.Lambda = ask["of"]
    assert form.env is not None
    arguments = _arguments(ask, len(function.names))
    shape = (len(points_at(ask)),) * len(function.names) if "at" in ask else (-1,)
    dim = _nested_dim(function.body)
    if not dim:
        return _values(function, arguments, form.env, 1, 1).reshape(shape), 0.0
    order, last, previous, error = FIRST.get(dim, 5), 0, None, float("inf")
    while (nodes := node_count(dim, order)) <= MOST_NODES and order <= MOST_ORDER:
        value = _values(function, arguments, form.env, order, nodes)
        if previous is not None:
            error = float(np.max(np.abs(value - previous)))
            if error <= TOLERANCE * float(np.max(np.abs(value))):
                return value.reshape(shape), error
            if error <= ROUNDING * _size(function, arguments, form.env, order, nodes):
                return value.reshape(shape), error
        last, previous, order = order, value, order + order // 2 + 1
    reached = f"at order {last} it still changes by {error:.1e}" if np.isfinite(error) else "it is not finite"
    message = f"the integral does not converge: {reached}, and order {order} would need {nodes:,} nodes"
    raise ArithmeticError(message)


def _size(function: ir.Lambda, arguments: list[Any], env: Env, order: int, nodes: int) -> float:
    """The largest value that the function would have with |f| under each integral: what rounding is relative to."""

    def absolute(node: ir.Expr) -> ir.Expr:
        if not isinstance(node, ir.Integral):
            return node
        return replace(node, body=ir.Apply(fn="abs", args=(node.body,), **unite(node.body)))

    changed = replace(function, body=rewrite(function.body, absolute))
    return float(np.max(np.abs(_values(changed, arguments, env, order, nodes))))


def _nested_dim(node: ir.Expr) -> int:
    """The dimension of all integrals that stand inside each other, at most."""
    inner = max(map(_nested_dim, children(node)), default=0)
    return inner + node.over.dim if isinstance(node, ir.Integral) else inner  # type: ignore[attr-defined]


def _arguments(ask: Ask, count: int) -> list[Any]:
    """The points of each argument, [point, in], already combined."""
    if "along" in ask:
        start, rest = line(ask)
        return [rest] if count == 1 else [np.broadcast_to(start, rest.shape), rest]
    points = points_at(ask)
    n = len(points)
    return [points] if count == 1 else [np.repeat(points, n, axis=0), np.tile(points, (n, 1))]


def _values(function: ir.Lambda, arguments: list[Any], env: Env, order: int, nodes: int) -> Any:
    env = replace(env, order=order)

    def at(points: tuple[Any, ...]) -> Any:
        local = {
            name: Value(point[0]) if _is_number(function.body, name) else Value(point, (), 1)
            for name, point in zip(function.names, points, strict=True)
        }
        return jnp.asarray(lower(function.body, replace(env, local=local)).array, jnp.float64)

    batch = max(1, BATCH // nodes)
    flat = jax.jit(lambda points: jax.lax.map(at, points, batch_size=batch))(tuple(map(jnp.asarray, arguments)))
    return np.asarray(flat)


def _is_number(node: ir.Expr, name: str) -> bool:
    """Whether the argument of this name is a number; variables that are bound further in are others."""
    match node:
        case ir.Local():
            return node.name == name and node.type.kind == "real"
        case ir.Integral(var=var, over=over) if var == name:
            return _is_number(over, name)
        case ir.Bind(names=names, values=values) if name in names:
            return any(_is_number(value, name) for value in values)
        case _:
            return any(_is_number(child, name) for child in children(node))


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """Values of a function."""
    yield Rule(
        name="evaluate_quadrature",
        observable="evaluate",
        form="Anything",
        method="quadrature",
        compute=compute,
        traced=False,
        equation=r"\int_D f(y)\, dy \approx \sum_j w_j f(y_j)",
        cite=("golub1969",),
    )
