"""Hamiltonian Monte Carlo: trajectories of a fictitious particle in the space of parameters."""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Sampler, hookimpl
from nnspec_std.samplers._chains import fields


@hookimpl
def nnspec_samplers() -> Iterable[Sampler]:
    r"""`sampler: {hmc: {chains: 4, warmup: 500, draws: 2000}}`.

    .. math:: H(\theta, p) = -\log P(\theta) + \tfrac12 p^2, \qquad
              \text{accept with probability } \min(1, e^{-\Delta H}) \text{ after leapfrog steps} [duane1987]
    """
    yield Sampler(
        name="hmc",
        doc="Hamiltonian Monte Carlo: chains of leapfrog trajectories, accepted or not by the change of energy",
        fields=fields("share of accepted steps"),
        later="chains are not built yet",
        cite=("duane1987",),
    )  # fmt: skip
