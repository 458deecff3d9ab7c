r"""Set partitions and pairings, and the passage between moments and cumulants of any order.

.. math::
    G(1 \ldots n) = \sum_\pi \prod_{B \in \pi} G_c(B), \qquad
    G_c(1 \ldots n) = \sum_\pi (-1)^{|\pi| - 1} (|\pi| - 1)! \prod_{B \in \pi} G(B)

Points are numbered 0 ... n - 1 and a block is an increasing tuple of them. With `even=True` only blocks
of even size are kept, which is right when every odd correlator vanishes (31 instead of 203 terms at n = 6).
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Block = tuple[int, ...]
Partition = tuple[Block, ...]


@cache
def set_partitions(n: int, even: bool = False) -> tuple[Partition, ...]:
    """Return the partitions of {0 ... n-1} into blocks: 1, 2, 5, 15, 52, 203 (Bell) for n = 1 ... 6."""
    return tuple(p for p in _grow(n) if not even or all(len(block) % 2 == 0 for block in p))


@cache
def pairings(n: int) -> tuple[Partition, ...]:
    """Return the partitions of {0 ... n-1} into pairs: (n - 1)!! for even n, none for odd n."""
    if n == 0:
        return ((),)
    found = []
    for partner in range(1, n):
        rest = [i for i in range(1, n) if i != partner]
        for smaller in pairings(n - 2):
            found.append(((0, partner), *(tuple(rest[i] for i in pair) for pair in smaller)))
    return tuple(found)


def cumulant_from_moments(order: int, moment: Callable[[Block], Any], even: bool = False) -> Any:
    r"""Return the joint cumulant of points 0 ... order-1.

    .. math:: G_c = \sum_\pi (-1)^{|\pi| - 1} (|\pi| - 1)! \prod_{B \in \pi} G(B)

    `moment(block)` gives the moment of the points of a block, as a number or as an array; arrays must
    broadcast against each other. It is called once for each block.
    """
    return _sum_over_partitions(order, moment, even, lambda blocks: (-1) ** (blocks - 1) * math.factorial(blocks - 1))


def moment_from_cumulants(order: int, cumulant: Callable[[Block], Any], even: bool = False) -> Any:
    r"""Return the full moment of points 0 ... order-1: \sum_\pi \prod_{B \in \pi} G_c(B).

    `cumulant(block)` is as `moment(block)` of `cumulant_from_moments`, whose inverse this is.
    """
    return _sum_over_partitions(order, cumulant, even, lambda _: 1)


def cumulant_tensor(order: int, moments: Mapping[int, Any], even: bool = False) -> Any:
    """Return the cumulant `[point] * order` from the moment tensors `{k: [point] * k}` up to `order`.

    Tensors must be symmetric, as moments are. Orders that `even` leaves out may be missing.
    """
    return cumulant_from_moments(order, lambda block: _spread(moments[len(block)], block, order), even)


def moment_tensor(order: int, cumulants: Mapping[int, Any], even: bool = False) -> Any:
    """Return the full moment `[point] * order` from cumulant tensors `{k: [point] * k}` up to `order`."""
    return moment_from_cumulants(order, lambda block: _spread(cumulants[len(block)], block, order), even)


def _grow(n: int) -> Iterator[Partition]:
    """Put point n-1 into each block of each smaller partition, or alone."""
    if n == 0:
        yield ()
        return
    for smaller in _grow(n - 1):
        for i, block in enumerate(smaller):
            yield (*smaller[:i], (*block, n - 1), *smaller[i + 1 :])
        yield (*smaller, (n - 1,))


def _sum_over_partitions(
    order: int, block_value: Callable[[Block], Any], even: bool, coefficient: Callable[[int], int]
) -> Any:
    if order < 1:
        message = f"cumulants start at order 1, not {order}"
        raise ValueError(message)
    known: dict[Block, Any] = {}
    total: Any = 0.0
    for partition in set_partitions(order, even):
        term: Any = coefficient(len(partition))
        for block in partition:
            if block not in known:
                known[block] = block_value(block)
            term = term * known[block]
        total = total + term
    return total


def _spread(tensor: Any, block: Block, order: int) -> Any:
    """Put the axes of `tensor` at the positions of `block` among `order` axes, of length 1 elsewhere."""
    if tensor.ndim != len(block):
        message = f"a moment of {len(block)} points has {len(block)} axes, not {tensor.ndim}"
        raise ValueError(message)
    lengths = dict(zip(block, tensor.shape, strict=True))
    return tensor.reshape(tuple(lengths.get(axis, 1) for axis in range(order)))
