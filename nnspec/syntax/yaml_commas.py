"""The commonest mistake of experienced users: a comma of a formula inside `{…}` or `[…]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nnspec.syntax.tree import Entry, Leaf, Node
from nnspec.syntax.yaml_hints import quoted
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Source


@dataclass(frozen=True, slots=True)
class _Part:
    """What stands between two commas: its key, its last text, and its first text."""

    key: str | None
    last: Leaf | None
    first: Leaf | None

    @property
    def open(self) -> int:
        """How many brackets the text leaves open."""
        plain = self.last is not None and self.last.style == "plain"
        return _depth(self.last.text) if self.last is not None and plain else 0


def _depth(text: str) -> int:
    return text.count("(") - text.count(")")


def _item(node: Node) -> _Part:
    leaf = node if isinstance(node, Leaf) else None
    return _Part(None, leaf, leaf)


def _entry(entry: Entry) -> _Part:
    if not isinstance(entry.value, Leaf):
        return _Part(entry.key.text, None, entry.key)
    # Without a value the key itself may be the first half of a formula.
    alone = entry.value.null and not entry.value.text
    return _Part(None if alone else entry.key.text, entry.key if alone else entry.value, entry.key)


def swallowed_commas(
    source: Source, items: Sequence[Node], entries: Sequence[Entry]
) -> tuple[frozenset[int], list[Diagnostic]]:
    """Find values of a flow collection that end inside brackets; also the numbers of what was split off."""
    parts = [_item(item) for item in items] or [_entry(entry) for entry in entries]
    swallowed: set[int] = set()
    problems: list[Diagnostic] = []
    for number, part in enumerate(parts):
        if number in swallowed or part.last is None or part.open <= 0:
            continue
        depth, last = part.open, number
        end = part.last.span.end
        while depth > 0 and last + 1 < len(parts) and parts[last + 1].last is not None:
            last += 1
            for leaf in (parts[last].first, parts[last].last):
                if depth > 0 and leaf is not None:  # the key, then the value
                    depth += _depth(source.text[end : leaf.span.end])
                    end = leaf.span.end
        second = parts[number + 1].first if number + 1 < len(parts) else None
        if depth <= 0 and second is not None:
            swallowed.update(range(number + 1, last + 1))
            whole = " ".join(source.text[part.last.span.start : end].split())
            problems.append(_complain(part.key, part.last, second, whole, mapping=not items))
    return frozenset(swallowed), problems


def _complain(key: str | None, leaf: Leaf, second: Leaf, whole: str, *, mapping: bool) -> Diagnostic:
    what, other = ("value", "key") if mapping and key is not None else ("key", "key") if mapping else ("item", "item")
    of = f"the value of `{key}`" if key is not None else f"{'an' if what == 'item' else 'a'} {what}"
    shown = quoted(whole) if key is None else f"{key}: {quoted(whole)}"
    return Diagnostic(
        "NN013",
        f"a comma inside `{'{…}' if mapping else '[…]'}` ended {of}",
        leaf.span,
        f"YAML read `{leaf.text}` as the whole {what}",
        (Label(second.span, f"and this as another {other}"),),
        helps=(f"quote it: `{shown}`", f"or write this {'mapping' if mapping else 'list'} over several lines"),
    )
