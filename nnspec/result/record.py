"""The record of a run, `run.json`: what was planned, what came out, which claims held, and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from nnspec.numerics.lazy import np
from nnspec.result.estimate import Estimate
from nnspec.result.files import NewerFormat, number, plain, to_json, write_bytes
from nnspec.result.format import shorthand
from nnspec.result.provenance import Provenance, from_plain

Status = Literal["done", "failed", "check failed"]
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class CheckRecord:
    """A claim of the spec and its two sides; `passed` is None when it could not be judged."""

    text: str
    passed: bool | None
    left: float | None = None
    right: float | None = None
    detail: str = ""
    at: str = ""
    """Of a claim about every point of a sweep: at how many it holds."""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """All that is said about a run outside its arrays; `plan` and `estimates` are rows of plain JSON values."""

    name: str
    digest: str
    status: Status
    provenance: Provenance
    plan: tuple[Mapping[str, Any], ...] = ()
    checks: tuple[CheckRecord, ...] = ()
    warnings: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    estimates: tuple[Mapping[str, Any], ...] = ()
    points: tuple[Mapping[str, Any], ...] = ()
    """Of a sweep: what was changed at each point, and the folder of its run."""

    def to_json(self) -> str:
        """JSON with sorted keys: equal records give equal text."""
        return to_json({"nnspec_run": FORMAT, **asdict(self)})

    def write(self, path: Path) -> None:
        """Write the record, or leave the old file as it was."""
        write_bytes(path, self.to_json().encode())

    @staticmethod
    def from_json(text: str) -> RunRecord:
        """What `to_json` wrote."""
        content = json.loads(text)
        assert content.pop("nnspec_run") <= FORMAT
        content["provenance"] = from_plain(content["provenance"])
        content["checks"] = tuple(_check(item) for item in content["checks"])
        rows = {key: tuple(content[key]) for key in ("plan", "warnings", "citations", "estimates", "points")}
        return RunRecord(**{**content, **rows})

    @staticmethod
    def read(path: Path) -> RunRecord:
        """The record in a file.

        Raises:
            DamagedRecord: The file is not what `write` wrote.
            NewerFormat: It is of a format that comes after this one.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
            head = json.loads(text)
            if int(head["nnspec_run"]) > FORMAT:
                raise NewerFormat(Path(path), _version(head))
            return RunRecord.from_json(text)
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedRecord(Path(path), f"{type(error).__name__}: {error}") from error


class DamagedRecord(Exception):
    """A `run.json` that cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"'{path}' cannot be read: {reason}")
        self.path = path
        self.reason = reason


def _version(head: Any) -> str:
    """The version of nnspec in a record of a format that is not known."""
    said = head.get("provenance")
    return str(said.get("nnspec", "")) if isinstance(said, Mapping) else ""


def _check(item: Mapping[str, Any]) -> CheckRecord:
    return CheckRecord(**{**item, "left": number(item["left"]), "right": number(item["right"])})


def summarise(estimates: Sequence[Estimate]) -> tuple[dict[str, Any], ...]:
    """One row for each estimate: what it is, by which method, and its value (a range, for arrays)."""
    return tuple(_summary(estimate) for estimate in estimates)


def _summary(estimate: Estimate) -> dict[str, Any]:
    value = np.asarray(estimate.value, dtype=np.float64)
    row: dict[str, Any] = {
        "name": estimate.name, "word": estimate.word, "method": estimate.method, "draws": estimate.draws,
        "dims": list(estimate.dims), "shape": list(value.shape), "numerical_error": estimate.numerical_error,
        "backend": estimate.backend, "plugin": estimate.plugin, "warnings": list(estimate.warnings),
    }  # fmt: skip
    spread = None if estimate.stderr is None else np.asarray(estimate.stderr, dtype=np.float64)
    if value.ndim == 0:
        error = 0.0 if spread is None else float(spread)
        row |= {"value": float(value), "stderr": None if spread is None else error}
        row["text"] = shorthand(float(value), error)
    elif value.size:
        row |= {"min": float(value.min()), "max": float(value.max())}
        row["max_stderr"] = None if spread is None else float(spread.max())
    out: dict[str, Any] = plain(row)
    return out
