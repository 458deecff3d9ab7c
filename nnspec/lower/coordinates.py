r"""Parameters as points of R^n, where chains and grids live: theta = T(u), with log P(theta(u)) |d theta / du|.

Each density brings a smooth map from R^n onto its support; a normal one becomes a standard normal variable, so that the
Gaussian part of a model is white and all its modes move at the same rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Model
from nnspec.ir.walk import walk
from nnspec.lower import composed
from nnspec.lower.domain_maps import map_onto
from nnspec.lower.draws import arguments, draw_from, spread
from nnspec.lower.expressions import Env, lower, lower_domain
from nnspec.lower.stack import deviation, resolve_stack, unit_variance
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.text.source import Span

START_TRIES = 64
"""Places at which a chain may begin, of which the first is taken where the density is not zero."""


class Law(NamedTuple):
    """A density of many events: maps between u and x [*shape, *event], and logarithms by event [*shape]."""

    forward: Callable[[Any], Any]
    inverse: Callable[[Any], Any]
    log_det: Callable[[Any], Any]
    log_prob: Callable[[Any], Any]


@dataclass(frozen=True)
class Array:
    """One declared array of parameters: its names, its density, and its place among the coordinates."""

    targets: tuple[str, ...]
    indices: tuple[str, ...]
    shape: tuple[int, ...]
    density: ir.Expr
    start: int
    scale: float = 1.0
    """Powers of the width that stand in front of the variable of order one."""
    whitened: bool = False
    """Whether the trained variable is divided by its deviation."""

    @property
    def size(self) -> int:
        """How many coordinates it has."""
        return math.prod((*self.shape, *self.density.type.shape))


def obstacle(model: Model, words: Vocabulary) -> tuple[str, Span | None] | None:
    """Why the parameters of a model have no such coordinates, and the place of the reason; None when they have."""
    for law in _laws(model, words):
        for part in _parts(law):
            if isinstance(part, ir.Unnormalised | ir.Reweighted | ir.Truncated):
                why = _of_a_composed_one(part, words, mixed=isinstance(law, ir.Mixture))
                if why is not None:
                    return why
                continue
            if not isinstance(part, ir.Density):
                return "one of the densities has no map from R^n onto its support", part.span
            record = words.densities[part.name]
            if record.transform is None:
                return f"`{part.name}` has no smooth map from R^n onto its support, so nothing can move in it", part.span
            if isinstance(law, ir.Mixture) and not record.everywhere:
                return f"the parts of a mixture must be positive everywhere, and `{part.name}` is not", part.span
    return None


def _of_a_composed_one(part: ir.Expr, words: Vocabulary, *, mixed: bool) -> tuple[str, Span | None] | None:
    """What keeps from moving in a density that is known up to a constant."""
    if part.deps or part.free:
        return "its normalisation depends on other parameters, and is not known", part.span
    if mixed:
        return "the parts of a mixture must be normalised, and this one is known up to a constant", part.span
    match part:
        case ir.Unnormalised():
            return None
        case ir.Reweighted(base=base) if isinstance(base, ir.Reweighted | ir.Truncated | ir.Unnormalised):
            return _of_a_composed_one(base, words, mixed=False)
    for inner in walk(part):
        if isinstance(inner, ir.Density):
            record = words.densities[inner.name]
            if record.atoms is not None or record.transform is None:
                return f"`{inner.name}` has no smooth map from R^n onto its support, so nothing can move in it", inner.span
            if isinstance(part, ir.Reweighted) and isinstance(part.base, ir.Mixture) and not record.everywhere:
                return f"the parts of a mixture must be positive everywhere, and `{inner.name}` is not", inner.span
    return None


def moved_only(model: Model) -> ir.Expr | None:
    """A density of vectors that is known up to a constant: nothing but chains can draw from it. None where there is none."""
    for param in model.params:
        for part in _parts(param.density):
            law = part
            while isinstance(law, ir.Truncated):
                law = law.base
            if isinstance(law, ir.Unnormalised | ir.Reweighted) and law.type.shape:
                return law
    return None


def _laws(model: Model, words: Vocabulary) -> Iterator[ir.Expr]:
    if model.stack is not None:
        yield from (each.param.density for step in resolve_stack(model, words) for each in step.params)
    for param in model.params:
        law = param.density
        while isinstance(law, ir.Copies):
            law = law.base
        yield law


def _parts(law: ir.Expr) -> Iterator[ir.Expr]:
    match law:
        case ir.Mixture(parts=parts):
            for part in parts:
                yield from _parts(part)
        case ir.Copies(base=base):
            yield from _parts(base)
        case _:
            yield law


@dataclass(frozen=True)
class Coordinates:
    """The coordinates of all parameters of a model, under its constants."""

    arrays: tuple[Array, ...]
    env: Env

    @staticmethod
    def of(model: Model, env: Env) -> Coordinates:
        """The arrays in the order in which they are declared, those that others depend on first."""
        found: list[Array] = []
        start = 0
        if model.stack is not None:
            unit = unit_variance(model, env.words)
            for each in (param for step in resolve_stack(model, env.words) for param in step.params):
                found.append(Array((each.key,), (), each.param.shape, each.param.density, start, each.initial, unit))
                start += found[-1].size
        for param in model.params:
            shape = (*(env.sizes[index] for index in param.indices), *param.copies)
            found.append(Array(param.targets, param.indices, shape, param.density, start))
            start += found[-1].size
        return Coordinates(tuple(found), env)

    @property
    def dim(self) -> int:
        """How many numbers a draw has."""
        return sum(each.size for each in self.arrays)

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each coordinate: `a[3]`, `w[3, 1]`."""
        return tuple(name for each in self.arrays for name in _names(each))

    def theta(self, u: Any) -> dict[str, Any]:
        """Parameters by name from coordinates [coordinate]."""
        return self._walk(u)[0]

    def log_prior(self, u: Any) -> tuple[dict[str, Any], Any]:
        """The parameters and log P(theta(u)) |d theta / du|, the product of the declared densities."""
        return self._walk(u)

    def start(self, key: Any) -> Any:
        """Coordinates [coordinate] of where a chain may begin: draws, and standard normal ones where there are none."""
        theta: dict[str, Any] = {}
        pieces: list[Any] = []
        for each in self.arrays:
            env = replace(self.env, params=theta)
            law, stream = _law(each, env), streams.stream(key, ", ".join(each.targets))
            if isinstance(each.density, ir.Unnormalised | ir.Reweighted | ir.Truncated):
                u = _somewhere(law, stream, (*each.shape, *each.density.type.shape), len(each.shape), env)
                events = law.forward(u)
            else:
                events = draw_from(each.density, stream, each.shape, each.indices, env)
                u = law.inverse(events)
            theta.update(
                {each.targets[0]: events * self._factor(each, env)} if len(each.targets) == 1
                else {name: events[..., k] for k, name in enumerate(each.targets)}
            )  # fmt: skip
            pieces.append(u.reshape(-1))
        return jnp.concatenate(pieces)

    def of_theta(self, theta: Mapping[str, Any]) -> Any:
        """Coordinates [coordinate] of one draw."""
        env = replace(self.env, params=theta)
        pieces: list[Any] = []
        for each in self.arrays:
            events = theta[each.targets[0]] if len(each.targets) == 1 else jnp.stack([theta[t] for t in each.targets], -1)
            pieces.append(_law(each, env).inverse(events / self._factor(each, env)).reshape(-1))
        return jnp.concatenate(pieces) if pieces else jnp.zeros(0, self.env.dtype)

    def _walk(self, u: Any) -> tuple[dict[str, Any], Any]:
        theta: dict[str, Any] = {}
        total = jnp.zeros((), self.env.dtype)
        for each in self.arrays:
            env = replace(self.env, params=theta)
            law = _law(each, env)
            own = u[each.start : each.start + each.size].reshape(*each.shape, *each.density.type.shape)
            events = law.forward(own)
            total = total + jnp.sum(law.log_prob(events)) + jnp.sum(law.log_det(own))
            if len(each.targets) == 1:
                theta[each.targets[0]] = events * self._factor(each, env)
            else:
                theta.update({name: events[..., k] for k, name in enumerate(each.targets)})
        return theta, total

    def _factor(self, each: Array, env: Env) -> Any:
        return each.scale / deviation(each.density, env) if each.whitened else each.scale


