"""The corners of a cube around zero."""

from collections.abc import Iterable

from nnspec.plugin import Dataset, Parameter, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args

MOST_DIMENSIONS = 20


def shape(args: Args) -> tuple[int, ...]:
    """The 2^d points of R^d."""
    return (2 ** int(args["d"]), int(args["d"]))


def make(args: Args) -> Array:
    r"""x_k = (\pm r, \dots, \pm r): component j is +r where bit d - j of k = 0, \dots, 2^d - 1 is set.

    So -r comes first, and the last axis runs fastest: (-r, -r), (-r, r), (r, -r), (r, r).
    """
    count, d = shape(args)
    bits = (np.arange(count)[:, None] >> np.arange(d)[::-1][None, :]) & 1
    return float(args["r"]) * (2.0 * bits - 1.0)


def refuse(args: Args) -> str | None:
    """A cube has a side, and not too many corners."""
    if not 1 <= args["d"] <= MOST_DIMENSIONS:
        return f"a cube has 1 to {MOST_DIMENSIONS} dimensions here, and d is {args['d']:g}"
    return None if args["r"] > 0 else f"half the side must be positive, and r is {args['r']:g}"


@hookimpl
def nnspec_datasets() -> Iterable[Dataset]:
    """`sq: corners(d, 0.5)`."""
    yield Dataset(
        name="corners",
        doc="the 2^d corners (±r, ..., ±r) of a cube; -r comes first and the last axis runs fastest",
        parameters=(
            Parameter(name="d", type="int", doc=f"dimension, at most {MOST_DIMENSIONS}"),
            Parameter(name="r", doc="half the side", positive=True),
        ),
        shape=shape,
        make=make,
        refuse=refuse,
    )
