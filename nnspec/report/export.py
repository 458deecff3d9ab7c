"""Results for other programs: comma-separated values, NumPy archives, JSON; `latex_tables` has them for papers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.report.columns import Changes, columns, entries, spread
from nnspec.report.latex_tables import to_latex
from nnspec.result.estimate import Estimate
from nnspec.result.files import to_json as json_text
from nnspec.result.files import write_bytes
from nnspec.result.record import RunRecord
from nnspec.text.diagnostic import Diagnostic, Refused

FORMS = ("csv", "npz", "tex", "json")
FORMAT = 1
_FIXED = ("result", "value", "stderr", "numerical_error")


def export(form: str, estimates: Sequence[Estimate], record: RunRecord, *, on_screen: bool = False) -> bytes:
    """Results in one of `FORMS`; swept values stand beside them as coordinates. What goes to a screen must be text.

    Raises:
        Refused: NN752 when the form has no way to say them.
    """
    changes = [dict(point["changes"]) for point in record.points]
    if form == "npz" and on_screen:
        helps = ("name a file: `nnspec export RUN --npz -o results.npz`",)
        raise Refused(Diagnostic("NN752", "NumPy archives are no text", where="standard output", helps=helps))
    if form == "npz":
        return to_npz(estimates, changes)
    writers: Mapping[str, Callable[[], str]] = {
        "csv": lambda: to_csv(estimates, changes),
        "tex": lambda: to_latex(estimates, changes),
        "json": lambda: to_json(estimates, changes, record),
    }
    return writers[form]().encode()


def write(content: bytes, path: Path, *, force: bool) -> None:
    """Write a new file, whole or not at all; an old one is overwritten only by `force`.

    Raises:
        Refused: NN751 when there is a file already.
        OSError: when it cannot be written.
    """
    if path.is_dir():
        raise IsADirectoryError(21, "it is a folder; name a file in it", str(path))
    if path.exists() and not path.is_file():  # a device or a pipe: nothing is lost there
        path.write_bytes(content)
        return
    if path.exists() and not force:
        helps = ("choose another file, or overwrite this one with `--force`",)
        raise Refused(Diagnostic("NN751", "the file is there already", where=str(path), helps=helps))
    write_bytes(path, content)


def to_csv(estimates: Sequence[Estimate], changes: Changes = ()) -> str:
    """One row for each entry, with every digit: `result`, where it lies, `value`, `stderr`, `numerical_error`.

    Columns that a result does not have are empty in its rows: its dimensions, and the error of what was not sampled.
    """
    tables = [columns(each, changes) for each in estimates]
    names = list(dict.fromkeys(column.name for table in tables for column in table))
    heads = {name: f"{name}_place" if name in _FIXED else name for name in names}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["result", *heads.values(), "value", "stderr", "numerical_error"])
    for estimate, table in zip(estimates, tables, strict=True):
        bound = repr(float(estimate.numerical_error))
        for place, value, error in entries(estimate):
            at = {column.name: column.places[place[column.k]] for column in table}
            where = [_cell(at.get(name, "")) for name in names]
            writer.writerow([estimate.name, *where, repr(value), "" if error is None else repr(error), bound])
    return out.getvalue()


def _cell(value: Any) -> Any:
    return repr(value) if isinstance(value, float) else value


def to_npz(estimates: Sequence[Estimate], changes: Changes = ()) -> bytes:
    """Arrays by name: `G2`, `G2_stderr`, `G2_numerical_error`, `G2_dims`; coordinates by theirs, `G2_r` where several differ.

    Raises:
        Refused: NN752 when two arrays would have one name.
    """
    arrays: dict[str, Any] = {}
    along = [{each.name: np.asarray(each.places) for each in columns(estimate, changes)} for estimate in estimates]
    for estimate, coords in zip(estimates, along, strict=True):
        own: dict[str, Any] = {
            "": np.asarray(estimate.value, dtype=np.float64), "_numerical_error": np.float64(estimate.numerical_error),
            "_dims": np.asarray(estimate.dims, dtype=str),
        }  # fmt: skip
        if estimate.stderr is not None:
            own["_stderr"] = np.array(spread(estimate))
        for key, values in coords.items():
            shared = all(key not in other or np.array_equal(other[key], values) for other in along)
            if shared and key not in {each.name for each in estimates}:
                arrays[key] = values
            else:
                own[f"_{key}"] = values
        for key, array in own.items():
            name = f"{estimate.name}{key}"
            if name in arrays:
                helps = ("export the results one by one: `nnspec export RUN NAME --npz -o FILE`",)
                raise Refused(Diagnostic("NN752", f"two arrays would be called `{name}`", where="npz", helps=helps))
            arrays[name] = array
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def to_json(estimates: Sequence[Estimate], changes: Changes, record: RunRecord) -> str:
    """One document: nested lists over `dims`; numbers that are not finite are the words "nan" and "inf"."""
    results = {each.name: _plain(each, changes) for each in estimates}
    head = {"nnspec_export": FORMAT, "run": record.name, "digest": record.digest, "seed": record.provenance.seed}
    return json_text({**head, "results": results})


def _plain(estimate: Estimate, changes: Changes) -> dict[str, Any]:
    error = spread(estimate)
    return {
        "word": estimate.word, "method": estimate.method, "draws": estimate.draws, "dims": estimate.dims,
        "shape": np.shape(estimate.value), "value": np.asarray(estimate.value, dtype=float),
        "stderr": error, "numerical_error": float(estimate.numerical_error),
        "coords": {each.name: {"dim": estimate.dims[each.k], "values": each.places} for each in columns(estimate, changes)},
        "equation": estimate.equation, "cite": estimate.cite, "warnings": estimate.warnings,
    }  # fmt: skip
