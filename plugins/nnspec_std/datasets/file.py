"""Points, and labels where there are any, from a file: text with columns (CSV), or arrays (NPZ)."""

from __future__ import annotations

import io
from collections.abc import Iterable

from nnspec.ir.files import FileValue
from nnspec.plugin import Dataset, Parameter, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args
from nnspec_std.datasets._csv import Faulty, read_columns
from nnspec_std.datasets._npz import shapes

LABELS, POINTS = "y", "x"


def is_npz(args: Args) -> bool:
    """Whether the file is an archive of arrays, which its ending says."""
    return _file(args).path.suffix.lower() == ".npz"


def _file(args: Args) -> FileValue:
    file = args["path"]
    assert isinstance(file, FileValue)
    return file


def labels_of(args: Args) -> str | None:
    """The name of the labels: as it is asked for, else `y` where there is something of this name."""
    known = shapes(_file(args)) if is_npz(args) else _names(args)
    return args["y"] or (LABELS if LABELS in known else None)


def _names(args: Args) -> tuple[str, ...]:
    return read_columns(_file(args)).names


def has_labels(args: Args) -> bool:
    """Whether the points have labels."""
    return labels_of(args) is not None


def refuse(args: Args) -> str | None:
    """It must be readable, have what is named, and leave something for the points."""
    try:
        return _npz_fault(args) if is_npz(args) else _csv_fault(args)
    except (Faulty, ArithmeticError) as error:
        return f"`{_file(args).path.name}` cannot be used; {error}"


def _csv_fault(args: Args) -> str | None:
    if args["x"]:
        return "`x` names an array of an NPZ file; in a text all columns but the labels are the point"
    columns = read_columns(_file(args))
    if args["y"] and not columns.named:
        return "the columns have no names; write a first line with names"
    if args["y"] and args["y"] not in columns.names:
        return f"there is no column `{args['y']}`; there are {', '.join(f'`{each}`' for each in columns.names[:12])}"
    return "the labels are all that there is; a point needs at least one column" if columns.names == (labels_of(args),) else None


def _npz_fault(args: Args) -> str | None:
    known, label = shapes(_file(args)), labels_of(args)
    points = args["x"] or POINTS
    for name in filter(None, (points, label)):
        if name not in known:
            there = ", ".join(f"`{each}`" for each in list(known)[:12]) or "none"
            return f"there is no array of numbers `{name}`; there are {there}"
    rows = known[points]
    if len(rows) not in (1, 2) or 0 in rows:
        return f"`{points}` has the shape {rows}; points are [point] or [point, component]"
    if label is not None and known[label] not in ((rows[0],), (rows[0], 1)):
        return f"`{label}` has the shape {known[label]}; {rows[0]} labels are needed, one for each point"
    return None


def shape(args: Args) -> tuple[int, ...]:
    """[point, component]."""
    if is_npz(args):
        rows = shapes(_file(args))[args["x"] or POINTS]
        return (rows[0], rows[1] if len(rows) > 1 else 1)
    columns = read_columns(_file(args))
    return (columns.rows, len(columns.names) - (labels_of(args) is not None))


def _column(args: Args, name: str) -> Array:
    """An array of the archive in float64.

    Raises:
        ArithmeticError: where it is not finite.
    """
    with np.load(io.BytesIO(_file(args).read()), allow_pickle=False) as archive:
        found = np.asarray(archive[name], dtype=np.float64)
    if not np.all(np.isfinite(found)):
        place = tuple(int(k) + 1 for k in np.argwhere(~np.isfinite(found))[0])
        message = f"entry {place} of `{name}` in {_file(args).path.name} is not finite"
        raise ArithmeticError(message)
    return found


def make(args: Args) -> Array:
    """The points x_k, [point, component]."""
    if is_npz(args):
        return _column(args, args["x"] or POINTS).reshape(shape(args))
    columns, label = read_columns(_file(args)), labels_of(args)
    table = np.asarray(columns.numbers, dtype=np.float64).reshape(columns.rows, len(columns.names))
    return table[:, [k for k, name in enumerate(columns.names) if name != label]]


def label(args: Args, points: Array) -> Array:  # noqa: ARG001
    """The labels y_k, [point]."""
    name = labels_of(args)
    assert name is not None
    if is_npz(args):
        return _column(args, name).reshape(-1)
    columns = read_columns(_file(args))
    return np.asarray(columns.numbers, dtype=np.float64).reshape(columns.rows, -1)[:, columns.names.index(name)]


@hookimpl
def nnspec_datasets() -> Iterable[Dataset]:
    """`toy: file("toy.csv")`."""
    yield Dataset(
        name="file",
        doc="points and labels from a file beside the spec (or in a folder of NNSPEC_DATA): a text with one point in each line, "
        "whose first line may name the columns, or an archive of arrays (.npz)",
        parameters=(
            Parameter(name="path", type="file", doc="the file, in quotes"),
            Parameter(name="y", type="text", doc="the column or array of labels; `y` where there is one", default=""),
            Parameter(name="x", type="text", doc="the array of points, of an archive; `x` when it is not given", default=""),
        ),
        shape=shape,
        make=make,
        refuse=refuse,
        label=label,
        has_labels=has_labels,
    )
