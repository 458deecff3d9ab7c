"""Carets stand under the right characters in terminals of any width, whatever stands in the line."""

from __future__ import annotations

import random

import pytest

from nnspec.text.diagnostic import Diagnostic, Label, render
from nnspec.text.excerpt import display_width
from nnspec.text.source import Source, Span

PIECES = ("a", "bc", " ", "\t", "四", "\U0001f600", "e\u0301", "é", "\u200d", "σ_w", "(", "ﾊ", "ＡＢ", "-")
"""Narrow, wide and combining characters, tabs, and joiners without a width."""


def span(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def under(excerpt: str, carets: str, sign: str) -> str:
    """The characters of a printed line that stand above the signs of the next one."""
    columns = [k for k, each in enumerate(carets) if each == sign]
    found, column = "", 0
    for character in excerpt:
        width = display_width(character)
        if (width > 0 and column in columns) or (width == 0 and column - 1 in columns):
            found += character
        column += width
    return found


def excerpts(text: str) -> list[tuple[str, str]]:
    """Each line of a source that is shown, with the line of its carets."""
    lines = text.split("\n")
    return [(lines[k], lines[k + 1]) for k, line in enumerate(lines[:-1]) if line[:1].isdigit()]


# ---------------------------------------------------------------- the right characters
@pytest.mark.parametrize("width", [None, 100, 60, 40, 30])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_marks(width: int | None, newline: str, mark: str) -> None:
    lines = [f"first: line {'x' * 30}", f"{'四' * 20} word {'y' * 40}", "third: \te\u0301 thing"]
    source = Source("s", mark + newline.join(lines) + newline)
    for word, number in (("first", 1), ("word", 2), ("thing", 3)):
        text = render(Diagnostic("NN101", "m", span(source, word), "here"), width=width)
        ((excerpt, carets),) = excerpts(text)
        assert excerpt.startswith(f"{number} | ")
        assert under(excerpt, carets, "^") == word
        assert width is None or max(map(display_width, (excerpt, carets))) <= width
        assert not {"\r", "\ufeff", "\t"} & set(text)


@pytest.mark.parametrize("seed", range(300))
def test_any_line_in_any_width(seed: int) -> None:
    """A span of some length anywhere in a line of all kinds of characters; when it is clipped, its beginning is shown."""
    chance = random.Random(seed)
    before, behind = ("".join(chance.choices(PIECES, k=chance.randrange(60))) for _ in range(2))
    word = "W" + "".join(chance.choices(("o", "四", "e\u0301"), k=chance.randrange(12)))
    source = Source("s", f"{before}{word}{behind}")
    width = chance.choice((None, 20, 30, 40, 80))
    text = render(Diagnostic("NN101", "m", Span(source, len(before), len(before) + len(word)), "here"), width=width)
    ((excerpt, carets),) = excerpts(text)
    shown = under(excerpt, carets, "^").removesuffix("…")
    assert word.startswith(shown.rstrip("\u200d\u0301")) or shown.startswith(word), (excerpt, carets)
    assert shown[:1] == "W"
    assert width is None or display_width(excerpt) <= width
    if width is None or width >= 40:
        assert word in shown


# ---------------------------------------------------------------- nothing gets lost
FAR = Source("specs/far.yaml", f"a[i]: Normal(0, s) + {'四' * 30} target + {'b' * 60} end\n")
BOTH = (Label(span(FAR, "a[i]"), "declared here, which is a long story"), Label(span(FAR, "end"), "the end"))


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80])
def test_labels_that_are_too_far_away_have_an_excerpt_of_their_own(width: int) -> None:
    text = render(Diagnostic("NN101", "m", span(FAR, "target"), "is not what was meant here", BOTH), width=width)
    found = excerpts(text)
    assert under(*found[0], "^") == "target"
    assert {under(line, carets, "-") for line, carets in found} - {""} == {"a[i]", "end"}
    words = " ".join(text.replace("|", " ").split())
    for label in ("declared here, which is a long story", "the end", "is not what was meant here"):
        assert label in words


def test_a_terminal_of_forty_columns() -> None:
    text = render(Diagnostic("NN101", "wrong", span(FAR, "target"), "is not what was meant here", BOTH), width=40)
    assert text == """\
error[NN101]: wrong
  --> specs/far.yaml:1:53
  |
1 | …四四四四四四 target + bbbbbbbbbbb…
  |               ^^^^^^
  |               |
  |             is not what was meant
  |             here
1 | a[i]: Normal(0, s) + 四四四四四四…
  | ----
  | |
  | declared here, which is a long story
1 | …bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb end
  |                                 ---
  |                                 |
  |                              the end
  |
  = see: nnspec explain NN101"""
    assert all(display_width(line) <= 40 for line in text.split("\n"))


def test_labels_side_by_side_keep_their_connectors_when_they_wrap() -> None:
    source = Source("s", "left: one two\n")
    labels = (Label(span(source, "left"), "this is where it all began"),)
    text = render(Diagnostic("NN101", "m", span(source, "two"), "and this is where it has to end", labels), width=40)
    assert text.split("\n")[3:-2] == [
        "1 | left: one two",
        "  | ----      ^^^",
        "  | |         |",
        "  | |         and this is where it has",
        "  | |         to end",
        "  | this is where it all began",
    ]


def test_a_wide_terminal_changes_nothing() -> None:
    found = Diagnostic("NN101", "m", span(FAR, "target"), "is not what was meant here", BOTH)
    assert render(found, width=400) == render(found)
