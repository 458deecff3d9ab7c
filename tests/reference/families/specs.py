"""What the families have in common: a spec from its parts, and the run of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nnspec


def formula(name: str, let: Mapping[str, Any], data: Mapping[str, Any], model: str, observables: Mapping[str, str]) -> str:
    """A spec with a block model."""
    lines = ["nnspec: 1", f"name: {name}", f"let: {json.dumps(dict(let))}", f"data: {json.dumps(dict(data))}", "model: |"]
    lines += [f"  {line}" for line in model.strip().splitlines() if line]
    lines += ["observables:", *(f"  {key}: {value}" for key, value in observables.items())]
    return "\n".join(lines) + "\n"


def correlators(n: int, *, connected: bool = True, at: str = "pts") -> str:
    """One exact correlator."""
    return f"{{correlator: {{n: {n}, at: {at}, connected: {str(connected).lower()}, method: exact}}}}"


def run(text: str, folder: Path) -> Any:
    """The run of a spec; one that was computed before is found again."""
    return nnspec.loads(text).run(folder, plots=False)


def value(text: str, folder: Path, name: str) -> Any:
    """The array of one observable."""
    return run(text, folder)[name].value


def points(x: list[Any]) -> list[list[float]]:
    """Points as lists of their components."""
    return [list(map(float, p)) if isinstance(p, list) else [float(p)] for p in x]
