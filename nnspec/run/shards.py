"""What shards leave, kept on disk: so a run that was stopped goes on where it was, and a longer one begins where it ended."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.result.files import atomic, write_bytes
from nnspec.run.nodes import Node

Statistics = Mapping[str, Any]
_SUM = 64
"""Characters of the checksum in front of a file."""
LARGEST = 4 * 2**30
"""Bytes that shards may take on disk when a run is over; those that were not used for the longest time go first."""


@dataclass(frozen=True)
class Shelf:
    """A folder with a folder for each node, in it a file for each shard; `None` keeps nothing."""

    folder: Path | None = None

    def of(self, node: Node) -> Shelf:
        """The shelf of one node, which says beside its shards what they are."""
        if self.folder is None:
            return self
        own = Shelf(self.folder / node.key)
        assert own.folder is not None
        if (own.folder / "node.json").exists():
            with suppress(OSError):
                os.utime(own.folder / "node.json")  # used just now
        return own

    def describe(self, node: Node) -> None:
        """Write what is on this shelf."""
        if self.folder is not None and not (self.folder / "node.json").exists():
            with suppress(OSError):
                self.folder.mkdir(parents=True, exist_ok=True)
                write_bytes(self.folder / "node.json", node.to_json().encode())

    def nodes(self) -> Iterator[Node]:
        """What is on all shelves."""
        found = sorted(self.folder.glob("*/node.json")) if self.folder is not None else ()
        read = (Node.read(path) for path in found)
        return (each for each in read if each is not None)

    def put(self, label: str, statistics: Statistics) -> bool:
        """Keep what a shard left: there whole, or not at all; whether there was a place for it."""
        if self.folder is None:
            return False
        body = _packed(statistics)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with atomic(self.folder / f"{label}.shard", lasting=False) as beside:  # a shard cut off by a power cut is seen
                beside.write_bytes(hashlib.sha256(body).hexdigest().encode() + body)
        except OSError:  # the shelf spares work, and is needed for nothing
            return False
        return True

    def has(self, label: str) -> bool:
        """Whether there is such a shard; it may be damaged."""
        return self.folder is not None and (self.folder / f"{label}.shard").exists()

    def get(self, label: str) -> Statistics | None:
        """What a shard left; None when it is not there, or is damaged and must be computed again."""
        if self.folder is None:
            return None
        try:
            content = (self.folder / f"{label}.shard").read_bytes()
        except OSError:
            return None
        body = content[_SUM:]
        return _unpacked(body) if hashlib.sha256(body).hexdigest().encode() == content[:_SUM] else None

    def drop(self) -> None:
        """Forget all of it."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def dropped_on(self, error: type[Exception], *, keep: bool) -> Iterator[None]:
        """Forget all of it when the block ends so, unless it is to be kept."""
        try:
            yield
        except error:
            if not keep:
                self.drop()
            raise

    def close(self, *, keep: bool) -> None:
        """The run is over: what is kept is kept within bounds."""
        if keep:
            self.prune()
        else:
            self.drop()

    def prune(self, largest: float = LARGEST) -> None:
        """Forget the nodes that were not used for the longest time, until the rest takes no more than so many bytes."""
        if self.folder is None:
            return
        found: list[tuple[float, int, Path]] = []
        for place in self.folder.iterdir() if self.folder.exists() else ():
            with suppress(OSError):
                size = sum(file.stat().st_size for file in place.iterdir())
                found.append(((place / "node.json").stat().st_mtime, size, place))
        total = sum(size for _, size, _ in found)
        for _, size, place in sorted(found):
            if total <= largest:
                return
            shutil.rmtree(place, ignore_errors=True)
            total -= size


NOWHERE = Shelf()


def _packed(statistics: Statistics) -> bytes:
    """Arrays as their bytes behind a line that says names, types and shapes: zip archives take longer than some shards."""
    arrays = {name: np.ascontiguousarray(array) for name, array in statistics.items()}
    head = json.dumps([[name, each.dtype.str, list(np.shape(statistics[name]))] for name, each in arrays.items()])
    return b"".join([head.encode(), b"\n", *(each.tobytes() for each in arrays.values())])


def _unpacked(body: bytes) -> Statistics:
    end = body.index(b"\n")
    found, start = {}, end + 1
    for name, kind, shape in json.loads(body[:end]):
        count = math.prod(shape)
        found[name] = np.frombuffer(body, kind, count, start).reshape(shape)
        start += found[name].nbytes
    return found
