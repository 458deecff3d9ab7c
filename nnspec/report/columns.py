"""A result entry by entry: where each entry lies, in columns with names; what exports are made of."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.result.estimate import Estimate
from nnspec.text.diagnostic import Diagnostic, Refused, nearest

Changes = Sequence[Mapping[str, str]]
"""What is changed at each point of a sweep, by path."""


@dataclass(frozen=True)
class Column:
    """Something that is known about each place along one dimension; `own` is the dimension itself."""

    name: str
    k: int
    places: tuple[Any, ...]
    own: bool

    @property
    def numeric(self) -> bool:
        """Whether all places are numbers."""
        return all(isinstance(each, int | float) for each in self.places)


def chosen(estimates: Sequence[Estimate], names: Sequence[str], where: str) -> list[Estimate]:
    """The results of these names, all of them without names; `G4` means `G4.exact` and `G4.monte_carlo` too.

    Raises:
        Refused: NN750 for a name that the run does not have.
    """
    found: list[Estimate] = []
    for name in names:
        here = [each for each in estimates if name in (each.name, each.name.partition(".")[0])]
        if not here:
            known = [each.name for each in estimates]
            near = nearest(name, known)
            advice = f"did you mean `{near}`?" if near else f"results here: {', '.join(known) or 'none'}"
            raise Refused(Diagnostic("NN750", f"the run has no result `{name}`", where=where, helps=(advice,)))
        found += [each for each in here if each not in found]
    return found if names else list(estimates)


def columns(estimate: Estimate, changes: Changes = ()) -> list[Column]:
    """For each dimension its own coordinate, or 1, 2, ... where it has none, and what else is known along it."""
    found: list[Column] = []
    for k, (dim, size) in enumerate(zip(estimate.dims, np.shape(estimate.value), strict=True)):
        own = estimate.coords.get(dim, estimate.coords.get(_stem(dim)))
        plain = own is not None and np.shape(own) == (size,)
        places = _listed(own) if plain else _swept(dim, changes) if own is None else ()
        found.append(Column(dim, k, places if len(places) == size else tuple(range(1, size + 1)), own=True))
        if own is not None and not plain and np.shape(own)[:1] == (size,):
            found += _components(dim, k, own)
        found += [each for key, values in _beside(estimate, k, size) for each in _components(key, k, values)]
        found += _moved(dim, k, size, estimate.dims, changes)
    return found


def entries(estimate: Estimate) -> Iterator[tuple[tuple[int, ...], float, float | None]]:
    """The place, the value and the error of every entry, the last dimension fastest."""
    value, error = np.asarray(estimate.value, dtype=float), spread(estimate)
    for place in itertools.product(*map(range, value.shape)):
        yield place, float(value[place]), None if error is None else float(error[place])


def spread(estimate: Estimate) -> Any:
    """The errors, of the shape of the value; None for what was not sampled."""
    if estimate.stderr is None:
        return None
    return np.broadcast_to(np.asarray(estimate.stderr, dtype=float), np.shape(estimate.value))


def _beside(estimate: Estimate, k: int, size: int) -> list[tuple[str, Any]]:
    """Coordinates that belong to no dimension and run along the k-th: the first of that length, as in results.nc."""
    first = next(n for n, length in enumerate(np.shape(estimate.value)) if length == size) == k
    given = sorted(estimate.coords.items())
    stems = {*estimate.dims, *map(_stem, estimate.dims)}
    return [(key, values) for key, values in given if first and key not in stems and np.shape(values)[:1] == (size,)]


def _components(name: str, k: int, values: Any) -> list[Column]:
    """One column, or one for each component: `x[1]`, `x[2]`."""
    array = np.asarray(values)
    if array.ndim == 1:
        return [Column(name, k, _listed(array), own=False)]
    flat = array.reshape(len(array), -1)
    return [Column(f"{name}[{c + 1}]", k, _listed(flat[:, c]), own=False) for c in range(flat.shape[1])]


def _swept(dim: str, changes: Changes) -> tuple[Any, ...]:
    """The values of a swept path, in their order."""
    return tuple(map(_number, dict.fromkeys(each[dim] for each in changes if dim in each)))


def _moved(dim: str, k: int, size: int, dims: Sequence[str], changes: Changes) -> list[Column]:
    """Of a sweep: what else changes with this dimension, and with no other."""
    if len(_swept(dim, changes)) != size:
        return []
    found = []
    for path in (path for path in changes[0] if path not in dims):
        here = dict.fromkeys((each[dim], each[path]) for each in changes)
        if len(here) == size and len({value for _, value in here}) > 1:
            found.append(Column(path, k, tuple(_number(value) for _, value in here), own=False))
    return found


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.strip("\"'")


def _listed(values: Any) -> tuple[Any, ...]:
    return tuple(np.asarray(values).tolist())


def _stem(dim: str) -> str:
    """`point` for `point_2`: a repeated dimension runs over the same places."""
    head, _, tail = dim.rpartition("_")
    return head if head and tail.isdigit() else dim
