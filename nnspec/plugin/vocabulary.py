"""The vocabulary: all words that plugins taught, with the owner of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar, final

from nnspec.plugin.manager import BUILT_IN, KINDS, Listing, Owner, Plugin, Taught, load
from nnspec.plugin.records import (
    Activation,
    Backend,
    Dataset,
    Density,
    Layer,
    Observable,
    Parameterization,
    Rule,
    Sampler,
)
from nnspec.plugin.remembered import remember, who_had
from nnspec.text.diagnostic import Diagnostic

T = TypeVar("T")


@final
class Words(Mapping[str, T], Generic[T]):
    """Records by word. Iteration gives words and aliases; `plugin:word` can be looked up too."""

    def __init__(self, plain: Mapping[str, T], qualified: Mapping[str, T]) -> None:
        """Take records by word or alias, and records by `plugin:word`."""
        self._plain = dict(plain)
        self._qualified = dict(qualified)

    def __getitem__(self, word: str) -> T:
        """The record of a word, an alias or a qualified word."""
        return self._plain[word] if word in self._plain else self._qualified[word]

    def extended(self, news: Mapping[str, T]) -> Words[T]:
        """These words and others, which come last and take no place of these."""
        return Words({**self._plain, **{word: record for word, record in news.items() if word not in self._plain}}, self._qualified)

    def __contains__(self, word: object) -> bool:
        """Whether a word, an alias or a qualified word is known."""
        return word in self._plain or word in self._qualified

    def __iter__(self) -> Iterator[str]:
        """Words and aliases, in the order in which they were taught."""
        return iter(self._plain)

    def __len__(self) -> int:
        """The number of words and aliases."""
        return len(self._plain)

    def __repr__(self) -> str:
        """The words."""
        return f"Words({', '.join(self)})"


@dataclass(frozen=True, kw_only=True, eq=False)
class Vocabulary:
    """Everything that a spec may say, by kind and name."""

    activations: Mapping[str, Activation] = field(default_factory=dict)
    densities: Mapping[str, Density] = field(default_factory=dict)
    layers: Mapping[str, Layer] = field(default_factory=dict)
    parameterizations: Mapping[str, Parameterization] = field(default_factory=dict)
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    observables: Mapping[str, Observable] = field(default_factory=dict)
    samplers: Mapping[str, Sampler] = field(default_factory=dict)
    backends: Mapping[str, Backend] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    owners: Mapping[tuple[str, str], Owner] = field(default_factory=dict, repr=False)

    def words(self, kind: str) -> tuple[str, ...]:
        """The words of a kind, sorted, without aliases."""
        if kind == "rules":
            return tuple(sorted(rule.name for rule in self.rules))
        found: Mapping[str, Any] = getattr(self, kind)
        return tuple(sorted(word for word, record in found.items() if record.name == word))

    def origin(self, kind: str, name: str) -> Owner:
        """Who taught a word, an alias or a qualified word; KeyError when nobody did."""
        return self.owners[kind, name]

    def who_had(self, kind: str, word: str) -> str | None:
        """The distribution to install for a word that nobody teaches now, if one is known."""
        return who_had(kind, word)


@lru_cache(maxsize=8)
def load_vocabulary(files: tuple[str, ...] = (), no_plugins: bool = False) -> Vocabulary:
    """Load the plugins and gather their words; the same arguments give the same vocabulary.

    Args:
        files: paths of plugin files, as given with `--plugin-file`.
        no_plugins: built-ins (and `files`) alone.
    """
    listing = load(files=files, no_plugins=no_plugins)
    remember(listing.taught)
    return gather(listing)


def gather(listing: Listing) -> Vocabulary:
    """Give each word to the first who taught it; what comes second is a problem, reachable as `plugin:word`."""
    owners: dict[tuple[str, str], Owner] = {}
    problems = list(listing.problems)
    kinds: dict[str, Any] = {}
    for kind in KINDS:
        plain: dict[str, Any] = {}
        qualified: dict[str, Any] = {}
        for each in (taught for taught in listing.taught if taught.kind == kind):
            free = [word for word in _names(each) if (kind, word) not in owners]
            problems += [_duplicate(each, word, owners[kind, word]) for word in _names(each) if word not in free]
            for word in free:
                plain[word] = each.record
                owners[kind, word] = each.owner
            for word in _names(each):
                full = f"{each.owner.plugin}:{word}"
                qualified.setdefault(full, each.record)
                owners.setdefault((kind, full), each.owner)
        kinds[kind] = Words(plain, qualified)
    rules = tuple(kinds.pop("rules").values())
    return Vocabulary(**kinds, rules=rules, plugins=listing.plugins, problems=tuple(problems), owners=owners)


def _names(taught: Taught) -> tuple[str, ...]:
    """The name of a record, and its aliases."""
    aliases: Iterable[str] = getattr(taught.record, "aliases", ())
    return tuple(dict.fromkeys((taught.record.name, *aliases)))


def _duplicate(taught: Taught, word: str, first: Owner) -> Diagnostic:
    kind = taught.kind.removesuffix("s") if taught.kind != "densities" else "density"
    second = taught.owner
    helps = [f"the first one counts; the second is `{second.plugin}:{word}`"]
    if first.distribution != BUILT_IN and second.distribution != first.distribution:
        helps.append(f"or uninstall {first.distribution} or {second.distribution}")
    message = f"the {kind} '{word}' is taught twice: by {first} and by {second}"
    return Diagnostic("NN903", message, helps=tuple(helps), level="warning")
