"""Draws from densities: by their word, as independent copies, as mixtures, with arguments that were drawn before."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.lower import composed, conditional
from nnspec.lower.expressions import Env, lower, lower_domain
from nnspec.lower.values import Value, align
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp


def draw_from(law: ir.Expr, key: Any, shape: tuple[int, ...], indices: tuple[str, ...], env: Env) -> Any:
    """Independent events [*shape, *event]; the first axes of `shape` are those of `indices`."""
    match law:
        case ir.Density(name=name):
            if law.free and any(arg.type.kind in ("vec", "matrix") for arg in law.args):
                return _one_by_one(law, key, shape, indices, env)
            return env.words.densities[name].sample(key, arguments(law, indices, len(shape), env), shape, env.dtype)
        case ir.Copies(base=base, n=n):
            return draw_from(base, key, (*shape, n), indices, env)
        case ir.Mixture(weights=weights, parts=parts):
            return _mixture(weights, parts, key, shape, indices, env)
        case ir.Unnormalised() | ir.Reweighted() if conditional.has_own_table(law):
            sizes = shape[: len(indices)]
            values = {
                name: spread(replace(value, array=jnp.asarray(value.array, jnp.float64)), sizes, indices)
                for name, value in conditional.slot_values(law, env).items()
            }
            return conditional.draws(law, key, shape, values, math.prod(sizes), env)
        case ir.Truncated(base=base):
            return composed.draws(law, key, shape, lambda k, s: draw_from(base, k, s, indices, env), env)
        case _:
            return composed.draws(law, key, shape, None, env)


def _one_by_one(law: ir.Density, key: Any, shape: tuple[int, ...], indices: tuple[str, ...], env: Env) -> Any:
    """Vectors and matrices that differ from entry to entry: each entry has a key and arguments of its own."""
    sizes, rest = shape[: len(indices)], shape[len(indices) :]
    sample = env.words.densities[law.name].sample
    arrays = {name: spread(lower(arg, env), sizes, indices) for name, arg in zip(law.names, law.args, strict=True)}

    def one(number: Any, args: Any) -> Any:
        return sample(streams.draw_key(key, number), args, rest, env.dtype)

    events = jax.vmap(one)(jnp.arange(math.prod(sizes)), arrays)
    return events.reshape(*sizes, *events.shape[1:])


def spread(value: Value, sizes: tuple[int, ...], indices: tuple[str, ...]) -> Any:
    """Return the entries of all indices on one first axis: [entry, *event]."""
    array, axes = jnp.asarray(value.array), value.axes
    event = array.shape[len(axes) :]
    order = [axes.index(name) for name in indices if name in axes]
    array = jnp.transpose(array, (*order, *range(len(axes), array.ndim)))
    present = [size if name in axes else 1 for name, size in zip(indices, sizes, strict=True)]
    return jnp.broadcast_to(array.reshape(*present, *event), (*sizes, *event)).reshape(-1, *event)


def arguments(law: ir.Density, indices: tuple[str, ...], axes: int, env: Env) -> dict[str, Any]:
    """The arguments of a density by name: numbers, or arrays that broadcast against draws of so many axes."""
    return {name: _argument(arg, indices, axes, env) for name, arg in zip(law.names, law.args, strict=True)}


def _argument(arg: ir.Expr, indices: tuple[str, ...], axes: int, env: Env) -> Any:
    """A number, or an array that broadcasts against the shape of the draws."""
    if isinstance(arg, ir.Domain):
        return lower_domain(arg, env)
    value = lower(arg, env)
    if not value.axes:
        return value.array
    (array, _), order = align(value, Value(jnp.zeros((1,) * len(indices)), indices))
    places = [order.index(name) for name in indices]
    array = jnp.transpose(array, places)
    return array.reshape(*array.shape, *(1,) * (axes - len(indices)))


def _mixture(
    weights: tuple[ir.Expr, ...], parts: tuple[ir.Expr, ...], key: Any, shape: tuple[int, ...], indices: tuple[str, ...],
    env: Env,
) -> Any:  # fmt: skip
    """Every part is drawn, and one of them chosen: a uniform number falls into the interval of its weight."""
    numbers = jnp.stack([jnp.asarray(lower(weight, env).array, jnp.float64) for weight in weights])
    bounds = jnp.cumsum(numbers / jnp.sum(numbers))[:-1].reshape(*(1,) * len(shape), -1)
    u = streams.uniform(streams.stream(key, "mixture"), shape, env.dtype)
    chosen = jnp.sum(u[..., None] >= bounds.astype(env.dtype), axis=-1)
    events = [draw_from(part, streams.draw_key(key, k), shape, indices, env) for k, part in enumerate(parts)]
    total = events[0]
    for k, event in enumerate(events[1:], start=1):
        total = jnp.where((chosen == k).reshape(*shape, *(1,) * (event.ndim - len(shape))), event, total)
    return total
