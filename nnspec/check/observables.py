"""What is asked: the word of each observable, its options, the dimensions of its result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nnspec.check.nouns import clauses, not_yet
from nnspec.check.options import Options, resolve_options
from nnspec.check.scope import Meaning, Scope
from nnspec.document.fields import Field
from nnspec.document.read import as_mapping
from nnspec.ir.experiment import Model, Observable
from nnspec.ir.expr import DataRef
from nnspec.ir.types import result
from nnspec.plugin.records import Estimator
from nnspec.plugin.records import Observable as Record
from nnspec.syntax.expr_parse import parse_name
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node, Sequence
from nnspec.text.diagnostic import Diagnostic, Label, SpecError, nearest
from nnspec.text.source import Span

METHOD = Field(name="method", type="methods", doc="how it is computed; the planner chooses when it is not given")
DRAWS = Field(name="draws", type="count", doc="number of networks that are drawn", default="10000")
LATER = ("edgeworth", "couplings", "correlator_from_action", "symmetry", "train", "ntk_dynamics", "coordinate_check",
         "edge_functions", "perturbation", "diagnostics")  # fmt: skip


def read_observables(node: Node | None, model: Model | None, scope: Scope) -> list[Observable]:
    """The observables of a spec in their order; broken ones are declared, so that checks do not complain again."""
    mapping = as_mapping(node, "observables", scope.complaints, "{G2: {correlator: {n: 2, at: xs}}}") if node is not None else None
    found: list[Observable] = []
    for entry in mapping.entries if mapping else ():
        asked = _observable(entry, model, scope)
        try:
            name = parse_name(entry.key)
        except SpecError as error:
            scope.complaints.found.extend(error.diagnostics)
            continue
        dims, methods = (asked.dims, asked.methods) if asked else ((), ())
        parts = methods if len(methods) > 1 else ()
        meaning = Meaning(kind="result", type=result(dims), span=entry.key.span, parts=parts, broken=asked is None)
        scope.declare(name, meaning)
        if asked is not None:
            found.append(replace(asked, name=name.text))
    return found


def universal(record: Record) -> tuple[Field, ...]:
    """The options that an observable has besides its own."""
    return (METHOD, DRAWS) if isinstance(record.kind, Estimator) else (METHOD,)


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
    return _asked(name, word, record, options, model, scope)


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
        name=name.text, word=record.name, options=tuple(sorted(values.items())), dims=record.dims(values),
        methods=tuple(methods), span=name.span, spans=tuple(place.items()),
    )  # fmt: skip


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
    if word.text in LATER:
        known = ", ".join(f"`{each}`" for each in scope.words.words("observables"))
        return not_yet(f"the observable `{word.text}`", word.span, f"observables of this version: {known}")
    if owner and not near:
        return Diagnostic("NN901", f"no installed plugin offers the observable `{word.text}`", word.span,
                          helps=(f"it comes with the plugin `{owner}`: pip install {owner}",))  # fmt: skip
    known = ", ".join(f"`{each}`" for each in scope.words.words("observables"))
    helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
    return Diagnostic("NN602", f"no observable is called `{word.text}`", word.span, "not known here", helps=helps)
