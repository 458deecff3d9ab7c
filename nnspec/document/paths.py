"""Places as paths, `model.layers[0].dense.width`: for machines that read complaints, for `--set` and for sweeps."""

from __future__ import annotations

import re
from dataclasses import replace

from nnspec.document.spec import MODEL_KEYS, NUMERICS, OPEN, OUTPUT, SWEEP, TOP
from nnspec.syntax.expr_build import fold
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node, Sequence
from nnspec.text.diagnostic import Diagnostic, SpecError, nearest
from nnspec.text.source import Source, Span

_PLAIN = re.compile(r"\w+")
_STEP = re.compile(r"""\.?(?:"(?P<quoted>[^"]*)"|(?P<plain>[^.\[\]"]+))|\[(?P<place>\d+)\]""")
MADE = ("numerics", "output")
"""Mappings that a path makes where the spec has none."""
Step = tuple[str, int, int]
"""A key, or `[k]` for the item k of a list, with the characters of the path that it is made of."""


def placed(complaint: Diagnostic, tree: Mapping) -> Diagnostic:
    """The complaint with the path of its place, where it has a place in the spec."""
    if complaint.path or complaint.span is None:
        return complaint
    return replace(complaint, path=path_of(tree, complaint.span))


def path_of(tree: Mapping, span: Span) -> str:
    """The keys and numbers that lead to the smallest part of a spec with this place in it."""
    path, node = "", _child(tree, span)
    while node is not None:
        step, value = node
        path += step if path else step.removeprefix(".")
        node = _child(value, span) if value is not None else None
    return path


def _child(node: Node, span: Span) -> tuple[str, Node | None] | None:
    """The step into a part, and the part; None behind it when the place is that of a key."""
    if isinstance(node, Sequence):
        inside = ((k, item) for k, item in enumerate(node.items) if _holds(item, span))
        return next(((f"[{k}]", item) for k, item in inside), None)
    if not isinstance(node, Mapping):
        return None
    for entry in node.entries:
        step = entry.key.text if _PLAIN.fullmatch(entry.key.text) else f'"{entry.key.text}"'
        if _holds(entry.key, span):
            return f".{step}", None
        if _holds(entry.value, span):
            return f".{step}", entry.value
    return None


def _holds(node: Node, inner: Span) -> bool:
    """Whether a place is in a node; a mapping that was merged from several files holds what its entries hold."""
    if isinstance(node, Mapping) and len({entry.key.span.source.name for entry in node.entries}) > 1:
        return any(_holds(entry.key, inner) or _holds(entry.value, inner) for entry in node.entries)
    outer = node.span
    return outer.source.name == inner.source.name and outer.start <= inner.start and inner.end <= outer.end


# ---------------------------------------------------------------- following a path
def steps(path: str) -> list[Step]:
    """The steps of a path.

    Raises:
        SpecError: NN801 for what is no path.
    """
    found: list[Step] = []
    place = 0
    while place < max(len(path), 1):
        match = _STEP.match(path, place)
        if match is None or match.end() == place or (place == 0 and path[0] in ".["):
            helps = (_quoted_key(path, place) or "as in `let.N` or `model.layers[0].dense.width`",)
            span = Span(Source("a path", path), place, len(path))
            raise SpecError(Diagnostic("NN801", f"`{path}` is no path", span, "not a key behind a dot", helps=helps))
        text = match["quoted"] if match["quoted"] is not None else match["plain"] or f"[{match['place']}]"
        found.append((text, match.end() - len(match[0].removeprefix(".")), match.end()))
        place = match.end()
    return found


def _quoted_key(path: str, place: int) -> str:
    """How a key with brackets is written, where a path stops at one; empty elsewhere."""
    start = path.rfind(".", 0, place) + 1
    if path[place : place + 1] != "[" or not start:
        return ""
    return f'a key with brackets stands in quotes: `{path[:start]}"{path[start:]}"`'


def find(tree: Mapping, path: str, place: Span | None = None) -> Node:
    """What stands at a path; `place` is where the path is written.

    Raises:
        SpecError: NN801, with the key that was probably meant.
    """
    node: Node = tree
    for step in steps(path):
        below = _below(node, step[0])
        if below is None:
            raise SpecError(absent(node, path, step, place))
        node = below
    return node


def _below(node: Node, step: str) -> Node | None:
    if step.startswith("[") and isinstance(node, Sequence):
        k = int(step[1:-1])
        return node.items[k] if k < len(node.items) else None
    entry = _entry(node, step)
    return entry.value if entry is not None else None


