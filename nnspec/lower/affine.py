"""Models whose field is affine in the parameters, phi(x) = c(x) + B(x) theta: sums of modes with random amplitudes.

At fixed points such a field is one matrix product for many draws at once, and nothing else needs to be computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Model
from nnspec.ir.walk import children
from nnspec.lower.expressions import Env
from nnspec.lower.field import Theta, field
from nnspec.numerics.lazy import jax, jnp

MORE = 2
"""The degree of what is not affine: a polynomial of the parameters, or any other function of them."""
MOST_FIELDS = 32
"""How deep fields may be made of fields before this stops looking."""


def is_affine(model: Model) -> bool:
    """Whether every field of the model is affine in the parameters; a stack of layers never is."""
    if model.stack is not None or not model.fields:
        return False
    fields = {each.name: each.body for each in model.fields}
    return all(_degree(body, fields, {}, 0) < MORE for body in fields.values())


def _degree(node: ir.Expr, fields: Mapping[str, ir.Expr], local: Mapping[str, int], depth: int) -> int:
    """The degree of an expression in the parameters: 0, 1, or MORE."""

    def of(part: ir.Expr) -> int:
        return _degree(part, fields, local, depth)

    match node:
        case ir.Param():
            return 1
        case ir.Local(name=name):
            return local.get(name, 0)
        case ir.Neg(arg=arg) | ir.Component(arg=arg) | ir.Derivative(arg=arg):
            return of(arg)
        case ir.Bin(op="add" | "sub", left=left, right=right):
            return max(of(left), of(right))
        case ir.Bin(op="mul", left=left, right=right) | ir.Dot(left=left, right=right):
            return min(of(left) + of(right), MORE)
        case ir.Bin(op="div", left=left, right=right):
            return of(left) if of(right) == 0 else MORE
        case ir.Vector(items=items):
            return max(map(of, items), default=0)
        case ir.Reduce(op="sum" | "mean", body=body):
            return of(body)
        case ir.Integral(body=body, over=over):
            return max(of(body), MORE * of(over))
        case ir.Bind(names=names, values=values, body=body):
            bound = {**local, **{name: of(value) for name, value in zip(names, values, strict=True)}}
            return _degree(body, fields, bound, depth)
        case ir.Select(condition=condition, then=then, other=other):
            return max(of(then), of(other)) if of(condition) == 0 else MORE
        case ir.FieldAt(name=name, args=args):
            if depth > MOST_FIELDS or any(map(of, args)):
                return MORE
            return _degree(fields[name], fields, {}, depth + 1)
        case _:
            return 0 if not any(map(of, children(node))) else MORE


def at_fixed_points(model: Model, env: Env, points: Any, which: ir.Expr | None = None) -> Callable[[Theta], Any]:
    """The field at points [point, in] as a function of one draw, with what does not depend on it made beforehand.

    Args:
        model: the model.
        env: constants and sizes.
        points: where the field is read; may be traced.
        which: the field that is meant, where the model has several.

    Returns:
        A function of the parameters; its values are [point, out].
    """
    whole = field(model, env, which, loop=False)
    if not is_affine(model):
        return lambda theta: whole(theta, points)
    zero = _zeros(model, env)
    offset = whole(zero, points)

    def slope(point: Any) -> Any:
        return jax.grad(lambda theta: whole(theta, point[None, :])[0, 0])(zero)

    basis = jax.vmap(slope)(points)

    def values(theta: Theta) -> Any:
        total = offset[:, 0]
        for name, matrix in basis.items():
            total = total + matrix.reshape(matrix.shape[0], -1) @ theta[name].reshape(-1)
        return total[:, None]

    return values


def _zeros(model: Model, env: Env) -> dict[str, Any]:
    """Parameters that are all zero."""
    found: dict[str, Any] = {}
    for param in model.params:
        shape = (*(env.sizes[index] for index in param.indices), *param.copies, *param.density.type.shape)
        if len(param.targets) > 1:
            shape = shape[:-1]
        found.update({name: jnp.zeros(shape, env.dtype) for name in param.targets})
    return found
