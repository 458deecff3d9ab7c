"""Which distribution taught a word when it was last installed, for the message "no such word"."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from nnspec.plugin.manager import BUILT_IN, Taught

Elsewhere = dict[str, dict[str, str]]
"""Kind, then word, then distribution."""


def place() -> Path:
    """The remembered listing: `$NNSPEC_CACHE/plugins.json`, or below `~/.cache/nnspec`."""
    folder = os.environ.get("NNSPEC_CACHE")
    return (Path(folder) if folder else Path.home() / ".cache" / "nnspec") / "plugins.json"


def who_had(kind: str, word: str) -> str | None:
    """The distribution that taught `word` when it was installed here, or that is known to teach it.

    Args:
        kind: a kind of record as in `nnspec words KIND`: layers, activations, ...
        word: the word that nobody teaches now.
    """
    known = _read(place()).get(kind, {}).get(word)
    about = shipped().get(kind, {}).get(word)
    return known or (str(about["distribution"]) if about else None)


@cache
def shipped() -> dict[str, dict[str, dict[str, Any]]]:
    """Plugins that are known to exist: kind, then word, then its distribution and what a spec may say under it."""
    text = (resources.files("nnspec.plugin") / "known.json").read_text(encoding="utf-8")
    known: dict[str, dict[str, dict[str, Any]]] = json.loads(text)
    return known


def remember(taught: Iterable[Taught]) -> None:
    """Add the words of installed strangers to the listing: best effort, atomic, and only when it changes."""
    news: Elsewhere = {}
    for each in taught:
        if each.owner.distribution != BUILT_IN and each.owner.version:  # a file is not a distribution
            news.setdefault(each.kind, {})[each.record.name] = each.owner.distribution
    if not news:
        return
    try:
        old = _read(place())
        merged = {kind: {**old.get(kind, {}), **news.get(kind, {})} for kind in sorted({*old, *news})}
        if merged != old:
            _write(place(), merged)
    except (OSError, RuntimeError):
        return  # a home without a place to write to, or without a home: only the hint is lost


def _write(path: Path, listing: Elsewhere) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(listing, out, indent=1, sort_keys=True)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _read(path: Path) -> Elsewhere:
    try:
        return _checked(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, RuntimeError, ValueError):
        return {}


def _checked(value: Any) -> Elsewhere:
    """The parts of a listing that have the right shape; anyone may have edited the file."""
    kinds = value.items() if isinstance(value, dict) else ()
    return {
        kind: {word: name for word, name in words.items() if isinstance(name, str)}
        for kind, words in kinds
        if isinstance(words, dict)
    }
