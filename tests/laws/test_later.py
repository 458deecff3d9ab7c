"""Words that no program computes yet are well formed all the same, and the law catches those that are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nnspec.plugin import Field, Sampler
from nnspec.plugin.promised import promised
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_later

WORDS = promised("nnspec-kan", load_vocabulary(no_plugins=True))
LATER = {
    f"{kind}:{word}": getattr(WORDS, kind)[word]
    for kind in ("layers", "observables", "samplers")
    for word in WORDS.words(kind)
    if getattr(WORDS, kind)[word].later
}


def test_there_are_such_words() -> None:
    assert {"observables:symmetry", "layers:kan"} <= set(LATER)


@pytest.mark.parametrize("word", sorted(LATER))
def test_law(word: str) -> None:
    check_later(LATER[word])


TRAIN = replace(WORDS.observables["train"], later="for later")
HMC = Sampler(name="hmc", doc="chains of trajectories", later="chains are not built yet")
SYMMETRY, EDGEWORTH = LATER["observables:symmetry"], LATER["observables:edgeworth"]
MUTANTS = {
    "a sentence": (replace(TRAIN, later="Training is not built yet."), "no clause"),
    "a field without a word about it": (replace(HMC, fields=(Field(name="chains", type="count", doc=""),)), "not explained"),
    "a default that is none of the choices": (
        replace(HMC, fields=(Field(name="how", type="word", doc="how", choices=("a", "b"), default="c"),)), "of its own"),
    "an unexplained option far below": (
        replace(HMC, fields=(Field(name="how", type="choice", doc="how", options=(
            ("a", (Field(name="lr", type="number", doc=""),)),)),)), "`lr` of `hmc: a`"),
    "a sampler that can draw": (replace(HMC, draw=lambda measure, key: None), "has draw"),
    "a word that refuses everything": (replace(TRAIN, refuse=lambda options, dim: ("steps", "too few")), "refuses all"),
    "a refusal of nothing": (replace(TRAIN, refuse=lambda options, dim: ("step", "too few")), "none of its fields"),
    "a whole beside its parts": (replace(EDGEWORTH, dims=lambda options: ("point",), shape=lambda o, d: (3,)), "no whole"),
    "axes without names": (replace(EDGEWORTH, shape=lambda options, dim: (3,)), "1 axes and names 0"),
    "one dimension twice": (
        replace(EDGEWORTH, parts=lambda options: {"free": ("point", "point")}), "a dimension twice"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(MUTANTS))
def test_the_law_catches(what: str) -> None:
    record, message = MUTANTS[what]
    with pytest.raises(AssertionError, match=message):
        check_later(record)
