r"""Schwinger-Dyson identities of a density on R^n: quantities that have the mean zero whatever the density is.

Integration by parts gives, for g = \partial \log p in the coordinates u in which chains move,

    \langle g_i \rangle = 0, \qquad \langle u_i g_j + u_j g_i \rangle + 2 \delta_{ij} = 0

where log p is continuous and has no poles: a jump of p would add a boundary term. Of many coordinates neighbours are taken
together, and products of different ones are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnspec.numerics.lazy import jax, jnp, np

SHARE = 8
"""Bins for each control of a family, at the least."""


@dataclass(frozen=True)
class Identities:
    """Which identities are followed: of `groups` of neighbouring coordinates, and whether of products of two."""

    dim: int
    groups: int
    mixed: bool

    @staticmethod
    def of(dim: int, bins: int) -> Identities:
        """As many as so many bins can tell coefficients of."""
        most = max(1, bins // SHARE)
        return Identities(dim, min(dim, most), 1 < dim and dim * (dim + 1) // 2 <= most)

    @property
    def size(self) -> int:
        """How many numbers."""
        return 2 * self.groups + (self.dim * (self.dim - 1) // 2 if self.mixed else 0)

    @property
    def families(self) -> list[Any]:
        """Sets of them that may explain something together: odd ones, even ones, both."""
        score, virial = np.arange(self.groups), np.arange(self.groups, 2 * self.groups)
        found = [score, virial, np.arange(2 * self.groups)]
        if self.mixed:
            found += [np.arange(self.groups, self.size), np.arange(self.size)]
        return found

    def values(self, u: Any, gradient: Any) -> Any:
        """Of every chain, [chain, identity], from coordinates and gradient of log p [chain, coordinate]."""
        number = jnp.asarray(np.arange(self.dim) * self.groups // self.dim)

        def grouped(x: Any) -> Any:
            return jax.ops.segment_sum(x.T, number, self.groups, indices_are_sorted=True).T if self.groups < self.dim else x

        parts = [grouped(gradient), grouped(1.0 + u * gradient)]
        if self.mixed:
            i, j = np.triu_indices(self.dim, 1)
            parts.append(u[:, i] * gradient[:, j] + u[:, j] * gradient[:, i])
        return jnp.concatenate(parts, axis=1)
