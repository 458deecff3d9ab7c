"""Specs as text, computed without files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nnspec.run.run import Finished, run
from nnspec.stages import loads

MEMORY = 4.0 * 2**30


def finish(text: str, memory: float = MEMORY) -> Finished:
    """A spec computed and judged."""
    checked = loads(text).check()
    return run(checked.plan, checked.spec.words, lambda _: None, command_line=(), memory=memory)


@pytest.fixture(scope="session")
def compute() -> Callable[..., Any]:
    return finish
