"""Numbers in lines of text."""

from __future__ import annotations

import csv
import math
from array import array
from dataclasses import dataclass
from functools import lru_cache

from nnspec.ir.files import FileValue

SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True)
class Columns:
    """The numbers of a file, line after line, and what its columns are called; plain columns are `x1`, `x2`, ..."""

    names: tuple[str, ...]
    numbers: array[float]
    named: bool

    @property
    def rows(self) -> int:
        """How many lines have numbers."""
        return len(self.numbers) // max(1, len(self.names))


class Faulty(Exception):
    """A text that is no table of numbers; says the line."""


@lru_cache(maxsize=4)
def read_columns(file: FileValue) -> Columns:
    """The columns of a text with one point in each line; `#` begins a comment, the first line may name the columns.

    Raises:
        Faulty: for anything else.
    """
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = "it is not a text in UTF-8"
        raise Faulty(msg) from error
    lines = [(k, line.partition("#")[0].strip()) for k, line in enumerate(text.splitlines(), 1)]
    lines = [(k, line) for k, line in lines if line]
    if not lines:
        msg = "it holds no numbers"
        raise Faulty(msg)
    separator = next((each for each in SEPARATORS if each in lines[0][1]), None)
    first = _cells(lines[0][1], separator)
    named = any(_number(cell) is None for cell in first)
    names = tuple(first) if named else tuple(f"x{k + 1}" for k in range(len(first)))
    if len(set(names)) < len(names):
        msg = f"two columns are called `{max(names, key=names.count)}`"
        raise Faulty(msg)
    numbers = array("d")
    for number, line in lines[named:]:
        cells = _cells(line, separator)
        if len(cells) != len(names):
            msg = f"line {number} has {len(cells)} entries where {len(names)} are expected"
            raise Faulty(msg)
        for name, cell in zip(names, cells, strict=True):
            value = _number(cell)
            if value is None or not math.isfinite(value):
                msg = f"line {number} has `{cell[:30]}` in the column `{name}`, which is no finite number"
                raise Faulty(msg)
            numbers.append(value)
    if not numbers:
        msg = "it holds names of columns and no numbers"
        raise Faulty(msg)
    return Columns(names, numbers, named)


def _cells(line: str, separator: str | None) -> list[str]:
    if separator is None:
        return line.split()
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    except csv.Error as error:
        raise Faulty(str(error)) from error


def _number(cell: str) -> float | None:
    try:
        return float(cell) if "_" not in cell else None
    except ValueError:
        return None
