"""Equally spaced numbers."""

from collections.abc import Iterable

from nnspec.plugin import Dataset, Parameter, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def shape(args: Args) -> tuple[int, ...]:
    """The n numbers."""
    return (int(args["n"]),)


def make(args: Args) -> Array:
    """From a to b, both included; a alone for n = 1."""
    return np.linspace(float(args["a"]), float(args["b"]), int(args["n"]), dtype=np.float64)


def refuse(args: Args) -> str | None:
    """An empty axis is no axis."""
    return None if args["n"] >= 1 else f"it needs at least one number, and n is {args['n']:g}"


@hookimpl
def nnspec_datasets() -> Iterable[Dataset]:
    """Teach `linspace`."""
    yield Dataset(
        name="linspace",
        doc="n equally spaced numbers from a to b, both included",
        parameters=(
            Parameter(name="a", doc="first number"),
            Parameter(name="b", doc="last number"),
            Parameter(name="n", type="int", doc="how many"),
        ),
        shape=shape,
        make=make,
        refuse=refuse,
    )