def _somewhere(law: Law, key: Any, shape: tuple[int, ...], axes: int, env: Env) -> Any:
    """Standard normal coordinates [*shape], of some tries the first ones where the density of an event is not zero."""
    tries = jax.vmap(lambda k: streams.normal(streams.draw_key(key, k), shape, env.dtype))(jnp.arange(START_TRIES))
    found = jax.vmap(lambda u: law.log_prob(law.forward(u)) + law.log_det(u))(tries)
    first = jnp.argmax(jnp.isfinite(found), axis=0)
    wide = first.reshape(1, *first.shape, *(1,) * (len(shape) - axes))
    return jnp.take_along_axis(tries, jnp.broadcast_to(wide, (1, *shape)), axis=0)[0]


def _names(each: Array) -> Iterator[str]:
    one = ", ".join(each.targets)
    whole = (*each.shape, *each.density.type.shape)
    for number in range(each.size):
        place, rest = [], number
        for length in reversed(whole):
            rest, k = divmod(rest, length)
            place.append(str(k + 1))
        yield f"{one}[{', '.join(reversed(place))}]" if place else one


def _law(each: Array, env: Env) -> Law:
    return law_of(each.density, each.shape, each.indices, env)


def law_of(law: ir.Expr, shape: tuple[int, ...], indices: tuple[str, ...], env: Env) -> Law:
    """The maps and logarithms of independent events of the given shape; its first axes are those of `indices`."""
    match law:
        case ir.Density(name=name) if law.free and any(arg.type.kind in ("vec", "matrix") for arg in law.args):
            return _one_by_one(law, shape, indices, env)
        case ir.Density(name=name):
            args = arguments(law, indices, len(shape), env)
            record = env.words.densities[name]
            return _closed(record, args)
        case ir.Copies(base=base, n=n):
            inner = law_of(base, (*shape, n), indices, env)
            return inner._replace(
                log_det=lambda u: jnp.sum(inner.log_det(u), axis=len(shape)),
                log_prob=lambda x: jnp.sum(inner.log_prob(x), axis=len(shape)),
            )
        case ir.Unnormalised(over=over) | ir.Truncated(over=over):
            move = map_onto(lower_domain(over, env), env, bare=not law.type.shape)
            return Law(*move, lambda x: _log_density(law, x, len(shape), env))
        case ir.Reweighted(base=base):
            return law_of(base, shape, indices, env)._replace(log_prob=lambda x: _log_density(law, x, len(shape), env))
        case ir.Mixture(weights=weights, parts=parts):
            return _mixture(weights, [law_of(part, shape, indices, env) for part in parts], env)
        case _:
            msg = f"no coordinates for {type(law).__name__}"
            raise AssertionError(msg)


