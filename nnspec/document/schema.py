"""The declared fields as JSON Schema, for completion and checking while one types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.document.fields import Field
from nnspec.document.spec import LANGUAGE, LINES, MODEL_KEYS, NUMERICS, TOP

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FORMULA: Schema = {"type": ["string", "number", "integer"]}
_NUMBERS: Schema = {"type": ["array", "string", "number"]}
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
    "axis": {"type": ["string", "array"]},
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
    parameterizations: Sequence[str]


def json_schema(words: Words) -> Schema:
    """The schema of a whole spec with the given words."""
    top = _object(TOP)
    properties = top["properties"]
    properties["nnspec"] = {"const": LANGUAGE, "description": TOP[0].doc}
    properties["model"] = {"anyOf": [{"type": "string"}, _model(words)], "description": "the random function"}
    properties["let"] = _described("let", {"type": "object", "additionalProperties": _FORMULA})
    properties["functions"] = _described("functions", {"type": "object", "additionalProperties": _FORMULA})
    properties["data"] = _described("data", {"type": "object", "additionalProperties": _NUMBERS})
    properties["numerics"] = _described("numerics", _object(NUMERICS))
    properties["observables"] = _described(
        "observables", {"type": "object", "additionalProperties": _observable(words)}
    )
    properties["sampler"] = _described("sampler", _choice({w: _object(f) for w, f in words.samplers.items()}))
    properties["checks"] = _described("checks", {"type": "array", "items": {"type": "string"}})
    properties["plots"] = _described(
        "plots", {"type": "object", "additionalProperties": _choice({"lines": _object(LINES)})}
    )
    return {"$schema": DIALECT, "title": f"nnspec {LANGUAGE}", **top, "$defs": {"layer": _layer(words)}}


def _described(key: str, schema: Schema) -> Schema:
    doc = next(item.doc for item in TOP if item.name == key)
    return {**schema, "description": doc}


def _model(words: Words) -> Schema:
    model = _object(MODEL_KEYS)
    properties = model["properties"]
    formulas: Schema = {"type": "object", "additionalProperties": _FORMULA}
    for key in ("inputs", "indices", "params"):
        properties[key] = {**properties[key], **formulas}
    properties["parameterization"] = {"type": "string", "enum": sorted(words.parameterizations)}
    properties["layers"] = {"type": "array", "items": {"$ref": "#/$defs/layer"}}
    return model


def _layer(words: Words) -> Schema:
    options: dict[str, Schema] = {}
    for word, (fields, call, doc) in words.layers.items():
        full = _object(fields)
        short = next((dict(_TYPES[item.type]) for item in fields if item.name == call), None)
        options[word] = {"description": doc, **({"anyOf": [short, full]} if short else full)}
    repeat: Schema = {
        "type": "object",
        "properties": {"repeat": _FORMULA, "of": {"type": "array", "items": {"$ref": "#/$defs/layer"}}},
        "required": ["repeat", "of"],
        "additionalProperties": False,
    }
    return {"anyOf": [repeat, _choice(options), {"type": "string"}]}


def _observable(words: Words) -> Schema:
    return _choice({word: {**_object(fields), "description": doc} for word, (fields, doc) in words.observables.items()})


def _choice(options: Mapping[str, Schema]) -> Schema:
    """A mapping with exactly one of these keys."""
    return {
        "type": "object",
        "properties": {word: {"anyOf": [schema, {"type": "null"}]} for word, schema in options.items()},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _object(fields: Sequence[Field]) -> Schema:
    """A mapping with these keys and no others."""
    properties = {item.name: _property(item) for item in fields}
    required = [item.name for item in fields if item.required]
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _property(item: Field) -> Schema:
    schema = dict(_TYPES[item.type])
    if item.type == "mapping":
        schema |= _object(item.fields)
    if item.type == "choice":
        schema |= _choice({word: _object(fields) for word, fields in item.options})
    schema["description"] = item.doc + (f" [{item.unit}]" if item.unit else "")
    if item.choices:
        schema["enum"] = list(item.choices)
    if item.default is not None:
        schema["default"] = item.default
    return schema
