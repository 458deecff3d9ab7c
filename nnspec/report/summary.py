"""A run on one screen: tables with error bars, checks, where the files are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnspec.report.tables import text_tables
from nnspec.result.estimate import Estimate
from nnspec.result.format import plain_number
from nnspec.result.record import CheckRecord, RunRecord


def summary(
    record: RunRecord, estimates: Sequence[Estimate], path: Path, *, fresh: bool, kept: Path | None, width: int
) -> str:
    """The text that `nnspec run` and `nnspec show` print."""
    parts = [text_tables(estimates, width=width)]
    if record.checks:
        parts.append("checks\n" + "\n".join(_check(check) for check in record.checks))
    said = {warning for estimate in estimates for warning in estimate.warnings}
    if others := [warning for warning in record.warnings if warning not in said]:
        parts.append("\n".join(f"warning: {warning}" for warning in others))
    files = [f"run folder: {path}" + ("" if fresh else "   (computed before; `--force` computes it again)")]
    if kept is not None:
        files.append(f"the run that was there is now in {kept}")
    if (path / "report.html").exists():
        files.append(f"report: {path / 'report.html'}")
    return "\n\n".join([*parts, "\n".join(files)])


def _check(check: CheckRecord) -> str:
    word = {True: "passed", False: "FAILED", None: "unknown"}[check.passed]
    sides = ""
    if check.left is not None and check.right is not None:
        sides = f"   ({plain_number(check.left)} against {plain_number(check.right)}{f', {check.at}' if check.at else ''})"
    return f"  {word}  {check.text}{sides}"
