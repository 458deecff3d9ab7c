"""The plan as a table, and as rows for files: what, how, why this way and why not another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.plan.planner import Plan, Row

FLOPS_PER_CORE_SECOND = 4e9
"""A rough rate for drawing and evaluating networks on one core; for expectations of time, nothing else."""


def rows(plan: Plan) -> list[dict[str, Any]]:
    """One mapping of plain values for each observable."""
    return [_row(row) for row in plan.rows]


def _row(row: Row) -> dict[str, Any]:
    offer = row.chosen
    return {
        "name": row.asked.name,
        "word": row.asked.word,
        "method": offer.method,
        "backend": offer.backend,
        "rule": offer.rule,
        "why": offer.why,
        "dims": list(offer.dims),
        "shape": list(offer.shape),
        "draws": offer.draws,
        "flops": offer.flops,
        "bytes": offer.bytes,
        "error": offer.error,
        "instead": [f"{other.backend}/{other.method}" for other in row.answers.offers[1:]],
        "refusals": [f"{r.backend}{'/' + r.method if r.method else ''}: {r.reason}" for r in row.answers.refusals],
    }


def table(plan: Plan, cores: int = 1, reasons: Mapping[str, str] | None = None) -> str:
    """The plan for a terminal; `reasons` say what is on disk already, and why the rest is computed."""
    head = ("what", "how", "result", "draws", "work", "memory", "error to expect")
    lines = [
        (
            f"{row['name']} = {row['word']}",
            f"{row['method']} ({row['rule'] or row['backend']})",
            " x ".join(f"{dim} {size}" for dim, size in zip(row["dims"], row["shape"], strict=True)) or "a number",
            f"{row['draws']:,}" if row["draws"] else "-",
            seconds(row["flops"], cores),
            size_of(row["bytes"]),
            row["error"],
        )
        for row in rows(plan)
    ]
    widths = [max(len(line[k]) for line in (head, *lines)) for k in range(len(head))]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in (head, *lines))
    shown = ["  ".join(cells).rstrip() for cells in padded]
    notes = [f"  {row['name']}: {row['why']}" + _others(row) + _said(reasons, row["name"]) for row in rows(plan)]
    shared = [", ".join(f"`{row.asked.name}`" for row in group.rows) for group in plan.groups if len(group.rows) > 1]
    notes += [f"  one pass over the same networks: {names}" for names in shared]
    constants = plan.experiment.constants
    if constants:
        fixed, free = (", ".join(c.name for c in constants if c.static is static) or "none" for static in (True, False))
        notes.append(f"  programs are compiled anew for other values of: {fixed}; not for: {free}")
    notes += [f"  {each.message}: {each.label if not each.secondary else each.secondary[0].text}" for each in plan.pending]
    sweep = plan.experiment.sweep
    if sweep is not None:
        paths = ", ".join(axis.path for axis in sweep.axes)
        notes.insert(0, f"  a sweep of {sweep.size:,} points over {paths}; this is the plan of the spec itself, for one of them")
    return "\n".join([shown[0], "-" * len(shown[0]), *shown[1:], "", *notes])


def _said(reasons: Mapping[str, str] | None, name: str) -> str:
    return f"\n    {reasons[name]}" if reasons and name in reasons else ""


def _others(row: dict[str, Any]) -> str:
    text = f"; also possible: {', '.join(row['instead'])}" if row["instead"] else ""
    return text + "".join(f"\n    not {refusal}" for refusal in row["refusals"])


def seconds(flops: float, cores: int) -> str:
    """An expected time, in one digit."""
    value = flops / (FLOPS_PER_CORE_SECOND * cores)
    if value < 0.5:
        return "< 1 s"
    return f"~{value:.0f} s" if value < 90 else f"~{value / 60:.0f} min" if value < 5400 else f"~{value / 3600:.0f} h"


def size_of(count: float) -> str:
    """Bytes with a unit."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
