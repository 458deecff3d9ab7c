r"""Correlators of the field, full and connected, between all points of a set or along a line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import combinations_with_replacement, permutations
from typing import Any

from nnspec.lower.points import line, points_at
from nnspec.numerics.partitions import cumulant_from_moments
from nnspec.plugin import Ask, Estimator, Field, Observable, Outer, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args

HIGHEST = 6


def points(ask: Ask) -> Array:
    """All points, [point, in]; for a line its start comes first."""
    if "at" in ask:
        return points_at(ask)
    start, rest = line(ask)
    return np.concatenate([start[None, :], rest])


def moments(ask: Ask, f: Array) -> Mapping[str, Array]:
    """Products of field values of one draw, each product of k + l values once, as an outer product of k by l."""
    field = f[:, 0]
    if "along" in ask:
        return {"pair": field[0] * field[1:]}
    n = ask["n"]
    orders = range(1, n + 1) if ask["connected"] else (n,)
    products = {k: _products(field, k) for k in range(1, (n + 1) // 2 + 1)}
    found: dict[str, Array] = {}
    for order in orders:
        high, low = (order + 1) // 2, order // 2
        found[f"m{order}"] = Outer(products[high], products[low]) if low else products[high]
    return found


def finish(ask: Ask, means: Mapping[str, Array]) -> Array:
    """G^(n) or G_c^(n) as an array with one axis for each point."""
    if "along" in ask:
        return np.asarray(means["pair"])
    n, size = ask["n"], len(points_at(ask))
    full = {k: _unpacked(np.asarray(means[f"m{k}"]), k, size) for k in range(1, n + 1) if f"m{k}" in means}
    if not ask["connected"]:
        return full[n]
    return cumulant_from_moments(n, lambda block: _placed(full[len(block)], block, n))


def _products(field: Array, k: int) -> Array:
    """phi(x_a) phi(x_b) ... for a <= b <= ..., [combination]."""
    table = _combinations(field.shape[0], k)
    product = field[table[:, 0]]
    for column in range(1, k):
        product = product * field[table[:, column]]
    return product


@cache
def _combinations(size: int, k: int) -> Any:
    return np.array(list(combinations_with_replacement(range(size), k)), dtype=np.int32).reshape(-1, k)


@cache
def _lookup(size: int, k: int) -> Any:
    """Which combination a tuple of points is, for every order of its points: [point, ..., point]."""
    table = np.zeros((size,) * k, dtype=np.int32)
    rows = _combinations(size, k)
    for order in permutations(range(k)):
        table[tuple(rows[:, axis] for axis in order)] = np.arange(len(rows))
    return table


def _unpacked(packed: Array, order: int, size: int) -> Array:
    """A moment at all tuples of points, from its packed form."""
    high, low = (order + 1) // 2, order // 2
    left = _lookup(size, high)
    if not low:
        return packed[left]
    right = _lookup(size, low)
    return packed[left.reshape(-1)[:, None], right.reshape(-1)[None, :]].reshape((size,) * order)


def _placed(moment: Array, block: tuple[int, ...], n: int) -> Array:
    """A moment of the points in `block`, as an array over all n points."""
    shape = [1] * n
    for axis, size in zip(block, moment.shape, strict=True):
        shape[axis] = size
    return moment.reshape(shape)


def spread(options: Args) -> tuple[float, str]:
    r"""Standard deviation of \phi(x)^n of a Gaussian field of variance G, over G^{n/2} (over G^n's mean for even n)."""
    n = options["n"]
    mean = 0 if n % 2 else math.prod(range(n - 1, 0, -2))
    size = math.sqrt(math.prod(range(2 * n - 1, 0, -2)) - mean**2)
    if options["connected"]:
        return math.sqrt(math.factorial(n)), f"G2(x, x)^{n / 2:g}"
    return (size / mean, f"G{n}(x, ..., x)" if n > 2 else "G2(x, x)") if mean else (size, f"G2(x, x)^{n / 2:g}")


def dims(options: Args) -> tuple[str, ...]:
    """point, point_2, ...; along a line the name of its data set."""
    if options.get("along") is not None:
        return (getattr(options["along"], "name", "r"),)
    return ("point", *(f"point_{k}" for k in range(2, options["n"] + 1)))


def shape(options: Args, dim: int) -> tuple[int, ...]:  # noqa: ARG001
    """One axis for each point."""
    if options.get("along") is not None:
        return (int(options["along"].type.shape[0]),)
    return (int(options["at"].type.shape[0]),) * int(options["n"])


def refuse(options: Args, dim: int) -> tuple[str, str] | None:  # noqa: ARG001
    """`at`, or `from` and `along` with n = 2; n from 1 to 6."""
    n = options["n"]
    if n > HIGHEST:
        return "n", f"correlators go up to n = {HIGHEST}, and this is n = {n}"
    on_line = [key for key in ("from", "along") if options.get(key) is not None]
    if options.get("at") is not None:
        return (on_line[0], "give either `at`, or `from` and `along`") if on_line else None
    if len(on_line) != 2:
        return (on_line[0] if on_line else "at"), "give `at`, or `from` and `along`"
    if n != 2:
        return "n", "along a line there are two points: n must be 2"
    return ("connected", "along a line only the full correlator is computed") if options["connected"] else None


def coords(ask: Ask) -> Mapping[str, Array]:
    """Separations along a line."""
    return {"along": np.asarray(ask["along"])} if "along" in ask else {}


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`G2: {correlator: {n: 2, at: xs}}`."""
    yield Observable(
        name="correlator",
        doc="n-point function of the field, full or connected, averaged over networks",
        equation=r"G^{(n)}(x_1, \ldots, x_n) = \langle \phi(x_1) \cdots \phi(x_n) \rangle, \quad "
        r"G_c^{(n)} = \sum_\pi (-1)^{|\pi| - 1} (|\pi| - 1)! \prod_{B \in \pi} G^{(|B|)}(x_B)",
        fields=(
            Field(name="n", type="count", doc="number of points, 1 to 6", required=True),
            Field(name="connected", type="flag", doc="the connected part (joint cumulant)", default="false"),
            Field(name="at", type="points", doc="points; the result has all combinations of them"),
            Field(name="from", type="point", doc="start of a line along the first axis"),
            Field(name="along", type="axis", doc="separations along the line"),
        ),
        dims=dims,
        shape=shape,
        kind=Estimator(
            readings=("f",), points=points, moments=moments, finish=finish, methods=("monte_carlo", "direct"), spread=spread
        ),
        refuse=refuse,
        coords=coords,
        example="{correlator: {n: 2, at: xs, draws: 640}}",
        cite=("halverson2024", "efron1982"),
    )
