r"""The factor `deform` on the density of whole networks, as a logarithm: -V[phi], with integrals by quadrature.

An integral is a sum over nodes, \int_D f(\phi(y)) dy = \sum_z w_z f(\phi(y_z)). Whether the nodes are enough is asked by
going from n nodes in each direction to 2 n + 1: what counts is not the change of V, of which a constant drops out of all
averages, but how much it differs from network to network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Experiment, Model
from nnspec.ir.types import REAL
from nnspec.ir.walk import children, walk
from nnspec.lower.affine import at_fixed_points
from nnspec.lower.domains import domain_rule, node_count
from nnspec.lower.expressions import Env, lower, lower_domain
from nnspec.lower.stack import forward, resolve_stack, unit_variance
from nnspec.lower.values import Value
from nnspec.numerics.lazy import jax, jnp

START = 8
MOST_NODES = 1 << 17
TOLERANCE = 1e-4
"""Spread of log weights that quadrature may leave: it moves no mean by more than this part of a standard deviation."""


class Grid(NamedTuple):
    """Nodes in each direction, and whether they are equispaced on a circle instead of Gauss points."""

    order: int
    periodic: bool = False

    def finer(self) -> Grid:
        """The grid that this one is judged by."""
        return Grid(2 * self.order + 1, self.periodic)


def chosen_grid(experiment: Experiment) -> Grid | None:
    """The grid that the spec asks for under `numerics.integral`; None when it leaves the choice."""
    if experiment.numerics.integral is None:
        return None
    word, options = experiment.numerics.integral
    given = dict(options)
    return Grid(int(given["points"]), periodic=True) if word == "periodic" else Grid(int(given["order"]))


def grids(experiment: Experiment) -> list[Grid]:
    """Grids to be tried, the coarsest first: of each size the one for circles before the one for intervals.

    None of them has more nodes than memory is reserved for.
    """
    dim = largest_dimension(experiment.model)
    found: list[Grid] = []
    order = START
    while node_count(dim, 2 * order + 1) <= MOST_NODES or not found:
        found += [Grid(order, periodic=True), Grid(order)]
        order = 2 * order + 1
    return found


def integrals(model: Model) -> list[ir.Integral]:
    """The integrals of the deformation."""
    return [part for part in walk(model.deform) if isinstance(part, ir.Integral)] if model.deform is not None else []


def largest_dimension(model: Model) -> int:
    """The dimension of the largest domain that the deformation integrates over; 0 without an integral."""
    return max((part.over.dim for part in integrals(model) if isinstance(part.over, ir.Domain)), default=0)


def logarithm(node: ir.Expr) -> ir.Expr:
    """Log of a positive expression: of exponentials, products and powers without ever forming them."""
    match node:
        case ir.Apply(fn="exp", args=(arg,)):
            return arg
        case ir.Bin(op="mul", left=left, right=right):
            return replace(node, op="add", left=logarithm(left), right=logarithm(right))
        case ir.Bin(op="div", left=left, right=right):
            return replace(node, op="sub", left=logarithm(left), right=logarithm(right))
        case ir.Bin(op="pow", left=left, right=right):
            return replace(node, op="mul", left=right, right=logarithm(left))
        case ir.Reduce(op="prod", body=body):
            return replace(node, op="sum", body=logarithm(body))
        case ir.Bind(body=body):
            return replace(node, body=logarithm(body))
        case _:
            return ir.Apply(fn="log", args=(node,), type=REAL, span=node.span, free=node.free, deps=node.deps)


def log_deform(model: Model, env: Env, grid: Grid) -> Callable[[Mapping[str, Any]], Any]:
    """Log of the deformation as a function of one draw; zero where there is none.

    What does not depend on the draw (nodes, and the field's modes there) is made here, outside of all loops.
    """
    if model.deform is None:
        return lambda _: jnp.zeros((), env.dtype)
    own = replace(env, order=grid.order, periodic=grid.periodic, fields={each.name: each for each in model.fields})
    outside: dict[str, _Tabulated] = {}

    def table(node: ir.Expr) -> ir.Expr:
        if isinstance(node, ir.Integral):
            name = f"%{len(outside)}"
            outside[name] = _tabulated(node, model, own, name)
            return ir.Local(name=name, type=node.type, span=node.span, free=node.free)
        if isinstance(node, ir.Bind | ir.Derivative):  # an integral in there has variables of its own
            return node
        return _rebuilt(node, table)

    whole = table(logarithm(model.deform))

    def log_weight(theta: Mapping[str, Any]) -> Any:
        drawn = replace(own, params=theta, stack=_stack(model, own, theta))
        local = {name: each(theta, drawn) for name, each in outside.items()}
        return jnp.asarray(lower(whole, replace(drawn, local=local)).array, env.dtype).reshape(())

    return log_weight


def _stack(model: Model, env: Env, theta: Mapping[str, Any]) -> Callable[[Any], Any] | None:
    """The field of a stack of layers at one point."""
    if model.stack is None:
        return None
    steps, unit = resolve_stack(model, env.words), unit_variance(model, env.words)
    return lambda point: forward(steps, unit, theta, point.astype(env.dtype)[None, :], env)[0, 0]


_Tabulated = Callable[[Mapping[str, Any], Env], Value]


def _tabulated(node: ir.Integral, model: Model, env: Env, name: str) -> _Tabulated:
    """An integral whose fields at the nodes are read all at once: matrix products, where the field is affine."""
    nodes, weights = domain_rule(lower_domain(node.over, env), env.order, periodic=env.periodic)
    scalar = node.over.type.shape == ()
    readers: dict[str, Callable[[Mapping[str, Any]], Any]] = {}
    known: dict[ir.Expr, str] = {}

    def replaced(part: ir.Expr) -> ir.Expr:
        if isinstance(part, ir.Derivative | ir.Integral):  # what is below is not read at the nodes
            return part
        if isinstance(part, ir.FieldAt) and _at_nodes(part, node.var):
            if part not in known:
                known[part] = f"{name}.{len(known)}"
                readers[known[part]] = at_fixed_points(model, env, _points(part, node.var, nodes, scalar, env), part)
            return ir.Local(name=known[part], type=part.type, span=part.span)
        if isinstance(part, ir.Bind):  # its body has variables of its own
            return replace(part, values=tuple(map(replaced, part.values)))
        return _rebuilt(part, replaced)

    body = replaced(node.body)

    def value(theta: Mapping[str, Any], drawn: Env) -> Value:
        values = {key: read(theta)[:, 0] for key, read in readers.items()}
        axes: list[tuple[str, ...]] = []

        def integrand(point: Any, at: Mapping[str, Any]) -> Any:
            local = {node.var: _bound(point, scalar), **{key: Value(each) for key, each in at.items()}}
            found = lower(body, replace(drawn, local={**drawn.local, **local}))
            axes.append(found.axes)
            return jnp.asarray(found.array).astype(env.dtype)

        heights = jax.vmap(integrand)(nodes, values)
        return Value(jnp.tensordot(weights.astype(env.dtype), heights, axes=(0, 0)), axes[-1])

    return value


def _bound(point: Any, scalar: bool) -> Value:
    return Value(point[0]) if scalar else Value(point, (), 1)


def _at_nodes(node: ir.FieldAt, var: str) -> bool:
    """Whether the field is read at a function of the integration variable alone."""
    if not all(isinstance(each, ir.Lit) for each in node.components):
        return False
    below = [part for arg in node.args for part in walk(arg)]
    random = any(isinstance(part, ir.Param | ir.FieldAt | ir.IndexVar | ir.Bind | ir.Integral) for part in below)
    return not random and all(part.name == var for part in below if isinstance(part, ir.Local))


def _points(node: ir.FieldAt, var: str, nodes: Any, scalar: bool, env: Env) -> Any:
    """The points [node, in] at which the field is read."""

    def at(point: Any) -> Any:
        local = replace(env, local={var: _bound(point, scalar)})
        return jnp.concatenate([jnp.atleast_1d(jnp.asarray(lower(arg, local).array, env.dtype)) for arg in node.args])

    return jax.vmap(at)(nodes)


def _rebuilt(node: ir.Expr, change: Callable[[ir.Expr], ir.Expr]) -> ir.Expr:
    """The node with each of its direct sub-expressions changed."""
    if not children(node):
        return node
    updates: dict[str, Any] = {}
    for item in type(node).__dataclass_fields__.values():
        value = getattr(node, item.name)
        if item.compare and isinstance(value, ir.Expr):
            updates[item.name] = change(value)
        elif item.compare and isinstance(value, tuple) and any(isinstance(each, ir.Expr) for each in value):
            updates[item.name] = tuple(change(each) if isinstance(each, ir.Expr) else each for each in value)
    return replace(node, **updates)


def spread(model: Model, env: Env, grid: Grid, thetas: Any) -> Any:
    """Spread over draws [draw, ...] of the difference of log weights between a grid and the next finer one."""
    coarse, fine = log_deform(model, env, grid), log_deform(model, env, grid.finer())
    change = jax.vmap(lambda theta: fine(theta) - coarse(theta))(thetas)
    return jnp.std(change)
