"""Files that are there whole or not at all: written beside, flushed to disk, then renamed."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class NewerFormat(Exception):
    """A file that a newer nnspec wrote, in a way that this one does not know."""

    def __init__(self, path: Path, version: str = "") -> None:
        """Remember the file, and the version of nnspec where it says so."""
        super().__init__(f"'{path}' was made by a newer nnspec{f' ({version})' if version else ''}")
        self.path = path
        self.version = version


@contextmanager
def atomic(path: Path, *, lasting: bool = True) -> Iterator[Path]:
    """A path to write to; it takes the place of `path` when the block ends well, and is removed when it does not.

    What need not outlast a power cut (`lasting` is false) is not flushed to the disk, which takes most of the time.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield beside
        if lasting:
            _flush(beside, os.O_RDWR)
        os.replace(beside, path)
    except OSError as error:
        if error.filename in (None, str(beside)):  # what is wrong is wrong with the file that was wanted
            error.filename = str(path)
        raise
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    if lasting and os.name == "posix":
        _flush(path.parent, os.O_RDONLY)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file, or leave the old one as it was."""
    with atomic(path) as beside:
        beside.write_bytes(content)


def _flush(path: Path, how: int) -> None:
    handle = os.open(path, how)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def to_json(value: Any) -> str:
    """JSON that never changes for the same content: sorted keys; numbers that are not finite become words."""
    return json.dumps(plain(value), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """A value made of what JSON knows: arrays become lists, tuples lists, nan and inf the words "nan" and "inf"."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, str | int) or value is None:
        return value
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)


def number(value: Any) -> float | None:
    """The number that `plain` wrote."""
    if value is None:
        return None
    return _WORDS[value] if isinstance(value, str) else float(value)
