"""A spec that asks for some of its observables alone: `nnspec run --only G2,G4`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nnspec.ir.experiment import Check, Experiment
from nnspec.ir.expr import ResultRef
from nnspec.ir.walk import walk
from nnspec.syntax.tree import Entry, Mapping, Node, Sequence
from nnspec.text.diagnostic import Diagnostic, SpecError, nearest
from nnspec.text.source import Source, Span


def narrowed(tree: Mapping, experiment: Experiment, names: Iterable[str]) -> Mapping:
    """The tree with these observables, those that they are made of, and the checks and plots that need no others.

    Raises:
        SpecError: NN809 when an observable is not asked for in the spec.
    """
    kept = _closed(experiment, [_known(name, experiment) for name in names])
    gone = {asked.name for asked in experiment.observables} - kept
    pictures = {plot.name for plot in experiment.plots if not gone & set(_named(_values(plot.options)))}
    entries = [_narrow(entry, experiment, kept, gone, pictures) for entry in tree.entries]
    return Mapping(tuple(entry for entry in entries if entry is not None), tree.span)


def _known(name: str, experiment: Experiment) -> str:
    known = [asked.name for asked in experiment.observables]
    if name not in known:
        near = nearest(name, known)
        helps = (f"did you mean `{near}`?",) if near else (f"observables here: {', '.join(known)}",)
        source = Source("command line", f"--only {name}")
        place = Span(source, len("--only "), len(source.text))
        raise SpecError([Diagnostic("NN809", f"the spec asks for no observable `{name}`", place, "not among them", helps=helps)])
    return name


def _closed(experiment: Experiment, names: list[str]) -> set[str]:
    """The names, and those of all observables that they are about."""
    by_name = {asked.name: asked for asked in experiment.observables}
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            names += [each for each in _named(_values(by_name[name].options)) if each in by_name]
    return found


def _values(options: tuple[tuple[str, Any], ...]) -> tuple[Any, ...]:
    return tuple(value for _, value in options)


def _named(value: Any) -> Iterator[str]:
    """Names that may be those of observables: words, and results in formulas."""
    if isinstance(value, str):
        yield value.partition(".")[0]
    elif isinstance(value, tuple):
        for each in value:
            yield from _named(each)
    else:
        yield from (part.name for part in walk(value) if isinstance(part, ResultRef))


def _narrow(entry: Entry, experiment: Experiment, kept: set[str], gone: set[str], pictures: set[str]) -> Entry | None:
    value: Node = entry.value
    left: Node | None = value
    if not isinstance(value, Mapping) and entry.key.text != "checks":
        return entry
    if entry.key.text == "observables" and isinstance(value, Mapping):
        left = _some(value, kept)
    elif entry.key.text == "plots" and isinstance(value, Mapping):
        left = _some(value, pictures)
    elif entry.key.text == "checks":
        left = _claims(value, experiment.checks, gone)
    elif entry.key.text == "sweep" and isinstance(value, Mapping) and experiment.sweep is not None:
        checks = experiment.sweep.checks
        inner = ((e.key, _claims(e.value, checks, gone) if e.key.text == "checks" else e.value) for e in value.entries)
        left = Mapping(tuple(Entry(key, each) for key, each in inner if each is not None), value.span)
    return Entry(entry.key, left) if left is not None else None


def _some(value: Mapping, names: set[str]) -> Mapping | None:
    entries = tuple(entry for entry in value.entries if entry.key.text in names)
    return Mapping(entries, value.span) if entries else None


def _claims(value: Node, checks: tuple[Check, ...], gone: set[str]) -> Node | None:
    """The checks that need nothing that is gone."""
    items = value.items if isinstance(value, Sequence) else (value,)
    fine = [not any(isinstance(part, ResultRef) and part.name in gone for part in walk(check.that)) for check in checks]
    left = tuple(item for item, good in zip(items, fine, strict=True) if good)
    return Sequence(left, value.span) if left else None
