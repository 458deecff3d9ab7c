"""One way to look at all parts of a node and one way to change them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from nnspec.ir.expr import Expr


def parts(node: Any) -> Iterator[tuple[str, Any]]:
    """Name and value of every field of a node that carries meaning."""
    for item in fields(node):
        if item.compare:
            yield item.name, getattr(node, item.name)


def children(node: Expr) -> tuple[Expr, ...]:
    """The direct sub-expressions, in order."""
    found: list[Expr] = []
    for _, value in parts(node):
        _collect(value, found)
    return tuple(found)


def _collect(value: Any, found: list[Expr]) -> None:
    if isinstance(value, Expr):
        found.append(value)
    elif isinstance(value, tuple):
        for item in value:
            _collect(item, found)


def walk(node: Any) -> Iterator[Expr]:
    """Every expression inside a node (an expression, a model, an experiment), parents first."""
    stack = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, Expr):
            yield top
        if isinstance(top, tuple):
            stack.extend(reversed(top))
        elif is_dataclass(top) and not isinstance(top, type):
            stack.extend(value for _, value in reversed(list(parts(top))))


def rewrite(node: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Rebuild a tree from its leaves up; `change` sees each node after its children were changed."""
    updates = {name: _rewritten(value, change) for name, value in parts(node)}
    same = all(updates[name] is value for name, value in parts(node))
    return change(node if same else replace(node, **updates))


def _rewritten(value: Any, change: Callable[[Expr], Expr]) -> Any:
    if isinstance(value, Expr):
        return rewrite(value, change)
    if isinstance(value, tuple):
        new = tuple(_rewritten(item, change) for item in value)
        return value if all(a is b for a, b in zip(new, value, strict=True)) else new
    return value
