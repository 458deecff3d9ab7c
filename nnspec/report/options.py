"""Declared keys and options by name, wherever they may stand, for `nnspec doc`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nnspec.check.networks import REPEAT
from nnspec.check.observables import universal
from nnspec.document.fields import Field
from nnspec.document.spec import MODEL_KEYS, NUMERICS, OUTPUT, PLOTS, SWEEP, TOP
from nnspec.plugin.vocabulary import Vocabulary


@dataclass(frozen=True)
class Option:
    """A key, and the words above it: `train`, `optimizer`, `sgd` above `lr`; `field` is None for a word of a choice."""

    path: tuple[str, ...]
    name: str
    field: Field | None
    below: tuple[Field, ...] = ()


KEYS: dict[str, tuple[Field, ...]] = {
    "": TOP, "model": MODEL_KEYS, "numerics": NUMERICS, "sweep": SWEEP, "output": OUTPUT, **PLOTS, "layers": REPEAT,
}  # fmt: skip
"""The keys of the language by what stands above them."""


def options(words: Vocabulary) -> Iterator[Option]:
    """Every key that a spec may have, with the installed words."""
    for place, fields in KEYS.items():
        yield from _below((place,) if place else (), fields)
    for word, observable in _own(words, "observables"):
        yield from _below((word,), (*observable.fields, *universal(observable)))
    for kind in ("layers", "samplers", "parameterizations"):
        for word, record in _own(words, kind):
            yield from _below((word,), record.fields)


def _own(words: Vocabulary, kind: str) -> Iterator[tuple[str, Any]]:
    """Words of a kind with their records, each record under its own name."""
    records: Any = getattr(words, kind)
    for word in words.words(kind):
        yield word, records[word]


def _below(path: tuple[str, ...], fields: Iterable[Field]) -> Iterator[Option]:
    for item in fields:
        yield Option(path, item.name, item, item.fields)
        inner = (*path, item.name)
        yield from _below(inner, item.fields)
        for word, own in item.options:
            yield Option(inner, word, None, own)
            yield from _below((*inner, word), own)


def listed(fields: Iterable[Field], margin: str = "  ") -> str:
    """One line for each field; nested ones stand below it."""
    return "\n".join(line for item in fields for line in _lines(item, margin))


def _lines(item: Field, margin: str) -> Iterator[str]:
    yield f"{margin}{item.name:12} {noted(item)}: {item.doc}"
    for inner in item.fields:
        yield from _lines(inner, margin + "    ")
    for word, own in item.options:
        yield f"{margin}    {word}"
        for inner in own:
            yield from _lines(inner, margin + "        ")


def noted(item: Field) -> str:
    """The type of a field, whether it must be given, and what it is otherwise."""
    unit = f" [{item.unit}]" if item.unit else ""
    need = ", required" if item.required else ""
    words = f", one of {', '.join(item.choices)}" if item.choices else ""
    return f"{item.type}{unit}{words}{need}" + (f", default {item.default}" if item.default is not None else "")


def explained(name: str, words: Vocabulary) -> Iterator[str]:
    """What a name means as a key: one text for each meaning, with the places where it has this meaning."""
    *above, last = name.split(".")
    places: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}
    for each in options(words):
        if each.name == last and (not above or each.path[-len(above) :] == tuple(above)):
            text = _text(each)
            kinds.setdefault(text, _kind(each))
            places.setdefault(text, []).append(".".join(each.path))
    for text, where in places.items():
        shown = ", ".join(dict.fromkeys(filter(None, where)))
        yield f"{name}   ({kinds[text]}{f' of {shown}' if shown else ''})\n{text}"


def _kind(each: Option) -> str:
    if each.field is None:
        return "word"
    return "key" if not each.path or each.path[0] in KEYS else "option"


def _text(each: Option) -> str:
    below = listed(each.below)
    if each.field is None:
        return f"options:\n{below}" if below else "without options"
    own = noted(each.field) if each.field.type != "nested" else "required" if each.field.required else ""
    return "\n".join(line for line in (each.field.doc, own, listed((each.field,)) if each.field.options else below) if line)
