"""The log-normal law: the exponential of a normal variable."""

import math
from collections.abc import Iterable
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Density, Parameter, Signature, Transform, hookimpl, jnp
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def _parts(args: Args, dtype: Any) -> tuple[Array, Array]:
    return jnp.asarray(args["mean"], dtype), jnp.asarray(args["variance"], dtype)


def sample(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    """The exponential of a normal number, [*shape]."""
    mean, variance = _parts(args, dtype)
    return jnp.exp(mean + jnp.sqrt(variance) * streams.normal(key, shape, dtype))


def log_prob(x: Array, args: Args) -> Array:
    r"""-\frac{(\log x - \mu)^2}{2 \sigma^2} - \log x - \frac12 \log 2 \pi \sigma^2, for x > 0."""
    mean, variance = _parts(args, x.dtype)
    log = jnp.log(jnp.where(x > 0, x, 1))
    return jnp.where(x > 0, -((log - mean) ** 2) / (2 * variance) - log - 0.5 * jnp.log(2 * math.pi * variance), -jnp.inf)


def moment(args: Args, k: int) -> Array:
    r"""E x^k = e^{k \mu + k^2 \sigma^2 / 2}."""
    return jnp.exp(jnp.asarray(k * args["mean"] + k * k * args["variance"] / 2, jnp.float64))


def _log_det(u: Array, args: Args) -> Array:
    mean, variance = _parts(args, u.dtype)
    return mean + jnp.sqrt(variance) * u + 0.5 * jnp.log(variance)


def _forward(u: Array, args: Args) -> Array:
    mean, variance = _parts(args, u.dtype)
    return jnp.exp(mean + jnp.sqrt(variance) * u)


def _inverse(x: Array, args: Args) -> Array:
    mean, variance = _parts(args, x.dtype)
    return (jnp.log(x) - mean) / jnp.sqrt(variance)


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `LogNormal`."""
    mean = Parameter(name="mean", doc="expected value of the logarithm")
    variance = Parameter(name="variance", doc="variance of the logarithm", positive=True, also=(("std", 2),), scales=0)
    yield Density(
        name="LogNormal",
        equation=r"p(x) = \frac{1}{x \sqrt{2 \pi \sigma^2}} e^{-(\log x - \mu)^2 / 2 \sigma^2}, \quad x > 0",
        signatures=(Signature(parameters=(mean, variance)),),
        sample=sample,
        log_prob=log_prob,
        moment=moment,
        transform=Transform(forward=_forward, inverse=_inverse, log_det=_log_det),
        refuse=lambda args: None if args["variance"] > 0 else f"the variance must be positive, and it is {args['variance']:g}",
        examples=({"mean": 0.0, "variance": 0.25}, {"mean": -0.7, "variance": 1.0}),
    )
