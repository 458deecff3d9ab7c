"""Every value of `physics_values.json` that a spec can compute, by the module of its family.

A module of `families` names its `FAMILIES`, the first part of the records' ids, and has `measure(record, folder)`, which
runs a spec and gives numbers, or pairs of a number and its standard error; `measure_many(records, folder)`, where it has
one, does the same for all of them, by id. `NotComputable` says why a record has no spec. Its `TOLERANCE`, relative to the
largest entry, is 1e-9 without being given, and absolute where the value is zero; where it has `allowed(record)`, that is all
that numbers may be off, absolutely.
"""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from families import NotComputable

from nnspec.run.execute import ComputingError
from nnspec.stages import SpecError

HERE = Path(__file__).parent
KEPT = HERE / "physics_values.json"
NOT_COVERED: dict[str, str] = json.loads((HERE / "not_covered.json").read_text())
ERRORS = 4.5  # of a sampled number: false alarms in 7e-6 of the numbers


def modules() -> Iterator[ModuleType]:
    for path in sorted((HERE / "families").glob("[a-z]*.py")):
        yield importlib.import_module(f"families.{path.stem}")


BY_FAMILY = {family: module for module in modules() for family in getattr(module, "FAMILIES", ())}


@cache
def records(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The records of a file by family."""
    found: dict[str, list[dict[str, Any]]] = {}
    for record in json.loads(path.read_text()):
        found.setdefault(record["id"].split(".")[0], []).append(record)
    return found


@cache
def measured(family: str, path: Path, folder: Path) -> dict[str, Any]:
    """Numbers, or why there are none, by id; what went wrong with one record is no reason to leave out the others."""
    module, wanted = BY_FAMILY[family], records(path).get(family, [])
    if hasattr(module, "measure_many"):
        return dict(module.measure_many(wanted, folder))
    found: dict[str, Any] = {}
    for record in wanted:
        try:
            found[record["id"]] = module.measure(record, folder)
        except (NotComputable, ComputingError, SpecError) as why:
            found[record["id"]] = why
    return found


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("values")


def complaint(record: dict[str, Any], found: Any, tolerance: float, allowed: float | None = None) -> str | None:
    """What is wrong with a measured value; None when it agrees."""
    if isinstance(found, Exception):
        return f"{record['id']}: {found}"
    want = np.asarray(record["value"], dtype=float).reshape(-1)
    if isinstance(found, tuple):  # values and their errors
        found = np.stack([np.asarray(part, dtype=float).reshape(-1) for part in found], axis=1)
    got = np.asarray(found, dtype=float).reshape(want.size, -1)  # a value, and perhaps its error
    if not np.all(np.isfinite(got)):
        return f"{record['id']}: {got[:, 0]} is not finite"
    scale = float(np.max(np.abs(want))) or 1.0
    allowed = max(tolerance, 0.5 * 10.0 ** (1 - record["digits"])) * scale if allowed is None else allowed
    if got.shape[1] == 2:
        allowed = allowed + ERRORS * got[:, 1]
    off = np.abs(got[:, 0] - want)
    if np.all(off <= allowed):
        return None
    return f"{record['id']}: {got[:, 0]} is off by {float(np.max(off)):.2e} (allowed {float(np.max(allowed)):.1e}) from {want}"


SLOW = sorted(family for family, module in BY_FAMILY.items() if getattr(module, "SLOW", False))
"""Families that take minutes: chains, and training."""


def marked(families: list[str]) -> list[Any]:
    return [pytest.param(family, marks=[pytest.mark.slow] if family in SLOW else []) for family in families]


@pytest.mark.parametrize("family", marked(sorted(BY_FAMILY)))
def test_values_of_a_family(family: str, values_file: Path, folder: Path) -> None:
    """Tolerances are those of the module and the digits of the record; of sampled numbers 4.5 errors more."""
    wanted = {record["id"]: record for record in records(values_file).get(family, [])}
    found = measured(family, values_file, folder)
    assert set(found) == set(wanted), "some records were forgotten"
    tolerance = getattr(BY_FAMILY[family], "TOLERANCE", 1e-9)
    allowed = getattr(BY_FAMILY[family], "allowed", lambda _: None)
    wrong = [
        complaint(wanted[key], value, tolerance, allowed(wanted[key]))
        for key, value in found.items()
        if not isinstance(value, NotComputable)
    ]
    assert not any(wrong), "\n".join(filter(None, wrong))


def prefix(key: str) -> str | None:
    """The longest entry of the list that an id begins with."""
    return max((each for each in NOT_COVERED if key == each or key.startswith(f"{each}.")), key=len, default=None)


@pytest.mark.parametrize("slow", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_what_is_not_covered_is_listed(slow: bool, values_file: Path, folder: Path) -> None:
    """Nothing vanishes: each record without a number is under an entry of `not_covered.json` with the same reason."""
    missing: dict[str, str] = {}
    for family, wanted in records(values_file).items():
        if family in SLOW and not slow:
            continue
        if family not in BY_FAMILY:
            missing |= {record["id"]: "" for record in wanted}
            continue
        found = measured(family, values_file, folder)
        missing |= {key: str(why) for key, why in found.items() if isinstance(why, NotComputable)}
    summary = [f"{key}: {why or 'no module computes this family'}" for key, why in missing.items()]
    print("\n".join(summary))
    unlisted = [
        key for key, why in missing.items() if prefix(key) is None or (why and NOT_COVERED[str(prefix(key))] != why)
    ]
    assert not unlisted, "not computed, and not listed with this reason:\n" + "\n".join(
        line for line in summary if line.split(": ")[0] in unlisted
    )
    if values_file == KEPT:
        listed = {key for key in NOT_COVERED if slow or key.partition(".")[0] not in SLOW}
        stale = listed - {prefix(key) for key in missing}
        assert not stale, f"listed, and computed: {sorted(stale)}"


def test_a_wrong_value_is_caught() -> None:
    record = {"id": "a.b", "value": [1.0, -2.0], "digits": 12}
    assert complaint(record, [1.0, -2.0 + 1e-10], 1e-10) is None
    assert "off by 1.00e-09" in str(complaint(record, [1.0, -2.0 + 1e-9], 1e-10))
    assert "not finite" in str(complaint(record, [math.nan, -2.0], 1e-10))
    assert complaint(record, [(1.04, 0.01), (-2.0, 0.01)], 1e-10) is None
    assert complaint(record, [(1.05, 0.01), (-2.0, 0.01)], 1e-10) is not None
    assert complaint({"id": "z", "value": 0.0, "digits": 10}, [1e-8], 1e-9) is not None
