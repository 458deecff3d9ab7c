"""The Cauchy law: tails so heavy that it has no mean."""

import math
from collections.abc import Iterable
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Density, Parameter, Signature, Transform, hookimpl, jax, jnp, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def sample(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    r"""x_0 \pm s / \tan(\pi u / 2) with u uniform: small u are the tails, and there numbers are finest; [*shape]."""
    u = streams.uniform(streams.draw_key(key, 0), shape, dtype)
    side = jnp.where(streams.uniform(streams.draw_key(key, 1), shape, dtype) < 0.5, -1, 1).astype(dtype)
    return jnp.asarray(args["location"], dtype) + jnp.asarray(args["scale"], dtype) * side / jnp.tan(math.pi / 2 * u)


def log_prob(x: Array, args: Args) -> Array:
    r"""-\log \pi s - \log(1 + (x - x_0)^2 / s^2)."""
    location, scale = (jnp.asarray(args[name], x.dtype) for name in ("location", "scale"))
    return -math.log(math.pi) - jnp.log(scale) - jnp.log1p(((x - location) / scale) ** 2)


def moment(args: Args, k: int) -> Array:
    """E x^k: 1 for k = 0, infinite for even k, and for odd k there is none."""
    value = 1.0 if k == 0 else math.nan if k % 2 else math.inf
    return 0.0 * args["location"] + value


def laplace(args: Args, t: Array) -> Array:
    r"""E e^{i \tau x} = e^{i \tau x_0 - s |\tau|}; for other t there is none."""
    return np.where(np.real(t) == 0, np.exp(t * args["location"] - args["scale"] * np.abs(np.imag(t))), np.nan)


def refuse(args: Args) -> str | None:
    """A point has no density."""
    return None if args["scale"] > 0 else f"the scale must be positive, and it is {args['scale']:g}"


def _forward(u: Array, args: Args) -> Array:
    return jnp.asarray(args["location"], u.dtype) + jnp.asarray(args["scale"], u.dtype) * jnp.sinh(u)


def _inverse(x: Array, args: Args) -> Array:
    return jnp.arcsinh((x - jnp.asarray(args["location"], x.dtype)) / jnp.asarray(args["scale"], x.dtype))


def _log_det(u: Array, args: Args) -> Array:
    log_cosh = u - math.log(2) + jax.nn.softplus(-2 * u)  # without overflow
    return log_cosh + jnp.log(jnp.asarray(args["scale"], u.dtype))


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `Cauchy`."""
    location = Parameter(name="location", doc="median", scales=1)
    scale = Parameter(name="scale", doc="half the width at half the height", positive=True, scales=1)
    yield Density(
        name="Cauchy",
        equation=r"p(x) = \frac{1}{\pi s} \frac{1}{1 + (x - x_0)^2 / s^2}",
        signatures=(Signature(parameters=(location, scale)),),
        sample=sample,
        log_prob=log_prob,
        moment=moment,
        transform=Transform(forward=_forward, inverse=_inverse, log_det=_log_det),
        everywhere=True,
        refuse=refuse,
        laplace=laplace,
        examples=({"location": 0.0, "scale": 1.0}, {"location": -0.7, "scale": 2.5}),
    )
