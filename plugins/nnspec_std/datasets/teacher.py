"""Normal points, labelled by a random network of one hidden layer: a task that a network can learn."""

import math
from collections.abc import Iterable

from nnspec.numerics import streams
from nnspec.plugin import Dataset, Parameter, hookimpl, jnp, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args
from nnspec_std.datasets import _random


def shape(args: Args) -> tuple[int, ...]:
    """The n points of R^d."""
    return (int(args["n"]), int(args["d"]))


def make(args: Args) -> Array:
    """x_kj ~ N(0, 1), independent, from the stream `data/teacher` of the seed."""
    return np.asarray(streams.normal(_random.key("teacher", args), shape(args), jnp.float64))


def label(args: Args, points: Array) -> Array:
    r"""What the teacher says at points [point, in]: [point].

    .. math:: y(x) = \frac{1}{\sqrt m} \sum_{j=1}^m v_j \sqrt 2\, \max(0, w_j \cdot x / \sqrt d), \qquad v_j, w_{jk} \sim N(0, 1)

    Over teachers y(x) has mean zero and the variance |x|^2 / d. The teacher depends on the seed, d and the width m
    alone, not on the number of points.
    """
    d, width = int(args["d"]), int(args["width"])
    w = np.asarray(streams.normal(_random.key("teacher", args, "w"), (width, d), jnp.float64))
    v = np.asarray(streams.normal(_random.key("teacher", args, "v"), (width,), jnp.float64))
    return np.maximum(0.0, points @ w.T / math.sqrt(d)) @ v * math.sqrt(2 / width)


@hookimpl
def nnspec_datasets() -> Iterable[Dataset]:
    """`toy: teacher(d, 1024, seed=11)`."""
    yield Dataset(
        name="teacher",
        doc="n standard normal points of R^d, labelled by a random ReLU network",
        parameters=(
            Parameter(name="d", type="int", doc="dimension"),
            Parameter(name="n", type="int", doc="how many points"),
            _random.SEED,
            Parameter(name="width", type="int", doc="hidden neurons of the teacher", default=16),
        ),
        shape=shape,
        make=make,
        refuse=_random.refuse,
        label=label,
        seed="seed",
    )
