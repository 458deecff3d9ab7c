"""Student's t law: Gaussian in the middle, a power law in the tails."""

import math
from collections.abc import Iterable
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Density, Parameter, Signature, Transform, hookimpl, jax, jnp
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def sample(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    r"""\mu + s z / \sqrt{g / (\nu/2)} with z normal and g a gamma variable of shape \nu/2, [*shape]."""
    half = jnp.asarray(args["nu"], dtype) / 2
    z = streams.normal(streams.draw_key(key, 0), shape, dtype)
    g = jax.random.gamma(streams.draw_key(key, 1), half, shape, dtype)
    return jnp.asarray(args["mean"], dtype) + jnp.asarray(args["scale"], dtype) * z * jnp.sqrt(half / g)


def log_prob(x: Array, args: Args) -> Array:
    r"""\log\frac{\Gamma((\nu + 1)/2)}{\Gamma(\nu/2) \sqrt{\nu \pi} s} - \frac{\nu + 1}{2} \log(1 + t^2/\nu)."""
    nu, mean, scale = (jnp.asarray(args[name], x.dtype) for name in ("nu", "mean", "scale"))
    lgamma = jax.scipy.special.gammaln
    norm = lgamma((nu + 1) / 2) - lgamma(nu / 2) - 0.5 * jnp.log(nu * math.pi) - jnp.log(scale)
    return norm - (nu + 1) / 2 * jnp.log1p(((x - mean) / scale) ** 2 / nu)


def moment(args: Args, k: int) -> Array:
    r"""From the central ones, E t^{2j} = \nu^j \prod_{i=1}^j \frac{2i - 1}{\nu - 2i}; infinite or undefined for k >= \nu."""
    nu, mean, scale = args["nu"], args["mean"], args["scale"]
    total: Any = 0.0
    for j in range(k // 2 + 1):
        factors = ((2 * i - 1) / jnp.where(nu > 2 * i, nu - 2 * i, 1.0) for i in range(1, j + 1))  # never a division by zero
        central = nu**j * math.prod(factors) * scale ** (2 * j)
        total = total + math.comb(k, 2 * j) * central * mean ** (k - 2 * j)
    return jnp.where(nu > k, total, jnp.inf if k % 2 == 0 else jnp.nan)


def _forward(u: Array, args: Args) -> Array:
    return jnp.asarray(args["mean"], u.dtype) + jnp.asarray(args["scale"], u.dtype) * jnp.sinh(u)


def _inverse(x: Array, args: Args) -> Array:
    return jnp.arcsinh((x - jnp.asarray(args["mean"], x.dtype)) / jnp.asarray(args["scale"], x.dtype))


def _log_det(u: Array, args: Args) -> Array:
    return jnp.log(jnp.cosh(u)) + jnp.log(jnp.asarray(args["scale"], u.dtype))


def refuse(args: Args) -> str | None:
    """Degrees of freedom and scale are positive."""
    for name, word in (("nu", "number of degrees of freedom"), ("scale", "scale")):
        if not args[name] > 0:
            return f"the {word} must be positive, and it is {args[name]:g}"
    return None


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `StudentT`."""
    nu = Parameter(name="nu", doc="degrees of freedom; moments below nu exist", positive=True, scales=0)
    mean = Parameter(name="mean", doc="centre", default=0.0, scales=1)
    scale = Parameter(name="scale", doc="width; the variance is scale^2 nu/(nu - 2)", positive=True, default=1.0, scales=1)
    yield Density(
        name="StudentT",
        equation=r"p(x) \propto (1 + ((x - \mu)/s)^2 / \nu)^{-(\nu + 1)/2}",
        signatures=(Signature(parameters=(nu, mean, scale)),),
        sample=sample,
        log_prob=log_prob,
        moment=moment,
        transform=Transform(forward=_forward, inverse=_inverse, log_det=_log_det),
        everywhere=True,
        refuse=refuse,
        centred=lambda args: args["mean"] == 0 and args["nu"] > 2,
        examples=({"nu": 8.0, "mean": 0.0, "scale": 1.0}, {"nu": 12.0, "mean": 0.5, "scale": 2.0}),
    )
