"""Sources count lines and columns as editors do."""

import pytest

from nnspec.text.source import Source, Span


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_and_column_agree_with_the_text(newline: str) -> None:
    lines = ["first", "", "dritte Zeile", "四"]
    source = Source("s", newline.join(lines))
    assert source.line_count == 4
    assert [source.line_text(k + 1) for k in range(4)] == lines
    assert source.line_column(source.text.index("Zeile")) == (3, 8)
    assert source.line_column(len(source.text)) == (4, 2)


def test_a_byte_order_mark_takes_no_column() -> None:
    source = Source("s", "\ufeffa: 1\nb: 2")
    assert source.line_column(1) == (1, 1)
    assert source.line_text(1) == "a: 1"
    assert source.line_column(6) == (2, 1)


def test_form_feeds_and_unicode_separators_are_not_line_breaks() -> None:
    assert Source("s", "a\x0cb\u2028c").line_count == 1


def test_spans_are_half_open_and_join() -> None:
    source = Source("s", "abcdef")
    left, right = Span(source, 1, 2), Span(source, 4, 6)
    assert left.text == "b"
    assert left.join(right) == Span(source, 1, 6)
    assert sorted([right, left]) == [left, right]


def test_the_repr_of_a_span_leaves_the_text_out() -> None:
    assert "secret" not in repr(Span(Source("s", "secret"), 0, 1))


def test_equal_sources_hash_alike() -> None:
    assert hash(Source("s", "abc")) == hash(Source("s", "abc"))
    assert Source("s", "abc") != Source("s", "abd")
