r"""Monte Carlo with normal amplitudes integrated out: of each draw only the features are random.

Given the features the field is Gaussian, so that every mean of moments is Wick's theorem on the kernel of one network,
.. math:: G^{(n)} = \langle \mathbb{E}[\phi(x_1) \cdots \phi(x_n) \mid \psi] \rangle_\psi, \quad
    C(x, y) = \sum_i s_i \psi_i(x) \psi_i(y)
and the connected four-point function is \mathrm{Cov}(C_{12}, C_{34}) and two more. Draws, shards and errors are those of
the sampling of networks: network k has the same features as there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nnspec.ir.expr import Integral
from nnspec.ir.walk import walk
from nnspec.lower.coordinates import moved_only
from nnspec.lower.ensemble import Reader
from nnspec.lower.field import environment, parameter_count, traced_constants, work_per_point
from nnspec.lower.forms import LinearInAmplitudes, Obstacle, linear_in_amplitudes
from nnspec.lower.forms.formula import focused
from nnspec.lower.shards import Plan
from nnspec.lower.soundness import certify
from nnspec.lower.streaming import Blocks, pass_over, program_name, readings, working_memory
from nnspec.plugin import (
    Backend,
    Estimator,
    Offer,
    Program,
    Question,
    Refusal,
    Resources,
    hookimpl,
    jnp,
)
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Ask, Statistics
from nnspec.result.estimate import Estimate
from nnspec_std.backends._sampling import FEWEST_DRAWS, Way, aimless, count_draws, estimate, layout, memory

NAME = METHOD = "rao_blackwell"


def offer(question: Question) -> Sequence[Offer | Refusal]:
    """Estimators that say what a Gaussian field contributes, for models with normal amplitudes."""
    kind = question.record.kind
    if question.method not in (None, METHOD) or not isinstance(kind, Estimator):
        return []
    if kind.given_gaussian is None:
        if question.method is None:
            return []
        return [_no(f"`{question.asked.word}` does not say what a Gaussian field contributes to it")]
    form = _form(question)
    if isinstance(form, Obstacle):
        return [Refusal(backend=NAME, method=METHOD, reason=form.reason, span=form.span)]
    moved = moved_only(question.experiment.model)
    if moved is not None:
        return [replace(_no("a density of vectors that is known up to a constant gives no independent draws"), span=moved.span)]
    draws = int(question.asked.option("draws"))
    if draws < FEWEST_DRAWS:
        return [replace(_no(f"{draws} draws give no error bar; at least {FEWEST_DRAWS} are needed"),
                        span=question.asked.place("draws"))]  # fmt: skip
    aim = aimless(question)
    if aim is not None:
        return [replace(_no(aim), span=question.asked.place("target_error"))]
    inner = next((node for node in walk(question.experiment.model.fields) if isinstance(node, Integral)), None)
    if inner is not None:
        return [replace(_no("the field holds an integral, whose error sampling cannot state"), span=inner.span)]
    return [_offer(question, kind, draws)]


def _no(reason: str) -> Refusal:
    return Refusal(backend=NAME, method=METHOD, reason=reason)


def _form(question: Question) -> LinearInAmplitudes | Obstacle:
    undeformed = question.asked.option("density") == "undeformed"
    return linear_in_amplitudes(
        focused(question.experiment, question.asked.option("field"), undeformed=undeformed), question.words
    )


def _centred(question: Question) -> bool:
    form = _form(question)
    assert isinstance(form, LinearInAmplitudes)
    return form.centred(question.experiment.values)


def _offer(question: Question, kind: Estimator, draws: int) -> Offer:
    model, words = question.experiment.model, question.words
    sizes = {index.name: index.size for index in model.indices}
    shape = question.record.shape(dict(question.asked.options), model.dim)
    points = 1 + max(shape, default=1)
    per_point, widest = work_per_point(model, words, sizes)
    parameters = parameter_count(model, words, sizes)
    entries = math.prod(shape)
    pairs = points * (points + 1) / 2
    flops = draws * (30.0 * parameters + per_point * points + 2.0 * widest * pairs + 30.0 * entries)
    plan = layout(draws, parameters)
    need = working_memory(plan, parameters, points * points, widest, 4, jac=False)
    need += memory(entries, question.asked) + 8.0 * entries * plan.chunk
    return Offer(
        backend=NAME, method=METHOD, why="the model is linear in normal amplitudes", dims=question.asked.dims, shape=shape,
        draws=draws, flops=flops, bytes=need, error=f"1/sqrt({draws}) of the spread of the kernel of one network",
        group=f"{draws}:{kind.precision}:{question.asked.option('target_error')}", preference=8,
        cite=(*question.record.cite, "isserlis1918"),
    )  # fmt: skip


def _conditional(kind: Estimator, centred: bool) -> Estimator:
    """The estimator that reads mean and kernel of a draw in the place of its field: [point, 1 + point_2]."""
    given = kind.given_gaussian
    assert given is not None

    def of(ask: Ask, f: Array) -> Mapping[str, Array]:
        wide = f.astype(jnp.float64)  # products of nearly equal numbers are subtracted later
        return given.moments(ask, None if centred else wide[:, 0], wide[:, 1:])

    return replace(kind, moments=of)


def compile(questions: Sequence[Question], offers: Sequence[Offer], resources: Resources) -> Program:
    """One pass over the draws for all questions of a group."""
    experiment, words = questions[0].experiment, questions[0].words
    certify(experiment.model, environment(experiment, words, traced_constants(experiment), jnp.float64))
    asked = [
        replace(each, kind=_conditional(each.kind, _centred(question)))
        for question, each in zip(questions, readings(questions, resources.asks), strict=True)
    ]

    def reader(about: Any, env: Any, which: Any, *, independent: bool) -> Reader:
        plain = Reader.of(about, env, which, independent=independent)
        form = linear_in_amplitudes(focused(about, which, undeformed=independent), words)
        assert isinstance(form, LinearInAmplitudes)
        given = form.bind(env).given()

        def both(theta: Any, points: Any) -> Any:
            mean, cov = given(theta, points)
            return jnp.concatenate([mean[:, None], cov], axis=1)

        return replace(plain, field=both)

    def passing(plan: Plan) -> Any:
        name = f"{METHOD}\n{program_name(experiment, asked, f'{plan.turns} x {plan.chunk}', resources.devices)}"
        program = resources.programs.get(name) or pass_over(questions[0], asked, plan, resources.devices, reader)
        resources.programs[name] = program
        return program

    def finish(statistics: Sequence[Statistics], blocks: list[list[int]]) -> list[Estimate]:
        counts = count_draws(statistics, blocks)
        return [
            _estimate(question, accepted, ask, Blocks(question.asked.name, statistics, blocks, counts))
            for question, accepted, ask in zip(questions, offers, resources.asks, strict=True)
        ]

    way = Way(
        questions=questions, offers=offers, resources=resources, passing=passing, finish=finish,
        parameters=parameter_count(experiment.model, words, {index.name: index.size for index in experiment.model.indices}),
    )  # fmt: skip
    return way.program(offers[0].draws or 0)


def _estimate(question: Question, accepted: Offer, ask: Any, blocks: Blocks) -> Estimate:
    kind = question.record.kind
    assert isinstance(kind, Estimator)
    given = kind.given_gaussian
    assert given is not None
    return estimate(
        question, accepted, ask, blocks, lambda tree: kind.finish(ask, given.means(ask, tree)), draws=int(blocks.counts.sum()),
        equation=r"\left\langle \mathbb{E}[\,\cdot \mid \text{features}] \right\rangle: \quad " + question.record.equation,
    )  # fmt: skip


@hookimpl
def nnspec_backends() -> Iterable[Backend]:
    """Sampling of features as a backend."""
    yield Backend(
        name=NAME, doc="draws features and integrates normal amplitudes out", offer=offer, compile=compile, methods=(METHOD,)
    )
