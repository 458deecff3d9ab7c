"""How a pass over draws is cut into shards, shards into blocks, and which shards make a block of the jackknife."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from nnspec.lower.field import L2

FEWEST = 2
"""Turns that a loop must have at least: one of a single turn is no loop to the compiler."""
MOST = 8
DRAWS_AT_ONCE = 32
BLOCK = 8 * L2
"""Numbers of a block of draws, which the readings find in the cache."""
EQUAL = 64
"""Shards of a short pass, and those of a long one before they grow."""
WORTH = 2**18
"""Random numbers that are worth a file of their own."""


@dataclass(frozen=True)
class Plan:
    """Shards as ranges of draws, and the blocks of draws in each: `turns` times `chunk` draws are made before they are read.

    Shards of a long pass do not depend on its length: first come EQUAL of some WORTH numbers each, then half as many of
    twice, four times, eight times that size. So a longer pass begins with the shards of a shorter one, and their number
    grows with the logarithm of the draws. A pass too short for that has EQUAL shards of equal size, in blocks that fit.
    """

    draws: int
    turns: int
    chunk: int
    shards: tuple[tuple[int, int], ...]
    grain: int
    """Draws of a block of the jackknife; shards lie in one of them each."""

    @staticmethod
    def of(draws: int, parameters: int) -> Plan:
        """The plan of so many draws of so many parameters each; blocks fit into the cache."""
        chunk, turns = _fitting(parameters)
        size = chunk * turns
        while size * max(1, parameters) < WORTH:
            size *= 2
        if draws < EQUAL // 2 * size:
            return Plan.equal(draws, min(EQUAL, draws // 4), parameters)
        shards = tuple(_growing(draws, size))
        return Plan(draws, turns, chunk, shards, max(stop - start for start, stop in shards))

    @staticmethod
    def equal(draws: int, shards: int, parameters: int) -> Plan:
        """A plan with shards of equal size, to one draw, that wastes few draws at the end of each."""
        per_shard = -(-draws // shards)
        chunk, turns = _fitting(parameters)
        blocks = -(-per_shard // (turns * chunk))
        ways = [turn for turn in (8, 4, 2) if turn <= turns] or [FEWEST]
        sizes = {turn: -(-per_shard // (blocks * turn)) for turn in ways}
        best = min(ways, key=lambda turn: (sizes[turn] * turn, -turn))
        edges = [draws * k // shards for k in range(shards + 1)]
        return Plan(draws, best, sizes[best], tuple(itertools.pairwise(edges)), 0)

    @property
    def block(self) -> int:
        """Draws of a block."""
        return self.turns * self.chunk

    @property
    def labels(self) -> tuple[str, ...]:
        """What each shard is, whatever the length of the pass."""
        return tuple(f"{start}-{stop}.{self.turns}x{self.chunk}" for start, stop in self.shards)

    def grains(self) -> list[list[int]]:
        """Shards that make up each block of the jackknife."""
        if not self.grain:
            return [[k] for k in range(len(self.shards))]
        found: dict[int, list[int]] = {}
        for k, (start, _) in enumerate(self.shards):
            found.setdefault(start // self.grain, []).append(k)
        return list(found.values())


def _fitting(parameters: int) -> tuple[int, int]:
    """Draws at once, and turns of a block."""
    chunk = max(1, min(DRAWS_AT_ONCE, L2 // (2 * max(1, parameters))))
    chunk = 1 << (chunk.bit_length() - 1)  # powers of two vectorise best
    turns = max(FEWEST, min(MOST, BLOCK // max(1, chunk * parameters)))
    return chunk, 1 << (turns.bit_length() - 1)


def _growing(draws: int, size: int) -> Iterator[tuple[int, int]]:
    start, count = 0, EQUAL
    while start < draws:
        for _ in range(count):
            stop = min(start + size, draws)
            yield start, stop
            if stop == draws:
                return
            start = stop
        size, count = 2 * size, EQUAL // 2
