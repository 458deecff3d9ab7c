"""What is asked: the word of each observable, its options, the dimensions of its result."""

from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from nnspec.check.nouns import clauses
from nnspec.check.options import Options, resolve_options
from nnspec.check.scope import Meaning, Scope
from nnspec.document.fields import Field
from nnspec.document.read import as_mapping
from nnspec.ir import expr as ir
from nnspec.ir.experiment import Model, Observable
from nnspec.ir.expr import DataRef
from nnspec.ir.types import result
from nnspec.plugin.records import Estimator, Process
from nnspec.plugin.records import Observable as Record
from nnspec.syntax.expr_build import fold
from nnspec.syntax.expr_parse import parse_name
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node, Sequence
from nnspec.text.diagnostic import Diagnostic, Label, SpecError, nearest
from nnspec.text.source import Span

METHOD = Field(name="method", type="methods", doc="how it is computed; the planner chooses when it is not given")
DRAWS = Field(name="draws", type="count", doc="number of networks that are drawn", default="10000")
DENSITY = Field(name="density", type="word", doc="the density that networks are drawn from", default="deformed",
                choices=("deformed", "undeformed"))  # fmt: skip
TARGET = Field(name="target_error", type="number",
               doc="the largest error bar over the largest value: networks are drawn until it is that small")
COVARIANCE = Field(name="covariance", type="flag", doc="also the covariance of all entries of the result")
ALONG = Field(name="along", type="observable", doc="a process: measured at each of its steps, one more dimension")
WHICH = Field(name="field", type="field", doc="which field of the model, and which component: `phi[1]`")


def read_observables(node: Node | None, model: Model | None, scope: Scope) -> list[Observable]:
    """The observables of a spec; broken ones are declared, so that checks do not complain again."""
    mapping = as_mapping(node, "observables", scope.complaints, "{G2: {correlator: {n: 2, at: xs}}}") if node is not None else None
    found: dict[str, Observable] = {}
    entries = mapping.entries if mapping else ()
    order, circle = _in_order(entries, scope)
    for entry in order:
        asked = _observable(entry, model, scope) if fold(entry.key.text) not in circle else None
        try:
            name = parse_name(entry.key)
        except SpecError as error:
            scope.complaints.found.extend(error.diagnostics)
            continue
        parts = _parts(asked, scope) if asked else {}
        meaning = Meaning(kind="result", type=result(asked.dims if asked else ()), span=entry.key.span, parts=parts,
                          whole=_whole(asked, scope), process=_process(asked, scope), broken=asked is None)  # fmt: skip
        scope.declare(name, meaning)
        if asked is not None:
            found[entry.key.text] = replace(asked, name=name.text)
    return [found[entry.key.text] for entry in entries if entry.key.text in found]


def _in_order(entries: tuple[Entry, ...], scope: Scope) -> tuple[list[Entry], frozenset[str]]:
    """Observables after those that they are about, and the names of those in a circle; NN206 for the circle."""
    by_name = {fold(entry.key.text): entry for entry in entries}
    about = {name: _about(entry, scope) for name, entry in by_name.items()}
    graph = {name: [leaf_name for leaf_name in leaves if leaf_name in by_name] for name, leaves in about.items()}
    try:
        return [by_name[name] for name in TopologicalSorter(graph).static_order()], frozenset()
    except CycleError as error:
        before, name = error.args[1][:2]
        place = about[name][before]
        message = f"`{before}` is defined through itself"
        scope.complaints.add(Diagnostic("NN206", message, place.span, "its own value is needed here",
                                        (Label(by_name[before].key.span, "asked for here"),)))  # fmt: skip
        circle = frozenset(error.args[1])
        return sorted(entries, key=lambda entry: fold(entry.key.text) not in circle), circle


def _about(entry: Entry, scope: Scope) -> dict[str, Leaf]:
    """The observables that an observable names in its options."""
    value = entry.value
    chosen = value.entries[0] if isinstance(value, Mapping) and len(value.entries) == 1 else None
    record = scope.words.observables.get(chosen.key.text) if chosen is not None else None
    if chosen is None or record is None or not isinstance(chosen.value, Mapping):
        return {}
    kinds = {item.name: item.type for item in (*record.fields, *universal(record))}
    found: dict[str, Leaf] = {}
    for option in chosen.value.entries:
        if kinds.get(option.key.text) in ("observable", "results"):
            leaves = option.value.items if isinstance(option.value, Sequence) else (option.value,)
            found |= {fold(leaf.text).partition(".")[0]: leaf for leaf in leaves if isinstance(leaf, Leaf)}
    return found


