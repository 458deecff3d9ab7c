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
from nnspec.lower.composed import certify
from nnspec.lower.field import environment, parameter_count, traced_constants, work_per_point
from nnspec.lower.first_fault import first_fault
from nnspec.lower.shards import EQUAL, Plan
from nnspec.lower.streaming import Blocks, pass_over, program_name, readings, working_memory
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
FEWEST_DRAWS = 32
HALF = 0.5
"""A block must carry more than half of the squared error before tails are blamed; few draws alone give less."""
READINGS = ("f", "jac", "theta")
SMALL = 2**24
"""Bytes of leave-one-out values that are kept; where there are more, one block is in memory at a time."""
MOST_DRAWS = 10**10
FURTHER = 100
"""How much longer a pass may get at once: an error bar of an error bar is not to be trusted further."""
layout = Plan.of


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
    deform = question.experiment.model.deform
    if deform is not None and not sampler.weighs and question.asked.option("density") != "undeformed":
        reason = f"draws of `{sampler.name}` know nothing of the deformation"
        return [Refusal(backend=NAME, method=kind.methods[0], reason=reason, span=deform.span)]
    draws = int(question.asked.option("draws"))
    if draws < FEWEST_DRAWS:
        reason = f"{draws} draws give no error bar; at least {FEWEST_DRAWS} are needed"
        return [Refusal(backend=NAME, method=kind.methods[0], reason=reason, span=question.asked.place("draws"))]
    goal = question.asked.option("target_error")
    if goal is not None and not 0.0 < goal < 1.0:
        reason = f"an error of {goal:g} times the largest value is no aim: take a share between 0 and 1, as in 0.01"
        return [Refusal(backend=NAME, method=kind.methods[0], reason=reason, span=question.asked.place("target_error"))]
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
    plan = layout(draws, parameters)
    stored = widest if model.stack is not None else 1  # a formula is evaluated point by point
    memory = working_memory(plan, parameters, points, stored, item, jac="jac" in kind.readings)
    # leave-one-out values of all blocks, or the sums over them and what `finish` makes on its way; some shards besides
    memory += 8.0 * entries * (EQUAL + 24 if 8 * entries * EQUAL <= SMALL else 32) + min(2.0**28, 256.0 * entries)
    goal = question.asked.option("target_error")
    if question.asked.option("covariance"):
        memory += 8.0 * entries**2
    method = kind.methods[0]
    return Offer(
        backend=NAME, method=method, why=f"every model can be drawn; sampler {sampler}", dims=question.asked.dims,
        shape=shape, draws=draws, flops=flops, bytes=memory, error=_expected(question, kind, draws, goal),
        group=_group(question, kind, draws, sampler), preference=10,
        cite=question.record.cite,
    )  # fmt: skip


def _group(question: Question, kind: Estimator, draws: int, sampler: str) -> str:
    """Questions about the same draws share them."""
    density = question.asked.option("density") or "deformed"
    goal = question.asked.option("target_error")
    return f"{sampler}:{draws}:{kind.precision}:{density}" + (f":{goal}" if goal is not None else "")


def _expected(question: Question, kind: Estimator, draws: int, goal: float | None) -> str:
    """The error bar to expect, before anything is drawn."""
    if goal is not None:
        return f"{goal:.2g} of the largest value, from {draws:,} draws on"
    spread = kind.spread(dict(question.asked.options))
    if spread is None:
        return f"1/sqrt({draws:,}) of the spread of one network"
    size, unit = spread
    return f"{size / math.sqrt(draws):.1%} of {unit}, were the field Gaussian"


def wanted(estimate: Estimate, goal: float, draws: int) -> int:
    """Draws after which the largest error bar would be `goal` times the largest value; `draws` when it is already.

    Raises:
        ArithmeticError: when these are more than anyone would draw.
    """
    error, size = float(np.max(estimate.stderr, initial=0.0)), float(np.max(np.abs(estimate.value), initial=0.0))
    if not (math.isfinite(error) and math.isfinite(size)) or error <= goal * size:
        return draws  # what is not finite is found in the results
    need = draws * (error / (goal * size)) ** 2 if size > 0.0 else math.inf
    if need > MOST_DRAWS:
        now = f"{error / size:.2g}" if size > 0.0 else "no value but zero"
        message = f"`{estimate.name}`: an error of {goal:.2g} would need about {need:.0e} networks; {draws:,} gave {now}"
        raise ArithmeticError(message)
    return min(math.ceil(1.1 * need), FURTHER * draws)


def _point_count(question: Question, shape: tuple[int, ...]) -> int:
    """How many points are read, from the options alone."""
    if question.asked.option("modes") is not None:
        return int(question.asked.option("modes")) ** question.experiment.model.dim
    return 1 + max(shape, default=1)


def compile(questions: Sequence[Question], offers: Sequence[Offer], resources: Resources) -> Program:
    """One pass over the draws for all questions of a group."""
    return _program(questions, offers, resources, offers[0].draws or 0)


