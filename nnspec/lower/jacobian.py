"""Derivatives of a network with respect to its parameters, through contractions only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nnspec.numerics.lazy import jax, jnp


@dataclass(frozen=True)
class FieldJacobian:
    """d f(x_point, out) / d theta for one draw; see `nnspec.plugin.Jacobian`."""

    field: Callable[[Mapping[str, Any], Any], Any]
    theta: Mapping[str, Any]
    points: Any

    def gram(self) -> Any:
        r"""\sum_\mu \partial_\mu f_i(x) \partial_\mu f_j(y), array by array: [point, out, point_2, out_2]."""

        def at(theta: Mapping[str, Any], point: Any) -> Any:
            return self.field(theta, point[None, :])[0]

        if not self.theta:  # nothing to move
            values = self.field(self.theta, self.points)
            return jnp.zeros((*values.shape, *values.shape), values.dtype)
        jacobian = jax.vmap(lambda point: jax.jacrev(at)(self.theta, point))(self.points)
        total = 0.0
        for leaf in jax.tree.leaves(jacobian):
            points, out = leaf.shape[:2]
            flat = leaf.reshape(points * out, -1)
            total = total + (flat @ flat.T).reshape(points, out, points, out)
        return jnp.asarray(total)
