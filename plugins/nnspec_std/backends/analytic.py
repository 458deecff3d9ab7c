"""Everything that rules can give: closed forms and quadratures, for models of the form that a rule asks for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from nnspec.ir.expr import DataRef, Integral, Vector
from nnspec.ir.walk import walk
from nnspec.lower.datasets import foreseen
from nnspec.lower.field import environment, traced_constants
from nnspec.lower.forms import FORMS, Obstacle
from nnspec.lower.forms.formula import focused
from nnspec.plugin import (
    Ask,
    Backend,
    Estimator,
    Offer,
    Program,
    Question,
    Refusal,
    Resources,
    Rule,
    hookimpl,
    jax,
    jnp,
    np,
)
from nnspec.plugin.records import Statistics
from nnspec.result.estimate import Estimate

NAME = "analytic"
PREFERENCE = {"closed_form": 30, "exact": 30, "quadrature": 20}
BELOW_SAMPLING = 5


def offer(question: Question) -> Sequence[Offer | Refusal]:
    """One offer or refusal for each rule that leads to the observable."""
    formula = question.experiment.model.stack is None
    rules = [rule for rule in question.words.rules if rule.observable == question.asked.word]
    rules = [rule for rule in rules if question.method in (None, rule.method)]
    if not rules and question.method is None:
        return [Refusal(backend=NAME, reason=f"no rule leads to `{question.asked.word}`")]
    # What sees a stack of layers as a formula is no answer where stacks have rules of their own.
    stacks = not formula and any(rule.form == "LayerStack" for rule in rules)
    rules = [rule for rule in rules if not (stacks and rule.form == "IndependentNeurons")]
    return [_of_rule(rule, question) for rule in rules]


def _of_rule(rule: Rule, question: Question) -> Offer | Refusal:
    if rule.later:
        return Refusal(backend=NAME, method=rule.method, reason=rule.later, later=True)
    deform = question.experiment.model.deform
    if deform is not None and not rule.deformed and rule.form != "Anything" and question.asked.option("density") != "undeformed":
        reason = "the parameters are independent in this rule, and the deformation couples them"
        return Refusal(backend=NAME, method=rule.method, reason=reason, span=deform.span)
    inner = next((node for node in walk(question.experiment.model.fields) if isinstance(node, Integral)), None)
    if inner is not None and rule.form != "Anything":
        reason = "the field holds an integral, whose error the rule cannot state"
        return Refusal(backend=NAME, method=rule.method, reason=reason, span=inner.span)
    form = _form(rule, question)
    if isinstance(form, Obstacle):
        return Refusal(backend=NAME, method=rule.method, reason=form.reason, span=form.span)
    reason = rule.refuse(form)
    if isinstance(reason, Refusal):
        return reason
    if reason is None and rule.refuse_points is not None:
        reason = rule.refuse_points(form, _count(question), partial(_points, question))
    if reason is not None:
        return Refusal(backend=NAME, method=rule.method, reason=reason)
    shape = question.record.shape(dict(question.asked.options), question.experiment.model.dim)
    entries = math.prod(shape)
    return Offer(
        backend=NAME, method=rule.method, why=f"the model has the form {rule.form}", dims=question.asked.dims,
        shape=shape, flops=200.0 * entries, bytes=_memory(rule, shape), error="rounding" if rule.traced else "stated",
        group=question.asked.name, rule=rule.name, preference=_preference(rule, question),
        cite=(*question.record.cite, *rule.cite),
    )  # fmt: skip


def _count(question: Question) -> int:
    """How many points an estimator reads."""
    given = (value for _, value in question.asked.options if isinstance(value, (DataRef, Vector)))
    return sum(value.type.shape[0] if value.type.shape else 1 for value in given)


def _points(question: Question) -> Any:
    """Where an estimator reads the field, [point, in]; None where that is not known before the run."""
    kind, options = question.record.kind, dict(question.asked.options)
    assert isinstance(kind, Estimator)
    for name, value in options.items():
        if isinstance(value, (DataRef, Vector)):
            options[name] = foreseen(value, question.experiment, question.words)
            if options[name] is None:
                return None
    return kind.points(Ask(name=question.asked.name, dim=question.experiment.model.dim, options=options))


def _memory(rule: Rule, shape: tuple[int, ...]) -> float:
    """Bytes, roughly: the result, and for correlators what belongs to each tuple of points while terms are added."""
    entries = float(math.prod(shape))
    if rule.form != "IndependentNeurons":
        return 64.0 * entries
    return 24.0 * entries + 400.0 * math.comb(shape[0] + len(shape) - 1, len(shape))


def _preference(rule: Rule, question: Question) -> int:
    """Who gives a number of draws wants draws, unless a method is named; the other ways are offered all the same."""
    if rule.method == "exact" and question.asked.sampled:
        return BELOW_SAMPLING
    return PREFERENCE.get(rule.method, 15)


def _form(rule: Rule, question: Question) -> Any:
    """The form of the model for the field that is asked about."""
    about = question.experiment
    if rule.form != "Anything":
        undeformed = question.asked.option("density") == "undeformed"
        about = focused(about, question.asked.option("field"), undeformed=undeformed)
    return FORMS[rule.form](about, question.words)


def compile(questions: Sequence[Question], offers: Sequence[Offer], resources: Resources) -> Program:
    """A program of one shard."""
    (question,), (accepted,), (ask,) = questions, offers, resources.asks
    rule = next(rule for rule in question.words.rules if rule.name == accepted.rule)
    form = _form(rule, question)

    def run(constants: dict[str, Any]) -> Any:
        env = environment(question.experiment, question.words, constants, jnp.float64)
        assert rule.compute is not None
        return rule.compute(form.bind(env), ask)

    def compute(indices: Sequence[int], before: Sequence[Statistics | None]) -> list[Statistics]:  # noqa: ARG001
        constants = traced_constants(question.experiment)
        found = (jax.jit(run) if rule.traced else run)(constants)
        value, error = found if isinstance(found, tuple) else (found, 0.0)
        parts = value if isinstance(value, dict) else {"value": value}
        arrays = {name: np.asarray(part, np.float64) for name, part in parts.items()}
        return [{**arrays, "error": np.asarray(error, np.float64)} for _ in indices]

    def finish(statistics: Sequence[Statistics]) -> list[Estimate]:
        (only,) = statistics
        name, parts = question.asked.name, question.record.parts(dict(question.asked.options))
        return [
            Estimate(
                name=f"{name}.{part}" if part else name, word=question.asked.word, method=rule.method,
                value=only[part or "value"], dims=dims, coords=_coords(question, ask, dims),
                numerical_error=float(only["error"]), equation=rule.equation, cite=accepted.cite, backend=NAME,
            )
            for part, dims in (parts or {"": question.asked.dims}).items()
        ]  # fmt: skip

    return Program(shards=1, compute=compute, finish=finish)


def _coords(question: Question, ask: Any, dims: tuple[str, ...]) -> dict[str, Any]:
    """Coordinates by the names of the result's dimensions; those of parts have these names already."""
    found = question.record.coords(ask)
    if not question.asked.dims:
        return {dim: along for dim, along in found.items() if dim in dims}
    return dict(zip(question.asked.dims, found.values(), strict=False))


@hookimpl
def nnspec_backends() -> Iterable[Backend]:
    """Rules as a backend."""
    yield Backend(
        name=NAME, doc="closed forms and quadratures by rules", offer=offer, compile=compile,
        methods=("closed_form", "exact", "quadrature"),
    )  # fmt: skip


