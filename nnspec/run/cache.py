"""What nnspec keeps to spare work: compiled programs and shards; how much it is, and how it is removed.

Only what nnspec and JAX put there is ever removed, one file after the other, and no symbolic link is followed: a wrong
`NNSPEC_CACHE` costs nobody a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nnspec.run.nodes import Node
from nnspec.text.diagnostic import Diagnostic, Refused

KINDS = {"xla": "compiled programs", "shards": "shards of runs"}
_PROGRAM = re.compile(r"(.+-[0-9a-f]{64})-(cache|atime)")
_NODE = re.compile(r"[0-9a-f]{32}")
_SHARD = re.compile(r"node\.json|[\w.,-]+\.shard|\..+\.tmp")


@dataclass(frozen=True)
class Entry:
    """One compiled program, or the shards of one observable."""

    kind: str
    name: str
    about: str
    files: tuple[Path, ...]
    size: int
    used: float
    """When it was last used, in seconds since 1970."""
    folder: Path | None = None
    """The folder that goes with its files."""


@dataclass(frozen=True)
class Listing:
    """All entries, and how many other files and folders there are."""

    root: Path
    entries: tuple[Entry, ...]
    others: tuple[Path, ...]


@dataclass(frozen=True)
class Removed:
    """What was removed, and what could not be."""

    entries: tuple[Entry, ...]
    kept: tuple[Entry, ...]


def root() -> Path | None:
    """The folder of compiled programs and shards: $NNSPEC_CACHE or ~/.cache/nnspec; `NNSPEC_CACHE=` switches it off."""
    chosen = os.environ.get("NNSPEC_CACHE")
    if chosen == "":
        return None
    return Path(chosen) if chosen else Path.home() / ".cache" / "nnspec"


def look(place: Path, kinds: Sequence[str] = tuple(KINDS)) -> Listing:
    """What is in a cache.

    Raises:
        Refused: NN760 when the folder is not a cache of nnspec.
    """
    if not place.exists():
        return Listing(place, (), ())
    if not place.is_dir():
        raise _refusal(place, "it is a file")
    entries: list[Entry] = []
    others = [each for each in _within(place) if each.name not in KINDS and _PROGRAM.fullmatch(each.name) is None]
    if others and not any((place / kind).is_dir() for kind in KINDS):
        raise _refusal(place, f"it holds `{others[0].name}`, and nothing of nnspec's")
    for kind in KINDS:
        if (place / kind).is_symlink():
            raise _refusal(place / kind, "it is a symbolic link, which is not followed")
    if "xla" in kinds:
        programs, more = _programs([*_within(place), *_within(place / "xla")])
        entries += programs
        others += [each for each in more if each.parent != place]
    if "shards" in kinds:
        for each in _within(place / "shards"):
            found = _shelf(each)
            if isinstance(found, Entry):
                entries.append(found)
            else:
                others.append(each)
    return Listing(place, tuple(sorted(entries, key=lambda each: (each.kind, -each.used, each.name))), tuple(others))


def clear(listing: Listing, older_than: float | None = None, *, now: float) -> Removed:
    """Remove what was listed, or what was not used for so many seconds."""
    removed: list[Entry] = []
    kept: list[Entry] = []
    for entry in listing.entries:
        if older_than is None or now - entry.used > older_than:
            (removed if _remove(entry) else kept).append(entry)
    return Removed(tuple(removed), tuple(kept))


def _within(place: Path) -> list[Path]:
    return sorted(place.iterdir()) if place.is_dir() and not place.is_symlink() else []


def _programs(files: Sequence[Path]) -> tuple[list[Entry], list[Path]]:
    """Compiled programs, each with the file that tells when it was used; and what else there is."""
    groups: dict[tuple[Path, str], list[Path]] = {}
    others: list[Path] = []
    for file in files:
        match = _PROGRAM.fullmatch(file.name)
        if match is None or not _is_file(file):
            others.append(file)
        else:
            groups.setdefault((file.parent, match[1]), []).append(file)
    return [_entry("xla", name, name.rpartition("-")[0], group) for (_, name), group in groups.items()], others


def _shelf(folder: Path) -> Entry | None:
    """The shards in a folder, if it holds nothing else."""
    if not _NODE.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
        return None
    files = _within(folder)
    if not all(_is_file(file) and _SHARD.fullmatch(file.name) for file in files):
        return None
    said = Node.read(folder / "node.json")
    shards = sum(file.suffix == ".shard" for file in files)
    count = f"{shards} shard{'' if shards == 1 else 's'}"
    about = f"{said.observable} of {said.spec}, {count}" if said is not None else count
    return _entry("shards", folder.name, about, files, folder)


def _entry(kind: str, name: str, about: str, files: Sequence[Path], folder: Path | None = None) -> Entry:
    found = [*_stats(files), *(_stats([folder]) if folder is not None and not files else [])]
    size = sum(stat.st_size for stat in found)
    reading = kind == "xla"  # a file beside shards is touched when they are used, and read when they are listed
    used = max((max(stat.st_mtime, stat.st_atime) if reading else stat.st_mtime for stat in found), default=0.0)
    return Entry(kind, name, about, tuple(files), size, used, folder)


def _stats(files: Sequence[Path]) -> Iterator[os.stat_result]:
    for file in files:
        with suppress(OSError):  # removed by somebody else just now
            yield file.lstat()


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _remove(entry: Entry) -> bool:
    """Whether all of it is gone; what somebody else removed is gone too."""
    try:
        for file in entry.files:
            file.unlink(missing_ok=True)
        if entry.folder is not None:
            entry.folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _refusal(place: Path, reason: str) -> Refused:
    helps = ("say which folder it is with `NNSPEC_CACHE`, or remove files there yourself",)
    return Refused(Diagnostic("NN760", f"the folder is no cache of nnspec: {reason}", where=str(place), helps=helps))
