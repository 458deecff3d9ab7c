"""A whole spec: from its tree to an experiment, with every complaint on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, cast

from nnspec.check.claims import read_checks
from nnspec.check.constants import check_uncalled, read_constants, read_functions
from nnspec.check.datasets import read_data
from nnspec.check.models import read_model
from nnspec.check.networks import read_stack
from nnspec.check.nouns import file_name
from nnspec.check.observables import read_observables
from nnspec.check.options import resolve, resolve_options
from nnspec.check.outlines import Outline, outline_of_block, outline_of_tree
from nnspec.check.pins import pinned
from nnspec.check.plots import Single, read_plots, single
from nnspec.check.scope import Scope
from nnspec.check.sweeps import dimensions, ends_of, read_axes, read_sweep, single_points
from nnspec.document.paths import with_value
from nnspec.document.read import Complaints, Given, as_leaf, as_mapping, read_fields
from nnspec.document.spec import BELONGS, LANGUAGE, MODEL_KEYS, NOT_NUMERICS, NUMERICS, OUTPUT, TOP
from nnspec.ir.digest import digest
from nnspec.ir.experiment import Constant, Experiment, Model, Numerics, Plot, Sweep
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node
from nnspec.text.diagnostic import Diagnostic, nearest
from nnspec.text.source import Span


@dataclass(frozen=True)
class Checked:
    """What checking gives: the experiment when nothing is wrong, and all complaints, warnings included."""

    experiment: Experiment | None
    complaints: tuple[Diagnostic, ...]
    words: Vocabulary
    """The vocabulary that the spec was read with: the given one, or that with promised words of plugins it pins."""


def check(tree: Mapping, words: Vocabulary) -> Checked:
    """Give a tree its meaning.

    Args:
        tree: a spec as `nnspec.syntax` reads it, with what it extends.
        words: the vocabulary of the installed plugins.
    """
    found = _check(tree, words)
    sweep = found.experiment.sweep if found.experiment is not None else None
    given = next((entry for entry in tree.entries if entry.key.text == "sweep"), None)
    if sweep is None or given is None:
        return found
    bare = Mapping(tuple(e for e in tree.entries if e is not given and e.key.text != "plots"), tree.span)
    points: list[tuple[str, Checked]] = []
    for changes in single_points(given.value, sweep.axes):
        point = bare
        for axis, value, place in changes:
            point = with_value(point, axis.path, value, place)
        where = " and ".join(f"`{axis.path}` is {value.span.text}" for axis, value, _ in changes)
        points.append((where, _check(point, words)))
    wrong = tuple(_of_points(points, found))
    if any(each.level == "error" for each in wrong):
        return Checked(None, (*found.complaints, *wrong), found.words)
    ends = (_check(with_value(bare, axis.path, value, value.span), words) for axis, value in ends_of(sweep.axes))
    meanings = tuple(digest(each.experiment) for each in (*(point for _, point in points), *ends) if each.experiment is not None)
    assert found.experiment is not None
    whole = replace(found.experiment, sweep=replace(sweep, meanings=meanings))
    return Checked(whole, (*found.complaints, *wrong), found.words)


def _of_points(points: list[tuple[str, Checked]], base: Checked) -> Iterator[Diagnostic]:
    """What is wrong at single values of a sweep, and not without it."""
    known = set(base.complaints)
    for where, found in points:
        for each in found.complaints:
            if each not in known:
                known.add(each)
                yield replace(each, notes=(*each.notes, f"in the sweep, where {where}"))


def _check(tree: Mapping, words: Vocabulary) -> Checked:
    complaints = Complaints()
    start = Span(tree.span.source, tree.span.start, tree.span.start)
    given = read_fields(tree, TOP, "the spec", complaints, start, BELONGS)
    value = {key: each.value for key, each in given.items()}
    if "plugins" in value:
        words = pinned(value["plugins"], words, complaints)
    scope = Scope(words=words, complaints=complaints)
    _version(given, scope)
    name = _name(given, scope)
    node = value.get("model")
    block = outline_of_block(node, scope) if isinstance(node, Leaf) and node.style in ("literal", "folded") else None
    read_constants(value.get("let"), scope, block.lets if block else ())
    read_functions(value.get("functions"), scope)
    data = read_data(value.get("data"), scope)
    model = _model(given, block, scope)
    sampler, options, place = _sampler(given.get("sampler"), scope)
    numerics = _numerics(value.get("numerics"), scope)
    observables = read_observables(value.get("observables"), model, scope)
    checks = read_checks(value.get("checks"), scope)
    axes = read_axes(given.get("sweep"), tree, scope)
    sweep = read_sweep(given.get("sweep"), axes, scope)
    plots = _plots(value.get("plots"), sweep, single(observables, model, scope), scope)
    output = _output(value.get("output"), scope)
    check_uncalled(scope)
    doc = as_leaf(given["doc"].value, "doc", complaints) if "doc" in given else None
    if not complaints.errors and not observables:
        complaints.add(_nothing_asked(given, start))
    if complaints.errors or model is None:
        return Checked(None, tuple(complaints.found), words)
    experiment = Experiment(
        name=name, constants=_constants(scope), model=model, data=tuple(data), observables=tuple(observables),
        sampler=sampler, sampler_options=options, numerics=numerics, checks=tuple(checks), sweep=sweep, plots=tuple(plots),
        output=output, doc=doc.text.strip() if doc else "", sampler_span=place,
    )  # fmt: skip
    return Checked(experiment, tuple(complaints.found), words)


def _plots(node: Node | None, sweep: Sweep | None, alone: Single, scope: Scope) -> list[Plot]:
    """Plots may be over the axes of a sweep."""
    before, scope.swept = scope.swept, dimensions(sweep.axes) if sweep is not None else ()
    try:
        return read_plots(node, alone, scope)
    finally:
        scope.swept = before


def _output(node: Node | None, scope: Scope) -> tuple[tuple[str, Any], ...]:
    mapping = as_mapping(node, "output", scope.complaints) if node is not None else None
    if mapping is None:
        return ()
    options = resolve_options(mapping, OUTPUT, "`output`", scope, mapping.span)
    folder = options.values.get("folder")
    if folder is not None and (PurePath(folder).is_absolute() or {"..", "~"} & set(PurePath(folder).parts)):
        scope.complaints.add(Diagnostic("NN022", "a spec writes below the working directory only", options.spans["folder"],
                                        "this leads out of it", helps=("another place is chosen by `--out DIR`",)))  # fmt: skip
    return tuple(sorted(options.values.items()))


def _version(given: dict[str, Given], scope: Scope) -> None:
    leaf = given["nnspec"].value if "nnspec" in given else None
    if isinstance(leaf, Leaf) and not leaf.text[:1].isdigit():
        scope.complaints.add(Diagnostic("NN020", "the version of the language is a number", leaf.span, "not a number",
                                        helps=(f"write `nnspec: {LANGUAGE}`",)))  # fmt: skip
    elif leaf is not None:
        version = resolve(given["nnspec"], scope)
        if version is not None and version != LANGUAGE:
            message = f"the spec is written in version {version} of the language"
            place, label = given["nnspec"].value.span, f"this nnspec reads version {LANGUAGE}"
            advice = "install a newer nnspec" if version > LANGUAGE else f"write `nnspec: {LANGUAGE}`"
            scope.complaints.add(Diagnostic("NN020", message, place, label, helps=(advice,)))


def _name(given: dict[str, Given], scope: Scope) -> str:
    if "name" not in given:
        return ""
    leaf = as_leaf(given["name"].value, "name", scope.complaints)
    if leaf is None:
        return ""
    fault = file_name(leaf, "the name of a spec also names its run folder")
    if fault is not None:
        scope.complaints.add(fault)
    return leaf.text


def _model(given: dict[str, Given], block: Outline | None, scope: Scope) -> Model | None:
    if "model" not in given:
        return None
    node, place = given["model"].value, given["model"].key.span
    if block is not None:
        return read_model(block, scope, place)
    mapping = as_mapping(node, "model", scope.complaints)
    if mapping is None:
        return None
    keys = read_fields(mapping, MODEL_KEYS, "`model`", scope.complaints, place)
    before = len(scope.complaints.errors)
    if "layers" in keys:
        model = read_stack(keys, scope, place)
    else:
        if "parameterization" in keys:
            message = "`parameterization` belongs to the layer form, and this model is a formula"
            scope.complaints.add(Diagnostic("NN017", message, keys["parameterization"].key.span, "of the other form",
                                            helps=("delete it, and write the powers of the width into the formula",)))  # fmt: skip
        outline = outline_of_tree(keys, scope)
        known = [item.name for item in MODEL_KEYS]
        if any(_lost(entry, known) for entry in mapping.entries):
            outline.head_failed = scope.lost = True  # a misspelt or empty key is one fault, not several
        model = read_model(outline, scope, place)
    return model if len(scope.complaints.errors) == before else None


def _lost(entry: Entry, known: list[str]) -> bool:
    """Whether a key of the model was meant and is not there."""
    if entry.key.text in known:
        return isinstance(entry.value, Leaf) and entry.value.null
    return nearest(entry.key.text, known) is not None


_IID: tuple[str, tuple[tuple[str, Any], ...], Span | None] = ("iid", (), None)


def _sampler(given: Given | None, scope: Scope) -> tuple[str, tuple[tuple[str, Any], ...], Span | None]:
    """The word of the sampler, its options and its place."""
    if given is None:
        return _IID
    node = given.value
    if isinstance(node, Leaf) and not node.null:
        word, body = node, cast("Node", node)
    else:
        mapping = as_mapping(node, "sampler", scope.complaints, "sampler: {iid: {}}")
        if mapping is None or len(mapping.entries) != 1:
            if mapping is not None:
                scope.complaints.add(_several_samplers(mapping, scope))
            return _IID
        word, body = mapping.entries[0].key, mapping.entries[0].value
    record = scope.words.samplers.get(word.text)
    if record is None:
        near = nearest(word.text, scope.words.samplers)
        known = ", ".join(f"`{each}`" for each in scope.words.words("samplers"))
        helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
        scope.complaints.add(Diagnostic("NN611", f"no sampler is called `{word.text}`", word.span, "not known here",
                                        helps=helps))  # fmt: skip
        return _IID
    bare = body is word or (isinstance(body, Leaf) and body.null)
    mapping = Mapping((), word.span) if bare else as_mapping(body, word.text, scope.complaints)
    if mapping is None:
        return _IID
    options = resolve_options(mapping, record.fields, f"`{word.text}`", scope, word.span)
    return record.name, tuple(sorted(options.values.items())), word.span


def _several_samplers(mapping: Mapping, scope: Scope) -> Diagnostic:
    """NN505; `{type: hmc, chains: 4}` is how others write it."""
    keys = [entry.key for entry in mapping.entries]
    chosen = next((e.value for e in mapping.entries if e.key.text in ("type", "name", "kind") and isinstance(e.value, Leaf)), None)
    example = chosen.text if chosen is not None and chosen.text in scope.words.samplers else "iid"
    options = ", ".join(f"{key.text}: …" for key in keys if key.text not in ("type", "name", "kind")) if chosen is not None else ""
    helps = (f"the word is the key: `sampler: {{{example}: {{{options}}}}}`",)
    if not keys:
        return Diagnostic("NN505", "a sampler is chosen by one word", mapping.span, "no word here", helps=helps)
    return Diagnostic("NN505", "a sampler is chosen by one word", keys[1].span, "and another one here", helps=helps)


def _numerics(node: Node | None, scope: Scope) -> Numerics:
    mapping = as_mapping(node, "numerics", scope.complaints) if node is not None else None
    if mapping is None:
        return Numerics()
    options = resolve_options(mapping, NUMERICS, "`numerics`", scope, mapping.span, NOT_NUMERICS)
    return Numerics(seed=options.values.get("seed") or 0, integral=options.values.get("integral"))


def _nothing_asked(given: dict[str, Given], start: Span) -> Diagnostic:
    """NN605."""
    place = given["observables"].key.span if "observables" in given else start
    return Diagnostic("NN605", "the spec asks for nothing", place, "no observable is named here",
                      helps=("ask for something: `observables: {G2: {correlator: {n: 2, at: xs}}}`",))  # fmt: skip


def _constants(scope: Scope) -> tuple[Constant, ...]:
    return tuple(
        Constant(name=name, value=meaning.value, static=name in scope.static, span=meaning.span)
        for name, meaning in scope.names.items()
        if meaning.kind == "constant" and meaning.value is not None
    )
