"""Warnings silenced where they stand: `# nnspec: ignore NN491` at the end of a line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nnspec.syntax.tree import Leaf, Mapping, Node
from nnspec.text.catalogue import codes
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, nearest
from nnspec.text.source import Source, Span

USELESS = "NN499"
_COMMENT = re.compile(r"#[ \t]*nnspec:[ \t]*ignore(?![\w-]):?(?P<codes>[^#\r\n]*)(?P<reason>#[^\r\n]*)?")
_WORD = re.compile(r"[^\s,]+")
_PROSE = "doc"


@dataclass(frozen=True)
class Ignore:
    """A comment that silences: the lines it is about, and its codes with their places; all warnings if none."""

    span: Span
    lines: range
    codes: tuple[tuple[str, Span], ...]
    alone: bool

    def covers(self, warning: Diagnostic) -> bool:
        """Whether a warning stands on its lines."""
        span = warning.span
        return span is not None and span.source == self.span.source and span.source.line_column(span.start)[0] in self.lines


def silence(complaints: Iterable[Diagnostic], tree: Mapping) -> tuple[Diagnostic, ...]:
    """Leave out the warnings that comments silence, and name the comments that silence nothing (NN499).

    Where there are errors some warnings were not looked for, so that no comment can be said to be idle.
    """
    given = tuple(complaints)
    ignores = tuple(found for source, leaves in _sources(tree).items() for found in _ignores(source, leaves))
    if not ignores:
        return given
    idle = {(ignore, code) for ignore in ignores for code in _codes(ignore)}
    kept = []
    for each in given:
        hit = {(ignore, code) for ignore in ignores for code in _codes(ignore) if _silences(ignore, code, each)}
        idle -= hit
        if not hit:
            kept.append(each)
    if any(each.level == "error" for each in kept):
        return tuple(kept)
    own = [ignore for ignore in ignores if ignore.span.source == tree.span.source]
    return (*kept, *(found for ignore in own for found in _useless(ignore, {code for each, code in idle if each is ignore})))


def _codes(ignore: Ignore) -> tuple[str, ...]:
    return tuple(code for code, _ in ignore.codes) or ("",)


def _silences(ignore: Ignore, code: str, complaint: Diagnostic) -> bool:
    return complaint.level == "warning" and code in ("", complaint.code) and ignore.covers(complaint)


# ---------------------------------------------------------------- the comments
def _sources(tree: Mapping) -> dict[Source, list[tuple[Leaf, bool]]]:
    """The texts that a tree was read from, each with its leaves in order, and whether these are prose."""
    found: dict[Source, list[tuple[Leaf, bool]]] = {tree.span.source: []}
    for leaf, prose in _leaves(tree):
        found.setdefault(leaf.span.source, []).append((leaf, prose))
    return {source: sorted(leaves, key=lambda each: each[0].span.start) for source, leaves in found.items()}


def _leaves(node: Node, *, prose: bool = False) -> Iterator[tuple[Leaf, bool]]:
    match node:
        case Leaf():
            yield node, prose
        case Mapping(entries=entries):
            for entry in entries:
                yield entry.key, False
                yield from _leaves(entry.value, prose=entry.key.text == _PROSE)
        case _:
            for item in node.items:
                yield from _leaves(item, prose=prose)


def _ignores(source: Source, leaves: Sequence[tuple[Leaf, bool]]) -> Iterator[Ignore]:
    starts = [leaf.span.start for leaf, _ in leaves]
    for match in _COMMENT.finditer(source.text):
        k = bisect_right(starts, match.start()) - 1
        leaf, prose = leaves[k] if k >= 0 else (None, False)
        line = source.line_column(match.start())[0]
        before = source.text[source.line_start(line) : match.start()]
        if leaf is not None and match.start() < leaf.span.end and not _is_comment(leaf, line, prose=prose):
            continue
        if before and before[-1] not in " \t":
            continue  # as in `{a: 1}#`, which is no comment
        span = Span(source, match.start(), match.start() + len(match[0].rstrip()))
        words = tuple(
            (word[0].upper(), Span(source, match.start("codes") + word.start(), match.start("codes") + word.end()))
            for word in _WORD.finditer(match["codes"])
        )
        yield Ignore(span, _lines(leaf, line), words, not before.strip())


def _is_comment(leaf: Leaf, line: int, *, prose: bool) -> bool:
    """Whether a comment can stand inside of a leaf: in a formula over several lines, and behind `|` and `>`."""
    if leaf.style not in ("literal", "folded"):
        return False
    return not prose or line == leaf.span.source.line_column(leaf.span.start)[0]


def _lines(leaf: Leaf | None, line: int) -> range:
    """The line of the comment; behind a formula that cannot hold comments, all lines of that formula."""
    if leaf is None or leaf.style in ("literal", "folded") or leaf.span.start == leaf.span.end:
        return range(line, line + 1)
    source = leaf.span.source
    first, last = source.line_column(leaf.span.start)[0], source.line_column(leaf.span.end)[0]
    return range(first if last == line else line, line + 1)


# ---------------------------------------------------------------- comments that do nothing
def _useless(ignore: Ignore, idle: set[str]) -> list[Diagnostic]:
    """NN499, for the whole comment or for some of its codes."""
    unknown = {code for code in idle if code and code not in codes()}
    if idle == set(_codes(ignore)) and not unknown:
        return [_whole(ignore)]
    return [_one(ignore, k, code in unknown) for k, (code, _) in enumerate(ignore.codes) if code in idle]


def _whole(ignore: Ignore) -> Diagnostic:
    many = "warning" if not ignore.codes else "such warning"
    if ignore.alone:
        helps: tuple[str, ...] = ("put it at the end of the line of the warning, or delete it",)
        fixes: tuple[Fix, ...] = ()
    else:
        text, start = ignore.span.source.text, ignore.span.start
        while text[start - 1] in " \t":
            start -= 1
        helps, fixes = ("delete the comment",), (Fix("machine", (Edit(start, ignore.span.end, ""),)),)
    return Diagnostic(USELESS, "this comment silences nothing", ignore.span, f"there is no {many} on this line",
                      helps=helps, fixes=fixes, level="warning")  # fmt: skip


def _one(ignore: Ignore, k: int, unknown: bool) -> Diagnostic:
    code, span = ignore.codes[k]
    label = "there is no such code" if unknown else "there is no such warning on this line"
    near = nearest(code, codes()) if unknown and code.startswith("NN") else None
    if near:
        return Diagnostic(USELESS, f"`{span.text}` silences nothing", span, label, level="warning",
                          helps=(f"did you mean `{near}`?",))  # fmt: skip
    start = ignore.codes[k - 1][1].end if k else span.start
    end = span.end if k or len(ignore.codes) == 1 else ignore.codes[1][1].start
    # Without its only code the comment would silence everything.
    fixes = (Fix("maybe" if unknown else "machine", (Edit(start, end, ""),)),) if len(ignore.codes) > 1 else ()
    helps = ("codes are written `NN491`; a reason stands behind another `#`",) if unknown else ("delete the code",)
    return Diagnostic(USELESS, f"`{span.text}` silences nothing", span, label, helps=helps, fixes=fixes, level="warning")