def _log_density(law: ir.Expr, x: Any, axes: int, env: Env) -> Any:
    """Log of a density up to a constant, event by event: x [*shape, *event] of so many axes gives [*shape]."""
    flat = x.reshape(-1, *x.shape[axes:])
    return jax.vmap(lambda one: composed.log_density(law, one, env))(flat).reshape(x.shape[:axes])


def _closed(record: Any, args: Mapping[str, Any]) -> Law:
    map_ = record.transform
    return Law(
        lambda u: map_.forward(u, args), lambda x: map_.inverse(x, args),
        lambda u: map_.log_det(u, args), lambda x: record.log_prob(x, args),
    )  # fmt: skip


def _one_by_one(law: ir.Density, shape: tuple[int, ...], indices: tuple[str, ...], env: Env) -> Law:
    """Vectors and matrices that differ from entry to entry: each entry with arguments of its own."""
    sizes = shape[: len(indices)]
    arrays = {name: spread(lower(arg, env), sizes, indices) for name, arg in zip(law.names, law.args, strict=True)}
    record = env.words.densities[law.name]

    def each(deed: str) -> Callable[[Any], Any]:
        def all_of(x: Any) -> Any:
            flat = x.reshape(math.prod(sizes), *x.shape[len(sizes) :])
            found = jax.vmap(lambda args, one: getattr(_closed(record, args), deed)(one))(arrays, flat)
            return found.reshape(*sizes, *found.shape[1:])

        return all_of

    return Law(*(each(deed) for deed in Law._fields))


def _mixture(weights: tuple[ir.Expr, ...], parts: list[Law], env: Env) -> Law:
    """Parts that are positive everywhere share the coordinates of the first."""
    numbers = jnp.stack([jnp.asarray(lower(weight, env).array, env.dtype) for weight in weights])
    logs = jnp.log(numbers / jnp.sum(numbers))

    def log_prob(x: Any) -> Any:
        terms = jnp.stack([part.log_prob(x) for part in parts])
        return jax.scipy.special.logsumexp(terms + logs.reshape(-1, *(1,) * (terms.ndim - 1)), axis=0)

    return parts[0]._replace(log_prob=log_prob)
