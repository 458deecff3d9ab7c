"""What the shards of one observable depend on: a name for them on disk, and why there are none yet."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from nnspec.ir.digest import digest
from nnspec.ir.experiment import Experiment
from nnspec.lower.streaming import told
from nnspec.numerics.lazy import jax
from nnspec.plan.planner import Row
from nnspec.plugin.records import Ask
from nnspec.plugin.vocabulary import Vocabulary

FORMAT = 1
LENGTH = ("draws", "target_error", "covariance")
"""Options that say how many shards there are and what becomes of them, and not what is in them."""
ROOMS = ("ir", "lower", "numerics", "plugin")
"""Rooms whose code decides what is in a shard."""


@dataclass(frozen=True)
class Node:
    """One observable's shards: the key of their folder, and the facets that it is made of."""

    spec: str
    observable: str
    facets: Mapping[str, str]

    @property
    def key(self) -> str:
        """The name of the folder: a hash of the facets, which neither spec nor observable are among."""
        text = json.dumps({"format": FORMAT, **self.facets}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def to_json(self) -> str:
        """What is written beside the shards."""
        return json.dumps({"spec": self.spec, "observable": self.observable, "facets": dict(self.facets)}, indent=1) + "\n"

    @staticmethod
    def read(path: Path) -> Node | None:
        """What was written beside shards; None when it cannot be read."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            return Node(str(said["spec"]), str(said["observable"]), {str(k): str(v) for k, v in said["facets"].items()})
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return None


def node(row: Row, ask: Ask, experiment: Experiment, words: Vocabulary, *, whole: bool) -> Node:
    """The node of one observable; `whole` when the number of draws decides what is in a shard."""
    chosen = row.chosen
    options = {key: value for key, value in ask.options.items() if whole or key not in LENGTH}
    facets = {f"let.{each.name}": f"{each.value!r}" for each in experiment.constants}
    facets |= {
        "numerics.seed": str(experiment.numerics.seed),
        "model": _model(experiment),
        "word": f"{row.asked.word} by {chosen.method}",
        "rule": f"{chosen.backend} {chosen.rule} {chosen.group if whole else ''}".strip(),
        "options": hashlib.sha256(told(options).encode()).hexdigest()[:16],
        "jax": f"{metadata.version('jax')} {metadata.version('jaxlib')}",
        "device": jax.devices()[0].device_kind,
    }
    return Node(experiment.name, row.asked.name, facets | _code(words))


def _model(experiment: Experiment) -> str:
    """A digest of the spec without names, constants, seed, and what is asked."""
    data = tuple(each for each in experiment.data if each.labelled)  # points are among the options
    rest = replace(
        experiment, name="", constants=(), checks=(), data=data, observables=(), sweep=None,
        numerics=replace(experiment.numerics, seed=0),
    )  # fmt: skip
    return digest(rest)[:16]


def _code(words: Vocabulary) -> dict[str, str]:
    """Version and fingerprint of the code of every distribution that taught words, ours among them."""
    found: dict[str, set[Path]] = {}
    versions: dict[str, str] = {}
    for plugin in words.plugins:
        owner = plugin.owner
        file = getattr(sys.modules.get(owner.module), "__file__", None)
        versions[owner.distribution] = owner.version
        if file is not None:
            top = Path(file)
            while (top.parent / "__init__.py").exists():  # the whole package: records are helped by their neighbours
                top = top.parent
            found.setdefault(owner.distribution, set()).add(top)
    core = {Path(__file__).parent.parent / room for room in ROOMS}
    said = {f"plugin {name}": f"{versions[name]} {_fingerprint(frozenset(paths))}" for name, paths in found.items()}
    return {**said, "nnspec": f"{metadata.version('nnspec')} {_fingerprint(frozenset(core))}"}


@lru_cache(maxsize=32)
def _fingerprint(places: frozenset[Path]) -> str:
    """A hash of all Python files there: a version alone does not tell a checkout from what was committed yesterday."""
    total = hashlib.sha256()
    for place in sorted(places):
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        for file in files:
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:12]


# ---------------------------------------------------------------- why it is computed
def reason(wanted: Node, others: Iterable[Node]) -> str:
    """What changed since the most similar node of the same observable: `let.m 1 -> 2`; `new` where there is none."""
    same = [each for each in others if (each.spec, each.observable) == (wanted.spec, wanted.observable)]
    if not same:
        return "new"
    return min((_changes(each.facets, wanted.facets) for each in same), key=len)


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    keys = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    if any(key.startswith("let.") for key in keys):  # sizes and data sets are made of constants
        keys = [key for key in keys if key not in ("model", "options")]
    return ", ".join(_change(key, old.get(key, "none"), new.get(key, "none")) for key in keys) or "its shards were removed"


def _change(key: str, old: str, new: str) -> str:
    if key in ("model", "options"):
        return f"the {key} changed"
    before, after = old.rpartition(" ")[0], new.rpartition(" ")[0]
    if (key == "nnspec" or key.startswith("plugin ")) and before == after:
        return f"the code of {key.removeprefix('plugin ')} changed"
    return f"{key} {old} → {new}"


