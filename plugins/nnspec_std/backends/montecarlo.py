r"""Direct Monte Carlo: networks are drawn, read and forgotten; sums of moments are kept, one set for each shard.

A shard is a range of draws. Draw number k has the key fold_in(stream of the measure, k), so its network does not depend
on shards, blocks, devices, or on what else is asked; `streaming.py` has the pass over them. Shards are the blocks of the
jackknife.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from nnspec.ir.experiment import Model
from nnspec.ir.expr import Expr, Integral
from nnspec.ir.walk import walk
from nnspec.lower.field import parameter_count, traced_constants, work_per_point
from nnspec.lower.streaming import Plan, pass_over, program_name, readings, working_memory
from nnspec.numerics import moments
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
    per_point, widest = work_per_point(model, words, sizes)
    parameters = parameter_count(model, words, sizes)
    factor = 3.0 * (1 + points / 2) if "jac" in kind.readings else 1.0
    entries = math.prod(shape)
    flops = draws * (30.0 * parameters + per_point * points * factor)
    item = 4 if kind.precision == "float32" else 8
    plan = Plan.of(draws, min(SHARDS, draws // 4), parameters)
    stored = widest if model.stack is not None else 1  # a formula is evaluated point by point
    memory = working_memory(plan, parameters, points, stored, item, jac="jac" in kind.readings) + 8.0 * entries * (SHARDS + 8)
    method = kind.methods[0]
    return Offer(
        backend=NAME, method=method, why=f"every model can be drawn; sampler {sampler}", dims=question.asked.dims,
        shape=shape, draws=draws, flops=flops, bytes=memory, error=f"1/sqrt({draws}) of the spread",
        group=_group(question, kind, draws, sampler), preference=10,
        cite=question.record.cite,
    )  # fmt: skip


def _group(question: Question, kind: Estimator, draws: int, sampler: str) -> str:
    """Questions about the same draws share them."""
    density = question.asked.option("density") or "deformed"
    return f"{sampler}:{draws}:{kind.precision}:{density}"


def _point_count(question: Question, shape: tuple[int, ...]) -> int:
    """How many points are read, from the options alone."""
    if question.asked.option("modes") is not None:
        return int(question.asked.option("modes")) ** question.experiment.model.dim
    return 1 + max(shape, default=1)


def compile(questions: Sequence[Question], offers: Sequence[Offer], resources: Resources) -> Program:
    """One pass over the draws for all questions of a group."""
    experiment, words = questions[0].experiment, questions[0].words
    draws = offers[0].draws or 0
    shards = min(SHARDS, draws // 4)
    per_shard = -(-draws // shards)
    readers = readings(questions, resources.asks)
    parameters = parameter_count(experiment.model, words, {index.name: index.size for index in experiment.model.indices})
    plan = Plan.of(draws, shards, parameters)
    name = program_name(experiment, readers, plan, resources.devices)
    program = resources.programs.get(name) or pass_over(questions[0], readers, plan, resources.devices)
    resources.programs[name] = program
    constants = traced_constants(experiment)
    width = max(1, min(resources.devices, shards))

    def compute(indices: Sequence[int], before: Sequence[Statistics | None]) -> list[Statistics]:  # noqa: ARG001
        padded = list(indices) + [indices[-1]] * (width - len(indices))
        sums = jax.device_get(program(jnp.asarray(padded), constants))
        return [{name: np.asarray(array[k]) for name, array in sums.items()} for k in range(len(indices))]

    def finish(statistics: Sequence[Statistics]) -> list[Estimate]:
        return [
            _estimate(question, accepted, ask, statistics)
            for question, accepted, ask in zip(questions, offers, resources.asks, strict=True)
        ]

    return Program(shards=shards, compute=compute, finish=finish, width=width, draws_per_shard=per_shard)


def _estimate(question: Question, accepted: Offer, ask: Any, statistics: Sequence[Statistics]) -> Estimate:
    kind = question.record.kind
    assert isinstance(kind, Estimator)
    counts = np.array([float(each["count"]) for each in statistics])
    prefix = f"{question.asked.name}/"
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