def _whole(asked: Observable | None, scope: Scope) -> bool:
    """Whether a result has a value of its own, and not parts alone."""
    return asked is None or (len(asked.methods) < 2 and not scope.words.observables[asked.word].parts(dict(asked.options)))


def _process(asked: Observable | None, scope: Scope) -> bool:
    return asked is not None and isinstance(scope.words.observables[asked.word].kind, Process)


def _parts(asked: Observable, scope: Scope) -> dict[str, tuple[str, ...]]:
    """Results by the names of their parts: those that the word declares, or one for each method."""
    own = scope.words.observables[asked.word].parts(dict(asked.options))
    return dict(own) or dict.fromkeys(asked.methods, asked.dims)


def universal(record: Record) -> tuple[Field, ...]:
    """The options that an observable has besides its own."""
    own = {item.name for item in record.fields}
    process = any((item.name, item.type) == (ALONG.name, ALONG.type) for item in record.fields)
    if process or not isinstance(record.kind, Estimator):  # what is measured along a process alone has the networks of that process
        return (METHOD,)
    return tuple(item for item in (METHOD, DRAWS, TARGET, COVARIANCE, DENSITY, WHICH, ALONG) if item.name not in own)


def _observable(entry: Entry, model: Model | None, scope: Scope) -> Observable | None:
    name = entry.key
    value = as_mapping(entry.value, name.text, scope.complaints, f"{name.text}: {{correlator: {{n: 2, at: xs}}}}")
    if value is None:
        return None
    if len(value.entries) != 1:
        scope.complaints.add(_several(name, value, scope))
        return None
    word, body = value.entries[0].key, value.entries[0].value
    record = scope.words.observables.get(word.text)
    if record is None:
        scope.complaints.add(_unknown(word, scope))
        return None
    if isinstance(body, Leaf) and body.null:
        body = Mapping((), word.span)
    options_node = as_mapping(body, word.text, scope.complaints)
    if options_node is None:
        return None
    options = resolve_options(options_node, (*record.fields, *universal(record)), f"`{word.text}`", scope, word.span)
    if not options.complete or model is None:
        return None
    options.spans.update(_method_places(options_node.get("method")))
    if not _which_field(word, options, model, scope) or not _of_a_process(options, scope):
        return None
    return _asked(name, word, record, options, model, scope)


def _which_field(word: Leaf, options: Options, model: Model, scope: Scope) -> bool:
    """NN615: the field that is meant, where a model has several or one with components."""
    given = options.values.get("field")
    if given is not None:
        fine = isinstance(given, ir.FieldAt) and not given.free
        if not fine:
            message = "`field` is a field of the model, or one of its components"
            helps = (f"one component is `{given.name}[1]`",) if isinstance(given, ir.FieldAt) else ("as in `phi` or `phi[1]`",)
            scope.complaints.add(Diagnostic("NN615", message, options.spans["field"], "not one field", helps=helps))
        return fine
    several = len(model.fields) > 1 or any(each.components for each in model.fields)
    if "field" not in {item.name for item in universal(scope.words.observables[word.text])} or not several:
        return True
    names = [f"{each.name}{'[1]' if each.components else ''}" for each in model.fields]
    shown = [f'field: "{name}"' if "[" in name else f"field: {name}" for name in names]
    message = "the model has several fields: which one is meant?"
    helps = (f"write `{shown[0]}`",) if len(shown) == 1 else ("one of " + ", ".join(f"`{each}`" for each in shown),)
    if len(names) == 1:
        message = f"the field `{model.fields[0].name}` has several components: which one is meant?"
    scope.complaints.add(Diagnostic("NN615", message, word.span, "asked for here", helps=helps))
    return False


def _of_a_process(options: Options, scope: Scope) -> bool:
    """NN617: one measures along a process only."""
    name = options.values.get("along")
    if not isinstance(name, tuple):
        return True
    meaning = scope.names[name[0]]
    if meaning.process:
        return True
    if meaning.broken:
        return False
    secondary = (Label(meaning.span, "asked for here"),) if meaning.span is not None else ()
    known = ", ".join(f"`along: {each}`" for each, other in scope.names.items() if other.process)
    helps = (f"processes here: {known}",) if known else ("a process is asked for by `train`",)
    scope.complaints.add(Diagnostic("NN617", f"`{name[0]}` has no steps along which one could measure", options.spans["along"],
                                    "not a process", secondary, helps=helps))  # fmt: skip
    return False


