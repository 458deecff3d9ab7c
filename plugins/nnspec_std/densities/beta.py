"""The beta law, on the numbers between zero and one."""

import math
from collections.abc import Iterable
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Density, Parameter, Signature, Transform, hookimpl, jax, jnp
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def _parts(args: Args, dtype: Any) -> tuple[Array, Array]:
    return jnp.asarray(args["alpha"], dtype), jnp.asarray(args["beta"], dtype)


def sample(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    r"""X = g_\alpha / (g_\alpha + g_\beta) from two gamma variables, in logarithms, so that small shapes do no harm, [*shape]."""
    first, second = (
        jax.random.loggamma(streams.draw_key(key, n), part, shape, jnp.float64)
        for n, part in enumerate(_parts(args, jnp.float64))
    )
    x = jax.nn.sigmoid(first - second).astype(dtype)
    info = jnp.finfo(dtype)
    return jnp.clip(x, float(info.tiny), 1 - float(info.epsneg))  # the ends, where a pole may be, are never drawn


def log_prob(x: Array, args: Args) -> Array:
    r"""(\alpha - 1) \log x + (\beta - 1) \log(1 - x) - \log B(\alpha, \beta), for 0 < x < 1."""
    alpha, beta = _parts(args, x.dtype)
    inside = (x > 0) & (x < 1)
    safe = jnp.where(inside, x, 0.5)
    value = (alpha - 1) * jnp.log(safe) + (beta - 1) * jnp.log1p(-safe) - jax.scipy.special.betaln(alpha, beta)
    return jnp.where(inside, value, -jnp.inf)


def moment(args: Args, k: int) -> Array:
    r"""E x^k = \prod_{j < k} \frac{\alpha + j}{\alpha + \beta + j}."""
    return math.prod((args["alpha"] + j) / (args["alpha"] + args["beta"] + j) for j in range(k))


def refuse(args: Args) -> str | None:
    """Both exponents are positive."""
    for name in ("alpha", "beta"):
        if not args[name] > 0:
            return f"{name} must be positive, and it is {args[name]:g}"
    return None


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `Beta`."""
    alpha = Parameter(name="alpha", doc="exponent of x plus one", positive=True)
    beta = Parameter(name="beta", doc="exponent of 1 - x plus one", positive=True)
    yield Density(
        name="Beta",
        equation=r"p(x) = \frac{x^{\alpha - 1} (1 - x)^{\beta - 1}}{B(\alpha, \beta)}, \quad 0 < x < 1",
        signatures=(Signature(parameters=(alpha, beta)),),
        sample=sample,
        log_prob=log_prob,
        moment=moment,
        transform=Transform(
            forward=lambda u, args: jax.nn.sigmoid(u),  # noqa: ARG005
            inverse=lambda x, args: jnp.log(x) - jnp.log1p(-x),  # noqa: ARG005
            log_det=lambda u, args: -jax.nn.softplus(u) - jax.nn.softplus(-u),  # noqa: ARG005
        ),
        refuse=refuse,
        examples=({"alpha": 2.0, "beta": 3.0}, {"alpha": 1.5, "beta": 1.0}),
    )
