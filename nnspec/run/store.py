"""Run folders: named by the meaning of the spec, written whole or not at all, never overwritten."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nnspec.ir.digest import digest
from nnspec.ir.experiment import Experiment
from nnspec.result.record import DamagedRecord, RunRecord


@dataclass(frozen=True)
class Folder:
    """Where a run lives once it is complete, and where it is written until then."""

    path: Path
    work: Path
    shards: Path
    """What shards of a run that is not complete left; every process that computes this run uses it."""

    @property
    def record(self) -> RunRecord | None:
        """The record of a complete run, None when there is none or it cannot be read."""
        try:
            return RunRecord.read(self.path / "run.json")
        except (OSError, DamagedRecord):
            return None


def folder(out: Path, experiment: Experiment) -> Folder:
    """`<name>-<12 hex of the digest>` under `out`."""
    name = f"{experiment.name}-{digest(experiment)[:12]}"
    return Folder(path=out / name, work=out / f".{name}.{os.getpid()}", shards=out / f".{name}.shards")


def open_work(place: Folder) -> Path:
    """A new, empty folder to write into; what processes left that are gone is removed."""
    for left in place.work.parent.glob(f"{place.work.stem}.*"):
        owner = left.suffix.removeprefix(".")
        if left == place.work or (owner.isdecimal() and not _alive(int(owner))):
            shutil.rmtree(left, ignore_errors=True)
    (place.work / "plots").mkdir(parents=True)
    return place.work


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's
    return True


def close_work(place: Folder) -> Path | None:
    """Move the finished run to its place; an older run there is kept beside it, and its new place returned.

    Other processes may do the same at the same time: nothing is looked at before it is done, and what failed is done again.
    """
    kept: Path | None = None
    while True:
        try:
            os.replace(place.work, place.path)
        except OSError as error:
            if not place.path.is_dir():  # a file, or nothing at all: no other run is to blame
                raise
            kept = _kept(place.path) or kept
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            return kept


def _kept(path: Path) -> Path | None:
    """Move an older run to the first free place; None when another process has just moved it."""
    for k in itertools.count(1):
        old = Path(f"{path}.old{k}")
        if old.exists():
            continue
        try:
            os.rename(path, old)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            return old
    return None


def drop_work(place: Folder) -> None:
    """Remove what an unfinished run left."""
    shutil.rmtree(place.work, ignore_errors=True)


def write_texts(work: Path, texts: Mapping[str, str]) -> None:
    """Small files by their names."""
    for name, text in texts.items():
        (work / name).write_bytes(text.encode())
