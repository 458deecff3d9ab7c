"""What may stand where in a spec, in one description that surveying and completing share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from nnspec.check.networks import REPEAT
from nnspec.check.observables import DRAWS, METHOD
from nnspec.document.fields import Field
from nnspec.document.spec import LINES, MODEL_KEYS, NUMERICS, TOP
from nnspec.plugin.records import Estimator
from nnspec.plugin.vocabulary import Vocabulary


@dataclass(frozen=True)
class Value:
    """One value, or a list of such values; `type` is a type of a field, or one of those of `spec_slot`."""

    type: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Keys:
    """A mapping with declared keys; a value that is no such mapping stands for the key `call`."""

    fields: tuple[Field, ...]
    below: Mapping[str, Slot]
    call: str | None = None


@dataclass(frozen=True)
class Names:
    """A mapping whose keys are given by the author: constants, data sets, parameters."""

    kind: str
    value: Slot


@dataclass(frozen=True)
class Choice:
    """A mapping with one key, a word of a plugin; or one of the keys in `own`."""

    kind: str
    options: Mapping[str, Slot]
    own: tuple[Field, ...] = ()
    below: Mapping[str, Slot] = field(default_factory=dict)
    bare: bool = False
    """Whether the word may stand alone, without options."""


@dataclass(frozen=True)
class Items:
    """A list."""

    item: Slot


Slot: TypeAlias = Value | Keys | Names | Choice | Items


def spec_slot(words: Vocabulary) -> Keys:
    """A whole spec, with the words of the installed plugins.

    Values have the types of fields, or one of: `constant`, `dataset`, `body` (of a function), `domain`, `range`,
    `head` (of the field), `check`, `axis name`, `parameterization`.
    """
    below: dict[str, Slot] = {
        "let": Names("constant", Value("constant")),
        "data": Names("data", Value("dataset")),
        "functions": Names("function", Value("body")),
        "model": _model(words),
        "sampler": Choice("samplers", {word: _keys(record.fields) for word, record in words.samplers.items()}),
        "numerics": _keys(NUMERICS),
        "observables": Names("result", _observable(words)),
        "checks": Items(Value("check")),
        "plots": Names("plot", Choice("plots", {"lines": _keys(LINES, {"x": Value("axis name")})})),
    }
    return _keys(TOP, below)


def _model(words: Vocabulary) -> Keys:
    below: dict[str, Slot] = {
        "inputs": Names("input", Value("domain")),
        "indices": Names("index", Value("range")),
        "params": Names("param", Value("density")),
        "field": Value("head"),
        "layers": Items(_layer(words)),
        "parameterization": Value("parameterization", words.words("parameterizations")),
        "block": Value("block"),
    }
    return _keys(MODEL_KEYS, below, call="block")


def _layer(words: Vocabulary) -> Choice:
    below: dict[str, Slot] = {"repeat": Value("size")}
    options = {word: _keys(record.fields, call=record.call) for word, record in words.layers.items()}
    layer = Choice("layers", options, REPEAT, below, bare=True)
    below["of"] = Items(layer)  # layers hold layers
    return layer


def _observable(words: Vocabulary) -> Choice:
    options: dict[str, Slot] = {}
    for word, record in words.observables.items():
        own = record.kind.methods if isinstance(record.kind, Estimator) else ()
        methods = (*own, *(rule.method for rule in words.rules if rule.observable == record.name))
        fields = (*record.fields, METHOD, *((DRAWS,) if isinstance(record.kind, Estimator) else ()))
        options[word] = _keys(fields, {"method": Value("methods", tuple(dict.fromkeys(methods)))})
    return Choice("observables", options)


def _keys(fields: Iterable[Field], below: Mapping[str, Slot] | None = None, call: str | None = None) -> Keys:
    declared = tuple(fields)
    plain: dict[str, Slot] = {
        item.name: Value(item.type, item.choices or (("true", "false") if item.type == "flag" else ()))
        for item in declared
    }
    return Keys(declared, {**plain, **(below or {})}, call)


def descend(slot: Slot, path: Iterable[str]) -> Slot | None:
    """What may stand behind a path of keys, `-` being an item of a list; None where nothing may."""
    here: Slot | None = slot
    for step in path:
        match here:
            case Keys(below=below, call=call):
                here = below.get(step) or (below[call] if call else None)
            case Names(value=value):
                here = value
            case Choice(options=options, below=below):
                here = options.get(step) or below.get(step)
            case Items(item=item):
                here = item if step == "-" else None
            case Value():
                here = here if step == "-" else None
            case _:
                return None
    return here
