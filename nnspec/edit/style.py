"""A model rewritten from the tree form to the block form and back, comments included; the rest of the file stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nnspec.check.experiment import check
from nnspec.edit.forms import block_form, tree_form
from nnspec.edit.places import places
from nnspec.edit.sayings import Saying, Sayings, Unfit, sayings
from nnspec.ir.digest import digest
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.expr_parse import Start, parse_text
from nnspec.syntax.show import show
from nnspec.syntax.tree import Entry, Leaf, Mapping
from nnspec.syntax.yaml_tree import read_tree
from nnspec.text.diagnostic import Diagnostic, SpecError
from nnspec.text.source import Source

Style = Literal["tree", "block"]
_LINE = re.compile(r"(?P<blank>[ \t]*)(?P<rest>[^\r\n]*)(?:\r\n|\n|\r|\Z)")


@dataclass(frozen=True)
class Restyled:
    """The new text of a spec; `note` says why it is the old one, where there was something against it."""

    text: str
    note: str = ""


def restyle(source: Source, words: Vocabulary, style: Style) -> Restyled:
    """The spec with its model in a form; one made of layers, or without a model, stays as it is.

    Raises:
        SpecError: when the model cannot be read, or when its meaning would change (NN730).
    """
    tree = read_tree(source)
    entry = next((each for each in tree.entries if each.key.text == "model"), None)
    if entry is None:
        return Restyled(source.text, "it has no model")
    if _has(entry) == style:
        return Restyled(source.text)
    if isinstance(entry.value, Mapping) and entry.value.get("layers") is not None:
        return Restyled(source.text, "its model is made of layers, which have one form only")
    if source.line_column(entry.key.span.start)[1] != 1:
        return Restyled(source.text, "it is written between braces")
    _must_be_read(tree, words)
    try:
        model = sayings(entry, end_of(entry))
        lines = tree_form(model) if style == "tree" else block_form(model)
    except Unfit as reason:
        return Restyled(source.text, f"{reason}, so its model stays as it is")
    text = replaced(entry, lines)
    _compare(tree, model, Source(source.name, text), words)
    return Restyled(text)


def _must_be_read(tree: Mapping, words: Vocabulary) -> None:
    """Faults of formulas are told where they stand."""
    problems: list[Diagnostic] = []
    for place in places(tree, words):
        try:
            place.parse()
        except SpecError as error:
            problems += error.diagnostics
    if problems:
        raise SpecError(problems)


def _has(entry: Entry) -> Style:
    return "block" if isinstance(entry.value, Leaf) and entry.value.style in ("literal", "folded") else "tree"


def replaced(entry: Entry, lines: list[str]) -> str:
    """The text of the file with other lines in place of an entry, comments in it included."""
    source = entry.key.span.source
    match = re.search(r"\r\n|\n|\r", source.text)
    stop = match[0] if match else "\n"
    end = end_of(entry)
    rest = source.text[end:]
    closed = "" if not rest and not source.text.endswith(("\n", "\r")) else stop
    return source.text[: entry.key.span.start] + stop.join(lines) + closed + rest


def end_of(entry: Entry) -> int:
    """Where an entry at the left margin ends: behind its last line, and behind comments indented more than its key."""
    source = entry.key.span.source
    end = done = _line_end(source.text, entry.value.span.end)
    while done < len(source.text):
        match = _LINE.match(source.text, done)
        assert match is not None
        if match["rest"] and not (match["blank"] and match["rest"].startswith("#")):
            break
        done = match.end()
        end = done if match["rest"] else end
    return end


def _line_end(text: str, place: int) -> int:
    match = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)").match(text, place)
    assert match is not None
    return match.end()


# ---------------------------------------------------------------- never another meaning
def _compare(before: Mapping, model: Sayings, after: Source, words: Vocabulary) -> None:
    """Compare what is said, comment by comment and formula by formula, and the digest where the spec has a meaning."""
    try:
        tree = read_tree(after)
        entry = next(each for each in tree.entries if each.key.text == "model")
        again = sayings(entry, end_of(entry))
        same = set(_said(model)) == set(_said(again)) and sorted(_comments(model)) == sorted(_comments(again))
        same = same and _digest(before, words) == _digest(tree, words)
        notes: tuple[str, ...] = ()
    except Unfit as reason:
        same, notes = False, (str(reason),)
    except SpecError as error:
        same, notes = False, tuple(f"{each.code}: {each.message}" for each in error.diagnostics[:1])
    if not same:
        message = "the other form would change what the spec says, so nothing was written"
        raise SpecError(Diagnostic("NN730", message, where=after.name, notes=notes))


def _said(model: Sayings) -> Iterator[tuple[str, str, str]]:
    for each in model.all:
        right: Start = "range" if each.kind == "index" else "expr"
        left: Start = "decl" if each.kind == "param" else "expr"
        yield each.kind, show(parse_text(each.left, left)) if each.left != "P" else "P", show(parse_text(each.right, right))


def _comments(model: Sayings) -> Iterator[str]:
    def of(saying: Saying) -> tuple[str, ...]:
        return *saying.above, *saying.beside

    yield from (comment for each in model.all for comment in of(each))
    yield from (each for each in (model.head, *model.foot) if each)


def _digest(tree: Mapping, words: Vocabulary) -> str | None:
    experiment = check(tree, words).experiment
    return digest(experiment) if experiment is not None else None
