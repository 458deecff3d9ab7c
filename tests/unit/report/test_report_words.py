"""`nnspec doc NAME`: every word has a text."""

from __future__ import annotations

import pytest

from nnspec.check.scope import DOMAINS, SPECIAL
from nnspec.document.spec import MODEL_KEYS, NUMERICS, OUTPUT, PLOTS, SWEEP, TOP
from nnspec.ir.functions import CONSTANTS, FUNCTIONS, OF_RESULTS
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.report.options import options
from nnspec.report.words import KINDS, describe, known
from nnspec.text.catalogue import codes

WORDS = load_vocabulary()
LANGUAGE = [
    *SPECIAL, *DOMAINS, *FUNCTIONS, *OF_RESULTS, *CONSTANTS,
    *(item.name for item in (*TOP, *MODEL_KEYS, *NUMERICS, *SWEEP, *OUTPUT)), *PLOTS,
    *(item.name for own in PLOTS.values() for item in own),
]  # fmt: skip


def body(text: str | None) -> str:
    """What stands below the heading."""
    assert text is not None
    return text.partition("\n")[2].strip()


@pytest.mark.parametrize("word", sorted({*known(WORDS), *LANGUAGE}))
def test_every_word_is_explained(word: str) -> None:
    assert body(describe(word, WORDS)), word


@pytest.mark.parametrize("kind", KINDS)
def test_every_taught_word_is_known(kind: str) -> None:
    assert set(WORDS.words(kind)) <= set(known(WORDS))


def test_every_option_is_explained_by_its_name_and_by_its_path() -> None:
    for each in options(WORDS):
        assert each.field is None or each.field.doc.strip(), each
        path = ".".join((*each.path, each.name))
        assert body(describe(each.name, WORDS)), path
        assert body(describe(path, WORDS)), path


def test_every_argument_is_explained() -> None:
    for name in WORDS.words("datasets"):
        assert all(each.doc for each in WORDS.datasets[name].parameters), name
    for name in WORDS.words("densities"):
        assert all(each.doc for each in WORDS.densities[name].signatures[0].parameters), name


@pytest.mark.parametrize("code", codes())
def test_every_code_is_explained(code: str) -> None:
    text = describe(code, WORDS)
    assert text is not None
    assert text.startswith(f"{code}: ")
    assert text == describe(code.lower(), WORDS)


@pytest.mark.parametrize(
    ("word", "there"),
    [
        ("train", ["optimizer", "sgd", "lr", "momentum", "every", "steps between two readings"]),
        ("optimizer", ["option of train", "lbfgs", "pairs of steps"]),
        ("train.optimizer.sgd", ["momentum"]),
        ("integral", ["the integral of f over the domain D", "key of numerics", "gauss_legendre", "default 16"]),
        ("hmc", ["target_accept", "independent chains"]),
        ("abc", ["power of 1/n in front of the weights"]),
        ("sweep", ["values to run the spec at"]),
        ("deform", ["a factor on the density of whole networks"]),
        ("E", ["mean of f over all networks"]),
        ("d", ["partial derivative"]),
        ("truncate", ["normalised again"]),
        ("slope", ["least squares"]),
        ("mean", ["the mean over an index", "mean over all entries"]),
        ("density", ["option of", "undeformed"]),
        ("functions", ["square root", "partial derivative", "standard errors"]),
    ],
)
def test_what_is_said(word: str, there: list[str]) -> None:
    text = describe(word, WORDS)
    assert text is not None
    for each in there:
        assert each in text


def test_all_words_are_listed() -> None:
    text = describe(None, WORDS)
    assert text is not None
    for each in ("integral", "cumulant", "slope", "Sphere", "truncate", "sweep", "hmc", "pi"):
        assert each in text


def test_an_unknown_word_has_no_text() -> None:
    assert describe("nosuch", WORDS) is None
    assert describe("train.nosuch", WORDS) is None
    assert describe("NN000", WORDS) is None
