"""What may stand where in a spec, in one description that surveying and completing share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from nnspec.check.networks import REPEAT
from nnspec.check.observables import universal
from nnspec.document.fields import Field
from nnspec.document.paths import steps
from nnspec.document.spec import MODEL_KEYS, NUMERICS, OUTPUT, PLOT_DIMENSIONS, PLOTS, SWEEP, TOP
from nnspec.plugin.records import Estimator
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.text.diagnostic import SpecError


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
    """A mapping whose keys are given by the author: constants, data sets, parameters; or `bare`, one value instead."""

    kind: str
    value: Slot
    bare: Slot | None = None


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
    """A list, or `bare`, one value instead."""

    item: Slot
    bare: Slot | None = None


Slot: TypeAlias = Value | Keys | Names | Choice | Items


def spec_slot(words: Vocabulary) -> Keys:
    """A whole spec, with the words of the installed plugins.

    Values have the types of fields, or one of: `constant`, `dataset`, `body` (of a function), `domain`, `range`,
    `head` (of the field), `check`, `axis name`, `parameterization`, `path`, `file`, `axis values` (of a sweep).
    """
    axes = Names("axis", Value("axis values"))
    below: dict[str, Slot] = {
        "extends": Value("file"),
        "drop": Items(Value("path")),
        "plugins": Names("plugin", Value("text")),
        "let": Names("constant", Value("constant")),
        "data": Names("data", Value("dataset")),
        "functions": Names("function", Value("body")),
        "model": _model(words),
        "sampler": Choice("samplers", {word: _keys(record.fields) for word, record in words.samplers.items()}),
        "numerics": _keys(NUMERICS),
        "observables": Names("result", _observable(words)),
        "sweep": _keys(SWEEP, {"grid": axes, "zip": axes, "checks": Items(Value("check"))}),
        "checks": Items(Value("check")),
        "plots": Names("plot", Choice("plots", {word: _keys(own, _axes(word)) for word, own in PLOTS.items()})),
        "output": _keys(OUTPUT),
    }
    return _keys(TOP, below)


def _axes(word: str) -> dict[str, Slot]:
    """The options of a plot that name dimensions."""
    return dict.fromkeys(PLOT_DIMENSIONS[word], Value("axis name"))


def _model(words: Vocabulary) -> Keys:
    below: dict[str, Slot] = {
        "inputs": Names("input", Value("domain")),
        "indices": Names("index", Value("range")),
        "params": Names("param", Value("density")),
        "field": Value("head"),
        "def": Names("field", Value("formula"), bare=Value("formula")),
        "layers": Items(_layer(words)),
        "parameterization": _parameterization(words),
        "block": Value("block"),
    }
    return _keys(MODEL_KEYS, below, call="block")


def _parameterization(words: Vocabulary) -> Keys:
    """A word, or the exponents that a parameterization asks for."""
    known = words.parameterizations
    bare = Value("parameterization", tuple(word for word in words.words("parameterizations") if not known[word].fields))
    fields = next((record.fields for record in known.values() if record.fields), ())
    return _keys(fields, {"word": bare, **{item.name: Value("number") for item in fields}}, call="word")


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
        method = Value("methods", tuple(dict.fromkeys(methods)))
        options[word] = _keys((*record.fields, *universal(record)), {"method": method})
    return Choice("observables", options)


def _keys(fields: Iterable[Field], below: Mapping[str, Slot] | None = None, call: str | None = None) -> Keys:
    declared = tuple(fields)
    return Keys(declared, {**{item.name: _option(item) for item in declared}, **(below or {})}, call)


def _option(item: Field) -> Slot:
    """What may stand under a declared key."""
    match item.type:
        case "mapping":
            return _keys(item.fields)
        case "choice":
            return Choice("choices", {word: _keys(fields) for word, fields in item.options}, bare=True)
        case "flag":
            return Value("flag", ("true", "false"))
        case _:
            return Value(item.type, item.choices)


def swept(root: Keys, path: str) -> Slot:
    """What may stand under a path of a sweep: a list of what may stand at that path, or a generator of numbers."""
    try:
        found = descend(root, ["-" if step.startswith("[") else step for step, _, _ in steps(path)])
    except SpecError:
        found = None
    return Items(found if found is not None else Value("constant"), bare=Value("dataset"))


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
