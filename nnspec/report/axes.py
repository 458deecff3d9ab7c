"""Along which numbers a result runs: what tables and pictures write beside and below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.result.estimate import Estimate


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A dimension with its label and the number (or word) of every place; `counted` when there is none but 1, 2, 3."""

    dim: str
    label: str
    places: Any
    counted: bool

    @property
    def key(self) -> tuple[str, tuple[Any, ...]]:
        """Equal for axes that can stand beside the same column."""
        return self.label, tuple(np.asarray(self.places).tolist())

    @property
    def numeric(self) -> bool:
        """Whether the places are numbers."""
        return bool(np.asarray(self.places).dtype.kind in "iuf")


def axis(estimate: Estimate, k: int, data: Mapping[str, Any] | None = None) -> Axis:
    """The k-th dimension: its own coordinate, else another along it, else data of its name, else 1, 2, ..."""
    dim, size = estimate.dims[k], np.shape(estimate.value)[k]
    for label, source in [(dim, estimate.coords), (_stem(dim), estimate.coords), (dim, data or {})]:
        if label in source and np.shape(source[label]) == (size,):
            return Axis(dim=dim, label=dim, places=np.asarray(source[label]), counted=False)
    for label, given in estimate.coords.items():
        if label not in estimate.dims and np.shape(given) == (size,):
            return Axis(dim=dim, label=label, places=np.asarray(given), counted=False)
    return Axis(dim=dim, label=dim, places=np.arange(1, size + 1), counted=True)


def _stem(dim: str) -> str:
    """`point` for `point_2`: a repeated dimension runs over the same places."""
    head, _, tail = dim.rpartition("_")
    return head if head and tail.isdigit() else dim


def squeezed(estimate: Estimate, keep: tuple[str, ...] = ()) -> Estimate:
    """A result without the dimensions in which there is one place alone, but for those of `keep`."""
    shape = np.shape(estimate.value)
    gone = tuple(k for k, dim in enumerate(estimate.dims) if shape[k] == 1 and dim not in keep)
    if not gone:
        return estimate
    lost = {estimate.dims[k] for k in gone}
    spread = estimate.stderr
    if spread is not None:
        spread = np.squeeze(np.broadcast_to(np.asarray(spread, dtype=float), shape), gone)
    blocks = estimate.blocks
    if blocks is not None:
        blocks = np.squeeze(np.asarray(blocks), tuple(k + 1 for k in gone))
    return replace(
        estimate, value=np.squeeze(np.asarray(estimate.value), gone), stderr=spread, blocks=blocks,
        dims=tuple(dim for dim in estimate.dims if dim not in lost),
        coords={dim: along for dim, along in estimate.coords.items() if dim not in lost},
    )  # fmt: skip
