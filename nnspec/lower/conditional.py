r"""Numbers whose density is a formula with other random numbers in it: a table for each of them, in each draw.

Such a density is normalised for every value of the others, p(a | s) = f(a, s) / \int f(u, s) du, so that what is declared
before keeps its own density.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Model
from nnspec.ir.types import REAL
from nnspec.ir.walk import rewrite, walk
from nnspec.lower.composed import line_of, table_of
from nnspec.lower.expressions import Env, lower
from nnspec.lower.values import Value
from nnspec.numerics import inverse_cdf, streams
from nnspec.numerics.lazy import jax, jnp

WORK = 4e6
"""Floating-point operations of one table, roughly."""

Slots = Mapping[str, ir.Expr]


def has_own_table(law: ir.Expr) -> bool:
    """Whether a density of one number is known up to a constant that depends on other random numbers."""
    own = isinstance(law, ir.Unnormalised | ir.Reweighted) and not law.type.shape
    return own and bool(law.deps or law.free)


def work(model: Model, sizes: Mapping[str, int]) -> float:
    """Floating-point operations for the tables of one draw."""
    own = (p for p in model.params if any(has_own_table(part) for part in walk(p.density)))
    return WORK * sum(math.prod(sizes[index] for index in param.indices) for param in own)


def closed(law: ir.Expr) -> tuple[ir.Expr, Slots]:
    """The density with a variable in the place of every random number and index; what each variable stands for."""
    slots: dict[ir.Expr, str] = {}

    for part in walk(law):
        if isinstance(part, ir.Param | ir.IndexVar) and part not in slots:
            slots[part] = f"%{len(slots)}"

    def named(part: ir.Expr) -> ir.Expr:
        if isinstance(part, ir.Param | ir.IndexVar):
            return ir.Local(name=slots[part], type=part.type if part.type.kind == "vec" else REAL, span=part.span)
        return replace(part, free=frozenset(), deps=part.deps - {"param"})

    return rewrite(law, named), {name: part for part, name in slots.items()}


def draws(law: ir.Expr, key: Any, shape: tuple[int, ...], values: Mapping[str, Any], entries: int, env: Env) -> Any:
    """Events [*shape]; `values` of the variables are [entry, ...], and each entry has a table and a key of its own."""
    whole, slots = closed(law)
    each = math.prod(shape) // entries

    def one(number: Any, own: Mapping[str, Any]) -> Any:
        local = {name: Value(array, (), 1 if slots[name].type.kind == "vec" else 0) for name, array in own.items()}
        here = replace(env, dtype=jnp.float64, local={**env.local, **local})
        u = streams.uniform(streams.draw_key(key, number), (each,), jnp.float64)
        return line_of(whole, here).forward(inverse_cdf.draw(table_of(whole, here), u))

    found = jax.lax.map(lambda pair: one(*pair), (jnp.arange(entries), dict(values)))
    return found.reshape(shape).astype(env.dtype)


def slot_values(law: ir.Expr, env: Env) -> dict[str, Value]:
    """What the variables of a density stand for, with the axes that each of them has."""
    return {name: lower(part, env) for name, part in closed(law)[1].items()}
