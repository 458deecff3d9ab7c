"""Attempts: what reads a part of a spec, and keeps the complaint when the part is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nnspec.check.scope import Scope, Wrong
from nnspec.syntax.tree import Leaf
from nnspec.text.diagnostic import SpecError

T = TypeVar("T")


def parsed(scope: Scope, parse: Callable[[Leaf], T], leaf: Leaf) -> T | None:
    """A parsed leaf, or None with the complaints kept."""
    try:
        return parse(leaf)
    except SpecError as error:
        scope.complaints.found.extend(error.diagnostics)
        return None


def attempt(scope: Scope, read: Callable[[], T]) -> T | None:
    """What `read` gives, or None with its one complaint kept."""
    try:
        return read()
    except Wrong as wrong:
        if wrong.diagnostic is not None:
            scope.complaints.add(wrong.diagnostic)
        return None
