r"""Symmetric tensors over points, each entry once: moments and cumulants of all tuples p_1 <= ... <= p_k.

A packed tensor is `[tuple]` in lexicographic order: C(points + k - 1, k) numbers instead of points^k. Further axes after
the first are carried along.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import combinations_with_replacement, permutations
from typing import TYPE_CHECKING, Any

from nnspec.numerics.lazy import np
from nnspec.numerics.partitions import set_partitions

if TYPE_CHECKING:
    from collections.abc import Mapping


def count(points: int, k: int) -> int:
    """How many tuples there are."""
    return math.comb(points + k - 1, k)


@cache
def tuples(points: int, k: int) -> Any:
    """All tuples p_1 <= ... <= p_k, [tuple, k]."""
    flat = np.fromiter((p for row in combinations_with_replacement(range(points), k) for p in row), np.int32)
    return flat.reshape(-1, k)


def rank(rows: Any, points: int) -> Any:
    """The place of each sorted tuple [tuple, k] among all of them."""
    k = rows.shape[1]
    top = points + k - 1
    before = _before(points, k)
    found = np.zeros(len(rows), np.int64)
    last = np.full(len(rows), -1, np.int64)
    for j in range(k):
        value = rows[:, j].astype(np.int64) + j
        found += before[j, value] - before[j, np.minimum(last + 1, top)]
        last = value
    return found


@cache
def _before(points: int, k: int) -> Any:
    top = points + k - 1
    table = np.zeros((k, top + 1), np.int64)
    for j in range(k):
        table[j, 1:] = np.cumsum([math.comb(top - 1 - u, k - 1 - j) for u in range(top)])
    return table


@cache
def _blocks(points: int, n: int) -> Mapping[tuple[int, ...], Any]:
    """Where each part of a tuple stands among the shorter ones."""
    rows = tuples(points, n)
    found = {block for partition in set_partitions(n) for block in partition}
    return {block: rank(rows[:, list(block)], points) for block in found}


def cumulant(n: int, points: int, moments: Mapping[int, Any]) -> Any:
    r"""\sum_\pi (-1)^{|\pi| - 1} (|\pi| - 1)! \prod_{B \in \pi} M(B) from packed moments 1 ... n; [tuple]."""
    return _summed(n, points, moments, lambda b: (-1) ** (b - 1) * math.factorial(b - 1))


def moment(n: int, points: int, cumulants: Mapping[int, Any]) -> Any:
    r"""\sum_\pi \prod_{B \in \pi} \kappa(B) from packed cumulants 1 ... n; [tuple]."""
    return _summed(n, points, cumulants, lambda _: 1)


def _summed(n: int, points: int, given: Mapping[int, Any], coefficient: Any) -> Any:
    where = _blocks(points, n)
    zero = {k for k in range(1, n + 1) if not np.any(given[k])}
    total = np.zeros_like(given[n])
    for partition in set_partitions(n):
        if any(len(block) in zero for block in partition):
            continue
        term = coefficient(len(partition))
        for block in partition:
            term = term * given[len(block)][where[block]]
        total = total + term
    return total


def unpacked(packed: Any, points: int, n: int) -> Any:
    """The whole tensor, [point] * n."""
    rows = tuples(points, n)
    whole = np.zeros((points,) * n, packed.dtype)
    for order in permutations(range(n)):
        whole[tuple(rows[:, axis] for axis in order)] = packed
    return whole
