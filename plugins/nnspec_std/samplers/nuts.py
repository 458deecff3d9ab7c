"""The no-U-turn sampler: Hamiltonian Monte Carlo that finds the length of its trajectories."""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Field, Sampler, hookimpl


@hookimpl
def nnspec_samplers() -> Iterable[Sampler]:
    r"""`sampler: {nuts: {chains: 4, warmup: 500, draws: 2000}}`.

    .. math:: \text{double the trajectory until } (\theta^+ - \theta^-) \cdot p^\pm < 0 \quad [hoffman2014]
    """
    yield Sampler(
        name="nuts",
        doc="no-U-turn sampler: Hamiltonian Monte Carlo with trajectories that end where they would turn back",
        fields=(
            Field(name="chains", type="count", doc="independent chains", default="4"),
            Field(name="warmup", type="count", doc="steps of each chain that adapt it and are thrown away", default="500"),
            Field(name="draws", type="count", doc="steps of each chain that are kept", default="1000"),
            Field(name="target_accept", type="number", doc="mean acceptance that the step size is adapted to",
                  default="0.8"),
            Field(name="step_size", type="number", doc="leapfrog step to begin with; found by trial when it is not given"),
        ),
        later="chains are not built yet",
        cite=("hoffman2014",),
    )  # fmt: skip
