"""Specs made tidy: formulas spaced and spelt in one way, everything else byte for byte as it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.check.experiment import check
from nnspec.edit.places import Place, places
from nnspec.edit.rewrite import applied, rewrite
from nnspec.edit.spacing import respace
from nnspec.edit.spelling import Spelling, kept_names, respell
from nnspec.edit.style import Restyled, Style, restyle
from nnspec.ir.digest import digest
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.expr_tree import ExprNode
from nnspec.syntax.tree import Leaf, Mapping, Node, Sequence
from nnspec.syntax.yaml_tree import read_source, read_tree
from nnspec.text.diagnostic import Diagnostic, SpecError
from nnspec.text.source import Source


@dataclass(frozen=True)
class Tidied:
    """A file, its text, and the text that it should have; `note` says what could not be done."""

    path: Path
    before: str
    after: str
    note: str = ""

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return self.before != self.after

    def diff(self) -> str:
        """The change as a unified diff."""
        import difflib

        pair = (self.before.splitlines(keepends=True), self.after.splitlines(keepends=True))
        return "".join(difflib.unified_diff(*pair, str(self.path), f"{self.path} (formatted)"))

    def write(self) -> None:
        """Put the new text in the place of the old one: whole, with its permissions, mark and line ends."""
        rewrite(self.path, self.after)


def tidy_file(
    path: str | Path, words: Vocabulary, spelling: Spelling | None = None, style: Style | None = None
) -> Tidied:
    """Read a spec file and format it, its model in the tree form or the block form if asked; nothing is written.

    Raises:
        SpecError: when it cannot be read, or a formula in it, or when its meaning would change (NN730).
    """
    source = read_source(path)
    styled = restyle(source, words, style) if style is not None else Restyled(source.text)
    return Tidied(Path(path), source.text, tidy(Source(source.name, styled.text), words, spelling), styled.note)


def tidy(source: Source, words: Vocabulary, spelling: Spelling | None = None) -> str:
    """The text of a spec with its formulas in the usual form.

    Raises:
        SpecError: when there is a fault in it, or when its meaning would change (NN730).
    """
    tree = read_tree(source)
    formulas = _parsed(places(tree, words))
    text = applied(source.text, [edit for place, node in formulas for edit in respace(place, node)])
    if spelling is not None:
        text = _respelt(Source(source.name, text), words, spelling)
    if text != source.text:
        _same_meaning(tree, Source(source.name, text), words)
    return text


def _parsed(found: Iterable[Place]) -> list[tuple[Place, ExprNode]]:
    """Every formula with its tree; all faults at once."""
    out: list[tuple[Place, ExprNode]] = []
    problems: list[Diagnostic] = []
    for place in found:
        try:
            out.append((place, place.parse()))
        except SpecError as error:
            problems += error.diagnostics
    if problems:
        raise SpecError(problems)
    return out


def _respelt(source: Source, words: Vocabulary, spelling: Spelling) -> str:
    tree = read_tree(source)
    kept = kept_names(tree, words)
    return applied(source.text, [edit for place in places(tree, words) for edit in respell(place, spelling, kept)])


# ---------------------------------------------------------------- never another meaning
def _same_meaning(before: Mapping, after: Source, words: Vocabulary) -> None:
    """Compare formulas as trees, all other texts as they stand, and the digest where the spec has a meaning."""
    try:
        tree = read_tree(after)
        same = _essence(before, words) == _essence(tree, words) and _digest(before, words) == _digest(tree, words)
        notes: tuple[str, ...] = ()
    except SpecError as error:
        same, notes = False, tuple(f"{each.code}: {each.message}" for each in error.diagnostics[:1])
    if not same:
        message = "formatting would change what the spec says, so nothing was written"
        raise SpecError(Diagnostic("NN730", message, where=after.name, notes=notes))


def _essence(tree: Mapping, words: Vocabulary) -> Any:
    formulas = {id(place.leaf): node for place, node in _parsed(places(tree, words))}

    def of(node: Node) -> Any:
        if isinstance(node, Leaf):
            return formulas.get(id(node), (node.text, node.null))
        if isinstance(node, Sequence):
            return [of(item) for item in node.items]
        return [(of(entry.key), of(entry.value)) for entry in node.entries]

    return of(tree)


def _digest(tree: Mapping, words: Vocabulary) -> str | None:
    experiment = check(tree, words).experiment
    return digest(experiment) if experiment is not None else None
