"""Where a run goes, looked at before anything is computed: hours of work shall not end at a folder that takes nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from nnspec.ir.digest import digest
from nnspec.ir.experiment import Experiment
from nnspec.result.estimate import Estimate
from nnspec.result.folder import read_folder
from nnspec.result.record import RunRecord
from nnspec.run.execute import ComputingError
from nnspec.text.diagnostic import Diagnostic

LEAST = 2**20
"""Bytes that must be free; a run folder is hardly ever smaller."""


def ready(out: Path) -> None:
    """See that run folders can be written to `out`, which need not be there.

    Raises:
        ComputingError: NN720 when they cannot, NN725 when the disk is full.
    """
    there = next(each for each in (out, *out.absolute().parents) if each.exists())
    if not there.is_dir():
        raise _refusal(out, f"`{there}` is a file, not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise _refusal(out, f"the folder `{there}` may not be written")
    if there == out:
        try:
            with tempfile.TemporaryFile(dir=out):
                pass
        except OSError as error:
            raise _refusal(out, f"the folder `{out}` takes no file: {str(error.strerror or error).lower()}") from error
    if hasattr(os, "statvfs"):
        disk = os.statvfs(there)
        if disk.f_blocks and disk.f_bavail * disk.f_frsize < LEAST:
            raise ComputingError(full(out))


def read_same(path: Path, experiment: Experiment) -> tuple[RunRecord, tuple[Estimate, ...]]:
    """What is in a run folder, if it is the run of this experiment.

    Raises:
        ComputingError: NN727 when the folder has the name of the run and is another one.
        DamagedRecord, DamagedResult, NewerFormat, OSError: when it cannot be read.
    """
    record, estimates = read_folder(path)
    if record.digest != digest(experiment):
        helps = ("move it elsewhere, or compute with `--force`, which keeps it beside the new one",)
        notes = (f"it is `{record.name}` with the digest {record.digest[:12]}",)
        raise ComputingError(Diagnostic("NN727", "the run folder holds another run", where=str(path), notes=notes, helps=helps))
    return record, estimates


def full(path: Path) -> Diagnostic:
    """NN725 with what to do."""
    helps = (
        "make room and give the same command again: a run goes on where it stopped", "write elsewhere with `--out DIR`",
        "`nnspec cache ls` shows what nnspec keeps, and `nnspec cache clear` removes it",
    )  # fmt: skip
    return Diagnostic("NN725", "the disk is full", where=str(path), helps=helps)


def _refusal(out: Path, message: str) -> ComputingError:
    helps = ("choose another folder with `--out DIR`",)
    return ComputingError(Diagnostic("NN720", message, where=str(out), helps=helps))
