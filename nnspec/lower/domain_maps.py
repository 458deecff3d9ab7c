"""Smooth maps from R^n onto domains, factor by factor: what densities that are given by a formula there move in."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from nnspec.ir.evaluate import DomainValue
from nnspec.lower.expressions import Env
from nnspec.numerics.lazy import jnp


class DomainMap(NamedTuple):
    """x(u), u(x), and log |dx/du|; events on the last axis, which numbers do not have."""

    forward: Callable[[Any], Any]
    inverse: Callable[[Any], Any]
    log_det: Callable[[Any], Any]


def map_onto(over: DomainValue, env: Env, *, bare: bool) -> DomainMap:
    """The map onto a domain: R^n as it is, half-lines by the exponential function, the others as uniform densities have it."""
    parts = [(_factor(each, env), each.dim) for each in _factors(over)]
    if bare:
        (only, _), *_ = parts
        return only
    cuts = [sum(dim for _, dim in parts[:n]) for n in range(1, len(parts))]

    def each(deed: str, x: Any) -> list[Any]:
        found = []
        for (part, _), piece in zip(parts, jnp.split(x, cuts, axis=-1), strict=True):
            found.append(getattr(part, deed)(piece))
        return found

    return DomainMap(
        lambda u: jnp.concatenate(each("forward", u), axis=-1), lambda x: jnp.concatenate(each("inverse", x), axis=-1),
        lambda u: _summed([_by_event(found, u) for found in each("log_det", u)]),
    )  # fmt: skip


def _summed(parts: list[Any]) -> Any:
    return sum(parts[1:], start=parts[0])


def _by_event(found: Any, u: Any) -> Any:
    """Of factors that are numbers, the components summed."""
    return jnp.sum(found, axis=-1) if found.ndim == u.ndim else found


def _factors(over: DomainValue) -> list[DomainValue]:
    return [inner for part in over.args for inner in _factors(part)] if over.shape == "product" else [over]


def _factor(over: DomainValue, env: Env) -> DomainMap:
    if over.shape == "reals":
        return DomainMap(lambda u: u, lambda x: x, jnp.zeros_like)
    if over.shape == "interval":
        low, high = over.args
        if _infinite(low) and _infinite(high):
            return DomainMap(lambda u: u, lambda x: x, jnp.zeros_like)
        if _infinite(high):
            return DomainMap(lambda u: low + jnp.exp(u), lambda x: jnp.log(x - low), lambda u: u)
        if _infinite(low):
            return DomainMap(lambda u: high - jnp.exp(u), lambda x: jnp.log(high - x), lambda u: u)
    record = next(each for each in env.words.densities.values() if each.uniform is not None and each.transform is not None)
    transform, args = record.transform, {"domain": over}
    assert transform is not None
    return DomainMap(
        lambda u: transform.forward(u, args), lambda x: transform.inverse(x, args), lambda u: transform.log_det(u, args)
    )


def _infinite(end: Any) -> bool:
    return isinstance(end, int | float) and math.isinf(end)
