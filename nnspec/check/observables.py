"""What is asked: the word of each observable, its options, the dimensions of its result."""

from __future__ import annotations

from typing import Any

from nnspec.check.options import Options, resolve_options
from nnspec.check.scope import Meaning, Scope
from nnspec.document.fields import Field
from nnspec.document.read import as_mapping
from nnspec.ir.experiment import Model, Observable
from nnspec.ir.types import result
from nnspec.plugin.records import Estimator
from nnspec.plugin.records import Observable as Record
from nnspec.syntax.expr_parse import parse_name
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node
from nnspec.text.diagnostic import Diagnostic, SpecError, nearest

METHOD = Field(name="method", type="methods", doc="how it is computed; the planner chooses when it is not given")
DRAWS = Field(name="draws", type="count", doc="number of networks that are drawn", default="10000")
LATER = ("edgeworth", "couplings", "correlator_from_action", "symmetry", "train", "ntk_dynamics", "coordinate_check",
         "edge_functions", "perturbation", "diagnostics")  # fmt: skip


def read_observables(node: Node | None, model: Model | None, scope: Scope) -> list[Observable]:
    """The observables of a spec in their order; broken ones are declared, so that checks do not complain again."""
    mapping = as_mapping(node, "observables", scope.complaints) if node is not None else None
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
            found.append(asked)
    return found


def _observable(entry: Entry, model: Model | None, scope: Scope) -> Observable | None:
    name = entry.key
    value = as_mapping(entry.value, name.text, scope.complaints)
    if value is None:
        return None
    if len(value.entries) != 1:
        scope.complaints.add(Diagnostic("NN608", f"`{name.text}` asks for one observable by its word", value.span,
                                        helps=("as in `{correlator: {n: 2, at: xs}}`",)))  # fmt: skip
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
    universal = (METHOD, DRAWS) if isinstance(record.kind, Estimator) else (METHOD,)
    options = resolve_options(options_node, (*record.fields, *universal), f"`{word.text}`", scope, word.span)
    if not options.complete or model is None:
        return None
    return _asked(name, word, record, options, model, scope)


def _asked(
    name: Leaf, word: Leaf, record: Record, options: Options, model: Model, scope: Scope
) -> Observable | None:
    values: dict[str, Any] = dict(options.values)
    methods = values.pop("method", None) or ()
    place = {key: span for key, span in options.spans.items()}
    refusal = record.refuse(values, model.dim) or _points(record, values, model)
    if refusal is not None:
        key, reason = refusal
        scope.complaints.add(Diagnostic("NN604", f"`{word.text}`: {reason}", place.get(key, word.span)))
        return None
    return Observable(
        name=name.text, word=record.name, options=tuple(sorted(values.items())), dims=record.dims(values),
        methods=tuple(methods), span=name.span, spans=tuple(place.items()),
    )  # fmt: skip


def _points(record: Record, values: dict[str, Any], model: Model) -> tuple[str, str] | None:
    """Points must live in the input space; a flat list of numbers means points on the first axis."""
    for item in record.fields:
        value = values.get(item.name)
        if value is None or item.type not in ("points", "point", "axis"):
            continue
        shape, d = value.type.shape, model.dim
        if item.type == "axis" and len(shape) != 1:
            return item.name, "a list of numbers is needed, and these are points"
        if item.type == "point" and shape != (d,):
            return item.name, f"one point of R^{d} is needed, and this has the shape {_shape(shape)}"
        if item.type == "points" and len(shape) != 1 and (len(shape) != 2 or shape[1] != d):
            return item.name, f"points of R^{d} are needed, and these have the shape {_shape(shape)}"
    return None


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "of a single number"


def _unknown(word: Leaf, scope: Scope) -> Diagnostic:
    owner = scope.words.who_had("observables", word.text)
    near = nearest(word.text, scope.words.observables)
    if word.text in LATER:
        return Diagnostic("NN390", f"the observable `{word.text}` is not supported in this version", word.span)
    if owner and not near:
        return Diagnostic("NN901", f"no installed plugin offers the observable `{word.text}`", word.span,
                          helps=(f"it comes with the plugin `{owner}`: pip install {owner}",))  # fmt: skip
    known = ", ".join(f"`{each}`" for each in scope.words.words("observables"))
    helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
    return Diagnostic("NN602", f"no observable is called `{word.text}`", word.span, helps=helps)
