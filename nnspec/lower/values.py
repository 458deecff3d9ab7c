"""Arrays with named index axes, so that broadcasting is always said by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnspec.numerics.lazy import jnp


@dataclass(frozen=True)
class Value:
    """An array whose first axes are the indices `axes`, in order; a vector has one more axis at the end.

    `array` is a plain Python number where nothing but literals and static constants went in.
    """

    array: Any
    axes: tuple[str, ...] = ()
    event: int = 0

    @property
    def plain(self) -> bool:
        """Whether this is a Python number, known before anything is traced."""
        return isinstance(self.array, int | float | bool)


def align(*values: Value) -> tuple[list[Any], tuple[str, ...]]:
    """The arrays of scalar values with all index axes in a common order; missing axes have length 1."""
    axes = tuple(dict.fromkeys(name for value in values for name in value.axes))
    return [_expand(value, axes) for value in values], axes


def _expand(value: Value, axes: tuple[str, ...]) -> Any:
    if value.plain or value.axes == axes:
        return value.array
    array = value.array
    order = [value.axes.index(name) for name in axes if name in value.axes]
    order += range(len(value.axes), len(value.axes) + value.event)
    array = jnp.transpose(array, order)
    present = [name for name in axes if name in value.axes]
    shape: list[int] = []
    for name in axes:
        shape.append(array.shape[present.index(name)] if name in present else 1)
    return jnp.reshape(array, (*shape, *array.shape[len(present) :]))


def common(arrays: list[Any], dtype: Any) -> list[Any]:
    """Arrays of one dtype: constants are kept in float64 until they meet random numbers of lower precision."""
    kinds = {array.dtype for array in arrays if hasattr(array, "dtype") and array.dtype != bool}
    if len(kinds) < 2:
        return arrays
    return [array.astype(dtype) if hasattr(array, "dtype") and array.dtype != bool else array for array in arrays]


def scalar_like(vector: Any) -> Any:
    """A number per entry, with one more axis, so that it multiplies a vector."""
    return vector[..., None] if hasattr(vector, "ndim") else vector
