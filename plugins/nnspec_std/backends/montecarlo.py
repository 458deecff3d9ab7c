r"""Direct Monte Carlo: networks are drawn, read and forgotten; sums of moments are kept, one set for each shard.

A shard is a range of draws. Draw number k has the key fold_in(stream of the measure, k), so its network does not depend
on shards, blocks, devices, or on what else is asked. Inside a block (sized for the cache) arithmetic has the precision
that the estimator allows; blocks are added in float64. Shards are the blocks of the jackknife.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.ir.experiment import Model
from nnspec.ir.expr import Expr, Integral
from nnspec.ir.walk import walk
from nnspec.lower.ensemble import Reader, block_size, draw_bytes
from nnspec.lower.field import environment, parameter_count, traced_constants, work_per_point
from nnspec.numerics import moments, streams
from nnspec.plugin import (
    Backend,
    Estimator,
    Offer,
    Program,
    Question,
    Refusal,
    Resources,
    hookimpl,
    jax,
    jnp,
    lax,
    np,
)
from nnspec.plugin.records import Statistics
from nnspec.result.estimate import Estimate

NAME = "montecarlo"
SHARDS = 64
FEWEST_DRAWS = 32
HALF = 0.5
"""A block must carry more than half of the squared error before tails are blamed; few draws alone give less."""
READINGS = ("f", "jac", "theta")


def offer(question: Question) -> Sequence[Offer | Refusal]:
    """Estimators whose readings one draw can give."""
    kind = question.record.kind
    if not isinstance(kind, Estimator):
        reason = f"no single network contributes to `{question.asked.word}`"
        return [Refusal(backend=NAME, reason=reason, method="monte_carlo")]
    if question.method is not None and question.method not in kind.methods:
        return []
    sampler = question.words.samplers[_sampler(question)]
    missing = [reading for reading in kind.readings if reading not in READINGS]
    if missing:
        return [Refusal(backend=NAME, method=kind.methods[0], reason=f"it does not read `{missing[0]}`")]
    if sampler.draw is None:
        return [Refusal(backend=NAME, method=kind.methods[0], reason=f"`{sampler.name}` gives no independent draws")]
    draws = int(question.asked.option("draws"))
    if draws < FEWEST_DRAWS:
        reason = f"{draws} draws give no error bar; at least {FEWEST_DRAWS} are needed"
        return [Refusal(backend=NAME, method=kind.methods[0], reason=reason, span=question.asked.place("draws"))]
    inner = _integral(question.experiment.model)
    if inner is not None:
        reason = "the field holds an integral, whose error sampling cannot state"
        return [Refusal(backend=NAME, method=kind.methods[0], reason=reason, span=inner.span)]
    return [_offer(question, kind, draws, sampler.name)]


def _sampler(question: Question) -> str:
    """Networks of the declared densities are drawn one by one, whatever is done about a deformation."""
    return "iid" if question.asked.option("density") == "undeformed" else question.experiment.sampler


def _integral(model: Model) -> Expr | None:
    return next((node for node in walk(model.fields) if isinstance(node, Integral)), None)


def _offer(question: Question, kind: Estimator, draws: int, sampler: str) -> Offer:
    model, words = question.experiment.model, question.words
    sizes = {index.name: index.size for index in model.indices}
    options = dict(question.asked.options)
    shape = question.record.shape(options, model.dim)
    points = _point_count(question, shape)
    per_point, _ = work_per_point(model, words, sizes)
    parameters = parameter_count(model, words, sizes)
    factor = 3.0 * (1 + points / 2) if "jac" in kind.readings else 1.0
    entries = math.prod(shape)
    flops = draws * (30.0 * parameters + per_point * points * factor)
    item = 4 if kind.precision == "float32" else 8
    memory = draw_bytes(parameters, points, "jac" in kind.readings, item) + 8.0 * entries * (SHARDS + 8)
    method = kind.methods[0]
    return Offer(
        backend=NAME, method=method, why=f"every model can be drawn; sampler {sampler}", dims=question.asked.dims,
        shape=shape, draws=draws, flops=flops, bytes=memory, error=f"1/sqrt({draws}) of the spread",
        group=f"{sampler}:{draws}:{kind.precision}:{question.asked.name}", preference=10,
        cite=question.record.cite,
    )  # fmt: skip


def _point_count(question: Question, shape: tuple[int, ...]) -> int:
    """How many points are read, from the options alone."""
    if question.asked.option("modes") is not None:
        return int(question.asked.option("modes")) ** question.experiment.model.dim
    return 1 + max(shape, default=1)


@dataclass(frozen=True)
class Plan:
    """Shards, blocks and draws of a pass."""

    draws: int
    shards: int
    block: int
    blocks: int

    def bounds(self, shard: Any) -> tuple[Any, Any]:
        """First draw of a shard, and the first that is not in it."""
        base, extra = divmod(self.draws, self.shards)
        small = jnp.minimum(shard, extra)
        start = shard * base + small
        return start, start + base + jnp.where(shard < extra, 1, 0)


def compile(questions: Sequence[Question], offers: Sequence[Offer], resources: Resources) -> Program:
    """One pass over the draws for all questions of a group."""
    experiment, words = questions[0].experiment, questions[0].words
    kinds = [question.record.kind for question in questions]
    dtype = jnp.dtype(kinds[0].precision)
    points = [jnp.asarray(kind.points(ask)) for kind, ask in zip(kinds, resources.asks, strict=True)]
    draws = offers[0].draws or 0
    shards = min(SHARDS, draws // 4)
    jac = any("jac" in kind.readings for kind in kinds)
    block = block_size(experiment.model, words, max(len(p) for p in points), jac)
    per_shard = -(-draws // shards)
    blocks = -(-per_shard // block)
    plan = Plan(draws, shards, -(-per_shard // blocks), blocks)
    asked = list(zip(kinds, resources.asks, points, strict=True))
    program = _program(questions[0], asked, plan, dtype, resources.devices)
    constants = traced_constants(experiment)
    width = max(1, min(resources.devices, shards))

    def compute(indices: Sequence[int], before: Sequence[Statistics | None]) -> list[Statistics]:  # noqa: ARG001
        padded = list(indices) + [indices[-1]] * (width - len(indices))
        sums = jax.device_get(program(jnp.asarray(padded), constants))
        return [{name: np.asarray(array[k]) for name, array in sums.items()} for k in range(len(indices))]

    def finish(statistics: Sequence[Statistics]) -> list[Estimate]:
        return [
            _estimate(question, accepted, ask, k, statistics)
            for k, (question, accepted, ask) in enumerate(zip(questions, offers, resources.asks, strict=True))
        ]

    return Program(shards=shards, compute=compute, finish=finish, width=width, draws_per_shard=per_shard)


def _program(
    question: Question, asked: Sequence[tuple[Any, Any, Any]], plan: Plan, dtype: Any, devices: int
) -> Any:
    """Shard numbers [shard] and constants give sums of moments, float64 [shard, ...] by name."""
    experiment, words = question.experiment, question.words
    which, independent = question.asked.option("field"), question.asked.option("density") == "undeformed"
    root = streams.stream(streams.root_key(experiment.numerics.seed), "measure/model")

    def shard(number: Any, constants: Any) -> Any:
        env = environment(experiment, words, constants, dtype)
        reader = Reader.of(experiment, env, which, independent=independent)
        start, stop = plan.bounds(number)

        def one(index: Any) -> Any:
            theta = reader.draw(streams.draw_key(root, index))
            return [_split(kind.moments(ask, **reader.read(kind, theta, points))) for kind, ask, points in asked]

        def add(total: Any, b: Any) -> Any:
            index = start + b * plan.block + jnp.arange(plan.block)
            keep = index < stop
            found = _summed(jax.vmap(one)(index), keep)
            return jax.tree.map(jnp.add, total, found), None

        shapes = jax.eval_shape(lambda: _summed(jax.vmap(one)(jnp.arange(plan.block)), jnp.ones(plan.block, bool)))
        zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
        total, _ = lax.scan(add, zeros, jnp.arange(plan.blocks))
        return {**total, "count": (stop - start).astype(jnp.float64)}

    def shards(numbers: Any, constants: Any) -> Any:
        return jax.tree.map(lambda x: x[None], shard(numbers[0], constants))

    count = max(1, min(devices, plan.shards, len(jax.devices())))
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:count]), ("shard",))
    split, whole = jax.sharding.PartitionSpec("shard"), jax.sharding.PartitionSpec()
    return jax.jit(
        jax.shard_map(shards, mesh=mesh, in_specs=(split, whole), out_specs=split, check_vma=False)
    )


def _split(found: Any) -> dict[str, Any]:
    """Moments of one draw as a tree of arrays: an outer product stays a pair until draws are summed."""
    return {
        name: (moment.left, moment.right) if hasattr(moment, "left") else moment for name, moment in found.items()
    }


def _summed(found: Sequence[dict[str, Any]], keep: Any) -> dict[str, Any]:
    """Sums over the draws of a block, float64, by question and name."""
    sums: dict[str, Any] = {}
    for k, moments_of in enumerate(found):
        for name, value in moments_of.items():
            if isinstance(value, tuple):
                left, right = value
                left = jnp.where(keep.reshape(-1, *[1] * (left.ndim - 1)), left, 0)
                right = jnp.where(keep.reshape(-1, *[1] * (right.ndim - 1)), right, 0)
                # float64 before the products: sums of many equal numbers in float32 are off by more than the error bar
                total = jnp.einsum("bm,bn->mn", left.astype(jnp.float64), right.astype(jnp.float64))
            else:
                mask = keep.reshape(-1, *[1] * (value.ndim - 1))
                total = jnp.sum(jnp.where(mask, value, 0).astype(jnp.float64), axis=0)
            sums[f"{k}/{name}"] = total
    return sums


def _estimate(question: Question, accepted: Offer, ask: Any, k: int, statistics: Sequence[Statistics]) -> Estimate:
    kind = question.record.kind
    assert isinstance(kind, Estimator)
    counts = np.array([float(each["count"]) for each in statistics])
    prefix = f"{k}/"
    names = [name for name in statistics[0] if name.startswith(prefix)]
    means = {
        name[len(prefix) :]: np.stack([each[name] / each["count"] for each in statistics]) for name in names
    }
    found = moments.jackknife(means, counts, lambda tree: kind.finish(ask, tree))
    coords = dict(zip(question.asked.dims, question.record.coords(ask).values(), strict=False))
    blocks = found.replicates if found.replicates.nbytes <= 1 << 24 else None
    tail = moments.tail_check(found.replicates, counts, false_alarm=1e-6)
    return Estimate(
        name=question.asked.name, word=question.asked.word, method=accepted.method, value=found.value,
        dims=question.asked.dims, coords=coords, stderr=found.stderr, draws=accepted.draws, blocks=blocks,
        diagnostics={"blocks": len(counts), "largest_share": tail.share}, warnings=_heavy(question.asked.name, tail),
        equation=question.record.equation, cite=accepted.cite, backend=NAME,
    )  # fmt: skip


def _heavy(name: str, tail: Any) -> tuple[str, ...]:
    """NN496: one block carries the error, as happens where higher moments do not exist in practice."""
    if tail.share <= max(tail.allowed, HALF):
        return ()
    return (f"NN496: one block of draws carries {tail.share:.0%} of the error of `{name}`: heavy tails, do not trust it",)


@hookimpl
def nnspec_backends() -> Iterable[Backend]:
    """Sampling as a backend."""
    yield Backend(
        name=NAME, doc="draws networks and averages; errors from blocks", offer=offer, compile=compile,
        methods=("monte_carlo", "direct", "empirical"),
    )  # fmt: skip
