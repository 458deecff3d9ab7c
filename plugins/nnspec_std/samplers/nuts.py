"""The no-U-turn sampler: Hamiltonian Monte Carlo that finds the length of its trajectories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from nnspec.plugin import Sampler, hookimpl
from nnspec.plugin.readings import Array
from nnspec_std.samplers import _chains


def move(measure: Any, state: _chains.State, key: Array, most: int) -> tuple[_chains.State, Mapping[str, Array]]:
    """One trajectory of every chain, doubled until it turns back; a point of it is drawn by its weight."""
    doublings = most.bit_length() - 1
    return _chains.leap(_chains.library("mcmc.nuts").build_kernel(), measure, state, key, doublings)


@hookimpl
def nnspec_samplers() -> Iterable[Sampler]:
    r"""`sampler: {nuts: {chains: 4, warmup: 500, draws: 2000}}`.

    .. math:: \text{double the trajectory until } (\theta^+ - \theta^-) \cdot p^\pm < 0 \quad [hoffman2014]
    """
    yield Sampler(
        name="nuts",
        doc="no-U-turn sampler: Hamiltonian Monte Carlo with trajectories that end where they would turn back",
        fields=_chains.fields("mean acceptance"),
        start=_chains.start,
        warm=partial(_chains.warm, move),
        step=partial(_chains.step, move),
        cite=("hoffman2014",),
    )
