"""What all ways of sampling have in common: a pass over draws as a program, blocks of shards, and errors from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.lower.field import traced_constants
from nnspec.lower.shards import EQUAL, Plan
from nnspec.lower.streaming import SHIFT, SQUARE, WEIGHT, Blocks
from nnspec.numerics import moments
from nnspec.plugin import Estimator, Offer, Program, Question, Resources, jax, jnp, np
from nnspec.plugin.records import Statistics
from nnspec.result.estimate import Estimate
from nnspec_std.backends._chain_errors import NotConvergedError

FEWEST_DRAWS = 32
TAILS = 1e-6
HALF = 0.5
"""A block must carry more than half of the squared error before tails are blamed; few draws alone give less."""
SMALL = 2**24
"""Bytes of leave-one-out values that are kept; where there are more, one block is in memory at a time."""
MOST_DRAWS = 10**10
FURTHER = 100
"""How much longer a pass may get at once: an error bar of an error bar is not to be trusted further."""
layout = Plan.of


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way of sampling: the compiled pass of a plan, and what becomes of the shards.

    `passing(plan)` maps first draws [shard], those behind the last and constants to sums; `finish(statistics, blocks)`
    gives the estimates, `blocks` being the shards of each block of the jackknife; `fault` is a clause about the first bad
    draw of a shard of a question.
    """

    questions: Sequence[Question]
    offers: Sequence[Offer]
    resources: Resources
    passing: Callable[[Plan], Any]
    finish: Callable[[Sequence[Statistics], list[list[int]]], list[Estimate]]
    parameters: int
    fault: Callable[[str, Plan, tuple[int, int]], str] = lambda _name, _plan, _shard: ""

    def program(self, draws: int) -> Program:
        """The pass over so many draws, in shards."""
        experiment = self.questions[0].experiment
        plan = layout(draws, self.parameters)
        passing, constants = self.passing(plan), traced_constants(experiment)
        width = max(1, min(self.resources.devices, len(plan.shards)))

        def compute(indices: Sequence[int], before: Sequence[Statistics | None]) -> list[Statistics]:  # noqa: ARG001
            ranges = [plan.shards[k] for k in indices]
            starts, stops = zip(*ranges, *[ranges[-1]] * (width - len(ranges)), strict=True)
            sums = jax.device_get(passing(jnp.asarray(starts), jnp.asarray(stops), constants))
            return [{name: np.asarray(array[k]) for name, array in sums.items()} for k in range(len(indices))]

        def finish(statistics: Sequence[Statistics]) -> list[Estimate]:
            return self.finish(statistics, [block for block in plan.grains() if block[-1] < len(statistics)])

        def explain(statistics: Sequence[Statistics], question: str) -> str:
            bad = (k for k, each in enumerate(statistics) if not _fine(each, question))
            first = next(bad, None)
            return "" if first is None else self.fault(question, plan, plan.shards[first])

        return Program(
            shards=len(plan.shards), compute=compute, finish=finish, width=width, labels=plan.labels, separate=True,
            draws=tuple(stop - start for start, stop in plan.shards), explain=explain,
            more=lambda statistics: self._more(finish, statistics, draws),
        )  # fmt: skip

    def _more(self, finish: Any, statistics: Sequence[Statistics], draws: int) -> Program | None:
        """A longer pass, where errors are wished for that this one has not."""
        goals = {question.asked.name: question.asked.option("target_error") for question in self.questions}
        if all(goal is None for goal in goals.values()):
            return None
        found = [(each, goals.get(each.name)) for each in finish(statistics)]
        most = max((_wanted(each, goal, draws) for each, goal in found if goal is not None), default=draws)
        return self.program(most) if most > draws else None


def _fine(statistics: Statistics, question: str) -> bool:
    return all(np.all(np.isfinite(array)) for name, array in statistics.items() if name.startswith(f"{question}/"))


def _wanted(estimate: Estimate, goal: float, draws: int) -> int:
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


