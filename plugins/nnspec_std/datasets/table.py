"""Points of another data set, with labels."""

from collections.abc import Iterable
from typing import Any

from nnspec.plugin import Dataset, Parameter, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def shape(args: Args) -> tuple[int, ...]:
    """The shape of the points; x is an array, or what stands for one before it is made and has a `type`."""
    given: Any = getattr(args["x"], "type", args["x"])
    found = tuple(map(int, given.shape))
    return found if len(found) > 1 else (*found, 1)


def make(args: Args) -> Array:
    """The points x_k, [point, in]; plain numbers are points of R."""
    return np.asarray(args["x"], dtype=np.float64).reshape(shape(args))


@hookimpl
def nnspec_datasets() -> Iterable[Dataset]:
    """`toy: table(x=circle(d, 12), y=sin(3*angle))`."""
    yield Dataset(
        name="table",
        doc="the points x with the labels y(x)",
        parameters=(
            Parameter(name="x", type="data", doc="points: a data set, or a generator of one"),
            Parameter(name="y", type="target", doc="labels: a function of the spec, or a formula of what a point has"),
        ),
        shape=shape,
        make=make,
    )
