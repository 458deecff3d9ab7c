"""Results in one self-describing file: netCDF-4, the same bytes for the same results, there whole or not at all."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.result.estimate import Estimate
from nnspec.result.files import NewerFormat, write_bytes
from nnspec.result.layout import TEXT_LIMIT, Layout, Variable, arrange, fingerprint, restore, unfold

FORMAT = 1


class DamagedResult(Exception):
    """A result file that cannot be trusted: cut off, overwritten, changed by hand, or of another program."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the results in '{path}' cannot be read: {reason}")
        self.path = path
        self.reason = reason


def write_results(path: Path, estimates: Sequence[Estimate], attrs: Mapping[str, str]) -> None:
    """Write estimates, and `attrs` (text by name: the spec, its digest, provenance), to a netCDF-4 file.

    Equal input gives equal bytes: nothing in the file remembers when or in which order it was made. That needs
    `track_order=False`, since HDF5 keeps the time of creation of every group that tracks order. The file is made in
    memory and written as a whole: on a full disk HDF5 does not raise an error, but crashes.
    """
    import h5netcdf

    layout = arrange(estimates)
    texts = _fold(layout, attrs)
    content = io.BytesIO()
    with h5netcdf.File(content, "w", track_order=False) as file:
        for name in sorted(layout.sizes):
            file.dimensions[name] = layout.sizes[name]
        for name in sorted(layout.variables):
            _write(file, layout.variables[name])
        for key in sorted(texts):
            file.attrs[key] = texts[key]
        file.attrs["Conventions"] = "CF-1.11"
        file.attrs["nnspec_format"] = FORMAT
        file.attrs["nnspec_attributes"] = json.dumps(sorted(texts))
        file.attrs["nnspec_sha256"] = fingerprint(layout.variables, texts)
    write_bytes(Path(path), content.getvalue())


def read_results(path: Path) -> list[Estimate]:
    """The estimates of a file, exactly as they were written.

    Raises:
        DamagedResult: The file is not what `write_results` wrote.
    """
    return read_all(path)[0]


def read_all(path: Path) -> tuple[list[Estimate], dict[str, str]]:
    """The estimates of a file, and the texts beside them.

    Raises:
        DamagedResult: The file is not what `write_results` wrote.
        NewerFormat: It is of a format that comes after this one.
    """
    variables, texts = _read(Path(path))
    return restore(variables), {key: unfold(text, variables) for key, text in texts.items()}


def read_attributes(path: Path) -> dict[str, str]:
    """The texts that `write_results` was given.

    Raises:
        DamagedResult: The file is not what `write_results` wrote.
    """
    return read_all(path)[1]


def to_xarray(estimates: Sequence[Estimate]) -> Any:
    """The estimates as one `xarray.Dataset`, laid out as in the file."""
    import xarray as xr

    layout = arrange(estimates)
    variables = {item.name: (item.dims, item.data, dict(item.attrs)) for item in layout.variables.values()}
    found = xr.Dataset(data_vars=variables)
    return found.set_coords([item.name for item in layout.variables.values() if item.attrs["nnspec"] == "coordinate"])


def _fold(layout: Layout, attrs: Mapping[str, str]) -> dict[str, str]:
    """Global texts; the long ones become variables, as HDF5 wants it."""
    texts = dict(attrs)
    for key in sorted(texts):
        if len(texts[key].encode()) > TEXT_LIMIT:
            name = layout.free(key, f"{key}_text")
            layout.put(Variable(name=name, dims=(), data=np.asarray(texts[key]), attrs={"nnspec": "text"}))
            texts[key] = f"@{name}"
    return texts


def _write(file: Any, item: Variable) -> None:
    import h5py

    text = item.data.dtype.kind == "U"
    dtype = h5py.string_dtype() if text else item.data.dtype
    variable = file.create_variable(item.name, item.dims, dtype=dtype)
    if item.data.size:
        variable[...] = item.data.astype(object) if text else item.data
    for key in sorted(item.attrs):
        variable.attrs[key] = item.attrs[key]


def _read(path: Path) -> tuple[dict[str, Variable], dict[str, str]]:
    """All variables and global texts, when they are as they were written."""
    import h5netcdf

    try:
        with h5netcdf.File(path, "r") as file:
            _known(path, file.attrs)
            variables = {name: _variable(name, file.variables[name]) for name in sorted(file.variables)}
            texts = {key: str(file.attrs[key]) for key in json.loads(str(file.attrs["nnspec_attributes"]))}
            same = fingerprint(variables, texts) == str(file.attrs["nnspec_sha256"])
    except (FileNotFoundError, PermissionError, IsADirectoryError, DamagedResult, NewerFormat):
        raise
    except Exception as error:  # damaged bytes raise whatever they like inside HDF5
        raise DamagedResult(path, str(error).splitlines()[0] if str(error) else type(error).__name__) from error
    if not same:
        raise DamagedResult(path, "its content is not what was written (a checksum differs)")
    return variables, texts


def _known(path: Path, attrs: Any) -> None:
    if "nnspec_sha256" not in attrs:
        raise DamagedResult(path, "nnspec did not write it, or not to the end")
    if int(attrs["nnspec_format"]) > FORMAT:
        raise NewerFormat(path)


def _variable(name: str, found: Any) -> Variable:
    data = np.asarray(found[...])
    if data.dtype.kind in "OST":
        data = np.asarray([_text(item) for item in data.ravel()], dtype=str).reshape(data.shape)
    return Variable(name=name, dims=tuple(found.dimensions), data=data, attrs=_attributes(found))


def _attributes(found: Any) -> dict[str, Any]:
    return {key: value.item() if hasattr(value, "item") else _text(value) for key, value in found.attrs.items()}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
