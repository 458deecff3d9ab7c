"""The layer form of a model: layers by their words, repeats unrolled, the parameterization."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nnspec.check.models import declare_inputs, read_deformation
from nnspec.check.options import resolve, resolve_options
from nnspec.check.outlines import outline_of_tree
from nnspec.check.scope import Meaning, Scope
from nnspec.document.fields import Field
from nnspec.document.read import Given, as_leaf, as_list, as_mapping, left_empty, read_fields, wrong_shape
from nnspec.document.spec import MODEL_KEYS
from nnspec.ir.experiment import LayerNode, LayerStack, Model
from nnspec.ir.types import Type
from nnspec.plugin.records import Layer
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node
from nnspec.text.diagnostic import Diagnostic, Label, nearest
from nnspec.text.source import Span

REPEAT = (
    Field(name="repeat", type="size", doc="how often", required=True),
    Field(name="of", type="nested", doc="the layers to repeat", required=True),
)
MOST_LAYERS = 2_000
FIELD = "phi"
"""The name of the field that a stack of layers is."""
ROLES = ("input", "hidden", "readout")


def read_stack(given: dict[str, Given], scope: Scope, place: Span) -> Model | None:
    """The model of `inputs`, `layers` and `parameterization`."""
    before = len(scope.complaints.errors)
    outline = outline_of_tree({k: v for k, v in given.items() if k in ("inputs", "deform")}, scope)
    inputs = declare_inputs(outline, scope, place)
    if inputs and FIELD not in scope.names:
        kinds = tuple(scope.names[each.name].type for each in inputs)
        scope.names[FIELD] = Meaning(kind="field", type=Type("field"), args=kinds, written=FIELD)
    others = [given[key].key for key in ("indices", "params", "field", "def") if key in given]
    if others:
        message = f"`{others[0].text}` belongs to the formula form, and this model has `layers`"
        secondary = (Label(given["layers"].key.span, "the layer form begins here"),
                     *(Label(key.span, "and this too") for key in others[1:]))  # fmt: skip
        scope.complaints.add(Diagnostic("NN017", message, others[0].span, "of the other form", secondary,
                                        helps=("delete one of the two forms",)))  # fmt: skip
    layers: list[LayerNode] = []
    _read_layers(given["layers"].value, layers, scope)
    word, exponents, span = _parameterization(given.get("parameterization"), scope)
    deform = read_deformation(outline.deform, scope)
    if len(scope.complaints.errors) > before or not inputs:
        return None
    if not layers:
        scope.complaints.add(Diagnostic("NN504", "the network has no layers", given["layers"].key.span, "this list is empty",
                                        helps=("as in `- dense: {width: 1, weight: \"Normal(0, 1)\"}`",)))  # fmt: skip
        return None
    if len(inputs) > 1:
        scope.complaints.add(Diagnostic("NN017", "a stack of layers has one input", inputs[1].space.span or place, "a second one",
                                        helps=("join them: `x` in R^n",)))  # fmt: skip
        return None
    stack = LayerStack(input=inputs[0].name, layers=tuple(layers), parameterization=word, parameterization_options=exponents,
                       parameterization_span=span)  # fmt: skip
    return Model(inputs=tuple(inputs), stack=stack, deform=deform, span=place)


def _read_layers(node: Node, layers: list[LayerNode], scope: Scope) -> None:
    items = as_list(node, "layers", scope.complaints, "- act: relu")
    for item in items.items if items else ():
        if isinstance(item, Leaf) and not item.null:
            item = Mapping((Entry(item, Mapping((), item.span)),), item.span)
        mapping = as_mapping(item, "a layer", scope.complaints)
        if mapping is None:
            continue
        if mapping.get("repeat") is not None or mapping.get("of") is not None:
            _repeat(mapping, layers, scope)
        elif len(mapping.entries) != 1:
            scope.complaints.add(_several(mapping, scope))
        else:
            layer = _layer(mapping.entries[0], scope)
            if layer is not None:
                layers.append(layer)


def _repeat(mapping: Mapping, layers: list[LayerNode], scope: Scope) -> None:
    options = resolve_options(
        Mapping(tuple(e for e in mapping.entries if e.key.text != "of"), mapping.span), REPEAT[:1], "`repeat`", scope,
        mapping.span,
    )  # fmt: skip
    given = read_fields(mapping, REPEAT, "`repeat`", scope.complaints) if mapping.get("of") is None else {}
    body: list[LayerNode] = []
    inner = mapping.get("of")
    if inner is not None:
        _read_layers(inner, body, scope)
    times = options.values.get("repeat") or 0
    if times * len(body) > MOST_LAYERS:
        place = options.spans.get("repeat", mapping.span)
        scope.complaints.add(Diagnostic("NN506", "the network has too many layers", place,
                                        f"{times:,} times {len(body)}; {MOST_LAYERS:,} at most"))  # fmt: skip
    elif not given:
        layers.extend(body * times)


def _layer(entry: Entry, scope: Scope) -> LayerNode | None:
    word = entry.key
    record = scope.words.layers.get(word.text)
    if record is None:
        scope.complaints.add(_unknown_layer(word, scope))
        return None
    value = entry.value
    span = word.span
    empty = value.null if isinstance(value, Leaf) else isinstance(value, Mapping) and not value.entries
    if record.call is not None and empty:
        scope.complaints.add(left_empty(word.text, word.span))
        return None
    if record.call is not None and isinstance(value, Leaf) and not value.null:
        key = Leaf(record.call, value.span, "plain", range(value.span.start, value.span.start + len(record.call) + 1))
        span, value = value.span, Mapping((Entry(key, value),), value.span)
    elif record.call is not None and isinstance(value, Mapping) and value.get(record.call) is None:
        key = Leaf(record.call, value.span, "plain", range(value.span.start, value.span.start + len(record.call) + 1))
        value = Mapping((Entry(key, value),), value.span)
    mapping = as_mapping(value, word.text, scope.complaints)
    if mapping is None:
        return None
    return _node(record, mapping, span, scope)


def _node(record: Layer, mapping: Mapping, span: Span, scope: Scope) -> LayerNode | None:
    options = resolve_options(mapping, record.fields, f"`{record.name}`", scope, span)
    if not options.complete:
        return None
    return LayerNode(name=record.name, options=tuple(sorted(options.values.items())), span=span)


def _several(mapping: Mapping, scope: Scope) -> Diagnostic:
    """NN505: an entry of `layers` with no word, or with more than one."""
    keys = [entry.key for entry in mapping.entries]
    helps = ("as in `- dense: {width: 10, weight: \"Normal(0, 1)\"}`",)
    if not keys:
        return Diagnostic("NN505", "each layer has one word and its options", mapping.span, "no word here", helps=helps)
    layers = [key.text for key in keys if key.text in scope.words.layers]
    if len(layers) == 1 and keys[0].text == layers[0]:
        helps = (f"indent the options of `{layers[0]}` more deeply than its name",)
    secondary = (Label(keys[0].span, "one word here"),)
    return Diagnostic("NN505", "each layer has one word and its options", keys[1].span, "and another one here", secondary,
                      helps=helps)  # fmt: skip


def _unknown_layer(word: Leaf, scope: Scope) -> Diagnostic:
    near = nearest(word.text, scope.words.layers)
    owner = scope.words.who_had("layers", word.text)
    if owner and not near:
        return Diagnostic("NN901", f"no installed plugin offers the layer `{word.text}`", word.span,
                          helps=(f"`{word.text}` comes with the plugin `{owner}`, which is not installed: "
                                 f"pip install {owner}",))  # fmt: skip
    known = ", ".join(f"`{name}`" for name in sorted(scope.words.layers))
    helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
    if word.text in {item.name for item in MODEL_KEYS}:
        helps = (f"`{word.text}` stands beside `layers`, under `model`",)
    return Diagnostic("NN501", f"no layer is called `{word.text}`", word.span, "not known here", helps=helps)


def _parameterization(given: Given | None, scope: Scope) -> tuple[str, tuple[tuple[str, Any], ...], Span | None]:
    """The word and its options: `ntk`, or `{a: [-1/2, 0, 1/2], b: 1/2, c: 0}` for powers of one's own."""
    if given is None:
        return "standard", (), None
    if isinstance(given.value, Mapping):
        return _exponents(given, given.value, scope)
    leaf = as_leaf(given.value, "parameterization", scope.complaints)
    record = scope.words.parameterizations.get(leaf.text) if leaf is not None else None
    if leaf is not None and (record is None or record.fields):
        near = nearest(leaf.text, scope.words.parameterizations)
        bare = sorted(name for name, each in scope.words.parameterizations.items() if not each.fields)
        known = ", ".join(f"`{name}`" for name in bare)
        helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
        message = f"no parameterization is called `{leaf.text}`"
        if record is not None:
            options = ", ".join(f"{item.name}: …" for item in record.fields)
            message, helps = f"the parameterization `{leaf.text}` needs its powers", (f"write `{{{options}}}`",)
        scope.complaints.add(Diagnostic("NN503", message, leaf.span, "not known here" if record is None else "without them",
                                        helps=helps))  # fmt: skip
    return (leaf.text, (), leaf.span) if leaf else ("standard", (), None)


def _exponents(given: Given, node: Mapping, scope: Scope) -> tuple[str, tuple[tuple[str, Any], ...], Span | None]:
    """Powers by role: each one number, or one for the input, the hidden and the readout layers."""
    record = next((each for each in scope.words.parameterizations.values() if each.fields), None)
    if record is None:
        scope.complaints.add(wrong_shape(node, "a word", "parameterization", "parameterization: ntk"))
        return "standard", (), None
    found: list[tuple[str, Any]] = []
    for name, each in read_fields(node, record.fields, "`parameterization`", scope.complaints, given.key.span).items():
        single = isinstance(each.value, Leaf)
        value = resolve(replace(each, field=replace(each.field, type="number")) if single else each, scope)
        numbers = (value,) * 3 if single else tuple(item.value for item in value.items) if value is not None else ()
        if value is not None and (len(numbers) != len(ROLES) or (not single and value.type.shape != (len(ROLES),))):
            roles = ", ".join(ROLES)
            scope.complaints.add(Diagnostic("NN503", f"`{name}` is one number, or one for each of {roles}", each.value.span,
                                            f"this has {len(numbers)}"))  # fmt: skip
        elif value is not None:
            found.append((name, numbers))
    return record.name, tuple(sorted(found)), given.value.span
