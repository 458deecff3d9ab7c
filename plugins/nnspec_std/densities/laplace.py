"""The Laplace law: two exponentials back to back."""

import math
from collections.abc import Iterable
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Density, Parameter, Signature, Transform, hookimpl, jnp, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def sample(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    """Mean plus scale times an exponential of either sign, [*shape]."""
    size = -jnp.log(streams.uniform(streams.draw_key(key, 0), shape, dtype))
    side = jnp.where(streams.uniform(streams.draw_key(key, 1), shape, dtype) < 0.5, -1, 1).astype(dtype)
    return jnp.asarray(args["mean"], dtype) + jnp.asarray(args["scale"], dtype) * side * size


def log_prob(x: Array, args: Args) -> Array:
    r"""-|x - \mu| / s - \log 2 s."""
    mean, scale = (jnp.asarray(args[name], x.dtype) for name in ("mean", "scale"))
    return -jnp.abs(x - mean) / scale - jnp.log(2 * scale)


def transform(args: Args, t: Array) -> Array:
    r"""E e^{tx} = e^{t \mu} / (1 - s^2 t^2) for |Re t| < 1/s."""
    scaled = t * args["scale"]
    return np.where(np.abs(np.real(scaled)) < 1, np.exp(t * args["mean"]) / (1 - scaled * scaled), np.nan)


def moment(args: Args, k: int) -> Array:
    r"""E x^k = \sum_j \binom{k}{2j} (2j)! s^{2j} \mu^{k - 2j}."""
    mean, scale = args["mean"], args["scale"]
    terms = (math.comb(k, 2 * j) * math.factorial(2 * j) * scale ** (2 * j) * mean ** (k - 2 * j) for j in range(k // 2 + 1))
    return sum(terms, start=0.0)


def _forward(u: Array, args: Args) -> Array:
    return jnp.asarray(args["mean"], u.dtype) + jnp.asarray(args["scale"], u.dtype) * u


def _inverse(x: Array, args: Args) -> Array:
    return (x - jnp.asarray(args["mean"], x.dtype)) / jnp.asarray(args["scale"], x.dtype)


def _log_det(u: Array, args: Args) -> Array:
    return jnp.zeros_like(u) + jnp.log(jnp.asarray(args["scale"], u.dtype))


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `Laplace`."""
    mean = Parameter(name="mean", doc="expected value", scales=1)
    scale = Parameter(name="scale", doc="decay length; the variance is 2 scale^2", positive=True, scales=1)
    yield Density(
        name="Laplace",
        equation=r"p(x) = e^{-|x - \mu| / s} / 2 s",
        signatures=(Signature(parameters=(mean, scale)),),
        sample=sample,
        log_prob=log_prob,
        moment=moment,
        transform=Transform(forward=_forward, inverse=_inverse, log_det=_log_det),
        everywhere=True,
        refuse=lambda args: None if args["scale"] > 0 else f"the scale must be positive, and it is {args['scale']:g}",
        laplace=transform,
        centred=lambda args: args["mean"] == 0,
        examples=({"mean": 0.0, "scale": 1.0}, {"mean": -0.7, "scale": 2.5}),
    )
