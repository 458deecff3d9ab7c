"""What a spec says rightly and this version cannot compute: found before any backend is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Experiment, Observable
from nnspec.ir.walk import walk
from nnspec.plugin.records import Estimator, Process
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Span

_NODES: dict[type[ir.Expr], str] = {
    ir.Mean: "means over networks inside a formula are not built yet",
    ir.Cumulant: "cumulants inside a formula are not built yet",
}
Reason = tuple[str, Span | None]


def cannot(asked: Observable, reason: Reason) -> Diagnostic:
    """NN391: the observable, and what keeps it from being computed."""
    why, place = reason
    same = place is None or place == asked.span
    secondary = () if same or place is None else (Label(place, why),)
    return Diagnostic("NN391", f"`{asked.name}` cannot be computed by this version", asked.span, why if same else "asked for here",
                      secondary, notes=("the spec is right: `nnspec check` passes",))  # fmt: skip


def reason(asked: Observable, experiment: Experiment, words: Vocabulary) -> Reason | None:
    """Why an observable cannot be computed yet; None when it may be."""
    return next(_reasons(asked, experiment, words), None)


def _reasons(asked: Observable, experiment: Experiment, words: Vocabulary) -> Iterator[Reason]:
    record = words.observables[asked.word]
    if record.later:
        yield record.later, asked.span
    for name in _about(asked, words):
        other = next((each for each in experiment.observables if each.name == name), None)
        below = reason(other, experiment, words) if other is not None else None
        if below is not None:
            yield f"`{name}` cannot be computed", asked.span
    yield from _nodes([value for _, value in asked.options])
    yield from _of_the_model(asked, experiment, words)


def _of_the_model(asked: Observable, experiment: Experiment, words: Vocabulary) -> Iterator[Reason]:
    if not _looks_at_the_model(asked, words):
        return
    model, undeformed = experiment.model, asked.option("density") == "undeformed"
    sampler = words.samplers[experiment.sampler]
    if sampler.later and not undeformed:
        yield sampler.later, experiment.sampler_span
    vectors = (node for node in walk(model.params) if isinstance(node, ir.Reweighted | ir.Unnormalised) and node.type.shape)
    law = next(vectors, None)
    if law is not None and isinstance(words.observables[asked.word].kind, Process):
        yield "training from a density of vectors that is known up to a constant is not built yet", law.span
    for layer in model.stack.layers if model.stack is not None else ():
        if words.layers[layer.name].later:
            yield words.layers[layer.name].later, layer.span
        yield from _nodes([value for _, value in layer.options])
    yield from _nodes([model.params, model.fields])
    if model.deform is not None and not undeformed:
        yield from _nodes([model.deform])


def _looks_at_the_model(asked: Observable, words: Vocabulary) -> bool:
    """Whether networks or the form of the model are needed at all."""
    if isinstance(words.observables[asked.word].kind, Estimator):
        return True
    rules = [rule for rule in words.rules if rule.observable == asked.word]
    return not rules or any(rule.form != "Anything" for rule in rules)


def _nodes(parts: list[Any]) -> Iterator[Reason]:
    for part in parts:
        for node in walk(part):
            if type(node) in _NODES:
                yield _NODES[type(node)], node.span
            if isinstance(node, ir.Reweighted | ir.Unnormalised):
                yield from _of_a_density(node)


def _of_a_density(law: ir.Reweighted | ir.Unnormalised) -> Iterator[Reason]:
    """Densities known up to a constant are drawn by the inverse of their distribution function, which is a table."""
    what = "a reweighted density" if isinstance(law, ir.Reweighted) else "a density given by a formula"
    if law.type.shape and (law.deps or law.free):
        yield f"drawing from {what} of vectors whose normalisation is random is not built yet", law.span


def _about(asked: Observable, words: Vocabulary) -> Iterator[str]:
    """The observables that an observable is about."""
    record = words.observables[asked.word]
    for item in record.fields:
        value = asked.option(item.name)
        if item.type in ("observable", "results") and isinstance(value, tuple):
            yield from (name.partition(".")[0] for name in value)
    along = asked.option("along")
    if isinstance(along, tuple):
        yield from along
