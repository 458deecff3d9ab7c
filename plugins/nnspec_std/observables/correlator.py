r"""Correlators of the field, full and connected, between all points of a set or along a line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import combinations_with_replacement, permutations
from typing import Any

from nnspec.lower.points import line, points_at
from nnspec.numerics.partitions import cumulant_from_moments
from nnspec.plugin import Ask, Estimator, Field, Observable, Outer, hookimpl, jnp, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args, GivenGaussian

HIGHEST = 6
SHIFTS = Field(
    name="shifts", type="points",
    doc="translations over which the line is averaged, for fields whose law does not change under them",
)  # fmt: skip


def points(ask: Ask) -> Array:
    """All points, [point, in]; for a line its start comes first."""
    if "at" in ask:
        return points_at(ask)
    return _lines(ask)[0]


def _lines(ask: Ask) -> tuple[Array, Array]:
    """The points of all lines, each once, and which of them a line has: [shift, start and separations]."""
    start, rest = line(ask)
    shifts = points_at(ask, "shifts") if "shifts" in ask else np.zeros((1, ask.dim))
    whole = shifts[:, None, :] + np.concatenate([start[None, :], rest])[None, :, :]
    flat = whole.reshape(-1, ask.dim)
    _, first, which = np.unique(np.round(flat, 9), axis=0, return_index=True, return_inverse=True)
    if "shifts" not in ask:
        return flat, np.arange(len(flat))[None, :]
    return flat[first], which.reshape(whole.shape[:2])


def moments(ask: Ask, f: Array) -> Mapping[str, Array]:
    """Products of field values of one draw, each product of k + l values once, as an outer product of k by l."""
    field = f[:, 0]
    if "along" in ask:
        table = _lines(ask)[1]
        if len(table) == 1:
            return {"pair": field[0] * field[1:]}
        lines = field[table]
        return {"pair": jnp.mean(lines[:, :1] * lines[:, 1:], axis=0)}
    n = ask["n"]
    orders = range(1, n + 1) if ask["connected"] else (n,)
    products = {k: _products(field, k) for k in range(1, (n + 1) // 2 + 1)}
    found: dict[str, Array] = {}
    for order in orders:
        high, low = (order + 1) // 2, order // 2
        found[f"m{order}"] = Outer(products[high], products[low]) if low else products[high]
    return found


def gaussian_moments(ask: Ask, mean: Array | None, cov: Array) -> Mapping[str, Array]:
    r"""What the moments of a Gaussian field are made of, by Wick's theorem [isserlis1918].

    With S = C + m m: G_2 = S, G_3 = \sum_3 S m - 2 m m m, G_4 = \sum_3 S S - 2 m m m m; above, the moments themselves.
    """
    if "along" in ask:
        return {"pair": cov[0, 1:] if mean is None else cov[0, 1:] + mean[0] * mean[1:]}
    found: dict[str, Array] = {}
    square = cov if mean is None else cov + mean[:, None] * mean[None, :]
    table = _combinations(cov.shape[0], 2)
    pairs = square[table[:, 0], table[:, 1]]
    for order in _orders(ask):
        if order == 1:
            found["m1"] = jnp.zeros_like(cov[0]) if mean is None else mean
        elif order == 2:
            found["m2"] = square
        elif order == 3:
            if mean is not None:
                found |= {"Sm": Outer(pairs, mean), "mmm": Outer(_products(mean, 2), mean)}
        elif order == 4:
            found["SS"] = Outer(pairs, pairs)
            if mean is not None:
                found["mmmm"] = Outer(_products(mean, 2), _products(mean, 2))
        elif order % 2 == 0 or mean is not None:
            found[f"m{order}"] = _wick(_columns(cov.shape[0], order), mean, cov)
    return found or {"m0": jnp.zeros(())}


def gaussian_means(ask: Ask, means: Mapping[str, Array]) -> Mapping[str, Array]:
    """The means of the field's moments, as those of `moments`."""
    if "along" in ask:
        return means
    size = len(points_at(ask))
    found: dict[str, Array] = {name: array for name, array in means.items() if name[0] == "m" and name[1:].isdigit()}
    for order in _orders(ask):
        if f"m{order}" in found:
            continue
        columns = _columns(size, order)
        pair, one = _lookup(size, 2), _lookup(size, 1)
        total: Array = np.zeros(np.broadcast_shapes(*(column.shape for column in columns)))
        for first, second in (((0, 1), (2,)), ((0, 2), (1,)), ((1, 2), (0,))) if "Sm" in means and order == 3 else ():
            total = total + means["Sm"][pair[tuple(columns[k] for k in first)], one[columns[second[0]]]]
        if "mmm" in means and order == 3:
            total = total - 2 * means["mmm"][pair[columns[0], columns[1]], one[columns[2]]]
        for first, second in (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))) if order == 4 else ():
            total = total + means["SS"][pair[tuple(columns[k] for k in first)], pair[tuple(columns[k] for k in second)]]
        if "mmmm" in means and order == 4:
            total = total - 2 * means["mmmm"][pair[columns[0], columns[1]], pair[columns[2], columns[3]]]
        found[f"m{order}"] = total
    return found


def _orders(ask: Ask) -> Sequence[int]:
    return range(1, ask["n"] + 1) if ask["connected"] else (ask["n"],)


def _columns(size: int, order: int) -> list[Any]:
    """The points of the entries of a moment as `moments` has it, [combination, 1] and [1, combination]."""
    high, low = (order + 1) // 2, order // 2
    left = _combinations(size, high)
    if not low:
        return [left[:, k] for k in range(high)]
    right = _combinations(size, low)
    return [left[:, k, None] for k in range(high)] + [right[None, :, k] for k in range(low)]


def _wick(columns: list[Any], mean: Array | None, cov: Array) -> Array:
    """E phi phi ... at the points numbered by `columns`, which broadcast against each other."""
    if not columns:
        return jnp.ones(())
    first, rest = columns[0], columns[1:]
    total: Array = 0.0 if mean is None else mean[first] * _wick(rest, mean, cov)
    for k, other in enumerate(rest):
        others = rest[:k] + rest[k + 1 :]
        if mean is not None or len(others) % 2 == 0:
            total = total + cov[first, other] * _wick(others, mean, cov)
    return total


def finish(ask: Ask, means: Mapping[str, Array]) -> Array:
    """G^(n) or G_c^(n) as an array with one axis for each point."""
    if "along" in ask:
        return np.asarray(means["pair"])
    n, size = ask["n"], len(points_at(ask))
    full = {k: _unpacked(np.asarray(means[f"m{k}"]), k, size) for k in range(1, n + 1) if f"m{k}" in means}
    if not ask["connected"]:
        return full[n]
    return cumulant_from_moments(n, lambda block: placed(full[len(block)], block, n))


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


def placed(moment: Array, block: tuple[int, ...], n: int) -> Array:
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
    on_line = [key for key in ("from", "along", "shifts") if options.get(key) is not None]
    if options.get("at") is not None:
        return (on_line[0], "give either `at`, or `from` and `along`") if on_line else None
    if options.get("from") is None or options.get("along") is None:
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
            SHIFTS,
        ),
        dims=dims,
        shape=shape,
        kind=Estimator(
            readings=("f",), points=points, moments=moments, finish=finish, methods=("monte_carlo", "direct"), spread=spread,
            given_gaussian=GivenGaussian(moments=gaussian_moments, means=gaussian_means),
        ),
        refuse=refuse,
        coords=coords,
        example="{correlator: {n: 2, at: xs, draws: 640}}",
        cite=("halverson2024", "efron1982"),
    )
