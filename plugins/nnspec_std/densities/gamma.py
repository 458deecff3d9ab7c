"""The gamma law, on positive numbers, by shape and rate."""

import math
from collections.abc import Iterable
from typing import Any

from nnspec.plugin import Density, Parameter, Signature, Transform, hookimpl, jax, jnp, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def sample(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    """A standard gamma variable over the rate, [*shape]."""
    draws = jax.random.gamma(key, jnp.asarray(args["shape"], dtype), shape, dtype)
    return draws / jnp.asarray(args["rate"], dtype)


def log_prob(x: Array, args: Args) -> Array:
    r"""\alpha \log\beta - \log\Gamma(\alpha) + (\alpha - 1) \log x - \beta x, for x > 0."""
    shape, rate = (jnp.asarray(args[name], x.dtype) for name in ("shape", "rate"))
    inside = jnp.where(x > 0, x, 1)
    value = shape * jnp.log(rate) - jax.scipy.special.gammaln(shape) + (shape - 1) * jnp.log(inside) - rate * inside
    return jnp.where(x > 0, value, -jnp.inf)


def moment(args: Args, k: int) -> Array:
    r"""E x^k = \alpha (\alpha + 1) \cdots (\alpha + k - 1) / \beta^k."""
    return math.prod(args["shape"] + j for j in range(k)) / args["rate"] ** k


def laplace(args: Args, t: Array) -> Array:
    r"""E e^{tx} = (1 - t / \beta)^{-\alpha} for Re t < \beta."""
    return np.where(np.real(t) < args["rate"], (1 - t / args["rate"] + 0j) ** -args["shape"], np.nan)


def refuse(args: Args) -> str | None:
    """Shape and rate are positive."""
    for name in ("shape", "rate"):
        if not args[name] > 0:
            return f"the {name} must be positive, and it is {args[name]:g}"
    return None


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `Gamma`."""
    shape = Parameter(name="shape", doc="exponent plus one", positive=True, scales=0)
    rate = Parameter(name="rate", doc="inverse length; the mean is shape/rate", positive=True, also=(("scale", -1),), scales=-1)
    yield Density(
        name="Gamma",
        equation=r"p(x) = \frac{\beta^\alpha}{\Gamma(\alpha)} x^{\alpha - 1} e^{-\beta x}, \quad x > 0",
        signatures=(Signature(parameters=(shape, rate)),),
        sample=sample,
        log_prob=log_prob,
        moment=moment,
        transform=Transform(
            forward=lambda u, args: jnp.exp(u),  # noqa: ARG005
            inverse=lambda x, args: jnp.log(x),  # noqa: ARG005
            log_det=lambda u, args: u,  # noqa: ARG005
        ),
        refuse=refuse,
        laplace=laplace,
        examples=({"shape": 2.0, "rate": 1.0}, {"shape": 4.5, "rate": 3.0}),
    )
