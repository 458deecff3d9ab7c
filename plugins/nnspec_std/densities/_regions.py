"""Boxes, balls and spheres: what a uniform density needs to know of each, with the components of an event on the last axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from nnspec.numerics import streams
from nnspec.plugin import jax, jnp, lax
from nnspec.plugin.readings import Array

_SMALL = 1e-2
"""Below this square of a radius a series replaces quotients and roots that are 0/0 at the centre."""
_TANH = (1, -1 / 3, 2 / 15, -17 / 315, 62 / 2835, -1382 / 155925, 21844 / 6081075)
_ATANH = tuple(1 / (2 * k + 1) for k in range(8))
_LOG_SECH2 = (0, -1, 1 / 6, -2 / 45, 17 / 1260, -62 / 14175, 1382 / 935550)


@final
@dataclass(frozen=True, kw_only=True)
class Box:
    """lo_k < x_k < hi_k, mapped onto by the logistic function in each component."""

    lo: Array
    hi: Array

    @property
    def dim(self) -> int:
        """The number of components."""
        return int(self.lo.shape[0])

    def _ends(self, dtype: Any, ndim: int) -> tuple[Array, Array]:
        """Both ends for arrays of `ndim` axes, of which the last is the component."""
        axes = tuple(range(ndim - 1))
        lo, hi = (jnp.expand_dims(jnp.asarray(end, dtype), axes) for end in (self.lo, self.hi))
        return lo, hi

    def sample(self, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
        """Draw lo + (hi - lo) times uniform numbers."""
        lo, hi = self._ends(dtype, len(shape) + 1)
        return lo + (hi - lo) * streams.uniform(key, (*shape, self.dim), dtype)

    def log_prob(self, x: Array) -> Array:
        """Minus the log of the volume, -inf outside."""
        lo, hi = self._ends(x.dtype, x.ndim)
        inside = jnp.all((x >= lo) & (x <= hi), axis=-1)
        return jnp.where(inside, -jnp.sum(jnp.log(hi - lo)), -jnp.inf)

    def moment(self, k: int) -> Array:
        r"""E x^k = \frac{1}{k + 1} \sum_j hi^j lo^{k - j} of each component."""
        return sum((self.hi**j * self.lo ** (k - j) for j in range(k + 1)), start=0.0) / (k + 1)

    def forward(self, u: Array) -> Array:
        r"""Map by x = lo + (hi - lo) / (1 + e^{-u})."""
        lo, hi = self._ends(u.dtype, u.ndim)
        return lo + (hi - lo) * jax.nn.sigmoid(u)

    def inverse(self, x: Array) -> Array:
        r"""Map by u = \log((x - lo) / (hi - x))."""
        lo, hi = self._ends(x.dtype, x.ndim)
        return jnp.log((x - lo) / (hi - x))

    def log_det(self, u: Array) -> Array:
        r"""\sum_k \log (hi - lo)_k - \log(1 + e^{u_k}) - \log(1 + e^{-u_k})."""
        lo, hi = self._ends(u.dtype, u.ndim)
        return jnp.sum(jnp.log(hi - lo) - jax.nn.softplus(u) - jax.nn.softplus(-u), axis=-1)


@final
@dataclass(frozen=True, kw_only=True)
class Ball:
    r"""\|x\| < radius, mapped onto by x = radius \tanh(r) u / r with r = \|u\|."""

    dim: int
    radius: Array

    def sample(self, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
        r"""The first d of d + 2 components of a uniform direction, times the radius.

        .. math:: x = R \frac{(z_1, \dots, z_d)}{\|(z_1, \dots, z_{d+2})\|}, \qquad z_k \sim N(0, 1)

        It has the law of radius U^{1/d} times a direction, and needs one array of random numbers, not two.
        """
        radius = jnp.asarray(self.radius, dtype)
        if self.dim == 1:
            return radius * (2 * streams.uniform(key, (*shape, 1), dtype) - 1)
        # A loop, since the compiler would otherwise draw the normals anew for each of their uses.
        z = lax.map(lambda k: streams.normal(streams.draw_key(key, k), shape, dtype), jnp.arange(self.dim + 2))
        length = lax.rsqrt(jnp.sum(z**2, axis=0))
        return jnp.moveaxis(radius * z[: self.dim] * length[None], 0, -1)

    def log_prob(self, x: Array) -> Array:
        """Minus the log of the volume; the border is as wide as rounding, so that no sample is outside."""
        d, radius = self.dim, jnp.asarray(self.radius, x.dtype)
        square = jnp.sum((x / radius) ** 2, axis=-1)
        log_volume = d * jnp.log(radius) + (d / 2 * math.log(math.pi) - math.lgamma(d / 2 + 1))
        return jnp.where(square <= 1 + 16 * jnp.finfo(x.dtype).eps, -log_volume, -jnp.inf)

    def moment(self, k: int) -> Array:
        r"""E x_1^k = radius^k \frac{d}{d + k} \frac{(k - 1)!!}{d (d + 2) \cdots (d + k - 2)}, zero for odd k."""
        d = self.dim
        if k % 2:
            return 0.0 * self.radius
        direction = math.prod(j / (d + j - 1) for j in range(1, k, 2))
        return self.radius**k * (d / (d + k) * direction)

    def forward(self, u: Array) -> Array:
        """The radial map onto the ball."""
        return jnp.asarray(self.radius, u.dtype) * _tanh_ratio(jnp.sum(u**2, axis=-1, keepdims=True)) * u

    def inverse(self, x: Array) -> Array:
        r"""Map by u = \mathrm{artanh}(s) x / (s radius) with s = \|x\| / radius."""
        x = x / jnp.asarray(self.radius, x.dtype)
        return _atanh_ratio(jnp.sum(x**2, axis=-1, keepdims=True)) * x

    def log_det(self, u: Array) -> Array:
        r"""Sum d \log radius + (d - 1) \log(\tanh(r) / r) - 2 \log\cosh r."""
        square = jnp.sum(u**2, axis=-1)
        radius = jnp.asarray(self.radius, u.dtype)
        return self.dim * jnp.log(radius) + (self.dim - 1) * jnp.log(_tanh_ratio(square)) + _log_sech2(square)


@final
@dataclass(frozen=True, kw_only=True)
class Sphere:
    r"""\|x\| = radius, the surface of a ball, with its surface measure.

    Its coordinates have one dimension more than it has: x = radius u / \|u\| of a standard normal u is uniform, whatever
    becomes of \|u\|.
    """

    dim: int
    radius: Array

    def sample(self, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
        r"""Normal vectors, normalised: x = R z / \|z\|."""
        z = lax.map(lambda k: streams.normal(streams.draw_key(key, k), shape, dtype), jnp.arange(self.dim))
        return jnp.moveaxis(jnp.asarray(self.radius, dtype) * z * lax.rsqrt(jnp.sum(z**2, axis=0))[None], 0, -1)

    def _log_area(self, dtype: Any) -> Array:
        r"""\log(2 \pi^{d/2} / \Gamma(d/2)) + (d - 1) \log R."""
        d = self.dim
        return (d - 1) * jnp.log(jnp.asarray(self.radius, dtype)) + (
            math.log(2) + d / 2 * math.log(math.pi) - math.lgamma(d / 2)
        )

    def log_prob(self, x: Array) -> Array:
        """Minus the log of the area, a density by the surface measure; the sphere is as thick as rounding."""
        square = jnp.sum((x / jnp.asarray(self.radius, x.dtype)) ** 2, axis=-1)
        near = jnp.abs(square - 1) <= (16 + self.dim) * jnp.finfo(x.dtype).eps
        return jnp.where(near, -self._log_area(x.dtype), -jnp.inf)

    def moment(self, k: int) -> Array:
        r"""E x_1^k = radius^k \frac{(k - 1)!!}{d (d + 2) \cdots (d + k - 2)}, zero for odd k."""
        if k % 2:
            return 0.0 * self.radius
        return self.radius**k * math.prod(j / (self.dim + j - 1) for j in range(1, k, 2))

    def forward(self, u: Array) -> Array:
        r"""Radius u / \|u\|."""
        return jnp.asarray(self.radius, u.dtype) * u * lax.rsqrt(jnp.sum(u**2, axis=-1, keepdims=True))

    def inverse(self, x: Array) -> Array:
        r"""Of the many u with this direction, one as long as normal vectors are."""
        return x * (math.sqrt(self.dim) / jnp.asarray(self.radius, x.dtype))

    def log_det(self, u: Array) -> Array:
        r"""Log of the normal density of u, and of the area: what makes p(x(u)) the law of u."""
        return self._log_area(u.dtype) - 0.5 * jnp.sum(u**2, axis=-1) - self.dim / 2 * math.log(2 * math.pi)


def _series(t: Array, coefficients: Sequence[float]) -> Array:
    total = jnp.full_like(t, coefficients[-1])
    for c in coefficients[-2::-1]:
        total = total * t + c
    return total


def _away(t: Array) -> tuple[Array, Array]:
    """Where t is not small, and its root there (1 elsewhere, so that no derivative is infinite)."""
    far = t > _SMALL
    return far, jnp.sqrt(jnp.where(far, t, 1.0))


def _tanh_ratio(t: Array) -> Array:
    far, r = _away(t)
    return jnp.where(far, jnp.tanh(r) / r, _series(jnp.where(far, 0.0, t), _TANH))


def _atanh_ratio(t: Array) -> Array:
    far, r = _away(t)
    safe = jnp.where(far, r, 0.5)
    return jnp.where(far, jnp.arctanh(safe) / safe, _series(jnp.where(far, 0.0, t), _ATANH))


def _log_sech2(t: Array) -> Array:
    far, r = _away(t)
    exact = 2 * (math.log(2) - r - jnp.log1p(jnp.exp(-2 * r)))
    return jnp.where(far, exact, _series(jnp.where(far, 0.0, t), _LOG_SECH2))
