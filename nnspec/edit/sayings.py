"""A model as a row of sayings, each with its comments: what its two forms, tree and block, have in common."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_block
from nnspec.syntax.expr_scan import Formula, Token, blanked, scan
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node
from nnspec.text.source import Source

Kind = Literal["input", "index", "param", "field", "deform", "let"]
_LISTS: dict[str, Kind] = {"inputs": "input", "indices": "index", "params": "param"}


@dataclass(frozen=True)
class Saying:
    """One thing that a model says: `left in right`, `left ~ right`, `left = right`.

    The right side may have several lines. `above` are the comments over it, `beside` those behind it.
    """

    kind: Kind
    left: str
    right: str
    above: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sayings:
    """All of a model: its sayings in the order of the file, the comment behind its key, and those at the end."""

    all: tuple[Saying, ...]
    head: str = ""
    foot: tuple[str, ...] = ()


class Unfit(Exception):
    """Why a model cannot be read as sayings, or not be written in a form."""


@dataclass
class _Site:
    """A saying in the file: from where to where it stands, and its comments so far."""

    saying: Saying
    start: int
    end: int
    above: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    def done(self) -> Saying:
        return replace(self.saying, above=tuple(self.above), beside=tuple(self.beside))


def sayings(entry: Entry, end: int) -> Sayings:
    """What the model says; `entry` is the one of the key `model`, and `end` where it ends in the file.

    Raises:
        Unfit: with the reason.
        SpecError: when a block cannot be read.
    """
    value = entry.value
    if isinstance(value, Leaf) and value.style in ("literal", "folded"):
        sites, inside = _of_block(value), tuple(_leaves(value))
    elif isinstance(value, Mapping):
        sites, inside = _of_tree(value), tuple(_leaves(value))
    else:
        msg = "it is neither a block nor a mapping"
        raise Unfit(msg)
    return _with_comments(sites, entry, inside, end)


# ---------------------------------------------------------------- the tree form
def _of_tree(tree: Mapping) -> list[_Site]:
    sites: list[_Site] = []
    head = next((each for each in tree.entries if each.key.text == "field"), None)
    for each in tree.entries:
        name = each.key.text
        if name in _LISTS and isinstance(each.value, Mapping):
            sites += [_site(_LISTS[name], item, item.key.text) for item in each.value.entries]
        elif name == "def" and isinstance(each.value, Mapping):
            sites += [_site("field", item, item.key.text) for item in each.value.entries]
        elif name == "def" and head is not None:
            sites.append(_site("field", each, _text(head.value)))
        elif name == "deform":
            sites.append(_site("deform", each, "P"))
        elif name != "field":
            msg = f"`{name}` has no place in a block"
            raise Unfit(msg)
    if not any(site.saying.kind == "field" for site in sites):
        msg = "it has no field"
        raise Unfit(msg)
    for site in sites:  # the head of the field belongs to its formula, where it stands next to it
        if head is not None and site.saying.kind == "field" and _next_to(head, site, sites):
            site.start = min(site.start, head.key.span.start)
    return sites


def _next_to(head: Entry, site: _Site, sites: list[_Site]) -> bool:
    return not any(head.key.span.start < other.start < site.start for other in sites)


def _site(kind: Kind, entry: Entry, left: str) -> _Site:
    return _Site(Saying(kind, left, _text(entry.value)), entry.key.span.start, entry.value.span.end)


def _text(node: Node) -> str:
    """A formula without its comments, its lines as they are in the file."""
    if not isinstance(node, Leaf) or node.null:
        msg = "a part of it is no formula"
        raise Unfit(msg)
    return _lines(node, blanked(node, block=False), 0, len(node.text))


def _leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case Leaf():
            yield node
        case Mapping(entries=entries):
            for entry in entries:
                yield entry.key
                yield from _leaves(entry.value)
        case _:
            for item in node.items:
                yield from _leaves(item)


def _lines(leaf: Leaf, text: str, start: int, end: int) -> str:
    """`text[start:end]`, cut where lines of the file end."""
    source, pieces, line = leaf.span.source, [""], None
    for k in range(start, end):
        here, _ = source.line_column(leaf.offsets[k])
        if line is not None and here > line and not text[k].isspace():
            pieces.append("")
        line = here if not text[k].isspace() else line if line is not None else here
        pieces[-1] += text[k]
    return "\n".join(piece.strip() for piece in pieces if piece.strip())


# ---------------------------------------------------------------- the block form
def _of_block(leaf: Leaf) -> list[_Site]:
    text = blanked(leaf, block=True)
    pairs = zip(scan(leaf, block=True), parse_block(leaf).statements, strict=True)
    return [
        _Site(_said(leaf, text, formula, statement), leaf.offsets[formula.start], leaf.offsets[formula.end - 1] + 1)
        for formula, statement in pairs
    ]


def _said(leaf: Leaf, text: str, formula: Formula, statement: ast.Statement) -> Saying:
    tokens = formula.tokens
    kinds: dict[type, tuple[Kind, str, int]] = {
        ast.SIndex: ("index", "in", 1), ast.SInput: ("input", "in", 1), ast.SLet: ("let", "=", 1),
        ast.SParam: ("param", "~", 0), ast.SDef: ("field", "=", 0), ast.SDeform: ("deform", "*=", 0),
    }  # fmt: skip
    kind, sign, first = kinds[type(statement)]
    at = next(k for k, token in enumerate(tokens) if token.text == sign)

    def part(begin: Token, last: Token) -> str:
        return _lines(leaf, text, begin.start, last.end)

    return Saying(kind, " ".join(part(tokens[first], tokens[at - 1]).split("\n")), part(tokens[at + 1], tokens[-1]))


# ---------------------------------------------------------------- comments
def _with_comments(sites: list[_Site], entry: Entry, inside: tuple[Leaf, ...], end: int) -> Sayings:
    source = entry.key.span.source
    sites.sort(key=lambda site: site.start)
    foot: list[str] = []
    head = ""
    first_line, _ = source.line_column(entry.key.span.start)
    for start, text in sorted(_comments(source, entry, inside, end)):
        line, _ = source.line_column(start)
        alone = not source.line_text(line)[: start - source.line_start(line)].strip()
        within = [site for site in sites if site.start < start < site.end]
        before = [site for site in sites if site.start < start and _ends_on(source, site, line)]
        after = [site for site in sites if site.start > start]
        if line == first_line and not before:
            head = text
        elif within:
            (within[-1].above if alone else within[-1].beside).append(text)
        elif before and not alone:
            before[-1].beside.append(text)
        elif after:
            after[0].above.append(text)
        else:
            foot.append(text)
    return Sayings(tuple(site.done() for site in sites), head, tuple(foot))


def _ends_on(source: Source, site: _Site, line: int) -> bool:
    return source.line_column(max(site.start, site.end - 1))[0] == line


def _comments(source: Source, entry: Entry, leaves: tuple[Leaf, ...], end: int) -> Iterator[tuple[int, str]]:
    """Every comment between the key of the model and its end, with its place."""
    taken = sorted((leaf.span.start, leaf.span.end) for leaf in leaves)
    starts = [start for start, _ in taken]
    sign, done = re.compile(r"(?<!\S)#[^\r\n]*"), entry.key.span.end
    while (match := sign.search(source.text, done, end)) is not None:
        around = bisect_right(starts, match.start()) - 1
        if around >= 0 and match.start() < taken[around][1]:
            done = taken[around][1]  # inside of a text
        else:
            done = match.end()
            yield match.start(), match[0].rstrip()
    for leaf in leaves:
        yield from _in_formula(leaf)


def _in_formula(leaf: Leaf) -> Iterator[tuple[int, str]]:
    """Comments inside a formula, and behind the sign that opens one of several lines."""
    source = leaf.span.source
    if leaf.style in ("literal", "folded"):
        opening = re.match(r"[^\r\n#]*(#[^\r\n]*)", source.text[leaf.span.start : leaf.span.end])
        if opening:
            yield leaf.span.start + opening.start(1), opening[1].rstrip()
    text, quiet, done = leaf.text, blanked(leaf, block=leaf.style == "literal"), 0
    while (place := text.find("#", done)) >= 0:
        done = place + 1
        if quiet[place] != " ":
            continue  # inside of a quoted text
        line, _ = source.line_column(leaf.offsets[place])
        while done < len(text) and quiet[done] == " " and text[done] != "\n" and _on(leaf, done, line):
            done += 1
        yield leaf.offsets[place], text[place:done].rstrip()


def _on(leaf: Leaf, k: int, line: int) -> bool:
    """Whether a character stands on a line; the blank of a folded line break stands where the line ended."""
    source = leaf.span.source
    return leaf.offsets[k] < source.line_start(line) + len(source.line_text(line))
