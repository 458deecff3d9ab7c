"""Every observable on a shelf obeys the laws of observables, because it is there."""

from __future__ import annotations

import pytest

from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_observable

RECORDS = load_vocabulary().observables
WORDS = [word for word in load_vocabulary().words("observables") if not RECORDS[word].later]


def test_the_registry_is_not_empty() -> None:
    assert len(WORDS) >= 5


@pytest.mark.parametrize("word", WORDS)
def test_observable(word: str) -> None:
    check_observable(RECORDS[word])
