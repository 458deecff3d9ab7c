"""Hamiltonian Monte Carlo: trajectories of a fictitious particle in the space of parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Field, Sampler, hookimpl, jnp
from nnspec.plugin.readings import Array
from nnspec_std.samplers import _chains

LENGTH = Field(
    name="length", type="number",
    doc="mean length of a trajectory, single ones vary by a half; pi/2 (in units of the density's width) if it is not given",
)  # fmt: skip


def move(measure: Any, state: _chains.State, key: Array, most: int) -> tuple[_chains.State, Mapping[str, Array]]:
    """One trajectory of every chain, of a length that is drawn anew each time: fixed ones come back to where they began."""
    mean = float(measure.options.get("length") or math.pi / 2)
    beyond = state["position"].shape[0]  # the keys below are those of the chains
    u = streams.uniform(streams.draw_key(key, beyond), (1,), jnp.float64)[0]
    steps = jnp.clip(jnp.ceil(mean * (0.5 + u) / state["step_size"]), 1, most).astype(jnp.int64)
    return _chains.leap(_chains.library("mcmc.hmc").build_kernel(), measure, state, key, steps)


@hookimpl
def nnspec_samplers() -> Iterable[Sampler]:
    r"""`sampler: {hmc: {chains: 4, warmup: 500, draws: 2000}}`.

    .. math:: H(\theta, p) = -\log P(\theta) + \tfrac12 p^2, \qquad
              \text{accept with probability } \min(1, e^{-\Delta H}) \text{ after leapfrog steps} [duane1987]
    """
    yield Sampler(
        name="hmc",
        doc="Hamiltonian Monte Carlo: chains of leapfrog trajectories, accepted or not by the change of energy",
        fields=(*_chains.fields("share of accepted steps"), LENGTH),
        start=_chains.start,
        warm=partial(_chains.warm, move),
        step=partial(_chains.step, move),
        cite=("duane1987",),
    )
