"""Specs as text, computed without files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnspec.result.estimate import Estimate
from nnspec.run.run import run
from nnspec.stages import loads

MEMORY = 4.0 * 2**30


def computed(text: str) -> dict[str, Estimate]:
    """The estimates of a spec by name."""
    checked = loads(text).check()
    finished = run(checked.plan, checked.spec.words, lambda _: None, command_line=(), memory=MEMORY)
    return {estimate.name: estimate for estimate in finished.outcome.estimates}


@pytest.fixture(scope="session")
def compute() -> Callable[[str], dict[str, Estimate]]:
    return computed


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    """Records of `physics_values.json` by their id."""
    path = Path(__file__).parent.parent / "reference" / "physics_values.json"
    return {record["id"]: record for record in json.loads(path.read_text())}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run folders of earlier tests are not found."""
    monkeypatch.chdir(tmp_path)
