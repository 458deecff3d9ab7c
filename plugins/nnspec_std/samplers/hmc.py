"""Hamiltonian Monte Carlo: trajectories of a fictitious particle in the space of parameters."""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Field, Sampler, hookimpl


@hookimpl
def nnspec_samplers() -> Iterable[Sampler]:
    r"""`sampler: {hmc: {chains: 4, warmup: 500, draws: 2000}}`.

    .. math:: H(\theta, p) = -\log P(\theta) + \tfrac12 p^2, \qquad
              \text{accept with probability } \min(1, e^{-\Delta H}) \text{ after leapfrog steps} [duane1987]
    """
    yield Sampler(
        name="hmc",
        doc="Hamiltonian Monte Carlo: chains of leapfrog trajectories, accepted or not by the change of energy",
        fields=(
            Field(name="chains", type="count", doc="independent chains", default="4"),
            Field(name="warmup", type="count", doc="steps of each chain that adapt it and are thrown away", default="500"),
            Field(name="draws", type="count", doc="steps of each chain that are kept", default="1000"),
            Field(name="target_accept", type="number", doc="share of accepted steps that the step size is adapted to",
                  default="0.8"),
            Field(name="step_size", type="number", doc="leapfrog step to begin with; found by trial when it is not given"),
        ),
        later="chains are not built yet",
        cite=("duane1987",),
    )  # fmt: skip
