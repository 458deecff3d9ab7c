"""Places as paths: `model.layers[0].dense.width`, for machines that read complaints."""

from __future__ import annotations

import re
from dataclasses import replace

from nnspec.syntax.tree import Mapping, Node, Sequence
from nnspec.text.diagnostic import Diagnostic
from nnspec.text.source import Span

_PLAIN = re.compile(r"\w+")


def placed(complaint: Diagnostic, tree: Mapping) -> Diagnostic:
    """The complaint with the path of its place, where it has a place in the spec."""
    if complaint.path or complaint.span is None or complaint.span.source is not tree.span.source:
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
        inside = ((k, item) for k, item in enumerate(node.items) if _holds(item.span, span))
        return next(((f"[{k}]", item) for k, item in inside), None)
    if not isinstance(node, Mapping):
        return None
    for entry in node.entries:
        step = entry.key.text if _PLAIN.fullmatch(entry.key.text) else f'"{entry.key.text}"'
        if _holds(entry.key.span, span):
            return f".{step}", None
        if _holds(entry.value.span, span):
            return f".{step}", entry.value
    return None


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