def _method_places(node: Node | None) -> dict[str, Span]:
    """Where each of several methods is named."""
    leaves = node.items if isinstance(node, Sequence) else ()
    return {f"method {leaf.text}": leaf.span for leaf in leaves if isinstance(leaf, Leaf)}


def _asked(
    name: Leaf, word: Leaf, record: Record, options: Options, model: Model, scope: Scope
) -> Observable | None:
    values: dict[str, Any] = dict(options.values)
    methods = values.pop("method", None) or ()
    place = dict(options.spans)
    refusal = record.refuse(values, model.dim) or _points(record, values, model)
    if refusal is not None:
        key, reason = refusal
        what, label = clauses(reason)
        given = place.get(key, word.span)
        scope.complaints.add(Diagnostic("NN604", f"`{word.text}`: {what}", given, label, _shapes(values.get(key), scope)))
        return None
    return Observable(
        name=name.text, word=record.name, options=tuple(sorted(values.items())), dims=_dims(record, values),
        methods=tuple(methods), sampled=not {"draws", "target_error"}.isdisjoint(options.spans),
        span=name.span, spans=tuple(place.items()),
    )  # fmt: skip


def _dims(record: Record, values: dict[str, Any]) -> tuple[str, ...]:
    """The dimensions of the result, with `step` in front for what is measured along a process."""
    along = isinstance(record.kind, Estimator) and isinstance(values.get("along"), tuple) and not record.parts(values)
    return (*(("step",) if along else ()), *record.dims(values))


def _several(name: Leaf, value: Mapping, scope: Scope) -> Diagnostic:
    """NN608: no word, or more than one."""
    message = f"`{name.text}` asks for one observable by its word"
    keys = [entry.key for entry in value.entries]
    helps = ("as in `{correlator: {n: 2, at: xs}}`",)
    if not keys:
        return Diagnostic("NN608", message, value.span, "no word here", helps=helps)
    words = [key for key in keys if key.text in scope.words.observables]
    if len(words) == 1:
        options = ", ".join(key.text for key in keys if key is not words[0])
        helps = (f"put its options into their own braces: `{{{words[0].text}: {{{options}: …}}}}`",)
    secondary = (Label(keys[0].span, "one word here"),)
    return Diagnostic("NN608", message, keys[1].span, "and another one here", secondary, helps=helps)


def _shapes(value: Any, scope: Scope) -> tuple[Label, ...]:
    """Where a data set that does not fit was made."""
    meaning = scope.names.get(value.name) if isinstance(value, DataRef) else None
    if meaning is None or meaning.span is None:
        return ()
    return (Label(meaning.span, "made here"),)


def _points(record: Record, values: dict[str, Any], model: Model) -> tuple[str, str] | None:
    """Points must live in the input space; a flat list of numbers means points on the first axis."""
    for item in record.fields:
        value = values.get(item.name)
        if value is None or item.type not in ("points", "point", "axis"):
            continue
        shape, d = value.type.shape, model.dim
        if item.type == "axis" and len(shape) != 1:
            return item.name, f"a list of numbers is needed, and these are {_form(shape)}"
        if item.type == "point" and shape != (d,):
            return item.name, f"one point of R^{d} is needed, and this is {_form(shape)}"
        if item.type == "points" and len(shape) != 1 and (len(shape) != 2 or shape[1] != d):
            return item.name, f"points of R^{d} are needed, and these are {_form(shape)}"
    return None


def _form(shape: tuple[int, ...]) -> str:
    """What numbers of a shape can be, in words."""
    if len(shape) == 1:
        return f"{shape[0]:,} numbers"
    return f"{shape[0]:,} points of R^{shape[1]}" if len(shape) == 2 else f"numbers of the shape {_shape(shape)}"


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "of a single number"


def _unknown(word: Leaf, scope: Scope) -> Diagnostic:
    owner = scope.words.who_had("observables", word.text)
    near = nearest(word.text, scope.words.observables)
    if owner and not near:
        return Diagnostic("NN901", f"no installed plugin offers the observable `{word.text}`", word.span,
                          helps=(f"it comes with the plugin `{owner}`: pip install {owner}",))  # fmt: skip
    known = ", ".join(f"`{each}`" for each in scope.words.words("observables"))
    helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
    return Diagnostic("NN602", f"no observable is called `{word.text}`", word.span, "not known here", helps=helps)
