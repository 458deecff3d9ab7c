"""What the installed words mean, from their records: the text of `nnspec doc` and `nnspec plugins`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from nnspec.check.observables import universal
from nnspec.document.spec import PLOT_DOCS, PLOTS, TOP
from nnspec.ir.functions import CONSTANTS, FUNCTIONS, OF_RESULTS
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.report.codes import code_page
from nnspec.report.events import described
from nnspec.report.language import DOMAINS, LANGUAGE, OF_DENSITIES, OPERATORS
from nnspec.report.options import explained, listed, options
from nnspec.text.catalogue import codes

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
    """The text about a word, an option or an error code; without one, all words; None for an unknown one."""
    if word is None:
        return _all(words)
    if word == "functions":
        lines = [f"{f.name:15} {f.doc}" for f in FUNCTIONS.values()]
        lines += ["", *(text for text in OPERATORS.values())]
        return "\n".join([*lines, "", "of results, in checks:", *(f"{n:15} {d}" for n, d in OF_RESULTS.items())])
    if word == "events":
        return described()
    if word.upper() in codes():
        return code_page(word)
    found = [text for text in _found(word, words)]
    return "\n\n".join(found) if found else None


def known(words: Vocabulary) -> list[str]:
    """Every word that `describe` explains, sorted; error codes are explained besides."""
    taught = {word for kind in KINDS for word in words.words(kind)}
    keys = {each.name for each in options(words)}
    return sorted({*taught, *keys, *FUNCTIONS, *OF_RESULTS, *CONSTANTS, *LANGUAGE, *PLOTS, "functions", "events"})


def _all(words: Vocabulary) -> str:
    lines = [f"{kind}: {', '.join(words.words(kind))}" for kind in KINDS]
    lines.append(f"functions: {', '.join((*FUNCTIONS, *OPERATORS))}")
    lines.append(f"functions of results: {', '.join(OF_RESULTS)}")
    lines.append(f"domains: {', '.join(DOMAINS)}")
    lines.append(f"made of densities: {', '.join(OF_DENSITIES)}")
    lines.append(f"constants: {', '.join(CONSTANTS)}")
    lines.append(f"plots: {', '.join(PLOTS)}")
    lines.append(f"keys of a spec: {', '.join(item.name for item in TOP)}")
    return "\n".join([*lines, "", "`nnspec doc NAME` explains each of them, options and error codes as `NN301` too"])


def _found(word: str, words: Vocabulary) -> Iterable[str]:
    printers: dict[str, Callable[[Any], str]] = {
        "observables": _observable, "densities": _density, "activations": _activation, "datasets": _dataset,
    }  # fmt: skip
    for kind in KINDS:
        records: Any = getattr(words, kind)
        if word in records:
            text = printers.get(kind, _plain)(records[word])
            yield f"{word}   ({_single(kind)}, from {words.origin(kind, word)})\n{text}"
    if word in PLOTS:
        yield f"{word}   (plot)\n{PLOT_DOCS[word]}\n\n{listed(PLOTS[word])}"
    if word in LANGUAGE:
        kind, text = LANGUAGE[word]
        yield f"{word}   ({kind})\n{text}"
    if word in FUNCTIONS:
        yield f"{word}   (function)\n{FUNCTIONS[word].doc}"
    if word in OF_RESULTS:
        yield f"{word}   (function of results)\n{OF_RESULTS[word]}"
    if word in CONSTANTS:
        yield f"{word}   (constant)\n{CONSTANTS[word]:.12g}"
    yield from explained(word, words)


def _single(kind: str) -> str:
    return {"densities": "density"}.get(kind, kind.removesuffix("s"))


def _observable(record: Any) -> str:
    fields = listed((*record.fields, *universal(record)))
    return "\n".join([record.doc, "", f"  {record.equation}", "", fields, *_later(record), *_cited(record)])


def _plain(record: Any) -> str:
    """A word with options: a layer, a sampler, a parameterization; a backend has none."""
    fields = getattr(record, "fields", ())
    return "\n".join([record.doc, *(["", listed(fields)] if fields else []), *_later(record), *_cited(record)])


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


def _later(record: Any) -> list[str]:
    """What this version cannot do yet."""
    later = getattr(record, "later", "")
    return ["", f"in this version: {later}"] if later else []


def _cited(record: Any) -> list[str]:
    cite = getattr(record, "cite", ())
    return [f"source: {', '.join(cite)}"] if cite else []
