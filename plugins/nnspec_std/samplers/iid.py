"""Independent draws from the declared densities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nnspec.plugin import Draw, Sampler, hookimpl
from nnspec.plugin.readings import Array


def draw(measure: Any, key: Array) -> Draw:
    """Theta ~ P(theta), the product of the densities of the spec."""
    return Draw(theta=measure.prior(key))


@hookimpl
def nnspec_samplers() -> Iterable[Sampler]:
    """`sampler: {iid: {}}`."""
    yield Sampler(name="iid", doc="independent draws from the declared densities", draw=draw)
