"""A whole spec: from its tree to an experiment, with every complaint on the way."""

from __future__ import annotations

from dataclasses import dataclass

from nnspec.check.claims import read_checks, read_plots
from nnspec.check.constants import check_uncalled, read_constants, read_data, read_functions
from nnspec.check.models import outline_of_block, outline_of_tree, read_model
from nnspec.check.networks import read_stack
from nnspec.check.nouns import file_name, not_yet
from nnspec.check.observables import read_observables
from nnspec.check.options import resolve, resolve_options
from nnspec.check.scope import Scope
from nnspec.document.read import Complaints, Given, as_leaf, as_mapping, read_fields
from nnspec.document.spec import BELONGS, LANGUAGE, MODEL_KEYS, NOT_YET, NUMERICS, TOP
from nnspec.ir.experiment import Constant, Experiment, Model, Numerics
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node
from nnspec.text.diagnostic import Diagnostic, nearest
from nnspec.text.source import Span

LATER_SAMPLERS = ("hmc", "nuts", "langevin", "mala", "smc", "importance")


@dataclass(frozen=True)
class Checked:
    """What checking gives: the experiment when nothing is wrong, and all complaints, warnings included."""

    experiment: Experiment | None
    complaints: tuple[Diagnostic, ...]


def check(tree: Mapping, words: Vocabulary) -> Checked:
    """Give a tree its meaning.

    Args:
        tree: a spec as `nnspec.syntax` reads it.
        words: the vocabulary of the installed plugins.
    """
    extends = next((entry.key for entry in tree.entries if entry.key.text == "extends"), None)
    if extends is not None:  # whatever else looks wrong may be right once the other spec is read
        return Checked(None, (not_yet(NOT_YET["extends"], extends.span),))
    complaints = Complaints()
    scope = Scope(words=words, complaints=complaints)
    start = Span(tree.span.source, tree.span.start, tree.span.start)
    given = read_fields(tree, TOP, "the spec", complaints, start, BELONGS)
    _version(given, scope)
    for key, what in NOT_YET.items():
        if key in given:
            complaints.add(not_yet(what, given[key].key.span))
    name = _name(given, scope)
    value = {key: each.value for key, each in given.items()}
    read_constants(value.get("let"), scope)
    data = read_data(value.get("data"), scope)
    read_functions(value.get("functions"), scope)
    model = _model(given, scope)
    sampler = _sampler(given.get("sampler"), scope)
    numerics = _numerics(value.get("numerics"), scope)
    observables = read_observables(value.get("observables"), model, scope)
    checks = read_checks(value.get("checks"), scope)
    plots = read_plots(value.get("plots"), observables, scope)
    check_uncalled(scope)
    doc = as_leaf(given["doc"].value, "doc", complaints) if "doc" in given else None
    if not complaints.errors and not observables:
        complaints.add(_nothing_asked(given, start))
    if complaints.errors or model is None:
        return Checked(None, tuple(complaints.found))
    experiment = Experiment(
        name=name, constants=_constants(scope), model=model, data=tuple(data), observables=tuple(observables),
        sampler=sampler, numerics=numerics, checks=tuple(checks), plots=tuple(plots), doc=doc.text.strip() if doc else "",
    )  # fmt: skip
    return Checked(experiment, tuple(complaints.found))


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


def _model(given: dict[str, Given], scope: Scope) -> Model | None:
    if "model" not in given:
        return None
    node, place = given["model"].value, given["model"].key.span
    if isinstance(node, Leaf) and node.style in ("literal", "folded"):
        return read_model(outline_of_block(node, scope), scope, place)
    mapping = as_mapping(node, "model", scope.complaints)
    if mapping is None:
        return None
    keys = read_fields(mapping, MODEL_KEYS, "`model`", scope.complaints, place)
    if "deform" in keys:
        scope.complaints.add(not_yet("deforming the density", keys["deform"].key.span))
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


def _sampler(given: Given | None, scope: Scope) -> str:
    if given is None:
        return "iid"
    mapping = as_mapping(given.value, "sampler", scope.complaints, "sampler: {iid: {}}")
    if mapping is None or len(mapping.entries) != 1:
        if mapping is not None:
            second = mapping.entries[1].key.span if mapping.entries else mapping.span
            label = "and another one here" if mapping.entries else "no word here"
            scope.complaints.add(Diagnostic("NN505", "a sampler is chosen by one word", second, label,
                                            helps=("as in `sampler: {iid: {}}`",)))  # fmt: skip
        return "iid"
    word, body = mapping.entries[0].key, mapping.entries[0].value
    record = scope.words.samplers.get(word.text)
    if record is None:
        near = nearest(word.text, scope.words.samplers)
        known = ", ".join(f"`{each}`" for each in scope.words.words("samplers"))
        helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
        if word.text in LATER_SAMPLERS:
            scope.complaints.add(not_yet(f"the sampler `{word.text}`", word.span, f"samplers of this version: {known}"))
            return "iid"
        scope.complaints.add(Diagnostic("NN611", f"no sampler is called `{word.text}`", word.span, "not known here",
                                        helps=helps))  # fmt: skip
        return "iid"
    options = as_mapping(body, word.text, scope.complaints) if not (isinstance(body, Leaf) and body.null) else None
    if options is not None:
        resolve_options(options, record.fields, f"`{word.text}`", scope, word.span)
    return record.name


def _numerics(node: Node | None, scope: Scope) -> Numerics:
    mapping = as_mapping(node, "numerics", scope.complaints) if node is not None else None
    if mapping is None:
        return Numerics()
    options = resolve_options(mapping, NUMERICS, "`numerics`", scope, mapping.span)
    return Numerics(seed=options.values.get("seed") or 0)


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
