"""An open document at one moment: its text, and what can be known about it, worked out when first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from nnspec.check.pins import pinned
from nnspec.document.read import Complaints
from nnspec.lsp.found import Survey
from nnspec.lsp.meanings import Meanings, meanings
from nnspec.lsp.positions import Moved, Text
from nnspec.lsp.slots import Keys, spec_slot
from nnspec.lsp.survey import survey
from nnspec.plugin.vocabulary import Vocabulary, load_vocabulary
from nnspec.stages import Spec, loads_source
from nnspec.syntax.tree import Leaf, Mapping
from nnspec.syntax.yaml_tree import read_tree
from nnspec.text.diagnostic import Diagnostic, SpecError
from nnspec.text.source import Source


@dataclass(frozen=True)
class Plugins:
    """Where words come from, as on the command line."""

    files: tuple[str, ...] = ()
    none: bool = False


@dataclass(frozen=True)
class Sketch:
    """A text that was YAML: its own tree, that with what it extends, the words it is read with, and what they mean."""

    source: Source
    own: Mapping
    tree: Mapping
    words: Vocabulary
    survey: Survey
    meanings: Meanings


@dataclass(frozen=True, eq=False)
class Sheet:
    """A document between two changes of it; `before` is the last sketch of an earlier text that was YAML."""

    uri: str
    name: str
    version: int | None
    plain: str
    units: str = "utf-16"
    plugins: Plugins = Plugins()
    before: Sketch | None = field(default=None, repr=False)

    def changed(self, plain: str, version: int | None) -> Sheet:
        """The document after a change."""
        known = self.__dict__.get("sketch")  # not worked out for its own sake
        return Sheet(self.uri, self.name, version, plain, self.units, self.plugins, known or self.before)

    @cached_property
    def text(self) -> Text:
        """The text with its positions."""
        return Text(self.plain, self.units)

    @property
    def words(self) -> Vocabulary:
        """The vocabulary; with the words that pinned plugins promise."""
        return self.last.words if self.last is not None else self._installed

    @property
    def _installed(self) -> Vocabulary:
        return load_vocabulary(self.plugins.files, self.plugins.none)

    @property
    def slot(self) -> Keys:
        """What may stand where."""
        return _slot(self.words)

    @cached_property
    def source(self) -> Source:
        """The text under its name, which is the path of a file: specs that it extends are looked for beside it."""
        return Source(self.name, self.plain)

    @cached_property
    def own(self) -> Mapping | SpecError:
        """The tree of this text alone, if it is YAML."""
        try:
            return read_tree(self.source)
        except SpecError as error:
            return error

    @cached_property
    def read(self) -> Spec | SpecError:
        """The spec with what it extends, if all of it can be read."""
        try:
            return loads_source(self.source, plugin_files=self.plugins.files, no_plugins=self.plugins.none)
        except SpecError as error:
            return error

    @property
    def extends(self) -> Leaf | None:
        """Where this text, or the last one that was YAML, names the spec that it extends."""
        value = self.last.own.get("extends") if self.last is not None else None
        return value if isinstance(value, Leaf) and not value.null else None

    @property
    def base(self) -> Path | None:
        """The file that is extended, if it is there."""
        leaf = self.extends
        path = Path(self.name).resolve().parent / leaf.text if leaf is not None else None
        return path if path is not None and path.is_file() else None

    @cached_property
    def complaints(self) -> tuple[Diagnostic, ...]:
        """All that is wrong with it."""
        if isinstance(self.read, SpecError):
            return self.read.diagnostics
        try:
            return self.read.check().warnings
        except SpecError as error:
            return error.diagnostics

    @cached_property
    def sketch(self) -> Sketch | None:
        """Its own sketch, None when it is not YAML; what it extends is part of it if it can be read."""
        if isinstance(self.own, SpecError):
            return None
        tree = self.own if isinstance(self.read, SpecError) else self.read.tree
        plugins = tree.get("plugins")
        words = self._installed if plugins is None else pinned(plugins, self._installed, Complaints())
        found = survey(tree, _slot(words), words.datasets)
        return Sketch(self.source, self.own, tree, words, found, meanings(tree, words))

    @cached_property
    def last(self) -> Sketch | None:
        """Its own sketch or that of the last text that was YAML."""
        return self.sketch or self.before

    @cached_property
    def moved(self) -> Moved:
        """The way between the text of `last` and this one."""
        last = self.last
        return Moved(last.source.text if last else "", self.plain)


@lru_cache(maxsize=4)
def _slot(words: Vocabulary) -> Keys:
    return spec_slot(words)
