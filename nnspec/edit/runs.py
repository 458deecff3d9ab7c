"""Two runs side by side: how far apart their results are, in units of their errors, and which checks came out otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nnspec.numerics.agreement import agree
from nnspec.numerics.lazy import np
from nnspec.result.estimate import Estimate
from nnspec.result.record import CheckRecord

ROUNDING = 1e-12
"""Relative difference of exact results that two processors may have."""
FALSE_ALARM = 1e-3
"""How often equal results are called different, for each estimate."""
_WORDS = {True: "passed", False: "failed", None: "not judged"}


@dataclass(frozen=True)
class Row:
    """One estimate in both runs: `apart` in sigmas, or as it stands when both are exact."""

    name: str
    same: bool
    apart: float | None
    unit: str
    note: str = ""


@dataclass(frozen=True)
class RunComparison:
    """Rows of estimates, what only one run has, and checks with another status."""

    rows: tuple[Row, ...]
    only: tuple[tuple[str, str], ...]
    checks: tuple[tuple[str, str, str], ...]

    @property
    def same(self) -> bool:
        """Whether nothing is further apart than errors explain."""
        return all(row.same for row in self.rows) and not self.only and not self.checks

    def lines(self) -> list[str]:
        """The report."""
        width = max((len(row.name) for row in self.rows), default=0)
        out = [f"{row.name:{width}}  {_apart(row)}" for row in self.rows]
        out += [f"{name}  only in the {where} run" for name, where in self.only]
        out += [f"check `{text}`: {a} -> {b}" for text, a, b in self.checks]
        return out or ["neither run has results"]

    def plain(self) -> dict[str, object]:
        """The report for machines."""
        rows = [asdict(row) | {"apart": row.apart if _finite(row.apart) else None} for row in self.rows]
        return {
            "same": self.same, "estimates": rows, "only": dict(self.only),
            "checks": [{"check": text, "a": a, "b": b} for text, a, b in self.checks],
        }  # fmt: skip


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _apart(row: Row) -> str:
    if row.apart is None:
        return f"different: {row.note}"
    size = f"{row.apart:.2f} sigma at most" if row.unit == "sigma" else f"{row.apart:.3g} at most, both exact"
    if row.same:
        return size
    return f"{size}, different: {row.note}" if row.note else f"{size}, different"


def compare_runs(
    a: tuple[Sequence[Estimate], Sequence[CheckRecord]], b: tuple[Sequence[Estimate], Sequence[CheckRecord]]
) -> RunComparison:
    """Compare the estimates and the checks of two runs."""
    left, right = ({each.name: each for each in run[0]} for run in (a, b))
    rows = tuple(_row(left[name], right[name]) for name in left if name in right)
    only = [(name, "first") for name in left if name not in right]
    only += [(name, "second") for name in right if name not in left]
    return RunComparison(rows, tuple(only), tuple(_checks(a[1], b[1])))


def _row(a: Estimate, b: Estimate) -> Row:
    x, y = np.asarray(a.value, dtype=np.float64), np.asarray(b.value, dtype=np.float64)
    exact = a.stderr is None and b.stderr is None
    unit = "absolute" if exact else "sigma"
    if x.shape != y.shape:
        shapes = (" x ".join(map(str, each.shape)) or "a number" for each in (x, y))
        return Row(a.name, False, None, unit, " against ".join(shapes))
    places = _other_places(a, b)
    if places:
        return Row(a.name, False, None, unit, f"at other values of `{places}`")
    gap = np.abs(x - y)
    if exact:
        largest = float(np.max(gap, initial=0.0))
        size = float(np.max(np.abs(x), initial=0.0))
        return Row(a.name, largest <= a.numerical_error + b.numerical_error + ROUNDING * size, largest, unit)
    errors = [0.0 if each.stderr is None else np.asarray(each.stderr, dtype=np.float64) for each in (a, b)]
    sigma = np.broadcast_to(np.hypot(*errors), gap.shape)
    with np.errstate(all="ignore"):
        z = np.where(gap == 0, 0.0, gap / sigma)
    verdict = agree(x, y, errors[0], errors[1], false_alarm=FALSE_ALARM, dof=_blocks(a, b))
    same = bool(verdict.ok) or not x.size
    return Row(a.name, same, float(np.max(z, initial=0.0)), "sigma", "" if same else verdict.reason)


def _other_places(a: Estimate, b: Estimate) -> str:
    """The name of a coordinate that has other values in the other run."""
    for name in a.coords:
        if name in b.coords and not np.array_equal(np.asarray(a.coords[name]), np.asarray(b.coords[name])):
            return str(name)
    return ""


def _blocks(a: Estimate, b: Estimate) -> float:
    counts = [len(each.blocks) for each in (a, b) if each.blocks is not None]
    return min(counts) - 1 if counts and min(counts) > 1 else math.inf


def _checks(a: Sequence[CheckRecord], b: Sequence[CheckRecord]) -> list[tuple[str, str, str]]:
    """Checks with another status, or that one run does not have; blanks in their text do not count."""
    left, right = ({"".join(each.text.split()): each for each in checks} for checks in (a, b))
    out = []
    for key in dict.fromkeys((*left, *right)):
        sides: list[Any] = [left.get(key), right.get(key)]
        said = ["not there" if side is None else _WORDS[side.passed] for side in sides]
        if said[0] != said[1]:
            out.append(((sides[0] or sides[1]).text, said[0], said[1]))
    return out
