r"""Cosine and sine as polynomials: more than ten times faster than a scalar library call on CPU.

The argument is reduced to r = x - 2 \pi k with k = round(x / 2 \pi), subtracting 2 \pi in two parts
of which the first has so few bits that k times it is exact, and folded to |y| <= \pi / 2. Then
sin y = y P(y^2), with P the polynomial of least relative error (Remez, 40 digits).

=======  ==========================  ========================  =================================
dtype    max abs error               for                       beyond
=======  ==========================  ========================  =================================
float32  5e-7 (typically 2e-7)       abs(x) <= 1e4             5e-7 + 1.2e-7 * abs(x)
float64  1e-14 (typically 6e-16)     abs(x) <= 1e5             1e-14 + 2.3e-16 * abs(x)
=======  ==========================  ========================  =================================

Beyond the stated range the error is that of rounding x itself (no exact reduction is attempted): the
result stays within [-1, 1] up to rounding, and means nothing once a unit in the last place of x is near \pi.
An infinite or undefined x gives NaN. Other dtypes go to the library.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from nnspec.numerics.lazy import jax, jnp, lax

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class _Polynomial:
    r"""Two parts of 2 \pi, of which `high` has few bits, and P in sin y = y P(y^2) on |y| <= \pi / 2."""

    high: float
    low: float
    coefficients: tuple[float, ...]


_SINGLE = _Polynomial(
    high=3217 / 512,  # 12 bits: k * high is exact for k < 4096
    low=-1.7817820413523076e-05,
    coefficients=(
        0.9999999957307567,
        -0.16666657988531505,
        0.00833305098044543,
        -0.00019809068981632979,
        2.605210262227707e-06,
    ),
)
_DOUBLE = _Polynomial(
    high=float.fromhex("0x1.921fb544p+2"),  # 33 bits: k * high is exact for k < 2^20
    low=float.fromhex("0x1.0b4611a626331p-32"),
    coefficients=(
        1.0,
        -0.16666666666666075,
        0.008333333333282832,
        -0.00019841269824879624,
        2.75573166110315e-06,
        -2.505188205744643e-08,
        1.604817141589504e-10,
        -7.374421451297854e-13,
    ),
)
_LOST = 4.0  # |x - 2 pi k| is at most pi plus the rounding of x; beyond this the phase is lost


def cos(x: Any) -> Any:
    r"""Cosine of an array, with d cos = -sin by the same polynomials.

    .. math:: \cos x = \sin(\pi/2 - |x - 2 \pi k|)

    Works under `jit`, `vmap` and any order of `grad`; shape and dtype are those of `x`.
    """
    return _functions()[0](x)


def sin(x: Any) -> Any:
    r"""Sine of an array, with d sin = cos by the same polynomials.

    .. math:: \sin x = \mathrm{sgn}(r) \sin(\min(|r|, \pi - |r|)), \qquad r = x - 2 \pi k

    Works under `jit`, `vmap` and any order of `grad`; shape and dtype are those of `x`. For small x
    the relative error is that of the dtype.
    """
    return _functions()[1](x)


@cache
def _functions() -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Cosine and sine with their derivatives; built at the first call because JAX is lazy."""
    cosine: Any = jax.custom_jvp(_cos)
    sine: Any = jax.custom_jvp(_sin)
    cosine.defjvps(lambda tangent, _, x: -sine(x) * tangent)
    sine.defjvps(lambda tangent, _, x: cosine(x) * tangent)
    return cosine, sine


def _cos(x: Any) -> Any:
    x = jnp.asarray(x)
    table = _table(x.dtype)
    if table is None:
        return jnp.cos(x)
    a = jnp.abs(_reduce(x, table))
    # the select keeps a lost phase bounded, and also lets XLA vectorise: 1.7 -> 2.7 G/s in float32
    return _evaluate(jnp.where(a > _LOST, -math.pi / 2, math.pi / 2 - a), table)


def _sin(x: Any) -> Any:
    x = jnp.asarray(x)
    table = _table(x.dtype)
    if table is None:
        return jnp.sin(x)
    r = _reduce(x, table)
    a = jnp.abs(r)
    y = jnp.where(a > math.pi / 2, math.pi - a, a)
    s = _evaluate(jnp.where(a > _LOST, 0.0, y), table)
    return jnp.where(r < 0, -s, s)


def _table(dtype: Any) -> _Polynomial | None:
    if dtype == jnp.float32:
        return _SINGLE
    if dtype == jnp.float64:
        return _DOUBLE
    return None


def _reduce(x: Any, table: _Polynomial) -> Any:
    """Return x - 2 pi round(x / 2 pi), in [-pi, pi] up to the rounding of x."""
    k = lax.round(x * (1 / (2 * math.pi)), lax.RoundingMethod.TO_NEAREST_EVEN)
    return (x - k * table.high) - k * table.low


def _evaluate(y: Any, table: _Polynomial) -> Any:
    """Y P(y^2) by Horner's rule."""
    q = y * y
    p = jnp.full_like(q, table.coefficients[-1])
    for c in table.coefficients[-2::-1]:
        p = p * q + c
    return y * p
