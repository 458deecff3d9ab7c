"""Words of plugins that are known and not installed: a spec that uses them is understood, though it cannot be computed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from nnspec.document.fields import Field
from nnspec.plugin.manager import Owner
from nnspec.plugin.records import Layer, Limit, Observable
from nnspec.plugin.remembered import shipped
from nnspec.plugin.vocabulary import Vocabulary, Words

KINDS = ("layers", "observables")
UNKNOWN = -1
"""A length that only the plugin knows."""


def promised(distribution: str, words: Vocabulary) -> Vocabulary:
    """The vocabulary with the words that a distribution would teach, each with `later` as the reason why it does not.

    Nothing is added when the distribution is installed, or is not known; and no word takes the place of one that is
    really taught.

    Args:
        distribution: its name, as in `plugins: {nnspec-kan: ">=0.1"}` of a spec.
        words: what the installed plugins teach.
    """
    wanted = normal_name(distribution)
    if wanted in {normal_name(plugin.owner.distribution) for plugin in words.plugins}:
        return words
    owners = dict(words.owners)
    for kind in KINDS:
        found: Mapping[str, Any] = getattr(words, kind)
        news = {
            word: _record(kind, word, about)
            for word, about in shipped().get(kind, {}).items()
            if normal_name(about["distribution"]) == wanted and word not in found
        }
        if news:
            changed: dict[str, Any] = {kind: _with(found, news)}
            words = replace(words, **changed)
            owner = Owner(plugin=distribution, distribution=distribution, version="", module="not installed")
            owners |= {(kind, word): owner for word in news}
    return replace(words, owners=owners)


def normal_name(distribution: str) -> str:
    """The one spelling of a distribution's name: `nnspec_KAN` is `nnspec-kan`."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _with(found: Mapping[str, Any], news: Mapping[str, Any]) -> Mapping[str, Any]:
    return found.extended(news) if isinstance(found, Words) else {**found, **news}


def _record(kind: str, word: str, about: Mapping[str, Any]) -> Layer | Observable:
    fields, cite = tuple(_fields(about["fields"])), tuple(about.get("cite", ()))
    later = f"it comes with the plugin `{about['distribution']}`, which is not installed"
    if kind == "layers":
        return Layer(
            name=word, doc=about["doc"], fields=fields, width=_width, params=lambda _n, _f: (), apply=_absent, later=later,
            cite=cite,
        )  # fmt: skip
    dims = tuple(about["dims"])
    return Observable(
        name=word, doc=about["doc"], equation=about["equation"], fields=fields, dims=lambda _: dims,
        shape=lambda _o, _d: (UNKNOWN,) * len(dims), kind=Limit(), later=later, cite=cite,
    )  # fmt: skip


def _fields(entries: Iterable[Mapping[str, Any]]) -> Iterable[Field]:
    for entry in entries:
        yield Field(**{**entry, "choices": tuple(entry.get("choices", ()))})


def _width(node: Any, fan_in: int) -> int:
    """What the spec says, or as many outputs as inputs."""
    width = node["width"]
    return fan_in if width is None else int(width)


def _absent(*_args: Any) -> NoReturn:
    message = "this layer belongs to a plugin that is not installed"
    raise NotImplementedError(message)
