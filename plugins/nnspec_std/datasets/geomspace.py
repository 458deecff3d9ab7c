"""Numbers with a constant ratio: equally spaced logarithms."""

from collections.abc import Iterable

from nnspec.plugin import Dataset, Parameter, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def shape(args: Args) -> tuple[int, ...]:
    """The n numbers."""
    return (int(args["n"]),)


def make(args: Args) -> Array:
    r"""x_k = a (b/a)^{k / (n - 1)} for k = 0, \dots, n - 1, both ends exact; a alone for n = 1."""
    return np.geomspace(float(args["a"]), float(args["b"]), int(args["n"]), dtype=np.float64)


def refuse(args: Args) -> str | None:
    """A ratio does not change the sign, and leads neither to zero nor away from it."""
    if not args["a"] * args["b"] > 0:
        return f"its ends must both be positive or both negative: they are {args['a']:g} and {args['b']:g}"
    return None if args["n"] >= 1 else f"it needs at least one number, and n is {args['n']:g}"


@hookimpl
def nnspec_datasets() -> Iterable[Dataset]:
    """`lrs: geomspace(1e-4, 1, 9)`."""
    yield Dataset(
        name="geomspace",
        doc="n numbers from a to b with a constant ratio, both included",
        parameters=(
            Parameter(name="a", doc="first number"),
            Parameter(name="b", doc="last number, of the same sign"),
            Parameter(name="n", type="int", doc="how many"),
        ),
        shape=shape,
        make=make,
        refuse=refuse,
    )
