"""The declared fields as JSON Schema, for completion and checking while one types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.document.fields import Field
from nnspec.document.spec import LANGUAGE, MODEL_KEYS, NUMERICS, OUTPUT, PLOTS, SWEEP, TOP

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FORMULA: Schema = {"type": ["string", "number", "integer"]}
_NUMBERS: Schema = {"type": ["array", "string", "number"]}
_TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
_TYPES: dict[str, Schema] = {
    "text": {"type": ["string", "number", "integer"]},
    "name": {"type": ["string", "number", "integer"]},
    "word": {"type": "string"},
    "flag": {"type": "boolean"},
    "count": _FORMULA,
    "size": _FORMULA,
    "number": _FORMULA,
    "formula": _FORMULA,
    "density": {"type": "string"},
    "activation": {"type": ["string", "object"]},
    "points": {"type": ["string", "array"]},
    "point": {"type": ["string", "array"]},
    "axis": _NUMBERS,
    "table": {"type": "string"},
    "formula of results": _FORMULA,
    "map": {"type": "string"},
    "field": {"type": "string"},
    "mapping": {},
    "choice": {},
    "function": {"type": "string"},
    "observable": {"type": "string"},
    "results": {"type": ["string", "array"], "items": {"type": "string"}},
    "methods": {"type": ["string", "array"], "items": {"type": "string"}},
    "nested": {},
}


@dataclass(frozen=True)
class Words:
    """Fields of every word that a plugin taught, by kind and word, with the field that a bare value stands for."""

    layers: Mapping[str, tuple[Sequence[Field], str | None, str]]
    observables: Mapping[str, tuple[Sequence[Field], str]]
    samplers: Mapping[str, Sequence[Field]]
    parameterizations: Mapping[str, Sequence[Field]]


def json_schema(words: Words) -> Schema:
    """The schema of a whole spec with the given words.

    A spec that extends another need not say what that one says; words that are not known are refused, unless plugins
    that need not be installed here may teach them.
    """
    top = _object(TOP)
    properties = top["properties"]
    formulas: Schema = {"type": "object", "additionalProperties": _FORMULA}
    parts: dict[str, Schema] = {
        "nnspec": {"const": LANGUAGE},
        "drop": {"anyOf": [{"type": "string"}, _TEXTS]},
        "plugins": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
        "let": formulas,
        "functions": formulas,
        "data": {"type": "object", "additionalProperties": _NUMBERS},
        "model": {"anyOf": [{"type": "string"}, _model()]},
        "numerics": _object(NUMERICS),
        "sweep": _sweep(),
        "checks": _TEXTS,
        "plots": {"type": "object", "additionalProperties": _choice({word: _object(own) for word, own in PLOTS.items()})},
        "output": _object(OUTPUT),
    }
    for key, part in parts.items():
        properties[key] = _described(key, part)
    required = top.pop("required")
    needed: Schema = {"required": required, "properties": {"model": _whole(words)}}
    extending: Schema = {"required": ["nnspec", "extends"]}
    strange = {"anyOf": [{"required": ["plugins"]}, {"required": ["extends"]}]}
    return {
        "$schema": DIALECT, "title": f"nnspec {LANGUAGE}", **top, "anyOf": [needed, extending],
        "if": strange, "then": _of_plugins(words, strange=True), "else": _of_plugins(words, strange=False),
        "$defs": {"known_layer": _layer(words, strange=False), "layer": _layer(words, strange=True)},
    }  # fmt: skip


def _described(key: str, schema: Schema) -> Schema:
    doc = next(item.doc for item in TOP if item.name == key)
    return {**schema, "description": doc}


def _of_plugins(words: Words, *, strange: bool) -> Schema:
    """What is said in words of plugins; with `strange` other words are allowed."""
    layer = {"$ref": f"#/$defs/{'layer' if strange else 'known_layer'}"}
    powers = [word for word, fields in words.parameterizations.items() if not fields]
    bare: Schema = {"type": "string"} if strange else {"type": "string", "enum": sorted(powers)}
    exponents = [_object(fields, partial=True) for fields in words.parameterizations.values() if fields]
    model: Schema = {
        "layers": {"type": "array", "items": layer},
        "parameterization": {"anyOf": [bare, *([{"type": "object"}] if strange else exponents)]},
    }
    observables = {word: {**_object(fields), "description": doc} for word, (fields, doc) in words.observables.items()}
    samplers = {word: _object(fields) for word, fields in words.samplers.items()}
    return {
        "properties": {
            "model": {"anyOf": [{"type": "string"}, {"type": "object", "properties": model}]},
            "observables": _described(
                "observables", {"type": "object", "additionalProperties": _choice(observables, strange=strange)}
            ),
            "sampler": _described("sampler", _choice(samplers, strange=strange)),
        }
    }


def _model() -> Schema:
    """The keys of a model, none of which must be there."""
    model = _object(MODEL_KEYS, partial=True)
    properties = model["properties"]
    formulas: Schema = {"type": "object", "additionalProperties": _FORMULA}
    for key in ("inputs", "indices", "params"):
        properties[key] = {**properties[key], **formulas}
    properties["def"] = {"anyOf": [_FORMULA, formulas], "description": properties["def"]["description"]}
    return model


def _whole(words: Words) -> Schema:
    """A model that says everything itself."""
    needed = [item.name for item in MODEL_KEYS if item.required]
    powers = [[item.name for item in fields if item.required] for fields in words.parameterizations.values() if fields]
    bare: Schema = {"type": "string"}
    some = {"parameterization": {"anyOf": [bare, *({"required": names} for names in powers)]}} if powers else {}
    return {"anyOf": [bare, {"type": "object", "required": needed, "properties": some}]}


def _sweep() -> Schema:
    sweep = _object(SWEEP)
    axes: Schema = {"type": "object", "additionalProperties": {"anyOf": [{"type": "array", "minItems": 1}, {"type": "string"}]}}
    for key, schema in (("grid", axes), ("zip", axes), ("checks", _TEXTS)):
        sweep["properties"][key] = {**schema, "description": sweep["properties"][key]["description"]}
    return sweep


def _layer(words: Words, *, strange: bool) -> Schema:
    options: dict[str, Schema] = {}
    for word, (fields, call, doc) in words.layers.items():
        full = _object(fields)
        short = next((dict(_TYPES[item.type]) for item in fields if item.name == call), None)
        options[word] = {"description": doc, **({"anyOf": [short, full]} if short else full)}
    own = {"$ref": f"#/$defs/{'layer' if strange else 'known_layer'}"}
    repeat: Schema = {
        "type": "object",
        "properties": {"repeat": _FORMULA, "of": {"type": "array", "items": own}},
        "required": ["repeat", "of"],
        "additionalProperties": False,
    }
    return {"anyOf": [repeat, _choice(options, strange=strange), {"type": "string"}]}


def _choice(options: Mapping[str, Schema], *, strange: bool = False) -> Schema:
    """A mapping with exactly one of these keys; with `strange` it may be another one."""
    known = {word: {"anyOf": [schema, {"type": "null"}]} for word, schema in options.items()}
    return {"type": "object", "properties": known, "additionalProperties": strange, "minProperties": 1, "maxProperties": 1}


def _object(fields: Sequence[Field], *, partial: bool = False) -> Schema:
    """A mapping with these keys and no others; in a partial one, required keys may be missing."""
    properties = {item.name: _property(item) for item in fields}
    required = [item.name for item in fields if item.required and not partial]
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _property(item: Field) -> Schema:
    schema = dict(_TYPES[item.type])
    if item.type == "mapping":
        schema |= _object(item.fields)
    if item.type == "choice":
        words = [word for word, fields in item.options if not any(each.required for each in fields)]
        chosen = _choice({word: _object(fields) for word, fields in item.options})
        schema["anyOf"] = [chosen, *([{"type": "string", "enum": words}] if words else [])]
    schema["description"] = item.doc + (f" [{item.unit}]" if item.unit else "")
    if item.choices:
        schema["enum"] = list(item.choices)
    if item.default is not None:
        schema["default"] = item.default
    return schema
