"""Random points that are uniform in a bounded domain, with labels if a target is given."""

from collections.abc import Iterable
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Dataset, Parameter, hookimpl, jnp, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args
from nnspec_std.datasets import _domains, _random


def shape(args: Args) -> tuple[int, ...]:
    """The n points of the domain, which have one component in an interval."""
    return (int(args["n"]), int(args["domain"].dim))


def make(args: Args) -> Array:
    """Independent factors of the domain, each from draw number k of the stream `data/sample`."""
    key, n = _random.key("sample", args), int(args["n"])
    parts = enumerate(_domains.factors(args["domain"]))
    return np.concatenate([_uniform(part, streams.draw_key(key, k), n) for k, part in parts], axis=1)


def _uniform(part: Any, key: Array, n: int) -> Array:
    r"""Points of one factor, [point, in].

    .. math:: x = lo + (hi - lo)\, u, \qquad x = R \frac{(z_1, \dots, z_d)}{\|(z_1, \dots, z_m)\|}

    with u uniform and z normal; m = d gives the sphere [muller1959], m = d + 2 the ball in it.
    """
    if part.shape == "interval":
        lo, hi = part.args
        return lo + (hi - lo) * np.asarray(streams.uniform(key, (n, 1), jnp.float64))
    longer = part.dim + 2 if part.shape == "ball" else part.dim
    z = np.asarray(streams.normal(key, (n, longer), jnp.float64))
    return part.args[0] * z[:, : part.dim] / np.linalg.norm(z, axis=1, keepdims=True)


def refuse(args: Args) -> str | None:
    """Only bounded domains have a uniform law."""
    return _random.refuse(args) or _domains.refuse(args["domain"])


@hookimpl
def nnspec_datasets() -> Iterable[Dataset]:
    """`train: sample(Box(-1, 1)^2, 1000, seed=0, y=target)`."""
    yield Dataset(
        name="sample",
        doc="n independent points, uniform in a bounded domain",
        parameters=(
            Parameter(name="domain", type="domain", doc="an interval, a ball, a sphere, or a product of such"),
            Parameter(name="n", type="int", doc="how many points"),
            _random.SEED,
            Parameter(name="y", type="target", doc="what the points are labelled with; without it they have no labels", default=""),
        ),
        shape=shape,
        make=make,
        refuse=refuse,
        seed="seed",
        cite=("muller1959",),
    )
