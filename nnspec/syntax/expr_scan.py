"""The words of a formula: tokens, comments and line breaks blanked in place, statements of a block.

Lark parses; this scanner exists so that a complaint can look at what stands around the fault.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nnspec.syntax.tree import Leaf
from nnspec.text.source import Span

KEYWORDS = frozenset({"in", "if", "else", "and", "or", "not"})
RESERVED = frozenset({"E", "P", "R"}) | KEYWORDS
RESERVED_PREFIXES = ("sum_", "prod_", "mean_")
OPENERS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = {closer: opener for opener, closer in OPENERS.items()}

_NAME = r"[∞∫√]|[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹₀-₉][^\W⁰¹²³⁴⁵⁶⁷⁸⁹]*'*"
# The same terminals as the grammar's; `..` comes before numbers because `1..5` is a range.
_TOKEN = re.compile(
    rf"""(?P<space>[ \t\f]+)
    | (?P<end>(?:[ \t\f]*[\n;])+)
    | (?P<range>\.\.)
    | (?P<number>(?:\d+(?:_\d+)*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<big>(?:sum|prod|mean)_(?=[^\W\d_]|\{{)|[Σ∑Π∏]_?(?=[^\W\d_]|\{{))
    | (?P<name>{_NAME})
    | (?P<string>"[^"\n]*")
    | (?P<super>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
    | (?P<bracket>[()\[\]{{}}])
    | (?P<operator>\*\*|\*=|<=|>=|==|!=|[-+*/^<>≤≥≠.·⋅!,=~])
    | (?P<bad>.)""",
    re.VERBOSE | re.DOTALL,
)
_QUIET = re.compile(r'"[^"\n]*"|#[^\n]*')
_BREAKS = str.maketrans("\r\x85\u2028\u2029", " \n\n\n")
# What can only be the start of a statement, even while a bracket is open.
_STATEMENT = re.compile(
    rf"(?:index|input)\s+(?:{_NAME})\s+in\b|let\s+(?:{_NAME})\s*=|P\s*\*=|(?:{_NAME})\s*\([^()=]*\)\s*=(?!=)|[^~\n\"]*~"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign of a formula; `start:end` counts characters of the leaf."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def ends_value(self) -> bool:
        """Whether a value may end here."""
        closes = self.text in {")", "]", "!"} and self.kind != "sub"
        return closes or self.kind in {"number", "name", "string", "super"}

    @property
    def starts_value(self) -> bool:
        """Whether a value starts here for certain; an opening bracket may also be a call or an index."""
        return self.kind in {"number", "name", "string", "big"}


@dataclass(frozen=True, slots=True)
class Formula:
    """The tokens of one formula or statement, with the way back to the file."""

    leaf: Leaf
    text: str
    start: int
    end: int
    tokens: tuple[Token, ...]

    def span(self, first: Token, last: Token | None = None) -> Span:
        """The place of a token in the file, or of all from the first to the last."""
        return self.leaf.span_of(first.start, (last or first).end)

    @property
    def end_span(self) -> Span:
        """The empty span behind the last token."""
        end = self.leaf.span_of(0, self.tokens[-1].end if self.tokens else self.end).end
        return Span(self.leaf.span.source, end, end)

    def match_of(self, index: int) -> int | None:
        """The index of the bracket that belongs to the bracket at `index`."""
        text = self.tokens[index].text
        step, up, down = (1, text, OPENERS[text]) if text in OPENERS else (-1, text, CLOSERS[text])
        depth = 0
        while 0 <= index < len(self.tokens):
            depth += (self.tokens[index].text == up) - (self.tokens[index].text == down)
            if depth == 0:
                return index
            index += step
        return None


def blanked(leaf: Leaf, *, block: bool) -> str:
    """The text of a leaf, same length, without comments and without line breaks that end no statement."""
    text = leaf.text.translate(_BREAKS)
    pieces: list[str] = []
    done = 0
    while (match := _QUIET.search(text, done)) is not None:
        quoted = match[0].startswith('"')
        end = match.end() if quoted else _comment_end(leaf, match.start(), match.end())
        pieces += [text[done : match.start()], match[0] if quoted else " " * (end - match.start())]
        done = end
    text = "".join(pieces) + text[done:]
    return _joined(text) if block else text.replace("\n", " ")


def _comment_end(leaf: Leaf, start: int, end: int) -> int:
    """Where a comment ends: with its line in the file, which a folded scalar no longer shows."""
    source = leaf.span.source
    line, _ = source.line_column(leaf.offsets[start])
    stop = source.line_start(line) + len(source.line_text(line))
    while end > start + 1 and leaf.offsets[end - 1] >= stop:
        end -= 1
    return end


def _joined(text: str) -> str:
    """Turn line breaks inside brackets, or before deeper indented lines, into spaces."""
    lines = text.split("\n")
    out: list[str] = []
    depth, base = 0, -1
    for line in lines:
        words = line.strip(" \t\f")
        indent = len(line) - len(line.lstrip(" \t\f"))
        if words:
            inside = depth > 0 and not (indent <= base and _STATEMENT.match(words))
            if out:
                out.append(" " if base >= 0 and (inside or indent > base) else "\n")
            if not out or out[-1] == "\n" or base < 0:
                base, depth = indent, 0
            bare = _QUIET.sub("", words)
            depth += sum(bare.count(opener) for opener in "([{") - sum(bare.count(closer) for closer in ")]}")
            depth = max(0, depth)
        elif out:
            out.append(" ")
        out.append(line)
    return "".join(out)


def scan(leaf: Leaf, *, block: bool = False) -> list[Formula]:
    """Cut a leaf into tokens: one formula, or the statements of a block."""
    text = blanked(leaf, block=block)
    formulas: list[Formula] = []
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "bad"
        if kind == "space":
            continue
        if kind == "end" and block:
            if tokens:
                formulas.append(_formula(leaf, text, tokens))
            tokens = []
            continue
        if kind == "name" and match[0] in KEYWORDS:
            kind = "keyword"
        tokens.append(Token("bad" if kind == "end" else kind, match[0].strip() or match[0], match.start(), match.end()))
    if tokens or not block:
        formulas.append(_formula(leaf, text, tokens))
    return formulas


def _formula(leaf: Leaf, text: str, tokens: Sequence[Token]) -> Formula:
    start, end = (tokens[0].start, tokens[-1].end) if tokens else (0, len(text))
    return Formula(leaf, text, start, end, tuple(_subscripts(tokens)))


def _subscripts(tokens: Sequence[Token]) -> list[Token]:
    """Mark what names the indices of a sum: a value may follow it directly."""
    out: list[Token] = []
    inside = False
    for token in tokens:
        after_big = bool(out) and out[-1].kind == "big"
        inside = inside or (after_big and token.text == "{")
        if inside or (after_big and token.kind == "name"):
            out.append(Token("sub", token.text, token.start, token.end))
        else:
            out.append(token)
        inside = inside and token.text != "}"
    return out
