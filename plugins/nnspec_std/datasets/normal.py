"""Standard normal points."""

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
    """x_kj ~ N(0, 1), independent, from the stream `data/normal` of the seed."""
    return np.asarray(streams.normal(_random.key("normal", args), shape(args), jnp.float64))


@hookimpl
def nnspec_datasets() -> Iterable[Dataset]:
    """`pts: normal(d, 5, seed=2)`."""
    yield Dataset(
        name="normal",
        doc="n independent standard normal points of R^d",
        parameters=(
            Parameter(name="d", type="int", doc="dimension"),
            Parameter(name="n", type="int", doc="how many points"),
            _random.SEED,
        ),
        shape=shape,
        make=make,
        refuse=_random.refuse,
        seed="seed",
    )
