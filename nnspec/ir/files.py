"""Data files: known by what is in them, read once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

MOST_BYTES = 2**30
REMEMBERED = 2**26


class ChangedFile(ArithmeticError):
    """A data file that is no longer what it was when the spec was checked."""


@dataclass(frozen=True)
class FileValue:
    """A file of data: the sha256 of its bytes says what it is, and its path where it lies."""

    sha256: str
    path: Path = field(compare=False)

    @staticmethod
    def of(path: Path) -> FileValue:
        """The file as it is now.

        Raises:
            OSError: when it cannot be read.
        """
        return FileValue(hashlib.sha256(_bytes(path, _stamp(path))).hexdigest(), path)

    def read(self) -> bytes:
        """What is in it.

        Raises:
            ChangedFile: when that is no longer what it was.
        """
        try:
            found = _bytes(self.path, _stamp(self.path))
        except OSError as error:
            message = f"the data file {self.path} cannot be read any more ({error.strerror})"
            raise ChangedFile(message) from error
        if hashlib.sha256(found).hexdigest() != self.sha256:
            message = f"the data file {self.path} has changed since the spec was checked"
            raise ChangedFile(message)
        return found


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    if found.st_size > MOST_BYTES:
        raise OSError(27, f"it has {found.st_size / 2**30:.1f} GiB, and 1 GiB is the most")
    return found.st_mtime_ns, found.st_size


def _bytes(path: Path, stamp: tuple[int, int]) -> bytes:
    return _remembered(path, stamp) if stamp[1] < REMEMBERED else path.read_bytes()


@lru_cache(maxsize=4)
def _remembered(path: Path, stamp: tuple[int, int]) -> bytes:  # noqa: ARG001
    return path.read_bytes()
