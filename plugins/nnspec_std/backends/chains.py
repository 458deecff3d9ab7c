"""Chains of a sampler: interacting theories, whose networks are drawn from a deformed density step by step.

A shard is a segment of all chains and comes after the one before; the first one begins and tunes them. What a shard
leaves has the state in it from which the next goes on, so that a run that was stopped ends with the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nnspec.ir.expr import Integral
from nnspec.ir.walk import walk
from nnspec.lower.certify import certified_grid, grid_error
from nnspec.lower.coordinates import obstacle
from nnspec.lower.deformation import MOST_NODES, Grid, chosen_grid, largest_dimension
from nnspec.lower.field import parameter_count, traced_constants, work_per_point
from nnspec.lower.identities import Identities
from nnspec.lower.moving import SERIES, Moving, Segments, move, sampler_of
from nnspec.lower.streaming import Reading, program_name, readings
from nnspec.lower.tails import certify_tails
from nnspec.plugin import (
    Backend,
    Estimator,
    Offer,
    Program,
    Question,
    Refusal,
    Resources,
    hookimpl,
    np,
)
from nnspec.plugin.records import Statistics
from nnspec.result.estimate import Estimate
from nnspec_std.backends import _chain_errors as errors
from nnspec_std.backends import _controls as controls

NAME, METHOD = "chains", "monte_carlo"
READINGS = ("f", "jac", "theta")
FEWEST_STEPS = 32
DIAGNOSTICS = "diagnostics"
LEAPFROGS = 8.0
"""Of a step, for what a plan says about time."""


def offer(question: Question) -> Sequence[Offer | Refusal]:
    """Estimators under a sampler that moves in chains, and what is known of the chains themselves."""
    kind, about = question.record.kind, question.asked.word == DIAGNOSTICS
    if question.asked.option("density") == "undeformed" or not (about or isinstance(kind, Estimator)):
        return []
    if isinstance(kind, Estimator) and question.method is not None and question.method not in kind.methods:
        return []
    name = sampler_of(question)
    sampler = question.words.samplers[name]
    if sampler.step is None:
        return [_refused(f"the sampler `{name}` has no chains")] if about and not sampler.weighs else []
    refusal = _refusal(question, kind)
    return [refusal] if refusal is not None else [_offer(question, name)]


def _refused(reason: str, span: Any = None) -> Refusal:
    return Refusal(backend=NAME, method=METHOD, reason=reason, span=span)


def _refusal(question: Question, kind: Any) -> Refusal | None:
    model = question.experiment.model
    missing = [reading for reading in kind.readings if reading not in READINGS] if isinstance(kind, Estimator) else []
    if missing:
        return _refused(f"it does not read `{missing[0]}`")
    why = obstacle(model, question.words)
    if why is not None:
        return _refused(*why)
    if not model.params and model.stack is None:
        return _refused("the model has no parameters that could move", model.span)
    inner = next((node for node in walk(model.fields) if isinstance(node, Integral)), None)
    if inner is not None:
        return _refused("the field holds an integral, whose error sampling cannot state", inner.span)
    jump = controls.obstacle(question) if controls.wish(question) == controls.NAME else None
    if jump is not None:
        return _refused(f"`controls: {controls.NAME}` needs a density without jumps: {jump[0]}", jump[1])
    given = options_of(question)
    if given["draws"] < FEWEST_STEPS:
        reason = f"{given['draws']} steps of a chain give no error bar; at least {FEWEST_STEPS} are needed"
        return _refused(reason, question.experiment.sampler_span)
    nodes = _nodes(question)
    if nodes > MOST_NODES:
        reason = f"its integrals would need {nodes:,} nodes, and {MOST_NODES:,} is the most"
        return _refused(reason, model.deform.span if model.deform is not None else None)
    return None


def options_of(question: Question) -> dict[str, Any]:
    """The options of the sampler, with the defaults of one that the spec does not name."""
    fields = question.words.samplers[sampler_of(question)].fields
    found: dict[str, Any] = {each.name: float(each.default) for each in fields if each.default is not None}
    found |= {name: value for name, value in question.experiment.sampler_options if value is not None}
    return found | {name: int(found[name]) for name in ("chains", "draws", "warmup")}


def _cut(question: Question) -> Segments:
    given = options_of(question)
    return Segments.of(given["chains"], given["draws"])


def _nodes(question: Question) -> int:
    """Nodes of the deformation's integrals, or what may become of them."""
    grid, dim = chosen_grid(question.experiment), largest_dimension(question.experiment.model)
    return (grid.order if grid is not None else 32) ** dim if dim else 1


