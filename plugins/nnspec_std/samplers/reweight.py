"""Independent draws from the declared densities, which count by their weight under the deformed one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nnspec.plugin import Draw, Field, Sampler, hookimpl
from nnspec.plugin.readings import Array


def draw(measure: Any, key: Array) -> Draw:
    """Theta ~ P(theta), with the logarithm of the deformation as its weight."""
    theta = measure.prior(key)
    return Draw(theta=theta, log_weight=0.0 if measure.log_deform is None else measure.log_deform(theta))


@hookimpl
def nnspec_samplers() -> Iterable[Sampler]:
    r"""`sampler: {reweight: {least: 0.05}}`.

    .. math:: \langle O \rangle = \frac{\sum_k w_k O(\theta_k)}{\sum_k w_k}, \quad w = e^{-V}, \qquad
              \mathrm{share} = \frac{(\sum_k w_k)^2}{n \sum_k w_k^2} \quad [liu2001]
    """
    yield Sampler(
        name="reweight",
        doc="independent draws from the declared densities, weighed by the deformation; for small deformations",
        fields=(
            Field(name="least", type="number", doc="effective share of the draws below which no number is given",
                  default="0.01"),
        ),
        draw=draw,
        weighs=True,
        cite=("liu2001",),
    )  # fmt: skip
