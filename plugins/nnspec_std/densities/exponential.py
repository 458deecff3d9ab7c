"""The exponential law: waiting times."""

import math
from collections.abc import Iterable
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Density, Parameter, Signature, Transform, hookimpl, jnp
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def sample(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    """Minus the logarithm of a uniform number over the rate, [*shape]."""
    return -jnp.log(streams.uniform(key, shape, dtype)) / jnp.asarray(args["rate"], dtype)


def log_prob(x: Array, args: Args) -> Array:
    r"""\log\beta - \beta x for x >= 0."""
    rate = jnp.asarray(args["rate"], x.dtype)
    return jnp.where(x >= 0, jnp.log(rate) - rate * x, -jnp.inf)


def moment(args: Args, k: int) -> Array:
    r"""E x^k = k! / \beta^k."""
    return math.factorial(k) / args["rate"] ** k


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `Exponential`."""
    rate = Parameter(name="rate", doc="inverse of the mean", positive=True, also=(("scale", -1),), scales=-1)
    yield Density(
        name="Exponential",
        equation=r"p(x) = \beta e^{-\beta x}, \quad x \geq 0",
        signatures=(Signature(parameters=(rate,)),),
        sample=sample,
        log_prob=log_prob,
        moment=moment,
        transform=Transform(
            forward=lambda u, args: jnp.exp(u),  # noqa: ARG005
            inverse=lambda x, args: jnp.log(x),  # noqa: ARG005
            log_det=lambda u, args: u,  # noqa: ARG005
        ),
        refuse=lambda args: None if args["rate"] > 0 else f"the rate must be positive, and it is {args['rate']:g}",
        examples=({"rate": 1.0}, {"rate": 3.5}),
    )
