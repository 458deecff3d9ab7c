"""`nnspec cache`: what is kept to spare work, as a table, and removed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnspec.plan.show import size_of
from nnspec.report.tables import Table, text
from nnspec.result.files import to_json
from nnspec.run.cache import KINDS, Entry, Listing, Removed, clear, look

_SPANS = ((86400 * 365, "year"), (86400 * 30, "month"), (86400, "day"), (3600, "hour"), (60, "minute"))


def kept(place: Path | None, kinds: Sequence[str], *, as_json: bool, width: int) -> str:
    """What there is, as a table or as JSON.

    Raises:
        Refused: NN760 when the folder is not a cache of nnspec.
    """
    if place is None:
        return "nothing is kept: NNSPEC_CACHE is empty"
    found = look(place, kinds)
    return to_json(plain(found)).rstrip() if as_json else listing_text(found, kinds, now=time.time(), width=width)


def cleared(place: Path | None, kinds: Sequence[str], older_than: float | None) -> tuple[str, bool]:
    """Remove what is there, or what was not used for so many seconds; what to say, and whether all of it is gone.

    Raises:
        Refused: NN760 when the folder is not a cache of nnspec.
    """
    if place is None:
        return "nothing is kept: NNSPEC_CACHE is empty", True
    found = look(place, kinds)
    removed = clear(found, older_than, now=time.time())
    return removed_text(removed, found), not removed.kept


def listing_text(listing: Listing, kinds: Sequence[str], *, now: float, width: int) -> str:
    """What there is, kind by kind; every entry when one kind is asked for."""
    lines = [f"{listing.root}", ""]
    rows: list[tuple[str, ...]]
    if len(kinds) == 1:
        rows = [(each.about, size_of(each.size), ago(now - each.used)) for each in listing.entries]
        table = Table(title="", head=(KINDS[kinds[0]], "size", "last used"), rows=tuple(rows))
    else:
        rows = [_total(KINDS[kind], [each for each in listing.entries if each.kind == kind], now) for kind in kinds]
        table = Table(title="", head=("", "entries", "size", "last used"), rows=tuple(rows))
    lines.append(text(table, width=width) if rows else "nothing is kept there")
    return "\n".join([*lines, *_others(listing)])


def removed_text(removed: Removed, listing: Listing) -> str:
    """What is gone."""
    size = size_of(sum(each.size for each in removed.entries))
    lines = [f"removed {_count(len(removed.entries), 'entry', 'entries')} ({size}) from {listing.root}"]
    if removed.kept:
        lines.append(f"{_count(len(removed.kept), 'entry', 'entries')} could not be removed")
    return "\n".join([*lines, *_others(listing)])


def plain(listing: Listing) -> dict[str, Any]:
    """The same for programs."""
    rows = [{"kind": e.kind, "name": e.name, "about": e.about, "bytes": e.size, "used": e.used} for e in listing.entries]
    return {"folder": str(listing.root), "entries": rows, "others": [str(each) for each in listing.others]}


def ago(seconds: float) -> str:
    """`3 days ago`."""
    for length, name in _SPANS:
        if seconds >= length:
            return f"{_count(int(seconds // length), name, f'{name}s')} ago"
    return "just now"


def _total(kind: str, entries: Sequence[Entry], now: float) -> tuple[str, ...]:
    used = ago(now - max(each.used for each in entries)) if entries else "-"
    return kind, str(len(entries)), size_of(sum(each.size for each in entries)), used


def _others(listing: Listing) -> list[str]:
    if not listing.others:
        return []
    return [f"{_count(len(listing.others), 'thing', 'things')} that nnspec did not put there, as `{listing.others[0].name}`"]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
