"""All points of a regular grid in a box."""

from collections.abc import Iterable

from nnspec.plugin import Dataset, Parameter, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args
from nnspec_std.datasets import _domains

MOST_POINTS = 10_000_000


def shape(args: Args) -> tuple[int, ...]:
    """The n^d points of R^d."""
    return (int(args["n"]) ** int(args["domain"].dim), int(args["domain"].dim))


def make(args: Args) -> Array:
    r"""x_{k_1 \dots k_d} = (lo_j + (hi_j - lo_j) k_j / (n - 1))_j with k_j = 0, \dots, n - 1; the last axis runs fastest."""
    axes = [np.linspace(*map(float, side.args), int(args["n"])) for side in _domains.factors(args["domain"])]
    return np.stack([axis.reshape(-1) for axis in np.meshgrid(*axes, indexing="ij")], axis=-1)


def refuse(args: Args) -> str | None:
    """A grid needs sides, both ends of each, and a bearable number of points."""
    domain, n = args["domain"], args["n"]
    odd = next((part for part in _domains.factors(domain) if part.shape != "interval"), None)
    if odd is not None:
        what = "unbounded" if odd.shape == "reals" else f"a {odd.shape}"
        return f"a grid needs a box, a product of intervals: this is {what}"
    if n < 2:
        return f"both ends of an axis belong to it, so it has at least two points, and n is {n:g}"
    if domain.dim > 24 or n**domain.dim > MOST_POINTS:
        return f"a grid has at most {MOST_POINTS:,} points: this one has {n:g}^{domain.dim}"
    return _domains.refuse(domain)


@hookimpl
def nnspec_datasets() -> Iterable[Dataset]:
    """`lattice: grid(Box(-1, 1)^d, 7)`."""
    yield Dataset(
        name="grid",
        doc="n equally spaced points along each axis of a box, ends included; the last axis runs fastest",
        parameters=(
            Parameter(name="domain", type="domain", doc="an interval, or a product of intervals"),
            Parameter(name="n", type="int", doc="points along each axis, at least 2"),
        ),
        shape=shape,
        make=make,
        refuse=refuse,
    )
