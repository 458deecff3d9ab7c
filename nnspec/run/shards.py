"""What shards leave, kept on disk until the run is complete, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.result.files import write_bytes

Statistics = Mapping[str, Any]
_SUM = 64
"""Characters of the checksum in front of a file."""


@dataclass(frozen=True)
class Shelf:
    """The shards of one program: a folder with one file for each; `None` keeps nothing."""

    folder: Path | None = None

    def of(self, *names: str) -> Shelf:
        """The shelf of a program, named by everything that its numbers depend on besides the spec."""
        if self.folder is None:
            return self
        return Shelf(self.folder / hashlib.sha256("\n".join(names).encode()).hexdigest()[:16])

    def put(self, number: int, statistics: Statistics) -> None:
        """Keep what a shard left: there whole, or not at all."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez(buffer, **{name: np.asarray(array) for name, array in statistics.items()})
        body = buffer.getvalue()
        write_bytes(self.folder / f"{number}.shard", hashlib.sha256(body).hexdigest().encode() + body)

    def get(self, number: int) -> Statistics | None:
        """What a shard left; None when it is not there, or is damaged and must be computed again."""
        if self.folder is None:
            return None
        try:
            content = (self.folder / f"{number}.shard").read_bytes()
        except OSError:
            return None
        body = content[_SUM:]
        if hashlib.sha256(body).hexdigest().encode() != content[:_SUM]:
            return None
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}

    def known(self, shards: int) -> dict[int, Statistics]:
        """All that is there of so many shards."""
        found = ((number, self.get(number)) for number in range(shards))
        return {number: statistics for number, statistics in found if statistics is not None}

    def drop(self) -> None:
        """Forget all of it."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


NOWHERE = Shelf()


def put_all(shelf: Shelf, numbers: Sequence[int], statistics: Sequence[Statistics]) -> None:
    """Keep several shards."""
    for number, each in zip(numbers, statistics, strict=True):
        shelf.put(number, each)
