"""Training of networks that are drawn from the model, and everything that is measured along it, on the same networks.

A shard is a segment of steps of a chunk of draws; what it leaves holds parameters and the optimizer's memory where another
segment follows, so that a run that was killed goes on where it was.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.ir.expr import Integral
from nnspec.ir.walk import walk
from nnspec.lower.field import environment, parameter_count, traced_constants, work_per_point
from nnspec.lower.forms import Obstacle, linear_in_amplitudes
from nnspec.lower.soundness import certify
from nnspec.lower.training import TOGETHER, Recipe, recorded
from nnspec.plugin import Backend, Estimator, Offer, Process, Program, Question, Refusal, Resources, hookimpl, jnp
from nnspec_std.backends._training_run import run_program

NAME = "training"
METHOD = "training"
PROCESS = "train"
READINGS = ("f", "jac", "theta", "features", "features_0")
CHUNK = 2**27
"""Bytes of parameters, optimizer and gradients of the networks of a chunk."""
COPIES = 8
"""Arrays as large as the parameters that training holds: moments of Adam, gradients, the old and the new."""
FEWEST_MIRRORED = 8
"""Networks from which on they are mirrored without being asked: fewer pairs than four have no error to speak of."""
SEGMENT = 2e12
"""Floating-point operations of a segment: a minute or so on one core."""


@dataclass(frozen=True)
class Cut:
    """Chunks of draws, and the borders of segments of steps."""

    chunks: tuple[tuple[int, int], ...]
    borders: tuple[int, ...]

    @staticmethod
    def of(draws: int, steps: int, parameters: int, flops: float) -> Cut:
        """`flops` are those of one network."""
        size = max(1, min(draws, int(CHUNK // (8 * COPIES * max(1, parameters)))))
        chunks = tuple((start, min(start + size, draws)) for start in range(0, draws, size))
        pieces = max(1, min(steps, math.ceil(flops * size / SEGMENT)))
        return Cut(chunks, tuple(steps * k // pieces for k in range(pieces + 1)))

    def shards(self) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """(chunk, segment) in the order of the shards; segments of one chunk follow each other."""
        return itertools.product(self.chunks, itertools.pairwise(self.borders))


def offer(question: Question) -> Sequence[Offer | Refusal]:
    """Training itself, and estimators along it."""
    record, asked = question.record, question.asked
    along = asked.option("along")
    if isinstance(record.kind, Process) and asked.word == PROCESS:
        process = asked
    elif isinstance(record.kind, Estimator) and isinstance(along, tuple):
        process = next(each for each in question.experiment.observables if each.name == along[0])
    else:
        return []
    if question.method not in (None, METHOD, *(record.kind.methods if isinstance(record.kind, Estimator) else ())):
        return []
    if process.word != PROCESS:
        return [_refused(f"`{process.name}` is no training")]
    refusal = _model(question) or _optimizer(process) or _pairs(question, process) or _estimator(question, process)
    return [refusal or _offer(question, process)]


def _refused(reason: str, **more: Any) -> Refusal:
    return Refusal(backend=NAME, method=METHOD, reason=reason, **more)


def _model(question: Question) -> Refusal | None:
    """Networks with one output."""
    model, words = question.experiment.model, question.words
    if model.stack is not None:
        last, inputs = model.stack.layers[-1], model.dim
        for node in model.stack.layers:
            inputs = words.layers[node.name].width(node, inputs)
        if inputs != 1:
            return _refused(f"labels are numbers, and the network has {inputs} outputs", span=last.span)
    elif len(model.fields) > 1 or model.fields[0].components:
        return _refused("training of one of several fields is not built yet", span=model.fields[0].span, later=True)
    inner = next((node for node in walk(model.fields) if isinstance(node, Integral)), None)
    return None if inner is None else _refused("the field holds an integral, whose error training cannot state", span=inner.span)


def _optimizer(process: Any) -> Refusal | None:
    if process.option("optimizer")[0] == "lbfgs":
        return _refused("training by L-BFGS is not built yet", later=True)
    return None


def _pairs(question: Question, process: Any) -> Refusal | None:
    found = _mirrored(question, process)
    if not isinstance(found, str):
        return None
    return _refused(f"networks have no mirror images here: {found}", span=process.place("antithetic"))


def _mirrored(question: Question, process: Any) -> tuple[str, ...] | str:
    """The amplitudes that the field is odd in, if networks come in pairs; why they cannot, where they must."""
    asked, draws = process.option("antithetic"), int(process.option("draws"))
    if asked == "never" or (asked == "auto" and (draws % 2 or draws < FEWEST_MIRRORED)):
        return ()
    form = linear_in_amplitudes(question.experiment, question.words)
    if isinstance(form, Obstacle):
        return form.reason if asked == "always" else ()
    if not form.centred(question.experiment.values):
        return "the field is not odd in its normal amplitudes" if asked == "always" else ()
    return tuple(each.decl.name for each in form.amplitudes)


def _estimator(question: Question, process: Any) -> Refusal | None:
    """What an estimator needs along the way is at hand, and it brings no draws of its own."""
    kind, asked = question.record.kind, question.asked
    if not isinstance(kind, Estimator):
        return None
    missing = [reading for reading in kind.readings if reading not in READINGS]
    if missing:
        return _refused(f"it does not read `{missing[0]}`")
    if question.experiment.model.stack is None and "features" in kind.readings:
        return _refused("the model is a formula: it has no layers to look at", span=question.experiment.model.span)
    given = dict(asked.spans)
    if "draws" in given and asked.option("draws") != process.option("draws"):
        return _refused(f"along `{process.name}` there are its {process.option('draws')} networks: leave `draws` out",
                        span=given["draws"])  # fmt: skip
    for key in ("target_error", "covariance"):
        if asked.option(key):
            return _refused(f"along a process there is no `{key}`", span=given.get(key))
    return None


def _offer(question: Question, process: Any) -> Offer:
    model, words = question.experiment.model, question.words
    sizes = {index.name: index.size for index in model.indices}
    parameters = parameter_count(model, words, sizes)
    draws, steps = int(process.option("draws")), int(process.option("steps"))
    flops, widest = training_work(question, process)
    chunk = _cut(question, process).chunks[0][1]
    batch = process.option("batch") or process.option("data").type.shape[0]
    layers = len(model.stack.layers) if model.stack is not None else 3
    together = min(chunk, max(1, TOGETHER // max(1, parameters)))
    memory = 8.0 * (COPIES * parameters * chunk + 3 * together * layers * widest * batch)
    shape: tuple[int, ...] = ()
    if isinstance(question.record.kind, Estimator):
        own = question.record.shape(dict(question.asked.options), model.dim)
        shape = (len(steps_of(process)), *own) if question.asked.dims else ()
        entries = math.prod(own)
        jac = parameters * (max(own, default=1) + 2) if "jac" in question.record.kind.readings else 0
        memory += 8.0 * (jac + 3 * draws * len(steps_of(process)) * entries)
        flops = 0.0
    else:
        record = dict(process.option("record") or ())
        read = record["at"].type.shape[0] * len(steps_of(process)) if record else 0
        memory += 16.0 * draws * (steps + read)
        flops *= draws
    pairs = f", in {draws // 2} pairs of opposite amplitudes" if _mirrored(question, process) else ""
    return Offer(
        backend=NAME, method=METHOD, why=f"{draws} networks are trained for {steps:,} steps in float64{pairs}",
        dims=question.asked.dims,
        shape=shape, draws=draws, flops=flops, bytes=memory, error=f"1/sqrt({draws:,}) of the spread of one network",
        group=process.name, preference=10, cite=question.record.cite,
    )  # fmt: skip


def steps_of(process: Any) -> tuple[int, ...]:
    """Steps at which a training is read: those of its record, else the first and the last."""
    steps = int(process.option("steps"))
    return recorded(steps, int(dict(process.option("record") or ()).get("every", steps)))


def training_work(question: Question, process: Any) -> tuple[float, int]:
    """Operations that the training of one network takes, roughly, and the widest array on the way."""
    model = question.experiment.model
    per_point, widest = work_per_point(model, question.words, {index.name: index.size for index in model.indices})
    batch = int(process.option("batch") or process.option("data").type.shape[0])
    return 3.0 * per_point * batch * int(process.option("steps")), widest


def _cut(question: Question, process: Any) -> Cut:
    model = question.experiment.model
    parameters = parameter_count(model, question.words, {index.name: index.size for index in model.indices})
    flops, _ = training_work(question, process)
    return Cut.of(int(process.option("draws")), int(process.option("steps")), parameters, flops)


def compile(questions: Sequence[Question], offers: Sequence[Offer], resources: Resources) -> Program:
    """One program for a training and all that is measured along it."""
    experiment = questions[0].experiment
    certify(experiment.model, environment(experiment, questions[0].words, traced_constants(experiment), jnp.float64))
    name = offers[0].group
    process = next(each for each in questions[0].experiment.observables if each.name == name)
    options = dict(process.options)
    word, pairs = options["optimizer"]
    numbers: Mapping[str, Any] = dict(pairs)
    recipe = Recipe(
        optimizer=word, loss=options["loss"], batch=options.get("batch"), steps=int(options["steps"]),
        points=int(options["data"].type.shape[0]), momentum=bool(numbers.get("momentum", 0.0)),
        mirrored=tuple(_mirrored(questions[0], process)),
    )  # fmt: skip
    return run_program(questions, offers, resources, recipe, tuple(_cut(questions[0], process).shards()), steps_of(process))


@hookimpl
def nnspec_backends() -> Iterable[Backend]:
    """Training as a backend."""
    yield Backend(
        name=NAME, doc="trains networks that are drawn, and measures along the way", offer=offer, compile=compile,
        methods=(METHOD,),
    )  # fmt: skip
