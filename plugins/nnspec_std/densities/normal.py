r"""The normal law, given by its variance as in N(\mu, \sigma^2)."""

import math
from collections.abc import Iterable
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Density, Parameter, Signature, Transform, hookimpl, jnp, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def _deviation(args: Args, dtype: Any) -> Array:
    return jnp.sqrt(jnp.asarray(args["variance"], dtype))


def sample(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    """Mean plus deviation times standard normals, [*shape]."""
    return jnp.asarray(args["mean"], dtype) + _deviation(args, dtype) * streams.normal(key, shape, dtype)


def log_prob(x: Array, args: Args) -> Array:
    r"""-\frac{(x - \mu)^2}{2 \sigma^2} - \frac12 \log 2 \pi \sigma^2."""
    mean, variance = (jnp.asarray(args[name], x.dtype) for name in ("mean", "variance"))
    return -((x - mean) ** 2) / (2 * variance) - 0.5 * jnp.log(2 * math.pi * variance)


def moment(args: Args, k: int) -> Array:
    r"""E x^k = \sum_j \binom{k}{2j} (2j - 1)!! \sigma^{2j} \mu^{k - 2j}."""
    mean, variance = args["mean"], args["variance"]
    pairings = [math.prod(range(1, 2 * j, 2)) for j in range(k // 2 + 1)]
    terms = (math.comb(k, 2 * j) * pairings[j] * variance**j * mean ** (k - 2 * j) for j in range(k // 2 + 1))
    return sum(terms, start=0.0)


def laplace(args: Args, t: Array) -> Array:
    r"""E e^{tx} = e^{t \mu + t^2 \sigma^2 / 2}."""
    return np.exp(t * args["mean"] + t * t * args["variance"] / 2)


def refuse(args: Args) -> str | None:
    """Point masses and negative variances have no density."""
    return None if args["variance"] > 0 else f"the variance must be positive, and it is {args['variance']:g}"


def _forward(u: Array, args: Args) -> Array:
    return jnp.asarray(args["mean"], u.dtype) + _deviation(args, u.dtype) * u


def _inverse(x: Array, args: Args) -> Array:
    return (x - jnp.asarray(args["mean"], x.dtype)) / _deviation(args, x.dtype)


def _log_det(u: Array, args: Args) -> Array:
    return jnp.zeros_like(u) + 0.5 * jnp.log(jnp.asarray(args["variance"], u.dtype))


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `Normal`."""
    mean = Parameter(name="mean", doc="expected value", scales=1)
    variance = Parameter(name="variance", doc="variance, not the deviation", positive=True, also=(("std", 2),), scales=2)
    yield Density(
        name="Normal",
        equation=r"p(x) = (2 \pi \sigma^2)^{-1/2} e^{-(x - \mu)^2 / 2 \sigma^2}",
        signatures=(Signature(parameters=(mean, variance)),),
        sample=sample,
        log_prob=log_prob,
        moment=moment,
        transform=Transform(forward=_forward, inverse=_inverse, log_det=_log_det),
        refuse=refuse,
        everywhere=True,
        centred=lambda args: args["mean"] == 0,
        gaussian=lambda args: (args["mean"], args["variance"]),
        laplace=laplace,
        examples=({"mean": 0.0, "variance": 1.0}, {"mean": -0.7, "variance": 2.5}, {"mean": 3.0, "variance": 0.01}),
    )
