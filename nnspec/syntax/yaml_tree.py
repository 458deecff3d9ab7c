"""YAML files to trees: a strict profile in which every leaf is text and every character has its place.

PyYAML's events are read instead of its nodes: they come one at a time, so that nesting and alias bombs are
refused before anything is built, and nothing recurses. The pure-Python loader is used, because the one in C
crashes on deep nesting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnspec.syntax.tree import Entry, Leaf, Mapping, Node, Sequence, Style
from nnspec.syntax.yaml_commas import swallowed_commas
from nnspec.syntax.yaml_hints import anchor, explain, tag
from nnspec.syntax.yaml_offsets import offsets
from nnspec.text.diagnostic import Diagnostic, Label, SpecError
from nnspec.text.source import BYTE_ORDER_MARK, Source, Span

DEEPEST = 40
LARGEST = 1_000_000
_STYLES: dict[str | None, Style] = {None: "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
_NULL = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass
class _Frame:
    """A list or mapping that is being read; `key` waits for its value."""

    kind: type[Sequence] | type[Mapping]
    start: int
    flow: bool
    items: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    key: Leaf | None = None


class _Reader:
    """Collects the tree and everything that is wrong with it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []
        self.stack: list[_Frame] = []
        self.root: Node | None = None
        self.documents = 0

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, max(start, end))

    def event(self, event: Any) -> None:
        """Take one event of PyYAML."""
        match type(event).__name__:
            case "DocumentStartEvent":
                self.document(event)
            case "AliasEvent":
                self.refuse_anchor(event.start_mark.index)
                place = self.span(event.start_mark.index, event.end_mark.index)
                self.add(Leaf("", place, "plain", range(place.start, place.start + 1), null=True))
            case "ScalarEvent":
                self.refuse_properties(event)
                self.add(self.leaf(event))
            case "SequenceStartEvent":
                self.open(event, Sequence)
            case "MappingStartEvent":
                self.open(event, Mapping)
            case "SequenceEndEvent" | "MappingEndEvent":
                self.close(event.end_mark.index)

    def document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            span = self.span(event.start_mark.index, event.start_mark.index + 3)
            helps = ("put it into a file of its own",)
            self.problems.append(Diagnostic("NN008", "a second document", span, "starts here", helps=helps))
            raise SpecError(self.problems)

    def refuse_properties(self, event: Any) -> None:
        start = event.start_mark.index
        if event.anchor is not None:
            self.refuse_anchor(start)
        if event.tag is not None:
            self.problems.append(tag(self.word(start)))

    def refuse_anchor(self, start: int) -> None:
        self.problems.append(anchor(self.word(start)))

    def word(self, start: int) -> Span:
        match = re.compile(r"[^\s,\]}]*").match(self.source.text, start)
        return self.span(start, match.end() if match else start)

    def leaf(self, event: Any) -> Leaf:
        style = _STYLES[event.style]
        start, end = event.start_mark.index, event.end_mark.index
        places = offsets(self.source.text, start, end, event.value, style)
        if style in {"literal", "folded"}:
            end = start + len(self.source.text[start:end].rstrip())
        null = style == "plain" and event.value in _NULL
        return Leaf(event.value, self.span(start, end), style, places, null)

    def open(self, event: Any, kind: type[Sequence] | type[Mapping]) -> None:
        self.refuse_properties(event)
        start = event.start_mark.index
        if len(self.stack) >= DEEPEST:
            message, span = f"the file is nested more than {DEEPEST} levels deep", self.span(start, start + 1)
            self.problems.append(Diagnostic("NN003", message, span, "one level too many"))
            raise SpecError(self.problems)
        self.stack.append(_Frame(kind, start, bool(event.flow_style)))

    def close(self, end: int) -> None:
        frame = self.stack.pop()
        children: list[Node] = [*frame.items, *(entry.value for entry in frame.entries)]
        if not frame.flow and children:
            end = children[-1].span.end
        if frame.kind is Sequence:
            self.commas(frame)
            self.add(Sequence(tuple(frame.items), self.span(frame.start, end)))
            return
        swallowed = self.commas(frame)
        self.repeated([entry.key for k, entry in enumerate(frame.entries) if k not in swallowed])
        self.add(Mapping(tuple(frame.entries), self.span(frame.start, end)))

    def add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if frame.kind is Sequence:
            frame.items.append(node)
        elif frame.key is not None:
            frame.entries.append(Entry(frame.key, node))
            frame.key = None
        else:
            frame.key = self.as_key(node)

    def as_key(self, node: Node) -> Leaf:
        if not isinstance(node, Leaf):
            helps = ('quote a key that starts with a bracket: `"[a]": …`',)
            self.problems.append(Diagnostic("NN001", "a key must be a text", node.span, "not a text", helps=helps))
            start = node.span.start
            return Leaf(f"\0{start}", node.span, "plain", (start,) * (len(str(start)) + 2))
        if node.text == "<<" and node.style == "plain":
            helps = ("write the keys out, or use `extends` to build on another file",)
            label = "YAML reads a merge key"
            self.problems.append(Diagnostic("NN005", "merge keys are not used in specs", node.span, label, helps=helps))
        return node

    def commas(self, frame: _Frame) -> frozenset[int]:
        """Complain about commas of formulas; returns the numbers of the entries that are no entries."""
        if not frame.flow:
            return frozenset()
        swallowed, problems = swallowed_commas(self.source, frame.items, frame.entries)
        self.problems += problems
        return swallowed

    def repeated(self, keys: list[Leaf]) -> None:
        """Complain about each key that was there before."""
        first: dict[str, Leaf] = {}
        for key in keys:
            earlier = first.setdefault(key.text, key)
            if earlier is not key:
                secondary = (Label(earlier.span, "first time here"),)
                helps = ("YAML keeps only the last one; delete one of the two",)
                message = f"`{key.text}` is given twice"
                self.problems.append(Diagnostic("NN002", message, key.span, "second time here", secondary, helps=helps))