def _program(questions: Sequence[Question], offers: Sequence[Offer], resources: Resources, draws: int) -> Program:
    experiment, words = questions[0].experiment, questions[0].words
    readers = readings(questions, resources.asks)
    parameters = parameter_count(experiment.model, words, {index.name: index.size for index in experiment.model.indices})
    plan = layout(draws, parameters)
    name = program_name(experiment, readers, plan, resources.devices)
    program = resources.programs.get(name) or pass_over(questions[0], readers, plan, resources.devices)
    resources.programs[name] = program
    constants = traced_constants(experiment)
    certify(experiment.model, environment(experiment, words, constants, jnp.float64))
    width = max(1, min(resources.devices, len(plan.shards)))

    def compute(indices: Sequence[int], before: Sequence[Statistics | None]) -> list[Statistics]:  # noqa: ARG001
        ranges = [plan.shards[k] for k in indices]
        starts, stops = zip(*ranges, *[ranges[-1]] * (width - len(ranges)), strict=True)
        sums = jax.device_get(program(jnp.asarray(starts), jnp.asarray(stops), constants))
        return [{name: np.asarray(array[k]) for name, array in sums.items()} for k in range(len(indices))]

    def finish(statistics: Sequence[Statistics]) -> list[Estimate]:
        blocks = [block for block in plan.grains() if block[-1] < len(statistics)]
        counts = np.array([math.fsum(float(statistics[k]["count"]) for k in block) for block in blocks])
        return [
            _estimate(question, accepted, ask, Blocks(question.asked.name, statistics, blocks, counts))
            for question, accepted, ask in zip(questions, offers, resources.asks, strict=True)
        ]

    def more(statistics: Sequence[Statistics]) -> Program | None:
        goals = [(question.asked, question.asked.option("target_error")) for question in questions]
        if all(goal is None for _, goal in goals):
            return None
        needs = [wanted(e, goal, draws) for e, (_, goal) in zip(finish(statistics), goals, strict=True) if goal is not None]
        return _program(questions, offers, resources, max(needs)) if max(needs) > draws else None

    def explain(statistics: Sequence[Statistics], question: str) -> str:
        mine = [k for k, each in enumerate(statistics) if not _fine(each, question)]
        one = next(k for k, each in enumerate(questions) if each.asked.name == question)
        if not mine:
            return ""
        return first_fault(questions[one], readers[one], plan, plan.shards[mine[0]], constants)

    return Program(
        shards=len(plan.shards), compute=compute, finish=finish, width=width,
        draws=tuple(stop - start for start, stop in plan.shards),
        labels=plan.labels, separate=True, more=more, explain=explain,
    )  # fmt: skip


def _fine(statistics: Statistics, question: str) -> bool:
    return all(np.all(np.isfinite(array)) for name, array in statistics.items() if name.startswith(f"{question}/"))


def _estimate(question: Question, accepted: Offer, ask: Any, blocks: Blocks) -> Estimate:
    kind = question.record.kind
    assert isinstance(kind, Estimator)
    asked, counts = question.asked, blocks.counts
    entries = math.prod(accepted.shape)
    notes: dict[str, Any] = {"blocks": len(counts)}
    covariance = None
    if 8 * entries * len(counts) <= SMALL:
        means = blocks.means()
        found = moments.jackknife(means, counts, lambda tree: kind.finish(ask, tree))
        tail = moments.tail_check(found.replicates, counts, false_alarm=1e-6)
        notes["largest_share"], allowed = tail
        if asked.option("covariance"):
            covariance = moments.covariance(found, counts)
    else:
        found, notes["largest_share"] = moments.jackknife_in_turn(blocks.sums, counts, lambda tree: kind.finish(ask, tree))
        allowed = moments.allowed_share(len(counts), entries, false_alarm=1e-6)
    return Estimate(
        name=asked.name, word=asked.word, method=accepted.method, value=found.value, dims=asked.dims,
        coords=dict(zip(asked.dims, question.record.coords(ask).values(), strict=False)), stderr=found.stderr,
        draws=int(counts.sum()), blocks=found.replicates, covariance=covariance, diagnostics=notes,
        warnings=_heavy(asked.name, notes["largest_share"], allowed), equation=question.record.equation, cite=accepted.cite,
        backend=NAME,
    )  # fmt: skip


def _heavy(name: str, share: float, allowed: float) -> tuple[str, ...]:
    """NN496: one block carries the error, as happens where higher moments do not exist in practice."""
    if share <= max(allowed, HALF):
        return ()
    return (f"NN496: one block of draws carries {share:.0%} of the error of `{name}`: heavy tails, do not trust it",)


@hookimpl
def nnspec_backends() -> Iterable[Backend]:
    """Sampling as a backend."""
    yield Backend(
        name=NAME, doc="draws networks and averages; errors from blocks", offer=offer, compile=compile,
        methods=("monte_carlo", "direct", "empirical"),
    )  # fmt: skip
