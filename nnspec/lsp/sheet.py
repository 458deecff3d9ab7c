"""An open document at one moment: its text, and what can be known about it, worked out when first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from nnspec.lsp.meanings import Meanings, meanings
from nnspec.lsp.positions import Moved, Text
from nnspec.lsp.slots import Keys, spec_slot
from nnspec.lsp.survey import Survey, survey
from nnspec.plugin.vocabulary import Vocabulary, load_vocabulary
from nnspec.stages import Spec, loads_source
from nnspec.syntax.tree import Mapping
from nnspec.text.diagnostic import Diagnostic, SpecError
from nnspec.text.source import Source


@dataclass(frozen=True)
class Plugins:
    """Where words come from, as on the command line."""

    files: tuple[str, ...] = ()
    none: bool = False


@dataclass(frozen=True)
class Sketch:
    """A text that was YAML: its tree and its survey."""

    source: Source
    tree: Mapping
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

    @cached_property
    def words(self) -> Vocabulary:
        """The vocabulary."""
        return load_vocabulary(self.plugins.files, self.plugins.none)

    @cached_property
    def slot(self) -> Keys:
        """What may stand where."""
        return _slot(self.words)

    @cached_property
    def read(self) -> Spec | SpecError:
        """The spec, if it is YAML."""
        try:
            source = Source(self.name, self.plain)
            return loads_source(source, plugin_files=self.plugins.files, no_plugins=self.plugins.none)
        except SpecError as error:
            return error

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
        """Its own sketch, None when it is not YAML."""
        if isinstance(self.read, SpecError):
            return None
        tree = self.read.tree
        return Sketch(self.read.source, tree, survey(tree, self.slot), meanings(tree, self.words))

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
