"""Values come back from YAML as they were, whatever they are, on one line or on many."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnspec.edit.layout import layout
from nnspec.edit.values import plain_value
from nnspec.edit.yaml_text import Plain, key, lines, one_line, plain, scalar
from nnspec.numerics.lazy import np
from nnspec.syntax.tree import Leaf
from nnspec.syntax.yaml_tree import read_text

NASTY = [
    "yes", "no", "on", "1e-3", "- x", "-", "-x", "a: b", "a:b", "x #c", "x#c", "<<", "~", "null", "", "?", "? x", ":x",
    "x:", "--- a", "...", "a\nb\n", "a\n\nb", " a\nb", "\ta", "a\t#b", "'", '"', "\\", "{", "a, b", "[1]", "%", "@",
    "!x", "&a", "*a", "|", ">", "é", "\x85", "\u2028", "\ufeff", "😀", "a\n", "\n", "a \nb", "a\n b\nc", "#", "\x00",
    "\x07", "φ ≤ 2", "ℝ^d", "it's", 'say "x"', "=", "`x`", "Normal(0, 1)", "w[i] in R^d", "(a[i], b[i])", "\r\n", "a\r",
]  # fmt: skip
TEXTS = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    TEXTS | st.none() | st.booleans() | NUMBERS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def as_read(value: Plain) -> Plain:
    """What the reader gives: texts, and nothing."""
    if isinstance(value, dict):
        return {name: as_read(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_read(each) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else repr(value)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), st.integers(0, 3))
def test_every_value_comes_back(values: dict[str, Any], opened: int) -> None:
    assert plain(read_text("\n".join(lines(values, 0, opened)) + "\n")) == as_read(values)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_every_value_comes_back_from_one_line(values: dict[str, Any]) -> None:
    assert plain(read_text(one_line(values) + "\n")) == as_read(values)


@pytest.mark.parametrize("text", NASTY)
def test_nasty_texts(text: str) -> None:
    tree = read_text(f"a: {scalar(text)}\nb: {{c: {scalar(text, flow=True)}}}\n{key(text)}: 1\n")
    found = tree.get("a")
    assert isinstance(found, Leaf)
    assert (found.text, found.null) == (text, False)
    assert plain(tree) == {"a": text, "b": {"c": text}, text: "1"}


@pytest.mark.parametrize("text", ["Normal(0, 1)", "yes", "-x^2", "sum_i a[i]*cos(w[i].x)", "φ ≤ 2", "it's", "1e-3", "a=b"])
def test_what_needs_no_quotes_has_none(text: str) -> None:
    assert scalar(text) == text


def test_quotes_between_braces_only_where_needed() -> None:
    assert one_line({"weight": "Normal(0, 1)", "width": "n"}) == '{weight: "Normal(0, 1)", width: n}'


def test_long_lists_are_wrapped_and_matrices_have_rows() -> None:
    values = {"data": {"xs": [k / 7 for k in range(90)], "m": [[k + 0.5, 2.0] for k in range(40)]}}
    text = layout(values)
    assert max(map(len, text.splitlines())) <= 100
    assert "    - [0.5, 2.0]\n" in text
    assert plain(read_text(text)) == as_read(values)


def test_sections_are_apart() -> None:
    text = layout({"nnspec": 1, "name": "a", "let": {"N": 2}, "model": {"inputs": {"x": "R"}}, "checks": ["1 < 2"]})
    assert text == "nnspec: 1\nname: a\n\nlet: {N: 2}\n\nmodel:\n  inputs: {x: R}\n\nchecks:\n  - 1 < 2\n"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.array([1.5, 2]), [1.5, 2.0]), (np.float64(0.1), 0.1), (np.int32(3), 3), (np.bool_(True), True),
        (np.eye(2), [[1.0, 0.0], [0.0, 1.0]]), ((1, "a"), [1, "a"]), (range(2), [0, 1]), (float("inf"), "inf"),
        ({"a": np.arange(2)}, {"a": [0, 1]}), (True, True), (None, None),
    ],
)  # fmt: skip
def test_python_values(value: object, wanted: object) -> None:
    found = plain_value(value)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize("value", [{1, 2}, 1j, object(), b"a", {1: 2}, [lambda: 0]])
def test_values_that_no_spec_holds(value: object) -> None:
    with pytest.raises(TypeError, match=r"a spec holds numbers|must be a text"):
        plain_value(value, "xs")


def test_values_that_are_no_numbers_or_no_end() -> None:
    with pytest.raises(ValueError, match=r"a\[1\] is not a number"):
        plain_value([1.0, float("nan")], "a")
    with pytest.raises(ValueError, match="half of a character"):
        plain_value("\ud800", "a")
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="nested more than"):
        plain_value(endless)
