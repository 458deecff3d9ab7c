"""What the installed words mean, from their records: the text of `nnspec doc` and `nnspec plugins`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from nnspec.check.observables import universal
from nnspec.document.fields import Field
from nnspec.document.spec import MODEL_KEYS, TOP
from nnspec.ir.functions import CONSTANTS, FUNCTIONS, OF_RESULTS
from nnspec.plugin.vocabulary import Vocabulary

KINDS = ("observables", "layers", "activations", "densities", "parameterizations", "datasets", "samplers", "backends")


def listing(words: Vocabulary, *, as_json: bool) -> str:
    """Every plugin with its version, state and words."""
    taught: dict[str, list[str]] = {}
    for kind in KINDS:
        for word in words.words(kind):
            taught.setdefault(words.origin(kind, word).module, []).append(f"{kind}:{word}")
    rows = [
        {
            "plugin": plugin.owner.plugin, "distribution": plugin.owner.distribution, "version": plugin.owner.version,
            "module": plugin.owner.module, "state": plugin.state, "words": taught.get(plugin.owner.module, []),
        }
        for plugin in words.plugins
    ]  # fmt: skip
    if as_json:
        return json.dumps(rows, indent=1)
    return "\n".join(
        f"{row['module']:44} {row['distribution']} {row['version']}  {row['state']}  "
        f"{', '.join(word.split(':')[1] for word in row['words'])}".rstrip()
        for row in rows
    )


def describe(word: str | None, words: Vocabulary) -> str | None:
    """The text about a word; without one, all words; None for an unknown one."""
    if word is None:
        return _all(words)
    if word == "functions":
        lines = [f"{f.name:8} {f.doc}" for f in FUNCTIONS.values()]
        return "\n".join([*lines, "", "of results, in checks:", *(f"{n:8} {d}" for n, d in OF_RESULTS.items())])
    found = [text for text in _found(word, words)]
    return "\n\n".join(found) if found else None


def known(words: Vocabulary) -> list[str]:
    """Every word that `describe` explains, sorted."""
    taught = {word for kind in KINDS for word in words.words(kind)}
    return sorted({*taught, *FUNCTIONS, *(item.name for item in (*TOP, *MODEL_KEYS)), "functions"})


def _all(words: Vocabulary) -> str:
    lines = [f"{kind}: {', '.join(words.words(kind))}" for kind in KINDS]
    lines.append(f"functions: {', '.join(FUNCTIONS)}, integral, vol, norm")
    lines.append(f"constants: {', '.join(CONSTANTS)}")
    lines.append(f"keys of a spec: {', '.join(item.name for item in TOP)}")
    return "\n".join([*lines, "", "`nnspec doc NAME` explains each of them"])


def _found(word: str, words: Vocabulary) -> Iterable[str]:
    printers: dict[str, Callable[[Any], str]] = {
        "observables": _observable, "layers": _layer, "densities": _density, "activations": _activation,
        "datasets": _dataset,
    }  # fmt: skip
    for kind in KINDS:
        records: Any = getattr(words, kind)
        if word in records:
            text = printers.get(kind, lambda record: str(record.doc))(records[word])
            yield f"{word}   ({_single(kind)}, from {words.origin(kind, word)})\n{text}"
    if word in FUNCTIONS:
        yield f"{word}   (function)\n{FUNCTIONS[word].doc}"
    for item in (*TOP, *MODEL_KEYS):
        if item.name == word:
            yield f"{word}   (key)\n{item.doc}"


def _single(kind: str) -> str:
    return {"densities": "density"}.get(kind, kind.removesuffix("s"))


def _fields(fields: Iterable[Field]) -> str:
    return "\n".join(
        f"  {f.name:12} {f.type}{', required' if f.required else ''}"
        f"{f', default {f.default}' if f.default is not None else ''}: {f.doc}"
        for f in fields
    )


def _observable(record: Any) -> str:
    fields = _fields((*record.fields, *universal(record)))
    return "\n".join([record.doc, "", f"  {record.equation}", "", fields, *_cited(record)])


def _layer(record: Any) -> str:
    return "\n".join([record.doc, "", _fields(record.fields), *_cited(record)])


def _density(record: Any) -> str:
    calls = [f"  {record.name}({', '.join(p.name for p in s.parameters)})" for s in record.signatures]
    docs = [f"  {p.name:12} {p.doc}" for s in record.signatures for p in s.parameters]
    return "\n".join([record.equation, "", *calls, "", *docs, *_cited(record)])


def _activation(record: Any) -> str:
    known = "closed form of its kernel: " + ("known" if record.dual is not None else "not known")
    return "\n".join([record.equation, known, *_cited(record)])


def _dataset(record: Any) -> str:
    call = f"  {record.name}({', '.join(p.name for p in record.parameters)})"
    return "\n".join([record.doc, "", call, *(f"  {p.name:12} {p.doc}" for p in record.parameters)])


def _cited(record: Any) -> list[str]:
    return [f"source: {', '.join(record.cite)}"] if record.cite else []
