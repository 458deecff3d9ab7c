r"""Gaussian algebra: Wick's theorem, conditioning, and log-densities, in float64.

Covariances may be singular up to rounding (points that coincide, symmetric data); they are factorised
with the smallest jitter that works, and the jitter is reported.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from nnspec.numerics.lazy import np, scipy

JITTERS = (0.0, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8)


class Factor(NamedTuple):
    """Lower Cholesky factor `[point, point]` of cov + jitter * mean(diag cov) * 1, and the jitter."""

    lower: Any
    jitter: float


class Posterior(NamedTuple):
    """Mean `[point]` or `[point, out]`, covariance `[point, point]`, and the jitter that was needed."""

    mean: Any
    cov: Any
    jitter: float


class NotPositiveError(ArithmeticError):
    """A covariance has an eigenvalue that is negative beyond rounding."""


def wick(cov: Any, indices: tuple[int, ...]) -> Any:
    r"""E x_{i_1} ... x_{i_n} of a centred Gaussian with covariance `cov [point, point, ...]` [isserlis1918].

    .. math:: G(i_1 \ldots i_n) = \sum_{k \geq 2} C_{i_1 i_k} G(\text{the rest})

    Indices may repeat. Zero for odd n, one for n = 0. Axes of `cov` after the second are carried along.
    """
    if not indices:
        return np.ones(cov.shape[2:])
    if len(indices) % 2:
        return np.zeros(cov.shape[2:])
    first, rest = indices[0], indices[1:]
    terms = [cov[first, partner] * wick(cov, rest[:k] + rest[k + 1 :]) for k, partner in enumerate(rest)]
    return sum(terms[1:], start=terms[0])


def correlator(cov: Any, order: int) -> Any:
    r"""Full n-point function `[point] * order` of a centred Gaussian [isserlis1918].

    .. math:: G_n(1 \ldots n) = \sum_{k=2}^n C(1, k) \, G_{n-2}(\text{the rest})

    `cov [point, point]` may be a NumPy or a JAX array, and the result is of the same kind (for odd order,
    zeros of NumPy).
    """
    if order < 0:
        message = f"a correlator has at least 0 points, not {order}"
        raise ValueError(message)
    points = cov.shape[0]
    if order == 0:
        return np.ones(())
    if order % 2:
        return np.zeros((points,) * order)
    if order == 2:
        return cov
    smaller = correlator(cov, order - 2)
    pair = cov.reshape(points, points, *(1,) * (order - 2))
    product = pair * smaller.reshape(1, 1, *smaller.shape)
    total = product
    for k in range(2, order):
        # the partner of point 0 moves from axis 1 to axis k; the others keep their order
        axes = [0, *range(2, k + 1), 1, *range(k + 1, order)]
        total = total + product.transpose(axes)
    return total


def factorise(cov: Any) -> Factor:
    """Cholesky factor with the first jitter of `JITTERS` that works, relative to the mean diagonal.

    It works when no pivot is mere rounding, that is below n 2^-52 times its diagonal entry. Raises
    `NotPositiveError` when the last one, 1e-8, does not: then the matrix is not a covariance.
    """
    cov = np.asarray(cov, dtype=np.float64)
    if not np.all(np.isfinite(cov)):
        message = "the covariance has entries that are not finite"
        raise NotPositiveError(message)
    scale = float(np.mean(np.diag(cov)))
    for jitter in JITTERS:
        try:
            lower = np.linalg.cholesky(cov + jitter * scale * np.eye(len(cov)))
        except np.linalg.LinAlgError:
            continue
        if np.all(np.diag(lower) ** 2 > len(cov) * np.finfo(np.float64).eps * np.diag(cov)):
            return Factor(lower, jitter)
    smallest = float(np.linalg.eigvalsh(cov)[0])
    message = f"the smallest eigenvalue is {smallest:.3e} on a mean diagonal of {scale:.3e}"
    raise NotPositiveError(message)


def solve(cov: Any, right: Any) -> Any:
    """cov^{-1} right for a positive semi-definite `cov [point, point]` and `right [point, ...]`."""
    return scipy.linalg.cho_solve((factorise(cov).lower, True), np.asarray(right, dtype=np.float64))


def condition(k_xx: Any, k_sx: Any, k_ss: Any, y: Any, noise: float = 0.0) -> Posterior:
    r"""Law of a centred Gaussian process at points s given values y at points x.

    .. math::
        \mu = K_{sx} (K_{xx} + \nu 1)^{-1} y, \qquad
        \Sigma = K_{ss} - K_{sx} (K_{xx} + \nu 1)^{-1} K_{xs}

    `y` is `[point]` or `[point, out]` (outputs independent with the same kernel), `noise` is the variance
    \nu of the observations. For a prior mean subtract it from y and add it to the result.
    """
    k_xx, k_sx, k_ss, y = (np.asarray(a, dtype=np.float64) for a in (k_xx, k_sx, k_ss, y))
    factor = factorise(k_xx + noise * np.eye(len(k_xx)))
    half = scipy.linalg.solve_triangular(factor.lower, k_sx.T, lower=True)
    mean = half.T @ scipy.linalg.solve_triangular(factor.lower, y, lower=True)
    cov = k_ss - half.T @ half
    return Posterior(mean, 0.5 * (cov + cov.T), factor.jitter)


def log_density(x: Any, mean: Any, cov: Any) -> Any:
    r"""Log-density of N(mean, cov) at `x [point]` or `[draw, point]`.

    .. math:: -\frac{1}{2} \left[ (x - \mu)^T C^{-1} (x - \mu) + \log\det C + n \log 2 \pi \right]

    Raises `NotPositiveError` for a covariance that is singular up to rounding: the value would be that of
    the jitter.
    """
    lower, jitter = factorise(cov)
    if jitter > 0.0:
        message = "the covariance is singular up to rounding: there is no density"
        raise NotPositiveError(message)
    x, mean = np.asarray(x, dtype=np.float64), np.asarray(mean, dtype=np.float64)
    distance = np.atleast_2d(x) - mean[None, :]
    white = scipy.linalg.solve_triangular(lower, distance.T, lower=True)
    log_det = 2.0 * np.sum(np.log(np.diag(lower)))
    value = -0.5 * (np.sum(white**2, axis=0) + log_det + len(lower) * math.log(2 * math.pi))
    return value if x.ndim == 2 else value[0]
