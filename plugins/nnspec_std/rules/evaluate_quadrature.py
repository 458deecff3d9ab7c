"""Functions of the spec at points; integrals by rules whose order is raised until two values agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.walk import children, walk
from nnspec.lower.domains import node_count
from nnspec.lower.expressions import Env, lower
from nnspec.lower.forms import Anything
from nnspec.lower.points import line, points_at
from nnspec.lower.values import Value
from nnspec.plugin import Ask, Rule, hookimpl, jax, jnp, np

TOLERANCE = 1e-10
FIRST, MOST_NODES = 12, 4_000_000
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
    order, previous, error = FIRST, None, float("inf")
    while (nodes := node_count(dim, order)) <= MOST_NODES:
        value = _values(function, arguments, form.env, order, nodes)
        if previous is not None:
            scale = float(np.max(np.abs(value)))
            error = float(np.max(np.abs(value - previous)))
            if error <= TOLERANCE * scale:
                return value.reshape(shape), error
        order, previous = 2 * order + 1, value
    message = (
        f"the integral does not converge: the last two orders, up to {order // 2}, differ by {error:.1e}, "
        f"and the next would need {nodes:,} nodes"
    )
    raise ArithmeticError(message)


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
            name: Value(point[0]) if _is_number(function, name) else Value(point, (), 1)
            for name, point in zip(function.names, points, strict=True)
        }
        return jnp.asarray(lower(function.body, replace(env, local=local)).array, jnp.float64)

    batch = max(1, BATCH // nodes)
    flat = jax.jit(lambda points: jax.lax.map(at, points, batch_size=batch))(tuple(map(jnp.asarray, arguments)))
    return np.asarray(flat)


def _is_number(function: ir.Lambda, name: str) -> bool:
    found = [node for node in walk(function.body) if isinstance(node, ir.Local) and node.name == name]
    return any(node.type.kind == "real" for node in found)


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