def _read(source: Source) -> Node | None:
    """Read any node; None for an empty text."""
    import yaml

    if len(source.text) > LARGEST:
        message = f"the file has more than {LARGEST:,} characters"
        raise SpecError(Diagnostic("NN004", message, where=source.name, helps=("keep data in files of their own",)))
    reader = _Reader(source)
    try:
        for event in yaml.parse(source.text, Loader=yaml.SafeLoader):
            reader.event(event)
    except yaml.YAMLError as error:
        raise SpecError([*reader.problems, explain(source, error)]) from None
    except RecursionError:
        raise SpecError(Diagnostic("NN003", "the file is nested too deeply", where=source.name)) from None
    if reader.problems:
        raise SpecError(reader.problems)
    return reader.root


def read_tree(source: Source) -> Mapping:
    """Read a spec."""
    root = _read(source)
    if isinstance(root, Mapping):
        return root
    helps = ("start with `nnspec: 1`, `name: …`, `model: …`",)
    if root is None or (isinstance(root, Leaf) and root.null):
        start, label = Span(source, 0, 0), "keys and values are expected here"
        raise SpecError(Diagnostic("NN001", "the spec is empty", start, label, helps=helps))
    kind = "a list" if isinstance(root, Sequence) else "a text"
    span = Span(source, root.span.start, root.span.start + len(root.span.text.split("\n")[0].rstrip()))
    message = f"a spec is a mapping of keys to values, not {kind}"
    raise SpecError(Diagnostic("NN001", message, span, f"{kind} starts here", helps=helps))


def read_text(text: str, name: str = "<text>") -> Mapping:
    """Read a spec that does not come from a file."""
    return read_tree(Source(name, text))


def read_value(text: str, name: str) -> Node:
    """Read one value as it would stand behind `key: ` in a file, for the command line."""
    source = Source(name, text)
    root = _read(source)
    if root is None:
        return Leaf("", Span(source, 0, 0), "plain", range(1), null=True)
    if not isinstance(root, Leaf) and source.text[root.span.start] not in "[{":
        span = Span(source, root.span.start, root.span.end)
        helps = ("write it as `{key: value}` or `[item, item]`, or quote it",)
        label = "YAML reads more than one"
        raise SpecError(Diagnostic("NN010", "one value is expected here", span, label, helps=helps))
    return root


def _unreadable(path: Path, message: str) -> SpecError:
    return SpecError(Diagnostic("NN009", message, where=str(path)))


def read_source(path: str | Path) -> Source:
    """Read the bytes of a file as UTF-8; a byte-order mark is left out, line ends stay as they are."""
    path = Path(path)
    try:
        if path.is_dir():
            raise _unreadable(path, "this is a folder, not a file")
        with path.open("rb") as file:
            data = file.read(4 * LARGEST + 1)
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file") from None
    except OSError as error:
        raise _unreadable(path, f"the file cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(data) > 4 * LARGEST:
        helps = ("keep data in files of their own",)
        raise SpecError(Diagnostic("NN004", "the file is larger than 1 MB", where=str(path), helps=helps))
    try:
        return Source(str(path), data.decode("utf-8").removeprefix(BYTE_ORDER_MARK))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _unreadable(path, f"the file is not UTF-8 text: byte {error.start}, line {line}") from None
