"""Every parameterization starts with pre-activations of order one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nnspec.plugin import Exponents
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_parameterization

WORDS = load_vocabulary(no_plugins=True).parameterizations
NAMES = load_vocabulary(no_plugins=True).words("parameterizations")


def test_there_are_parameterizations():
    assert len(NAMES) >= 2, f"saw {len(NAMES)} words"


@pytest.mark.parametrize("name", NAMES)
def test_laws(name):
    check_parameterization(WORDS[name])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Exponents(), "a_in \\+ b_in of the input"),
        (Exponents(a_in=0.5, a=0.5), "a \\+ b of the input"),
        (Exponents(a_in=float("nan")), "not finite"),
    ],
)
def test_the_law_catches(wrong, message):
    def exponents(role, optimizer):
        return wrong if role == "input" else WORDS["ntk"].exponents(role, optimizer)

    with pytest.raises(AssertionError, match=message):
        check_parameterization(replace(WORDS["ntk"], exponents=exponents))


def test_the_law_catches_growing_outputs():
    def exponents(role, optimizer):
        return Exponents() if role == "readout" else WORDS["ntk"].exponents(role, optimizer)

    with pytest.raises(AssertionError, match="readout is 0"):
        check_parameterization(replace(WORDS["ntk"], exponents=exponents))
