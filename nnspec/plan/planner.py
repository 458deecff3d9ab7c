"""The plan: for each observable one offer, the others and the refusals kept; groups that share a pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nnspec.ir.experiment import Experiment, Observable
from nnspec.plan.offers import Answers, ask
from nnspec.plan.pending import cannot, reason
from nnspec.plugin.records import Estimator, Offer, Refusal
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.text.diagnostic import Diagnostic, Label, nearest
from nnspec.text.source import Span


@dataclass(frozen=True)
class Row:
    """One observable and how it will be computed."""

    answers: Answers
    chosen: Offer

    @property
    def asked(self) -> Observable:
        """The observable as the spec asks for it."""
        return self.answers.question.asked


@dataclass(frozen=True)
class Group:
    """Rows that one program computes together."""

    backend: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Plan:
    """What will be computed, in the order of the spec, and in which passes."""

    experiment: Experiment
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    pending: tuple[Diagnostic, ...] = ()
    """What the spec asks for rightly and this version cannot compute."""
    later: tuple[str, ...] = ()
    """The names of these."""


@dataclass(frozen=True)
class Planned:
    """A plan, or the complaints that keep from it."""

    plan: Plan | None
    complaints: tuple[Diagnostic, ...]


def plan(experiment: Experiment, words: Vocabulary) -> Planned:
    """Match observables with backends."""
    rows: list[Row] = []
    complaints: list[Diagnostic] = []
    pending: list[tuple[str, Diagnostic]] = []
    listed = [each for observable in experiment.observables for each in by_method(observable)]
    for asked in sorted(listed, key=lambda each: _process(each) is not None):  # processes before what is along them
        why = reason(asked, experiment, words) or _along(asked, [name for name, _ in pending])
        answers = ask(experiment, asked, words) if why is None else None
        if answers is None:
            assert why is not None
            pending.append((asked.name, cannot(asked, why)))
        elif answers.offers:
            rows.append(Row(answers, answers.offers[0]))
        elif (later := _later(answers)) is not None:
            pending.append((asked.name, cannot(asked, (later.reason, _place(asked)))))
        else:
            complaints.append(_refused(answers, words))
    if complaints:
        return Planned(None, tuple(complaints))
    order = {asked.name: place for place, asked in enumerate(listed)}
    rows.sort(key=lambda row: order[row.asked.name])
    pending.sort(key=lambda each: order[each[0]])
    made = Plan(experiment, tuple(rows), _groups(rows), tuple(each for _, each in pending), tuple(name for name, _ in pending))
    return Planned(made, ())


def _process(asked: Observable) -> str | None:
    """The process that an observable is measured along."""
    along = asked.option("along")
    return along[0] if isinstance(along, tuple) else None


def _along(asked: Observable, pending: list[str]) -> tuple[str, Span | None] | None:
    name = _process(asked)
    return (f"`{name}` cannot be computed", asked.place("along")) if name in pending else None


def _later(answers: Answers) -> Refusal | None:
    """A way that is known and not built yet, where it was asked for or where there is no other kind of way."""
    question = answers.question
    if question.method is None and isinstance(question.record.kind, Estimator):
        return None  # it can be sampled, and what keeps it from that is the fault
    return next((each for each in answers.refusals if each.later), None)


def by_method(asked: Observable) -> tuple[Observable, ...]:
    """One observable for each of its methods, `G4.exact` and the like, when it names several."""
    if len(asked.methods) < 2:
        return (asked,)
    return tuple(replace(asked, name=f"{asked.name}.{method}", methods=(method,)) for method in asked.methods)


def _groups(rows: list[Row]) -> tuple[Group, ...]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.chosen.backend, row.chosen.group), []).append(row)
    return tuple(Group(backend, tuple(members)) for (backend, _), members in found.items())


def _refused(answers: Answers, words: Vocabulary) -> Diagnostic:
    """NN601, or the page of its own that a refusal has: what was asked, who refused and why, what works instead."""
    asked, method = answers.question.asked, answers.question.method
    known = sorted({name for backend in words.backends.values() for name in backend.methods})
    if method is not None and method not in known:
        near = nearest(method, known)
        helps = (f"did you mean `{near}`?",) if near else _others(answers, words)
        return Diagnostic("NN612", f"no method is called `{method}`", _place(asked), "not known here", helps=helps)
    special = next((refusal for refusal in answers.refusals if refusal.message), None)
    if special is not None:
        return _special(special, asked)
    refusals = [refusal for refusal in answers.refusals if method in (None, "", refusal.method) or not refusal.method]
    title = f"no way is known to compute `{asked.word}`" + (f" by `{method}`" if method else "")
    option = next((each for each in refusals if each.span in dict(asked.spans).values()), None)
    if option is not None:
        return Diagnostic("NN601", title, option.span, option.reason, helps=_others(answers, words))
    own = getattr(answers.question.record.kind, "methods", ())  # why it cannot be sampled matters more than why a rule fails
    placed = sorted((refusal for refusal in refusals if refusal.span is not None), key=lambda each: each.method not in own)[:1]
    secondary = tuple(Label(each.span, each.because or each.reason) for each in placed if each.span is not None)
    label = "asked for here" if method is None else "" if refusals else "this is not one of its methods"
    rest = [refusal for refusal in refusals if refusal.reason not in {each.reason for each in placed}]
    if method and not placed and len(rest) == 1:
        label = rest.pop().reason
    notes = tuple(dict.fromkeys(f"{each.backend}: {each.reason}" for each in rest))
    return Diagnostic("NN601", title, _place(asked), label, secondary, notes=notes[:3], helps=_others(answers, words))


def _place(asked: Observable) -> Span | None:
    """Where a method was asked for, or the observable."""
    spans = dict(asked.spans)
    one = spans.get(f"method {asked.methods[0]}") if asked.methods else None
    return one or spans.get("method", asked.span)


def _special(refusal: Refusal, asked: Observable) -> Diagnostic:
    secondary = (Label(refusal.span, refusal.because),) if refusal.span is not None else ()
    label = refusal.label if asked.methods else "asked for here"
    return Diagnostic(refusal.code, refusal.message, _place(asked), label, secondary, helps=refusal.helps[:2])


def _others(answers: Answers, words: Vocabulary) -> tuple[str, ...]:
    """Methods that would work."""
    question = answers.question
    if not question.asked.methods:
        return ()
    free = ask(question.experiment, replace(question.asked, methods=()), words)
    methods = list(dict.fromkeys(offer.method for offer in free.offers))[:2]
    return (f"use {' or '.join(f'`method: {each}`' for each in methods)}",) if methods else ()
