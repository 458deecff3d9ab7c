"""The no-U-turn sampler: Hamiltonian Monte Carlo that finds the length of its trajectories."""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Sampler, hookimpl
from nnspec_std.samplers._chains import fields


@hookimpl
def nnspec_samplers() -> Iterable[Sampler]:
    r"""`sampler: {nuts: {chains: 4, warmup: 500, draws: 2000}}`.

    .. math:: \text{double the trajectory until } (\theta^+ - \theta^-) \cdot p^\pm < 0 \quad [hoffman2014]
    """
    yield Sampler(
        name="nuts",
        doc="no-U-turn sampler: Hamiltonian Monte Carlo with trajectories that end where they would turn back",
        fields=fields("mean acceptance"),
        later="chains are not built yet",
        cite=("hoffman2014",),
    )  # fmt: skip
