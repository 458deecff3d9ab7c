r"""Direct Monte Carlo: networks are drawn, read and forgotten; sums of moments are kept, one set for each shard.

A shard is a range of draws. Draw number k has the key fold_in(stream of the measure, k), so its network does not depend
on shards, blocks, devices, or on what else is asked; `streaming.py` has the pass over them. Shards are the blocks of the
jackknife.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from nnspec.ir.experiment import Experiment, Model
from nnspec.ir.expr import Expr, Integral
from nnspec.ir.walk import walk
from nnspec.lower import conditional
from nnspec.lower.certify import certified_grid
from nnspec.lower.coordinates import moved_only, obstacle
from nnspec.lower.deformation import MOST_NODES, chosen_grid, largest_dimension
from nnspec.lower.field import environment, parameter_count, traced_constants, work_per_point
from nnspec.lower.first_fault import first_fault
from nnspec.lower.moving import sampler_of
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
    Sampler,
    hookimpl,
    jnp,
    np,
)
from nnspec.plugin.records import Statistics
from nnspec.result.estimate import Estimate
from nnspec_std.backends._sampling import (
    FEWEST_DRAWS,
    Way,
    Weights,
    aimless,
    count_draws,
    estimate,
    expected,
    layout,
    memory,
    weights,
)

NAME = "montecarlo"
READINGS = ("f", "jac", "theta", "log_deform")
DIAGNOSTICS = "diagnostics"
DRAWS = 10_000
"""Draws that diagnostics look at where no observable says how many there are."""


def offer(question: Question) -> Sequence[Offer | Refusal]:
    """Estimators whose readings one draw can give."""
    kind = question.record.kind
    if question.asked.word == DIAGNOSTICS and question.words.samplers[_sampler(question)].weighs:
        return [_offer_of_weights(question)]
    if not isinstance(kind, Estimator):
        reason = f"no single network contributes to `{question.asked.word}`"
        return [Refusal(backend=NAME, reason=reason, method="monte_carlo")]
    if question.method is not None and question.method not in kind.methods:
        return []
    if isinstance(question.asked.option("along"), tuple):
        reason = "it is measured along a process, on the networks of that"
        return [Refusal(backend=NAME, method=kind.methods[0], reason=reason)]
    sampler = question.words.samplers[_sampler(question)]
    missing = [reading for reading in kind.readings if reading not in READINGS]
    if missing:
        return [Refusal(backend=NAME, method=kind.methods[0], reason=f"it does not read `{missing[0]}`")]
    if sampler.draw is None:
        return [Refusal(backend=NAME, method=kind.methods[0], reason=f"`{sampler.name}` gives no independent draws")]
    moved = moved_only(question.experiment.model)
    if moved is not None:
        reason = "a density of vectors that is known up to a constant gives no independent draws"
        if sampler.name != "iid" or obstacle(question.experiment.model, question.words) is not None:
            return [Refusal(backend=NAME, method=kind.methods[0], reason=reason, span=moved.span)]
        return [
            Refusal(
                backend=NAME, method=kind.methods[0], reason=reason, span=moved.span, code="NN601", because=reason,
                message=f"`{question.asked.word}` cannot be sampled by independent draws",
                helps=("chains move in it: `sampler: {hmc: {chains: 4, draws: 2000}}`",),
            )
        ]  # fmt: skip
    refusal = _about_deformation(question, kind, sampler)
    if refusal is not None:
        return [refusal]
    draws = int(question.asked.option("draws"))
    if draws < FEWEST_DRAWS:
        reason = f"{draws} draws give no error bar; at least {FEWEST_DRAWS} are needed"
        return [Refusal(backend=NAME, method=kind.methods[0], reason=reason, span=question.asked.place("draws"))]
    aim = aimless(question)
    if aim is not None:
        return [Refusal(backend=NAME, method=kind.methods[0], reason=aim, span=question.asked.place("target_error"))]
    inner = _integral(question.experiment.model)
    if inner is not None:
        reason = "the field holds an integral, whose error sampling cannot state"
        return [Refusal(backend=NAME, method=kind.methods[0], reason=reason, span=inner.span)]
    return [_offer(question, kind, draws, sampler.name)]


def _sampler(question: Question) -> str:
    """Networks of the declared densities are drawn one by one, whatever is done about a deformation."""
    return "iid" if question.asked.option("density") == "undeformed" else sampler_of(question)


def _about_deformation(question: Question, kind: Estimator, sampler: Sampler) -> Refusal | None:
    """Draws that ignore a deformation, readings of one that is not there, and integrals with too many nodes."""
    experiment = question.experiment
    deform, ignored = experiment.model.deform, question.asked.option("density") == "undeformed"
    if deform is not None and not sampler.weighs and not ignored:
        reason = f"draws of `{sampler.name}` know nothing of the deformation"
        return Refusal(backend=NAME, method=kind.methods[0], reason=reason, span=deform.span)
    if "log_deform" not in kind.readings and (ignored or not sampler.weighs):
        return None
    if deform is None:
        what = f"`{sampler.name}` weighs draws by it" if sampler.weighs and not ignored else "it is what is expanded in"
        return Refusal(backend=NAME, method=kind.methods[0], reason=f"the model has no `deform`, and {what}")
    grid, dim = chosen_grid(experiment), largest_dimension(experiment.model)
    nodes = grid.order**dim if grid is not None else 1
    if nodes > MOST_NODES:
        reason = f"its integrals would need {nodes:,} nodes, and {MOST_NODES:,} is the most"
        return Refusal(backend=NAME, method=kind.methods[0], reason=reason, span=deform.span)
    return None


def _offer_of_weights(question: Question) -> Offer:
    """What there is to say about draws with weights, from the draws of the other observables where there are any."""
    others = (each.option("draws") for each in question.experiment.observables if each.option("density") == "deformed")
    draws = int(next((each for each in others if each is not None), DRAWS))
    sampler = _sampler(question)
    parameters = parameter_count(question.experiment.model, question.words, _sizes(question.experiment.model))
    return Offer(
        backend=NAME, method="monte_carlo", why=f"every model can be drawn; sampler {sampler}", dims=(), shape=(), draws=draws,
        flops=draws * 60.0 * parameters, bytes=64.0 * DRAWS, group=f"{sampler}:{draws}:weights", preference=10,
        cite=question.record.cite,
    )  # fmt: skip


def _sizes(model: Model) -> dict[str, int]:
    return {index.name: index.size for index in model.indices}


def _integral(model: Model) -> Expr | None:
    return next((node for node in walk(model.fields) if isinstance(node, Integral)), None)


def _offer(question: Question, kind: Estimator, draws: int, sampler: str) -> Offer:
    model, words = question.experiment.model, question.words
    sizes = _sizes(model)
    options = dict(question.asked.options)
    shape = question.record.shape(options, model.dim)
    points = _point_count(question, shape)
    per_point, widest = work_per_point(model, words, sizes)
    parameters = parameter_count(model, words, sizes)
    factor = 3.0 * (1 + points / 2) if "jac" in kind.readings else 1.0
    entries = math.prod(shape)
    weighs = "log_deform" in kind.readings or sampler != "iid"
    nodes = 64.0 ** min(1, largest_dimension(model)) if weighs else 0.0
    flops = draws * (30.0 * parameters + per_point * (points * factor + nodes) + conditional.work(model, sizes))
    item = 4 if kind.precision == "float32" else 8
    plan = layout(draws, parameters)
    stored = widest if model.stack is not None else 1  # a formula is evaluated point by point
    need = working_memory(plan, parameters, points, stored, item, jac="jac" in kind.readings) + memory(entries, question.asked)
    method = kind.methods[0]
    return Offer(
        backend=NAME, method=method, why=f"every model can be drawn; sampler {sampler}", dims=question.asked.dims,
        shape=shape, draws=draws, flops=flops, bytes=need, error=expected(question, kind, draws),
        group=_group(question, kind, draws, sampler), preference=10,
        cite=question.record.cite,
    )  # fmt: skip


def _group(question: Question, kind: Estimator, draws: int, sampler: str) -> str:
    """Questions about the same draws share them."""
    density = question.asked.option("density") or "deformed"
    goal = question.asked.option("target_error")
    return f"{sampler}:{draws}:{kind.precision}:{density}" + (f":{goal}" if goal is not None else "")


def _point_count(question: Question, shape: tuple[int, ...]) -> int:
    """How many points are read, from the options alone."""
    if question.asked.option("modes") is not None:
        return int(question.asked.option("modes")) ** question.experiment.model.dim
    return 1 + max(shape, default=1)


def compile(questions: Sequence[Question], offers: Sequence[Offer], resources: Resources) -> Program:
    """One pass over the draws for all questions of a group."""
    experiment, words = questions[0].experiment, questions[0].words
    certify(experiment.model, environment(experiment, words, traced_constants(experiment), jnp.float64))
    pairs = [(q, ask) for q, ask in zip(questions, resources.asks, strict=True) if isinstance(q.record.kind, Estimator)]
    asked = readings([q for q, _ in pairs], [ask for _, ask in pairs])
    weighs = words.samplers[_sampler(questions[0])].weighs
    deformed = weighs or any("log_deform" in each.kind.readings for each in asked)
    grid = certified_grid(experiment, words) if deformed else None

    def passing(plan: Plan) -> Any:
        blocks = f"{plan.turns} x {plan.chunk} {grid} {weighs}"
        name = program_name(experiment, asked, blocks, resources.devices)
        program = resources.programs.get(name) or pass_over(
            questions[0], asked, plan, resources.devices, grid=grid, weighs=weighs
        )
        resources.programs[name] = program
        return program

    def finish(statistics: Sequence[Statistics], blocks: list[list[int]]) -> list[Estimate]:
        draws = int(sum(float(each["count"]) for each in statistics))
        heavy = weights(statistics, blocks, _least(experiment)) if weighs else None
        found: list[Estimate] = []
        for question, accepted, ask in zip(questions, offers, resources.asks, strict=True):
            found.append(
                _share(question, accepted, heavy) if heavy is not None and question.asked.word == DIAGNOSTICS
                else _estimate(question, accepted, ask, statistics, blocks, heavy, draws)
            )  # fmt: skip
        return found

    def fault(name: str, plan: Plan, shard: tuple[int, int]) -> str:
        one = next((each for each in asked if each.name == name), None)
        question = next(each for each in questions if each.asked.name == name)
        return "" if one is None else first_fault(question, one, plan, shard, traced_constants(experiment))

    way = Way(
        questions=questions, offers=offers, resources=resources, passing=passing, finish=finish, fault=fault,
        parameters=parameter_count(experiment.model, words, _sizes(experiment.model)),
    )  # fmt: skip
    return way.program(offers[0].draws or 0)


LEAST = 0.01


def _least(experiment: Experiment) -> float:
    given = dict(experiment.sampler_options).get("least")
    return LEAST if given is None else float(given)


def _share(question: Question, accepted: Offer, heavy: Weights) -> Estimate:
    """The part of `diagnostics` that draws with weights have."""
    return Estimate(
        name=f"{question.asked.name}.share", word=question.asked.word, method=accepted.method, value=np.asarray(heavy.share),
        stderr=np.asarray(heavy.stderr), dims=(), draws=accepted.draws, equation=question.record.equation,
        cite=accepted.cite, backend=NAME,
    )  # fmt: skip


def _estimate(
    question: Question, accepted: Offer, ask: Any, statistics: Sequence[Statistics], blocks: list[list[int]],
    heavy: Weights | None, draws: int,
) -> Estimate:  # fmt: skip
    kind = question.record.kind
    assert isinstance(kind, Estimator)
    name = question.asked.name
    counts = count_draws(statistics, blocks) if heavy is None else heavy.counts
    own = Blocks(name, statistics, blocks, counts, None if heavy is None else heavy.factors)
    notes = {} if heavy is None else {"share": heavy.share}
    return estimate(question, accepted, ask, own, lambda tree: kind.finish(ask, tree), draws=draws, notes=notes)


@hookimpl
def nnspec_backends() -> Iterable[Backend]:
    """Sampling as a backend."""
    yield Backend(
        name=NAME, doc="draws networks and averages; errors from blocks", offer=offer, compile=compile,
        methods=("monte_carlo", "direct", "empirical"),
    )  # fmt: skip
