"""The normal law of several correlated numbers."""

import math
from collections.abc import Iterable
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Density, Parameter, Signature, Transform, hookimpl, jax, jnp
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args
from nnspec_std.densities._symmetric import is_positive_definite, smallest_eigenvalue

_SYMMETRY = 1e-12
"""By how much two entries that should be the same may differ by rounding."""


def _mean(args: Args, like: Array) -> Array:
    """The mean as an array with as many axes as the events."""
    return jnp.expand_dims(jnp.asarray(args["mean"], like.dtype), tuple(range(like.ndim - 1)))


def _root(args: Args, dtype: Any) -> Array:
    """L with C = L L^T, in double precision before anything else."""
    return jnp.linalg.cholesky(jnp.asarray(args["cov"], jnp.float64)).astype(dtype)


def sample(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    """Events m + L z with L L^T = C and z standard normal: [*shape, component]."""
    return _forward(streams.normal(key, (*shape, len(args["mean"])), dtype), args)


def log_prob(x: Array, args: Args) -> Array:
    r"""-\frac12 |L^{-1} (x - m)|^2 - \sum_j \log L_jj - \frac n2 \log 2 \pi."""
    z = _inverse(x, args)
    return -0.5 * jnp.sum(z**2, axis=-1) - _log_det(z, args) - x.shape[-1] / 2 * math.log(2 * math.pi)


def moment(args: Args, k: int) -> Array:
    r"""E x_i^k = \sum_j \binom{k}{2j} (2j - 1)!! C_ii^j m_i^{k - 2j} of each component: [component]."""
    mean = jnp.asarray(args["mean"], jnp.float64)
    variance = jnp.diagonal(jnp.asarray(args["cov"], jnp.float64))
    pairings = [math.prod(range(1, 2 * j, 2)) for j in range(k // 2 + 1)]
    terms = (math.comb(k, 2 * j) * pairings[j] * variance**j * mean ** (k - 2 * j) for j in range(k // 2 + 1))
    return sum(terms, start=jnp.zeros_like(mean))


def refuse(args: Args) -> str | None:
    """The covariance is a square matrix of the size of the mean, symmetric and positive definite."""
    mean, cov = args["mean"], args["cov"]
    n = len(mean)
    if len(cov) != n or any(len(row) != n for row in cov):
        widths = {len(row) for row in cov}
        size = f"{len(cov)} x {widths.pop()}" if len(widths) == 1 else f"{len(cov)} rows of different lengths"
        return f"for a mean of {n} components the covariance must be {n} x {n}: it is {size}"
    if not all(math.isfinite(entry) for row in (mean, *cov) for entry in row):
        return "all entries of the mean and of the covariance must be finite"
    for i in range(n):
        for j in range(i):
            if not math.isclose(cov[i][j], cov[j][i], rel_tol=_SYMMETRY):
                given = f"row {j + 1}, column {i + 1} is {cov[j][i]:g}, row {i + 1}, column {j + 1} is {cov[i][j]:g}"
                return f"the covariance must be symmetric: {given}"
    if not is_positive_definite(cov):
        return f"the covariance must be positive definite: its smallest eigenvalue is {smallest_eigenvalue(cov):.3g}"
    return None


def _forward(u: Array, args: Args) -> Array:
    turned = jnp.einsum("...j,ij->...i", u, _root(args, u.dtype), precision="highest")
    return _mean(args, u) + turned


def _inverse(x: Array, args: Args) -> Array:
    flat = (x - _mean(args, x)).reshape(-1, x.shape[-1])
    return jax.scipy.linalg.solve_triangular(_root(args, x.dtype), flat.T, lower=True).T.reshape(x.shape)


def _log_det(u: Array, args: Args) -> Array:
    return jnp.zeros_like(u[..., 0]) + jnp.sum(jnp.log(jnp.diagonal(_root(args, u.dtype))))


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `MvNormal`."""
    mean = Parameter(name="mean", type="vec", doc="expected value, n numbers")
    cov = Parameter(name="cov", type="matrix", doc="covariance, n x n, symmetric and positive definite")
    yield Density(
        name="MvNormal",
        equation=r"p(x) = (2 \pi)^{-n/2} (\det C)^{-1/2} e^{-(x - m)^T C^{-1} (x - m) / 2}",
        signatures=(Signature(parameters=(mean, cov), event="vec"),),
        sample=sample,
        log_prob=log_prob,
        moment=moment,
        transform=Transform(forward=_forward, inverse=_inverse, log_det=_log_det),
        refuse=refuse,
        gaussian=lambda args: (args["mean"], args["cov"]),
        everywhere=True,
        centred=lambda args: all(entry == 0 for entry in args["mean"]),
        examples=(
            {"mean": (0.0, 0.0), "cov": ((1.0, 0.6), (0.6, 1.0))},
            {"mean": (-0.7, 2.0), "cov": ((2.5, -0.4), (-0.4, 0.3))},
            {"mean": (0.5, 0.0, -1.0), "cov": ((1.0, 0.2, 0.0), (0.2, 2.0, -0.5), (0.0, -0.5, 0.7))},
        ),
    )
