"""Shapes of the arrays in an NPZ file, without NumPy."""

from __future__ import annotations

import ast
import io
import struct
import zipfile
import zlib
from functools import lru_cache

from nnspec.ir.files import FileValue
from nnspec_std.datasets._csv import Faulty

MAGIC = b"\x93NUMPY"
LONGEST = 10_000
FAULTS = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, KeyError, TypeError, SyntaxError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
"""What a damaged archive may raise."""
KINDS = "biuf"
"""Of numbers: booleans, integers with and without sign, floats."""


@lru_cache(maxsize=4)
def shapes(file: FileValue) -> dict[str, tuple[int, ...]]:
    """The shapes of all arrays of numbers, by name.

    Raises:
        Faulty: when it is no NPZ file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(file.read())) as archive:
            return {
                info.filename.removesuffix(".npy"): shape
                for info in archive.infolist()
                if info.filename.endswith(".npy") and (shape := _shape(archive, info)) is not None
            }
    except FAULTS as error:
        msg = "it is not an NPZ file, as `numpy.savez` writes them"
        raise Faulty(msg) from error


def _shape(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, ...] | None:
    """The shape that a header says; None where it is no array of real numbers."""
    with archive.open(info) as stream:
        start = stream.read(8)
        if start[:6] != MAGIC:
            raise ValueError(info.filename)
        long = start[6] > 1
        (length,) = struct.unpack("<I" if long else "<H", stream.read(4 if long else 2))
        if length > LONGEST:
            raise ValueError(info.filename)
        header = ast.literal_eval(stream.read(length).decode("latin1"))
    kind = header["descr"]
    return tuple(map(int, header["shape"])) if isinstance(kind, str) and kind[1:2] in KINDS else None
