"""Every observable on a shelf obeys the laws of observables, because it is there."""

from __future__ import annotations

import pytest

from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_observable

WORDS = load_vocabulary().words("observables")


def test_the_registry_is_not_empty() -> None:
    assert len(WORDS) >= 5


@pytest.mark.parametrize("word", WORDS)
def test_observable(word: str) -> None:
    check_observable(load_vocabulary().observables[word])