def _entry(node: Node, step: str) -> Entry | None:
    """The entry of a key, spaces aside: `w[i] in R^d` is the key however it is spaced."""
    if not isinstance(node, Mapping):
        return None
    wanted = _plain(step)
    return next((entry for entry in node.entries if _plain(entry.key.text) == wanted), None)


def _plain(key: str) -> str:
    """A key without spaces, its Greek letters spelt."""
    return fold("".join(key.split()))


def absent(node: Node, path: str, step: Step, place: Span | None) -> Diagnostic:
    """NN801 at the step that leads nowhere."""
    text, start, end = step
    keys = [entry.key.text for entry in node.entries] if isinstance(node, Mapping) else []
    head = path[:start]
    near = nearest(text, (*keys, *_KEYS.get(head.removesuffix("."), ())))
    inside = _one_deeper(node, text) if not head else ""
    span = Span(Source("a path", path), start, end) if place is None else _inside(place, path, start, end)
    if inside or near is not None:
        helps: tuple[str, ...] = (f"did you mean `{inside or head + str(near)}`?",)
    elif keys:
        helps = ("keys here: " + ", ".join(f"`{key}`" for key in keys[:12]) + (", ..." if len(keys) > 12 else ""),)
    else:
        size = len(node.items) if isinstance(node, Sequence) else 0
        helps = (f"items are numbered 0..{size - 1}",) if size else ()
    label = "no such key" if isinstance(node, Mapping) else "no such item" if isinstance(node, Sequence) else "a single value"
    return Diagnostic("NN801", f"the spec has no `{path}`", span, label, helps=helps)


def _one_deeper(tree: Node, name: str) -> str:
    """The path of a name that was written without its section."""
    let = _below(tree, "let")
    if let is not None and _entry(let, name) is not None:
        return f"let.{name}"
    return next((f"{root}.{name}" for root in ("numerics", "model") if name in _KEYS[root]), "")


def _inside(place: Span, path: str, start: int, end: int) -> Span:
    """A part of a path where it is written, if it is written there as it is."""
    at = place.source.text.find(path, place.start, max(place.end, place.start + len(path)))
    return place if at < 0 else Span(place.source, at + start, at + end)


_KEYS = {
    "": tuple(item.name for item in TOP), "model": tuple(item.name for item in MODEL_KEYS),
    "numerics": tuple(item.name for item in NUMERICS), "sweep": tuple(item.name for item in SWEEP),
    "output": tuple(item.name for item in OUTPUT),
}  # fmt: skip
"""The keys that mappings of the language may have, by the paths of these."""


def with_value(tree: Mapping, path: str, value: Node, key: Span) -> Mapping:
    """The tree with another value at a path, which must be there or be a key that a mapping may have.

    Args:
        tree: a spec.
        path: where the value goes.
        value: what stands there instead.
        key: where the path is written; complaints about a key that is not known will point there.

    Raises:
        SpecError: NN801.
    """
    made = _with(tree, steps(path), 0, path, value, key)
    assert isinstance(made, Mapping)
    return made


def _with(node: Node, path: list[Step], at: int, text: str, value: Node, key: Span) -> Node:
    if at == len(path):
        return value
    step = path[at]
    if isinstance(node, Sequence):
        below = _below(node, step[0])
        if below is None:
            raise SpecError(absent(node, text, step, key))
        k = int(step[0][1:-1])
        new = _with(below, path, at + 1, text, value, key)
        return Sequence((*node.items[:k], new, *node.items[k + 1 :]), node.span)
    if not isinstance(node, Mapping):
        raise SpecError(absent(node, text, step, key))
    entry = _entry(node, step[0])
    if entry is not None:
        changed = Entry(entry.key, _with(entry.value, path, at + 1, text, value, key))
        return Mapping(tuple(changed if each is entry else each for each in node.entries), node.span)
    head = text[: step[1]].removesuffix(".")
    if not head and step[0] in MADE and at + 1 < len(path):
        value = _with(Mapping((), key), path, at + 1, text, value, key)
        at = len(path) - 1
    closed = head in _KEYS and step[0] not in _KEYS[head]
    if at + 1 < len(path) or head in OPEN or closed or step[0].startswith("["):
        raise SpecError(absent(node, text, step, key))
    place = _inside(key, text, step[1], step[2])
    leaf = Leaf(step[0], place, "plain", range(place.start, place.start + len(step[0]) + 1))
    return Mapping((*node.entries, Entry(leaf, value)), node.span)
