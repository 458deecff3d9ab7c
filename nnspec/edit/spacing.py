"""One way to space a formula: that of `syntax.show`, with the user's own words, signs, numbers and line breaks.

The formula is read, printed, and both rows of tokens are laid beside each other. They differ in spellings (`²` for `^2`)
and in superfluous parentheses only, so that the printed one says what should stand between two tokens of the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nnspec.edit.places import Place
from nnspec.syntax.expr_build import fold
from nnspec.syntax.expr_parse import leaf_of
from nnspec.syntax.expr_scan import Token, scan
from nnspec.syntax.expr_tree import Block, ExprNode
from nnspec.syntax.show import show
from nnspec.syntax.tree import Leaf
from nnspec.text.diagnostic import Edit

_SIGNS = {"**": "^", "·": ".", "⋅": ".", "≤": "<=", "≥": ">=", "≠": "!="}
_BIG = {"Σ": "sum_", "∑": "sum_", "Π": "prod_", "∏": "prod_"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_NOT_FIRST = ("[", '"', "{", "'")
_PAIRS = {"(": ")", "{": "}"}
_STATEMENT = {"~", "=", "*="}


@dataclass(frozen=True)
class _Placed:
    """A token and what should stand before it; `superfluous` parentheses may go."""

    token: Token
    gap: str
    superfluous: bool = False


def respace(place: Place, node: ExprNode) -> list[Edit]:
    """The edits that give a formula, read as `node`, its usual spaces; none when it cannot be done safely."""
    leaf, block = place.leaf, place.kind == "block"
    if not _plainly_written(leaf):
        return []
    formulas = scan(leaf, block=block)
    nodes = node.statements if isinstance(node, Block) else (node,)
    edits: list[Edit] = []
    for formula, part in zip(formulas, nodes, strict=True):
        printed = show(part)
        row = _aligned(formula.tokens, scan(leaf_of(printed), block=block)[0].tokens, printed)
        edits += _edits(leaf, row, block=block)
    return edits


def _plainly_written(leaf: Leaf) -> bool:
    """Whether every character that is not blank stands in the file as itself."""
    source = leaf.span.source.text
    if leaf.style == "double" and "\\" in leaf.span.text:
        return False
    return all(c.isspace() or source[place] == c for c, place in zip(leaf.text, leaf.offsets, strict=False))


def _plain(token: Token) -> tuple[str, ...]:
    """A token as `show` would print it."""
    text = token.text
    if token.kind == "super":
        sign, digits = ("-",) if text.startswith("⁻") else (), text.lstrip("⁻").translate(_SUPERSCRIPTS)
        return ("^", *sign, digits)
    if token.kind == "big":
        return (_BIG.get(text.rstrip("_"), text),)
    return (fold(_SIGNS.get(text, text)),)


def _brackets(tokens: Sequence[Token]) -> tuple[list[str], list[tuple[int, int, tuple[str, int, int]]]]:
    """The words without parentheses, and each pair: its two tokens, and what it holds."""
    words: list[str] = []
    opened: list[tuple[int, int]] = []
    pairs: list[tuple[int, int, tuple[str, int, int]]] = []
    for k, token in enumerate(tokens):
        if token.text in _PAIRS:
            opened.append((k, len(words)))
        elif token.text in _PAIRS.values():
            first, start = opened.pop()
            pairs.append((first, k, (tokens[first].text, start, len(words))))
        else:
            words += _plain(token)
    return words, sorted(pairs)


def _aligned(written: Sequence[Token], printed: Sequence[Token], text: str) -> list[_Placed]:
    """The written tokens with the gaps of the printed ones; nothing when the two do not fit."""
    words, pairs = _brackets(written)
    others, needed = _brackets(printed)
    left = Counter(pair for _, _, pair in needed)
    superfluous: set[int] = set()
    for first, last, pair in pairs:  # of equal pairs the outermost stays
        if left[pair]:
            left[pair] -= 1
        else:
            superfluous |= {first, last}
    if words != others or any(left.values()):
        return []
    return list(_with_gaps(written, superfluous, printed, text))


def _with_gaps(
    written: Sequence[Token], superfluous: set[int], printed: Sequence[Token], text: str
) -> Iterator[_Placed]:
    at, after_extra = 0, False
    for k, token in enumerate(written):
        end = printed[at - 1].end if at else 0
        gap = "" if after_extra or at == len(printed) else text[end : printed[at].start]
        if k in superfluous:
            yield _Placed(token, gap if token.text in _PAIRS else "", superfluous=True)
            after_extra = after_extra or token.text in _PAIRS
            continue
        yield _Placed(token, gap)
        at, after_extra = at + len(_plain(token)), False


def _edits(leaf: Leaf, row: Sequence[_Placed], *, block: bool) -> Iterator[Edit]:
    source, offset = leaf.span.source.text, leaf.offsets
    one_line = not any(sign in leaf.span.text for sign in "\r\n")
    kept = [each for each in row if not each.superfluous]
    if one_line and kept and not (leaf.style == "plain" and _not_plain("".join(e.gap + e.token.text for e in kept))):
        row = _bare(row)
    if one_line and row and leaf.style in ("single", "double"):
        yield from _edit(source, leaf.span.start + 1, offset[row[0].token.start], "")
        yield from _edit(source, offset[row[-1].token.end], leaf.span.end - 1, "")
    elif one_line and row:  # parentheses at the ends
        yield from _edit(source, leaf.span.start, offset[row[0].token.start], "")
        yield from _edit(source, offset[row[-1].token.end], leaf.span.end, "")
    hanging = False  # an operator at the start of a line keeps the blank behind it
    for before, each in pairwise(row):
        start, end = offset[before.token.end], offset[each.token.start]
        there = source[start:end]
        aligned = block and each.token.text in _STATEMENT and there.isspace()
        if not aligned and not (hanging and there == " "):
            yield from _edit(source, start, end, each.gap)
        hanging = each.token.kind == "operator" and any(sign in there for sign in "\r\n")


def _bare(row: Sequence[_Placed]) -> list[_Placed]:
    """The row without superfluous parentheses; what such a parenthesis stood behind, its content stands behind."""
    out: list[_Placed] = []
    carried: str | None = None
    for each in row:
        if each.superfluous:
            opens = each.token.text in _PAIRS
            carried = (each.gap if carried is None else carried) if opens else carried
        else:
            out.append(_Placed(each.token, each.gap if carried is None else carried))
            carried = None
    return out


def _not_plain(text: str) -> bool:
    """Whether YAML would read this text, unquoted, as something else than a text."""
    return text.startswith(_NOT_FIRST) or text.casefold() in ("", "~", "null")


def _edit(source: str, start: int, end: int, text: str) -> Iterator[Edit]:
    there = source[start:end]
    if start <= end and there != text and not any(sign in there for sign in "\r\n#"):
        yield Edit(start, end, text)
