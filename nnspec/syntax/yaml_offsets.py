"""Where each character of a YAML scalar stands in the file, for all five ways to write one.

PyYAML says where a scalar starts and ends; the rules of folding, quoting and indentation are followed once
more here, and the result is compared with PyYAML's value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nnspec.syntax.tree import Style

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_SPACE = re.compile("[ \t\r\n\x85\u2028\u2029]+")
_ESCAPED = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^\r\n\x85\u2028\u2029xuU])")
_SIMPLE = dict(zip('0abt\tnvfre "\\/N_LP', '\0\x07\x08\t\t\n\x0b\x0c\r\x1b "\\/\x85\xa0\u2028\u2029', strict=True))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A character of the value and the characters `start:end` of the file that it comes from."""

    text: str
    start: int
    end: int


def _break(match: re.Match[str], base: int = 0) -> _Piece:
    text = match[0] if match[0] in "\u2028\u2029" else "\n"
    return _Piece(text, base + match.start(), base + match.end())


def _folded_space(text: str, start: int, end: int) -> Iterator[_Piece]:
    """White space inside a flow scalar: kept within a line, one blank for one line break."""
    breaks = [_break(match, start) for match in _BREAK.finditer(text[start:end])]
    if not breaks:
        yield from (_Piece(text[k], k, k + 1) for k in range(start, end))
        return
    # The blank stands where the text before it ended, so that a span never reaches into the next line.
    if breaks[0].text != "\n":
        yield breaks[0]
    elif len(breaks) == 1:
        yield _Piece(" ", start, end)
    yield from breaks[1:]


def _flow(text: str, start: int, end: int, style: Style) -> Iterator[_Piece]:
    while start < end:
        space = _SPACE.match(text, start, end)
        escaped = _ESCAPED.match(text, start, end) if style == "double" else None
        if space:
            yield from _folded_space(text, start, space.end())
            start = space.end()
        elif style == "single" and text.startswith("''", start):
            yield _Piece("'", start, start + 2)
            start += 2
        elif escaped:
            code = escaped[0][1:]
            yield _Piece(_SIMPLE.get(code) or chr(int(code[1:], 16)), start, escaped.end())
            start = escaped.end()
        elif style == "double" and text[start] == "\\":  # an escaped line break joins without a blank
            space = _SPACE.match(text, start + 1, end)
            assert space is not None
            yield from [_break(match, start + 1) for match in _BREAK.finditer(space[0])][1:]
            start = space.end()
        else:
            yield _Piece(text[start], start, start + 1)
            start += 1


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a block scalar and the line break behind it."""

    start: int
    text: str
    stop: _Piece


def _lines(text: str, start: int, end: int) -> list[_Line]:
    out: list[_Line] = []
    while start < end:
        match = _BREAK.search(text, start, end)
        stop = _break(match) if match else _Piece("\n", end, end)
        out.append(_Line(start, text[start : stop.start], stop))
        start = stop.end if match else end
    return out


def _block(text: str, start: int, end: int, value: str, *, folded: bool) -> Iterator[_Piece]:
    """The pieces of a literal or folded scalar; the caller cuts off what chomping removed."""
    _, *lines = _lines(text, start, end)  # the first one holds `|` or `>-`
    first = next((line.text for line in lines if line.text.strip(" ")), "")
    bare = value.lstrip("\n")
    indent = (len(first) - len(first.lstrip(" "))) - (len(bare) - len(bare.lstrip(" ")))
    pending: _Line | None = None
    blanks: list[_Piece] = []
    for line in lines:
        content = line.text[indent:]
        if not content and not line.text.strip(" "):
            blanks.append(line.stop)
            continue
        if pending is not None:
            deeper = pending.text[indent] in " \t" or content[0] in " \t"
            if not folded or deeper or pending.stop.text != "\n":
                yield pending.stop
            elif not blanks:
                yield _Piece(" ", pending.stop.start, pending.stop.end)
        yield from blanks
        blanks = []
        begin = line.start + indent
        yield from (_Piece(character, begin + k, begin + k + 1) for k, character in enumerate(content))
        pending = line
    if pending is not None:
        yield pending.stop
    yield from blanks


def _nearest(text: str, start: int, end: int, value: str) -> Iterator[_Piece]:
    """Align greedily; only a scalar that PyYAML reads differently from the rules above gets here."""
    for character in value:
        found = text.find(character, start, end)
        if found >= 0:
            start = found
        yield _Piece(character, start, min(start + 1, end))
        start = min(start + 1, end)


def offsets(text: str, start: int, end: int, value: str, style: Style) -> Sequence[int]:
    """For each character of the value its offset in the file, and one more for the end."""
    inner = (start + 1, end - 1) if style in {"single", "double"} else (start, end)
    if text[inner[0] : inner[1]] == value:
        return range(inner[0], inner[1] + 1)
    if style in {"literal", "folded"}:
        pieces = list(_block(text, start, end, value, folded=style == "folded"))[: len(value)]
    else:
        pieces = list(_flow(text, *inner, style))
    if "".join(piece.text for piece in pieces) != value:
        pieces = list(_nearest(text, *inner, value))
    return (*(piece.start for piece in pieces), pieces[-1].end if pieces else inner[0])
