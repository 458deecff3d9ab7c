"""The angle between two Gaussian variables, exact where they are one, and Gaussian moments of powers."""

import math
from functools import cache

from nnspec.plugin import jnp, lax
from nnspec.plugin.readings import Array


def sine_and_angle(q11: Array, q12: Array, q22: Array) -> tuple[Array, Array]:
    r"""\sqrt{q11 q22 - q12^2} and the angle \theta between u and v.

    The determinant is summed from differences, which vanish exactly for q11 = q12 = q22; what rounding alone could
    have left counts as zero too. The root has an infinite slope there, which a dual does not feel: it is set to zero.
    For that both variances must be alike: u and v are measured in units of powers of two, which rounds nothing.
    """
    a, b = _unit(q11), _unit(q22)
    q11, q12, q22 = q11 / a / a, q12 / a / b, q22 / b / b
    size = jnp.where(q12 < 0, -q12, q12)
    determinant = q11 * (q22 - size) + size * (q11 - size)
    inside = determinant > 4 * jnp.finfo(determinant.dtype).eps * q11 * q22
    sine = jnp.where(inside, jnp.sqrt(jnp.where(inside, determinant, 1.0)), 0.0)
    nowhere = (sine == 0) & (q12 == 0)  # u or v vanishes: no angle
    return sine * a * b, jnp.arctan2(sine, jnp.where(nowhere, 1.0, q12))


def _unit(q: Array) -> Array:
    """The power of two next to the deviation; 1 where that is none."""
    root = lax.stop_gradient(jnp.sqrt(q))
    power = lax.reduce_precision(root, jnp.finfo(root.dtype).nexp, 0)
    return jnp.where((power > 0) & jnp.isfinite(power), power, 1.0)


@cache
def pairings(n: int) -> tuple[float, ...]:
    r"""Coefficients of E u^n v^n = \sum_k \beta_k q_{12}^{n - 2k} (q_{11} q_{22})^k, by Wick's theorem."""
    return tuple(
        float((math.comb(n, 2 * k) * double_factorial(2 * k - 1)) ** 2 * math.factorial(n - 2 * k))
        for k in range(n // 2 + 1)
    )


@cache
def arcs(n: int) -> tuple[float, ...]:
    r"""Coefficients \alpha_k of q_{12}^{n - 1 - 2k} (q_{11} q_{22})^k in A_n [chosaul2009].

    With P = q_{11} q_{22} and S = \sqrt{P - q_{12}^2} the dual of the rectified power is
    T_n = (S A_n + (\pi - \theta) B_n) / 2 \pi, B_n as in `pairings`. Price's theorem, dT_n / dq_{12} = n^2 T_{n-1},
    gives S^2 A_n' - q_{12} A_n = n^2 S^2 A_{n-1} - B_n, which is solved from the highest power down.
    """
    if n == 0:
        return ()
    below, pairs = arcs(n - 1), pairings(n)
    found: list[float] = []
    for k in range((n + 1) // 2):
        right = -pairs[k]
        right -= n * n * below[k] if k < len(below) else 0.0
        right += n * n * below[k - 1] if 0 < k <= len(below) else 0.0
        power = n - 1 - 2 * k
        before = found[k - 1] * (power + 2) if k else 0.0
        found.append((before - right) / (power + 1))
    return tuple(found)


def double_factorial(n: int) -> int:
    """N!! = n (n - 2) (n - 4) ..., 1 for n < 1."""
    return math.prod(range(n, 0, -2))


def homogeneous(coefficients: tuple[float, ...], degree: int, q12: Array, product: Array) -> Array:
    r"""\sum_k c_k q_{12}^{degree - 2k} P^k."""
    total = jnp.zeros_like(q12 + product)
    for k, each in enumerate(coefficients):
        total = total + each * lax.integer_pow(q12, degree - 2 * k) * lax.integer_pow(product, k)
    return total