def _stride(question: Question, cut: Segments) -> int:
    """Every how many steps an observable reads the chains: those of its own `draws`, where it asks for fewer."""
    if not question.asked.sampled:
        return 1
    wanted = max(1, int(question.asked.option("draws")))
    return max(1, min(cut.length, cut.draws // wanted))


def _offer(question: Question, name: str) -> Offer:
    model, words = question.experiment.model, question.words
    sizes = {index.name: index.size for index in model.indices}
    options = dict(question.asked.options)
    shape = question.record.shape(options, model.dim)
    cut, given = _cut(question), options_of(question)
    stride = _stride(question, cut)
    per_point, _ = work_per_point(model, words, sizes)
    parameters, nodes = parameter_count(model, words, sizes), _nodes(question)
    steps = cut.draws + cut.chains * given["warmup"]
    entries = math.prod(shape)
    flops = 3.0 * LEAPFROGS * steps * (per_point * nodes + 30.0 * parameters) + cut.draws / stride * per_point * (1 + entries)
    width = 8.0 * cut.abreast * nodes * max(1.0, per_point / 30.0)
    bins = 8.0 * 2 * cut.chains * cut.segments * cut.bins * (entries + 2.0 * parameters)
    known = controls.chosen(question, cut)
    if known is not None:
        bins += 8.0 * 4 * cut.chains * cut.segments * cut.bins * (known.size + entries) + 8.0 * 16 * known.size**2
    memory = 4.0 * width + bins + 8.0 * cut.draws * (8 + min(parameters, max(1, SERIES // cut.draws)))
    return Offer(
        backend=NAME, method=METHOD, why=f"{cut.chains} chains of {cut.steps} steps; sampler {name}{_said(question, known)}",
        dims=question.asked.dims, shape=shape, draws=cut.chains * cut.segments * cut.bins * (cut.length // stride),
        flops=flops, bytes=memory, error="autocorrelation", group=name, preference=10,
        cite=(*question.record.cite, *words.samplers[name].cite, "wolff2004", *(controls.CITE if known is not None else ())),
    )  # fmt: skip


def _said(question: Question, known: Identities | None) -> str:
    """What a plan says of control variates."""
    if known is not None:
        return f"; {known.size} control variates"
    if controls.wish(question) is not None:
        return ""
    why = controls.obstacle(question)
    return f"; no control variates: {why[0] if why is not None else f'fewer than {controls.FEWEST:,} draws'}"


# ---------------------------------------------------------------- the program
def compile(questions: Sequence[Question], offers: Sequence[Offer], resources: Resources) -> Program:
    """All questions about the chains of a spec: one shard that tunes them, and one for each segment."""
    first = questions[0]
    certify_tails(first.experiment, first.words)
    cut, constants = _cut(first), traced_constants(first.experiment)
    pairs = [(q, ask) for q, ask in zip(questions, resources.asks, strict=True) if isinstance(q.record.kind, Estimator)]
    readers = readings([q for q, _ in pairs], [ask for _, ask in pairs])
    strides = [_stride(q, cut) for q, _ in pairs]
    grid = certified_grid(first.experiment, first.words)
    known = controls.chosen(first, cut)
    told = [program_name(first.experiment, readers, repr(cut), resources.devices), sampler_of(first)]
    told += [repr(grid), repr(strides), repr(known)]
    name = "\n".join(("chains", *told))
    moving: Moving | None = resources.programs.get(name)
    moving = moving or move(first, readers, strides, cut, grid, resources.devices, identities=known)
    resources.programs[name] = moving

    def compute(indices: Sequence[int], before: Sequence[Statistics | None]) -> list[Statistics]:
        return [_shard(moving, index, last, constants) for index, last in zip(indices, before, strict=True)]

    def finish(statistics: Sequence[Statistics]) -> list[Estimate]:
        return _estimates(questions, offers, resources.asks, statistics, cut, readers, strides, grid)

    return Program(
        shards=cut.segments + 1, compute=compute, finish=finish, after=lambda k: k - 1 if k else None,
        draws=(0, *[cut.chains * cut.bins * cut.length] * cut.segments),
    )  # fmt: skip


STATE = "+state/"


def _shard(moving: Moving, index: int, before: Statistics | None, constants: Mapping[str, Any]) -> Statistics:
    """The state after a shard, and what its segment left, [chain, ...]."""
    if index == 0 or before is None:
        state, left = moving.begin(constants), {}
    else:
        old = {name[len(STATE) :]: x for name, x in before.items() if name.startswith(STATE)}
        state, left = moving.segment(old, index - 1, constants)
    flat = {name: np.asarray(x).reshape(-1, *np.shape(x)[2:]) for name, x in left.items()}
    return {**{f"{STATE}{name}": np.asarray(x) for name, x in state.items()}, **flat}


# ---------------------------------------------------------------- what becomes of it
def _estimates(
    questions: Sequence[Question], offers: Sequence[Offer], asks: Sequence[Any], statistics: Sequence[Statistics], cut: Segments,
    readers: Sequence[Reading], strides: Sequence[int], grid: Grid | None,
) -> list[Estimate]:  # fmt: skip
    names = [name for name in statistics[1] if not name.startswith(STATE)]
    whole = {name: np.concatenate([each[name] for each in statistics[1:]], axis=1) for name in names}
    positions = np.concatenate([each[f"{STATE}position"] for each in statistics[1:]], axis=1)
    first = questions[0]
    error = grid_error(first.experiment, first.words, grid, positions.reshape(-1, positions.shape[-1]))
    series = {name[1:]: whole[name] for name in names if name.startswith("+") and name != "+virial"}
    fits = controls.regressions(whole, controls.chosen(first, cut))
    state = errors.health(series, whole["+virial"], error)
    found: list[Estimate] = []
    for question, accepted, ask in zip(questions, offers, asks, strict=True):
        if question.asked.word == DIAGNOSTICS:
            found += _diagnosed(question, accepted, state)
            continue
        place = next(k for k, each in enumerate(readers) if each.name == question.asked.name)
        found.append(_estimate(question, accepted, ask, whole, cut, strides[place], state, error, fits.get(strides[place])))
    return found


def _diagnosed(question: Question, accepted: Offer, state: errors.Health) -> list[Estimate]:
    """One estimate for each part of the diagnostics."""
    parts = question.record.parts(dict(question.asked.options))
    return [
        Estimate(
            name=f"{question.asked.name}.{name}", word=question.asked.word, method=accepted.method, value=state.parts[name],
            dims=dims, draws=accepted.draws, equation=question.record.equation, cite=accepted.cite, backend=NAME,
            warnings=state.doubts if name == "rhat" else (),
        )
        for name, dims in parts.items() if name in state.parts
    ]  # fmt: skip


def _estimate(
    question: Question, accepted: Offer, ask: Any, whole: Mapping[str, Any], cut: Segments, stride: int, state: errors.Health,
    integral_error: float, fit: Any,
) -> Estimate:  # fmt: skip
    kind, name = question.record.kind, question.asked.name
    assert isinstance(kind, Estimator)
    prefix, reads = f"{name}/", cut.length // stride
    bins = {key[len(prefix) :]: x / reads for key, x in whole.items() if key.startswith(prefix)}
    singles = {key[len(prefix) + 1 :]: x for key, x in whole.items() if key.startswith(f"!{prefix}")}
    singles = singles if len(singles) == len(bins) else {}
    steps = cut.segments * cut.bins * reads
    got, reduced = controls.result(name, bins, singles, lambda tree: kind.finish(ask, tree), steps, fit)
    doubts = (*got.doubts, *state.doubts, *_coarse(name, integral_error, got.effective), *_fewer(question, accepted))
    coords = dict(zip(question.asked.dims, question.record.coords(ask).values(), strict=False))
    blocks = got.blocks if got.blocks.nbytes <= 1 << 24 else None
    told = {
        "blocks": min(cut.chains * cut.segments * cut.bins, int(got.effective)), "effective_draws": round(got.effective, 1),
        "tau": float(np.max(got.tau, initial=0.0)) * stride, "integral_error": integral_error, **reduced,
    }  # fmt: skip
    return Estimate(
        name=name, word=question.asked.word, method=accepted.method, value=got.value, dims=question.asked.dims, coords=coords,
        stderr=got.stderr, draws=accepted.draws, blocks=blocks, diagnostics=told, warnings=doubts,
        equation=question.record.equation, cite=accepted.cite, backend=NAME,
    )  # fmt: skip


def _coarse(name: str, integral_error: float, effective: float) -> tuple[str, ...]:
    """NN497: a mean moves by at most its spread times that of the log weights, in errors sqrt(draws) times as much."""
    moved = integral_error * math.sqrt(effective)
    if moved <= 0.3:
        return ()
    return (f"NN497: the quadrature of the deformation may move `{name}` by {moved:.1g} of its errors: take more nodes",)


def _fewer(question: Question, accepted: Offer) -> tuple[str, ...]:
    """NN497: more draws were asked for than the chains have."""
    asked = int(question.asked.option("draws"))
    if not question.asked.sampled or asked <= (accepted.draws or 0):
        return ()
    name = question.asked.name
    return (f"NN497: `{name}` asks for {asked:,} draws, and the chains have {accepted.draws:,}: `draws:` of the sampler says",)


@hookimpl
def nnspec_backends() -> Iterable[Backend]:
    """Chains as a backend."""
    yield Backend(
        name=NAME, doc="moves chains through a deformed density; errors from their autocorrelation", offer=offer,
        compile=compile, methods=("monte_carlo", "direct", "empirical"), cite=("wolff2004", "vehtari2021"),
    )  # fmt: skip
