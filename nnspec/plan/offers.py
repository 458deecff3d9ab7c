"""Every backend asked about every observable: its offers and its refusals."""

from __future__ import annotations

from dataclasses import dataclass

from nnspec.ir.experiment import Experiment, Observable
from nnspec.plugin.records import Offer, Question, Refusal
from nnspec.plugin.vocabulary import Vocabulary


@dataclass(frozen=True)
class Answers:
    """What backends say to one question."""

    question: Question
    offers: tuple[Offer, ...]
    refusals: tuple[Refusal, ...]


def ask(experiment: Experiment, asked: Observable, words: Vocabulary) -> Answers:
    """Ask every backend, in the order in which they were taught; best offers first."""
    method = asked.methods[0] if asked.methods else None
    question = Question(
        experiment=experiment, asked=asked, record=words.observables[asked.word], words=words, method=method
    )
    offers: list[Offer] = []
    refusals: list[Refusal] = []
    for name in words.words("backends"):
        for answer in words.backends[name].offer(question):
            if isinstance(answer, Offer):
                offers.append(answer)
            else:
                refusals.append(answer)
    offers.sort(key=lambda offer: -offer.preference)
    return Answers(question, tuple(offers), tuple(refusals))
