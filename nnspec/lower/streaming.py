"""One pass over the draws of a measure for everything that is asked about them.

A block of draws is made once and stays in the cache; the fields at each set of points, and then the moments of each
question, are computed from it in loops of their own. A compiler fuses nothing across the borders of a loop, so what a
question gives does not depend on what else is asked, to the last bit. Inside a block arithmetic has the precision that
the estimators allow; blocks are added in float64.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from nnspec.ir.digest import digest
from nnspec.ir.experiment import Experiment
from nnspec.ir.expr import Expr
from nnspec.lower.deformation import Grid
from nnspec.lower.ensemble import Reader
from nnspec.lower.field import environment
from nnspec.lower.shards import FEWEST, Plan
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp, lax, np
from nnspec.plugin.records import Ask, Estimator, Question

if TYPE_CHECKING:
    from nnspec.plugin.vocabulary import Vocabulary

WEIGHT, SQUARE, SHIFT = "+weight", "+square", "+shift"
"""Sums of weights and of their squares, and the logarithm of the weight that they are relative to."""


@dataclass(frozen=True)
class Blocks:
    """The shards of one question, put together to blocks of the jackknife; they are read when they are asked for.

    `counts` are the numbers of draws of the blocks, or the sums of their weights; `factors` multiply what is in a shard.
    """

    name: str
    statistics: Sequence[Mapping[str, Any]]
    members: Sequence[Sequence[int]]
    counts: Any
    factors: Any = None

    def sums(self, number: int) -> dict[str, Any]:
        """Sums over the draws of a block, by the names of moments."""
        found: dict[str, Any] = {}
        for k in self.members[number]:
            for name, array in self.statistics[k].items():
                if name.startswith(f"{self.name}/"):
                    key = name[len(self.name) + 1 :]
                    mine = np.asarray(array, np.float64) * (1.0 if self.factors is None else self.factors[k])
                    found[key] = found[key] + mine if key in found else mine
        return found

    def means(self) -> dict[str, Any]:
        """Means of the moments, [block, ...].

        Raises:
            ValueError: when there is no whole block yet.
        """
        if not self.members:
            message = "there is no whole block of draws"
            raise ValueError(message)
        sums = [self.sums(number) for number in range(len(self.members))]
        return {name: np.stack([each[name] / n for each, n in zip(sums, self.counts, strict=True)]) for name in sums[0]}


@dataclass(frozen=True)
class Reading:
    """A question with its points; those with equal `place` read one field at the same points."""

    name: str
    kind: Estimator
    ask: Ask
    points: Any
    which: Expr | None
    place: int

    @property
    def plain(self) -> bool:
        """Whether the field at the points is all that is read."""
        return self.kind.readings == ("f",)


def working_memory(plan: Plan, parameters: int, points: int, widest: int, item: int, *, jac: bool) -> float:
    """Bytes that a pass needs besides its sums, roughly: a block of draws, and what one reading of it stores."""
    read = parameters * (points + 2.0) if jac else 2.0 * plan.chunk * (widest * points + parameters)
    return item * (plan.block * (parameters + points) + read)


def readings(questions: Sequence[Question], asks: Sequence[Ask]) -> list[Reading]:
    """What is read of each draw."""
    found: list[Reading] = []
    for question, ask in zip(questions, asks, strict=True):
        kind = question.record.kind
        assert isinstance(kind, Estimator)
        points, which = np.asarray(kind.points(ask), dtype=np.float64), question.asked.option("field")
        same = (each.place for each in found if each.which == which and np.array_equal(each.points, points))
        place = next(same, len(found))
        found.append(Reading(question.asked.name, kind, ask, points, which, place))
    return found


def program_name(experiment: Experiment, asked: Sequence[Reading], blocks: str, devices: int) -> str:
    """What a pass depends on besides the values of traced constants: their names, everything else of the spec, the points.

    `blocks` says how draws are taken together.
    """
    constants = tuple(c if c.static else replace(c, value=0) for c in experiment.constants)
    data = tuple(decl for decl in experiment.data if decl.labelled)  # points are among the readings
    rest = replace(experiment, name="", constants=constants, checks=(), data=data, observables=(), sweep=None)
    names = [f"{each.name} {each.kind.precision} {each.place} {told(each.points)} {told(each.ask.options)}" for each in asked]
    return "\n".join([digest(rest), *names, blocks, str(devices)])


def told(value: Any) -> str:
    """A value with everything in it: arrays by their bytes, since their text leaves numbers out."""
    if isinstance(value, Ask):
        return f"{value.name} in R^{value.dim} {told(value.options)}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {told(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(told, value)) + "]"
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    return repr(value)


def pass_over(
    question: Question, asked: Sequence[Reading], plan: Plan, devices: int, of: Callable[..., Reader] | None = None, *,
    grid: Grid | None = None, weighs: bool = False,
) -> Any:  # fmt: skip
    """First draws [shard], draws behind the last [shard] and constants give sums of moments, float64 [shard, ...].

    The number of blocks is no part of the program, so that all shards share it. `of` makes the reader of a field, which
    may read something else of a draw than its field. The deformation is known on the nodes of a `grid`. With `weighs`
    draws count by their weights: sums are over w exp(-shift), and there are those of w and w^2 too.
    """
    experiment, words = question.experiment, cast("Vocabulary", question.words)
    independent = question.asked.option("density") == "undeformed"
    dtype = jnp.dtype("float64" if weighs or not asked else asked[0].kind.precision)
    root = streams.stream(streams.root_key(experiment.numerics.seed), "measure/model")
    reader = of or partial(Reader.of, grid=grid)

    def shard(start: Any, stop: Any, constants: Any) -> Any:
        env = environment(experiment, words, constants, dtype)
        readers = {each.place: reader(experiment, env, each.which, independent=independent) for each in asked}
        first = readers[asked[0].place] if asked else reader(experiment, env, None, independent=independent)
        add = _adder(first, asked, readers, plan, (root, start, stop), weighs=weighs)

        keep = jnp.ones(plan.block, bool)
        draws = jax.eval_shape(jax.vmap(jax.vmap(first.draw)), jax.eval_shape(lambda: _keys(root, plan)))
        shapes = jax.eval_shape(lambda theta: _read(asked, readers, theta, keep), draws)
        zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
        if weighs:
            zeros |= {name: jnp.zeros((), jnp.float64) for name in (WEIGHT, SQUARE)}
        lowest = jnp.asarray(jnp.finfo(jnp.float64).min)
        total, shift = lax.fori_loop(0, -(-(stop - start) // plan.block), add, (zeros, lowest))
        return {**total, "count": (stop - start).astype(jnp.float64), **({SHIFT: shift} if weighs else {})}

    return _sharded(shard, max(1, min(devices, len(plan.shards), len(jax.devices()))))


def _adder(
    first: Reader, asked: Sequence[Reading], readers: Mapping[int, Reader], plan: Plan, bounds: tuple[Any, Any, Any], *,
    weighs: bool,
) -> Callable[[Any, Any], Any]:  # fmt: skip
    """The function that adds block `b` of a shard to its sums, and finds the largest weight so far."""
    root, start, stop = bounds

    def chunks(b: Any) -> tuple[Any, Any]:
        index = start + b * plan.block + jnp.arange(plan.block)
        return index, index.reshape(plan.turns, plan.chunk)

    def plain(b: Any, carry: Any) -> Any:
        total, shift = carry
        index, parts = chunks(b)
        theta = lax.map(jax.vmap(lambda k: first.draw(streams.draw_key(root, k))), parts)
        return jax.tree.map(jnp.add, total, _read(asked, readers, theta, index < stop)), shift

    def weighted(b: Any, carry: Any) -> Any:
        total, shift = carry
        index, parts = chunks(b)
        theta, logs = lax.map(jax.vmap(lambda k: first.weigh(streams.draw_key(root, k))), parts)
        logs = jnp.where(index < stop, jnp.broadcast_to(logs, parts.shape).reshape(-1).astype(jnp.float64), -jnp.inf)
        new = jnp.maximum(shift, jnp.max(logs))
        scale, w = jnp.exp(shift - new), jnp.exp(logs - new)
        found = {**_read(asked, readers, theta, w), WEIGHT: jnp.sum(w), SQUARE: jnp.sum(w * w)}
        factors = {name: scale * scale if name == SQUARE else scale for name in total}
        return {name: total[name] * factors[name] + found[name] for name in total}, new

    return weighted if weighs else plain


def _keys(root: Any, plan: Plan) -> Any:
    return jax.vmap(jax.vmap(lambda k: streams.draw_key(root, k)))(jnp.zeros((plan.turns, plan.chunk), jnp.int64))


def _sharded(shard: Any, count: int) -> Any:
    """As many shards at a time as there are devices."""

    def shards(starts: Any, stops: Any, constants: Any) -> Any:
        return jax.tree.map(lambda x: x[None], shard(starts[0], stops[0], constants))

    mesh = jax.sharding.Mesh(np.array(jax.devices()[:count]), ("shard",))
    split, whole = jax.sharding.PartitionSpec("shard"), jax.sharding.PartitionSpec()
    return jax.jit(jax.shard_map(shards, mesh=mesh, in_specs=(split, split, whole), out_specs=split, check_vma=False))


def _read(asked: Sequence[Reading], readers: Mapping[int, Reader], theta: Any, keep: Any) -> dict[str, Any]:
    """Sums over the draws of a block, float64, by question and name; `theta` is [turn, draw, ...]."""
    fields: dict[int, Any] = {}
    sums: dict[str, Any] = {}
    for each in asked:
        reader = readers[each.place]
        if not each.plain:
            found = _one_by_one(each, reader, theta, keep)
        else:
            if each.place not in fields:
                fields[each.place] = _fields(reader, theta, each.points)
            found = _moments(each, fields[each.place], keep)
        sums |= {f"{each.name}/{name}": array for name, array in found.items()}
    return sums


def _fields(reader: Reader, theta: Any, points: Any) -> Any:
    """The field of every draw of a block, [draw, point, out]."""
    at = jnp.asarray(points)
    values = lax.map(jax.vmap(lambda draw: reader.field(draw, at)), theta)
    return values.reshape(-1, *values.shape[2:])


def _moments(each: Reading, values: Any, keep: Any) -> dict[str, Any]:
    """Moments of a block from its fields, in two halves."""

    def of(f: Any, kept: Any) -> dict[str, Any]:
        return _summed(jax.vmap(lambda one: _split(each.kind.moments(each.ask, f=one)))(f), kept)

    halves = (values.reshape(FEWEST, -1, *values.shape[1:]), keep.reshape(FEWEST, -1))
    return _accumulated(of, halves)


def _one_by_one(each: Reading, reader: Reader, theta: Any, keep: Any) -> dict[str, Any]:
    """Moments that need more of a draw than its field, draw by draw, so that no two are in memory at once."""
    points = jnp.asarray(each.points)

    def of(draw: Any, kept: Any) -> dict[str, Any]:
        found = _split(each.kind.moments(each.ask, **reader.read(each.kind, draw, points)))
        return _summed(jax.tree.map(lambda x: x[None], found), kept[None])

    return _accumulated(of, (jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), theta), keep))


def _accumulated(of: Any, parts: tuple[Any, Any]) -> dict[str, Any]:
    """The sum of `of(part)` over the first axis of the parts, one after the other."""

    def add(total: Any, part: Any) -> Any:
        return jax.tree.map(jnp.add, total, of(*part)), None

    first = jax.tree.map(lambda x: x[0], parts)
    shapes = jax.eval_shape(lambda part: of(*part), first)
    total, _ = lax.scan(add, jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes), parts)
    found: dict[str, Any] = total
    return found


def _split(found: Any) -> dict[str, Any]:
    """Moments of one draw as a tree of arrays: an outer product stays a pair until draws are summed."""
    return {
        name: (moment.left, moment.right) if hasattr(moment, "left") else moment for name, moment in found.items()
    }


def _summed(found: dict[str, Any], keep: Any) -> dict[str, Any]:
    """Sums over draws, float64, by name."""
    sums: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, tuple):
            left, right = (_counted(side, keep if k == 0 else keep.astype(bool)) for k, side in enumerate(value))
            # float64 before the products: sums of many equal numbers in float32 are off by more than the error bar
            sums[name] = jnp.einsum("bm,bn->mn", left.astype(jnp.float64), right.astype(jnp.float64))
        else:
            sums[name] = jnp.sum(_counted(value, keep).astype(jnp.float64), axis=0)
    return sums


def _counted(value: Any, keep: Any) -> Any:
    """Values of draws that count, or what they count for by their weights."""
    mask = keep.reshape(-1, *[1] * (value.ndim - 1))
    if keep.dtype == bool:
        return jnp.where(mask, value, 0)
    return jnp.where(mask > 0, value, 0) * mask
