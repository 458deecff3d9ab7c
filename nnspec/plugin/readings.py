"""What an estimator may ask of one draw: a closed list, the only thing that two strangers must agree on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

Array = Any

Reading = Literal[
    "f",  # [point, out]: the field at the points
    "features",  # tuple over layers of [point, width]: hidden pre-activations
    "features_0",  # the same at the first step of the process that one measures along
    "jac",  # Jacobian: derivatives with respect to the parameters, only through contractions
    "theta",  # the draw's parameters by name
    "log_deform",  # the logarithm of the deformation, -V
    "log_density",  # log P(theta) of the measure, deformation included
    "loss",  # the training loss, along a process
]


class Jacobian(Protocol):
    """d f(x_point, out) / d theta_param, never stored whole."""

    def gram(self) -> Array:
        r"""\sum_\mu \partial_\mu f_i(x) \partial_\mu f_j(y): [point, out, point_2, out_2]."""
        ...


@dataclass(frozen=True)
class Outer:
    """A moment E[left (x) right]: [m] and [n] of a draw give [m, n]; backends sum it over draws as a matrix product."""

    left: Array
    right: Array
