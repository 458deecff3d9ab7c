"""A run folder read back: all of it belongs together, or something is said."""

from __future__ import annotations

from pathlib import Path

from nnspec.result.dataset import DamagedResult, read_all
from nnspec.result.estimate import Estimate
from nnspec.result.record import DamagedRecord, RunRecord

PARTS = ("run.json", "results.nc", "spec.yaml", "resolved.yaml")


def read_folder(path: Path) -> tuple[RunRecord, tuple[Estimate, ...]]:
    """The record of a run, and its estimates.

    Raises:
        DamagedRecord: When the record cannot be read, or a file is missing.
        DamagedResult: When the arrays cannot be read, or are those of another run.
        NewerFormat: When a newer nnspec made it.
        OSError: When there is no run folder.
    """
    missing = [name for name in PARTS if not (path / name).exists()]
    if "run.json" in missing and "results.nc" not in missing:
        raise DamagedRecord(path / "run.json", "it is missing")
    record = RunRecord.read(path / "run.json")
    if missing:
        raise DamagedRecord(path / missing[0], "it is missing")
    estimates, texts = read_all(path / "results.nc")
    if texts.get("digest") != record.digest:
        raise DamagedResult(path / "results.nc", "they are those of another run than `run.json` tells of")
    return record, tuple(estimates)
