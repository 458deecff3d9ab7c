"""Points on half a unit circle: all angles that two inputs can have."""

from collections.abc import Iterable

from nnspec.plugin import Dataset, Parameter, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def shape(args: Args) -> tuple[int, ...]:
    """The n points of R^d."""
    return (int(args["n"]), int(args["d"]))


def make(args: Args) -> Array:
    r"""x_k = \cos(t_k) e_1 + \sin(t_k) e_2 with t_k = \pi k / (n - 1), k = 0..n-1."""
    points, angles = np.zeros(shape(args)), coordinate(args, "angle")
    points[:, 0], points[:, 1] = np.cos(angles), np.sin(angles)
    return points


def coordinate(args: Args, name: str) -> Array:  # noqa: ARG001
    r"""The angles t_k = \pi k / (n - 1), [point]; labels can be formulas of them."""
    return np.linspace(0.0, np.pi, int(args["n"]))


def refuse(args: Args) -> str | None:
    """A circle needs a plane."""
    if args["d"] < 2:
        return f"a circle needs two dimensions, and d is {args['d']:g}"
    return None if args["n"] >= 1 else f"it needs at least one point, and n is {args['n']:g}"


@hookimpl
def nnspec_datasets() -> Iterable[Dataset]:
    """Teach `circle`."""
    yield Dataset(
        name="circle",
        doc="n unit vectors of R^d in the plane of the first two axes, at angles 0..pi from the first",
        parameters=(
            Parameter(name="d", type="int", doc="dimension, at least 2"),
            Parameter(name="n", type="int", doc="how many points"),
        ),
        shape=shape,
        make=make,
        refuse=refuse,
        coordinates=("angle",),
        coordinate=coordinate,
    )
