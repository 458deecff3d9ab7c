"""Laws on finitely many numbers: two signs, or any list with its probabilities."""

from collections.abc import Iterable
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Density, Parameter, Signature, hookimpl, jnp
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def signs(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    """Plus or minus the scale, [*shape]."""
    side = jnp.where(streams.uniform(key, shape, dtype) < 0.5, -1, 1).astype(dtype)
    return jnp.asarray(args["scale"], dtype) * side


def signs_log_prob(x: Array, args: Args) -> Array:
    """Log of the probability of x: 1/2 on both numbers."""
    return jnp.where(jnp.abs(x) == jnp.asarray(args["scale"], x.dtype), -jnp.log(jnp.asarray(2.0, x.dtype)), -jnp.inf)


def signs_moment(args: Args, k: int) -> Array:
    """E x^k = scale^k for even k, zero for odd k."""
    return args["scale"] ** k if k % 2 == 0 else 0.0 * args["scale"]


def _list(args: Args) -> tuple[Array, Array]:
    return jnp.asarray(args["values"], jnp.float64), jnp.asarray(args["probabilities"], jnp.float64)


def listed(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    """The number in whose interval of probability a uniform number falls, [*shape]."""
    values, weights = _list(args)
    bounds = jnp.cumsum(weights)[:-1] / jnp.sum(weights)
    u = streams.uniform(key, shape, jnp.float64)
    return values.astype(dtype)[jnp.searchsorted(bounds, u, side="right")]


def listed_log_prob(x: Array, args: Args) -> Array:
    """Log of the probability of x, -inf where it is none of the numbers."""
    values, weights = _list(args)
    same = x[..., None] == values.astype(x.dtype).reshape(*(1,) * x.ndim, -1)
    found = jnp.sum(jnp.where(same, (weights / jnp.sum(weights)).astype(x.dtype).reshape(*(1,) * x.ndim, -1), 0), axis=-1)
    return jnp.where(found > 0, jnp.log(jnp.where(found > 0, found, 1)), -jnp.inf)


def listed_moment(args: Args, k: int) -> Array:
    r"""\sum_j p_j x_j^k."""
    values, weights = _list(args)
    return jnp.sum(weights * values**k) / jnp.sum(weights)


def refuse(args: Args) -> str | None:
    """As many positive probabilities as different numbers, with the sum one."""
    values, weights = args["values"], args["probabilities"]
    if len(values) != len(weights):
        return f"there are {len(values)} numbers and {len(weights)} probabilities"
    if len(set(values)) != len(values):
        return "a number is listed twice"
    if not all(weight > 0 for weight in weights):
        return f"probabilities must be positive: the smallest is {min(weights):g}"
    if abs(sum(weights) - 1) > 1e-9:
        return f"the probabilities sum to {sum(weights):g}, not 1"
    return None


def _centred(args: Args) -> bool:
    mean = sum(weight * x for weight, x in zip(args["probabilities"], args["values"], strict=True))
    return bool(abs(mean) <= 1e-14 * max(map(abs, args["values"])))


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `Rademacher` and `Discrete`."""
    scale = Parameter(name="scale", doc="size of both numbers; its square is the variance", default=1.0, positive=True, scales=1)
    yield Density(
        name="Rademacher",
        equation=r"P(x = s) = P(x = -s) = \frac12",
        signatures=(Signature(parameters=(scale,)),),
        sample=signs,
        log_prob=signs_log_prob,
        moment=signs_moment,
        refuse=lambda args: None if args["scale"] > 0 else f"the scale must be positive, and it is {args['scale']:g}",
        centred=lambda args: True,  # noqa: ARG005
        atoms=lambda args: ([-args["scale"], args["scale"]], [0.5, 0.5]),
        examples=({"scale": 1.0}, {"scale": 0.3}),
    )
    values = Parameter(name="values", type="vec", doc="the numbers", scales=1)
    weights = Parameter(name="probabilities", type="vec", doc="the probability of each, with the sum 1", scales=0)
    yield Density(
        name="Discrete",
        equation=r"P(x = x_j) = p_j",
        signatures=(Signature(parameters=(values, weights)),),
        sample=listed,
        log_prob=listed_log_prob,
        moment=listed_moment,
        refuse=refuse,
        centred=_centred,
        atoms=lambda args: (args["values"], args["probabilities"]),
        examples=(
            {"values": (-1.0, 0.5), "probabilities": (0.25, 0.75)},
            {"values": (-2.0, 0.0, 1.0), "probabilities": (0.2, 0.4, 0.4)},
        ),
    )