def estimate(
    question: Question, accepted: Offer, ask: Any, blocks: Blocks, finish: Callable[[Any], Any], *, draws: int,
    equation: str = "", notes: Mapping[str, Any] | None = None,
) -> Estimate:  # fmt: skip
    """An estimate from blocks of draws: the jackknife, a look at the tails, the covariance where it was asked for."""
    asked, counts, entries = question.asked, blocks.counts, math.prod(accepted.shape)
    told: dict[str, Any] = {"blocks": len(counts), **(notes or {})}
    covariance = None
    if 8 * entries * len(counts) <= SMALL or asked.option("covariance"):
        found = moments.jackknife(blocks.means(), counts, finish)
        told["largest_share"], allowed = moments.tail_check(found.replicates, counts, false_alarm=TAILS)
        if asked.option("covariance"):
            covariance = moments.covariance(found, counts)
    else:
        found, told["largest_share"] = moments.jackknife_in_turn(blocks.sums, counts, finish)
        allowed = moments.allowed_share(len(counts), entries, false_alarm=TAILS)
    return Estimate(
        name=asked.name, word=asked.word, method=accepted.method, value=found.value, dims=asked.dims,
        coords=dict(zip(asked.dims, question.record.coords(ask).values(), strict=False)), stderr=found.stderr, draws=draws,
        blocks=found.replicates, covariance=covariance, diagnostics=told,
        warnings=_heavy(asked.name, told["largest_share"], allowed), equation=equation or question.record.equation,
        cite=accepted.cite, backend=accepted.backend,
    )  # fmt: skip


def _heavy(name: str, share: float, allowed: float) -> tuple[str, ...]:
    """NN496: one block carries the error, as happens where higher moments do not exist in practice."""
    if share <= max(allowed, HALF):
        return ()
    return (f"NN496: one block of draws carries {share:.0%} of the error of `{name}`: heavy tails, do not trust it",)


def count_draws(statistics: Sequence[Statistics], blocks: Sequence[Sequence[int]]) -> Any:
    """Draws of each block, float64 [block]."""
    return np.array([math.fsum(float(statistics[k]["count"]) for k in block) for block in blocks])


@dataclass(frozen=True)
class Weights:
    """Sums of the weights of each block, what the sums of each shard are multiplied with, and the effective share."""

    counts: Any
    factors: Any
    share: float
    stderr: float


def weights(statistics: Sequence[Statistics], blocks: Sequence[Sequence[int]], least: float) -> Weights:
    """The weights of all draws; the effective share of draws is (sum w)^2 / (n sum w^2).

    Raises:
        NotConvergedError: so few draws carry all the weight that nothing can be said.
    """
    shift = np.array([float(each[SHIFT]) for each in statistics])
    scale = np.exp(shift - np.max(shift))
    first = np.array([float(each[WEIGHT]) for each in statistics]) * scale
    second = np.array([float(each[SQUARE]) for each in statistics]) * scale**2
    sums, squares = (np.array([math.fsum(each[list(block)]) for block in blocks]) for each in (first, second))
    counts = count_draws(statistics, blocks)
    draws = float(np.sum(counts))
    share = float(np.sum(sums) ** 2 / (draws * np.sum(squares)))
    if not (share >= least and share * draws >= FEWEST_DRAWS):
        message = f"the weights leave {share:.2%} of the draws, {share * draws:.0f} of {draws:,.0f}; {least:.2%} is the least"
        raise NotConvergedError(message, ("move chains through the deformed density: `sampler: {hmc: {}}`",))
    means = {"one": sums / counts, "two": squares / counts}
    error = moments.jackknife(means, counts, lambda tree: tree["one"] ** 2 / tree["two"]).stderr
    return Weights(sums, scale, share, float(error))


def memory(entries: float, asked: Any) -> float:
    """Bytes that finishing takes: leave-one-out values of all blocks, or sums over them and what comes on the way; shards."""
    need = 8.0 * entries * (EQUAL + 24 if 8 * entries * EQUAL <= SMALL else 32) + min(2.0**28, 256.0 * entries)
    return need + (8.0 * entries * (entries + 2 * EQUAL) if asked.option("covariance") else 0.0)


def expected(question: Question, kind: Estimator, draws: int) -> str:
    """The error bar to expect, before anything is drawn."""
    goal = question.asked.option("target_error")
    if goal is not None:
        return f"{goal:.2g} of the largest value, from {draws:,} draws on"
    spread = kind.spread(dict(question.asked.options))
    if spread is None:
        return f"1/sqrt({draws:,}) of the spread of one network"
    size, unit = spread
    return f"{size / math.sqrt(draws):.1%} of {unit}, were the field Gaussian"


def aimless(question: Question) -> str | None:
    """Why `target_error` is no aim; None when it is one, or is not given."""
    goal = question.asked.option("target_error")
    if goal is None or 0.0 < goal < 1.0:
        return None
    return f"an error of {goal:g} times the largest value is no aim: take a share between 0 and 1, as in 0.01"
