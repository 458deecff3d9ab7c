"""Diagnostics print the excerpt, the carets and the advice exactly; layouts are golden."""

import textwrap

import pytest

from nnspec.text.diagnostic import Diagnostic, Edit, Fix, Label, SpecError, nearest, render, to_json
from nnspec.text.excerpt import display_width
from nnspec.text.source import Source, Span

SPEC = "".join(f"line {number}: some text here\n" for number in range(1, 15))


def span(source: Source, text: str, line: int = 1) -> Span:
    start = source.text.index(text, source.line_start(line))
    return Span(source, start, start + len(text))


def golden(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


def test_two_labels_on_one_line_hang_from_connectors() -> None:
    source = Source("specs/b.yaml", "  - max(abs(G2 - Gfree)) < 5*max(se(G2))\n")
    diagnostic = Diagnostic(
        "NN711",
        "check failed",
        span(source, "max(abs(G2 - Gfree))"),
        "left side: 0.0148, at r = 0.3",
        (Label(span(source, "5*max(se(G2))"), "right side: 0.00310"),),
        notes=("50000 draws",),
    )
    assert render(diagnostic) == golden("""
        error[NN711]: check failed
          --> specs/b.yaml:1:5
          |
        1 |   - max(abs(G2 - Gfree)) < 5*max(se(G2))
          |     ^^^^^^^^^^^^^^^^^^^^   ------------- right side: 0.00310
          |     |
          |     left side: 0.0148, at r = 0.3
          |
          = note: 50000 draws
          = see: nnspec explain NN711
        """)


def test_three_labels_on_one_line_keep_their_connectors() -> None:
    source = Source("s", "aa bb cc\n")
    labels = (Label(span(source, "aa"), "first"), Label(span(source, "cc"), "third"))
    assert render(Diagnostic("NN101", "m", span(source, "bb"), "second", labels)) == golden("""
        error[NN101]: m
          --> s:1:4
          |
        1 | aa bb cc
          | -- ^^ -- third
          | |  |
          | |  second
          | first
          |
          = see: nnspec explain NN101
        """)


def test_distant_lines_are_cut_and_a_single_line_between_is_shown() -> None:
    source = Source("s", SPEC)
    labels = (Label(span(source, "line", 2), "a"), Label(span(source, "line", 4), "b"))
    assert render(Diagnostic("NN101", "m", span(source, "some", 12), "c", labels)) == golden("""
        error[NN101]: m
           --> s:12:10
           |
         2 | line 2: some text here
           | ---- a
         3 | line 3: some text here
         4 | line 4: some text here
           | ---- b
        ...
        12 | line 12: some text here
           |          ^^^^ c
           |
           = see: nnspec explain NN101
        """)


def test_another_file_gets_its_own_excerpt() -> None:
    here, there = Source("here.yaml", "a: 1\n"), Source("there.yaml", "b: 2\n")
    text = render(Diagnostic("NN101", "m", span(here, "a"), "x", (Label(span(there, "b"), "y"),)))
    assert "  --> here.yaml:1:1" in text
    assert "  ::: there.yaml:1:1" in text


def test_a_place_without_a_file() -> None:
    source = Source("command line", "--set model.widht=512")
    diagnostic = Diagnostic("NN801", "no such key", span(source, "widht"), "no such key", where="command line")
    assert render(diagnostic) == golden("""
        error[NN801]: no such key
          --> command line
          |
          | --set model.widht=512
          |             ^^^^^ no such key
          |
          = see: nnspec explain NN801
        """)
    assert "  --> folder" in render(Diagnostic("NN009", "m", where="folder"))


@pytest.mark.parametrize(
    ("line", "column"),
    [("a: x", 3), ("\ta: x", 4), ("四: x", 4), ("e\u0301: x", 3), ("\u200da: x", 3), ("四\u0301\ta: x", 6)],
)
def test_wide_and_combining_characters_do_not_displace_the_caret(line: str, column: int) -> None:
    source = Source("s", line)
    excerpt, carets = render(Diagnostic("NN101", "m", span(source, "x"), "here")).split("\n")[3:5]
    assert carets.index("^") == len("1 | ") + column
    assert display_width(excerpt[: excerpt.index("x")]) == carets.index("^")


def test_a_wide_character_gets_two_carets() -> None:
    source = Source("s", "a 四 b")
    assert "^^ here" in render(Diagnostic("NN101", "m", span(source, "四"), "here"))


def test_a_span_over_several_lines_is_underlined_on_its_first() -> None:
    source = Source("s", "a: b\n   c\n")
    assert "  |    ^ here" in render(Diagnostic("NN101", "m", Span(source, 3, 9), "here"))


def test_long_lines_are_clipped_around_the_spans() -> None:
    source = Source("s", f"{'x' * 500} here {'四' * 500}")
    text = render(Diagnostic("NN101", "m", span(source, "here"), "look"), width=60)
    lines = text.split("\n")
    assert all(display_width(line) <= 80 for line in lines)
    assert lines[3].index("here") == lines[4].index("^^^^")
    assert "…" in lines[3]
    without = render(Diagnostic("NN101", "m", span(source, "here"))).split("\n")[3]
    assert 1000 <= display_width(without) <= 1010, "without a width only lines that nobody writes are clipped"


def test_colour_changes_nothing_but_colour() -> None:
    source = Source("s", SPEC)
    diagnostic = Diagnostic("NN101", "m", span(source, "some"), "c", (Label(span(source, "text"), "d"),), helps=("h",))
    coloured = render(diagnostic, color=True)
    for code in ("\x1b[1;31m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert [line.rstrip() for line in coloured.split("\n")] == render(diagnostic).split("\n")


def test_the_machine_form() -> None:
    source = Source("bad.yaml", "model:\n  parametrization: ntk\n")
    where = span(source, "parametrization")
    fix = Fix("machine", (Edit(where.start, where.end, "parameterization"),))
    helps = ("did you mean `parameterization`?",)
    diagnostic = Diagnostic("NN011", "unknown key", where, helps=helps, fixes=(fix,), path="model.parametrization")
    assert to_json(diagnostic) == {
        "code": "NN011",
        "level": "error",
        "message": "unknown key",
        "spans": [
            {
                "file": "bad.yaml",
                "start": {"line": 2, "col": 3, "offset": 9},
                "end": {"line": 2, "col": 18, "offset": 24},
                "primary": True,
                "label": "",
            }
        ],
        "notes": [],
        "helps": ["did you mean `parameterization`?"],
        "fixes": [{"applicability": "machine", "edits": [{"start": 9, "end": 24, "text": "parameterization"}]}],
        "path": "model.parametrization",
        "url": "errors/NN011",
    }


def test_an_error_sorts_and_drops_repetitions() -> None:
    source = Source("s", SPEC)
    late, early = Diagnostic("NN101", "m", span(source, "line", 9)), Diagnostic("NN100", "m", span(source, "line"))
    nowhere = Diagnostic("NN009", "m", where="file")
    assert SpecError([late, nowhere, early, late]).diagnostics == (early, late, nowhere)
    assert SpecError(late).diagnostics == (late,)


def test_at_most_twenty_are_printed() -> None:
    source = Source("s", SPEC)
    error = SpecError(Diagnostic("NN101", f"m{k}", Span(source, k, k + 1)) for k in range(23))
    assert str(error).count("error[") == 20
    assert str(error).endswith("\n\n… and 3 more errors")


@pytest.mark.parametrize(
    ("word", "candidates", "found"),
    [
        ("simga_w", ["sigma_w", "N", "d"], "sigma_w"),
        ("parametrization", ["parameterization", "params"], "parameterization"),
        ("sx", ["xs", "pts"], "xs"),
        ("RELU", ["relu", "gelu"], "relu"),
        ("x", ["y", "z"], None),
        ("ab", ["cd", "ax"], None),
        ("widht", ["width", "weight"], "width"),
        ("completely", ["different", "words"], None),
        ("", ["a"], None),
        ("n", ["N", "m"], "N"),
    ],
)
def test_nearest_offers_what_was_probably_meant(word: str, candidates: list[str], found: str | None) -> None:
    assert nearest(word, candidates) == found
