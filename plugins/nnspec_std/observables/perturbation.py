r"""Correlators of a deformed model as a power series in its deformation.

With the weight e^{-V(\phi)} that `deform` gives, and means and joint cumulants under the undeformed density,

    \langle O \rangle = \sum_{k=0}^{order} \frac{(-1)^k}{k!} \langle O; V; \ldots; V \rangle_0,

where V stands k times. The first order is -\langle O V \rangle_0 + \langle O \rangle_0 \langle V \rangle_0.
"""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Field, Limit, Observable, hookimpl
from nnspec.plugin.records import Args
from nnspec_std.observables.correlator import coords, dims, shape
from nnspec_std.observables.correlator import refuse as refuse_points


def refuse(options: Args, dim: int) -> tuple[str, str] | None:
    """Points or a line, as for a correlator."""
    return refuse_points({**options, "connected": False}, dim)


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`G2_1: {perturbation: {order: 1, from: x0, along: r}}`."""
    yield Observable(
        name="perturbation",
        doc="n-point function of a deformed model, expanded in the logarithm of the deformation",
        equation=r"G^{(n)} = \sum_{k=0}^{m} \frac{(-1)^k}{k!} \langle \phi(x_1) \cdots \phi(x_n); V; \ldots; V \rangle_0, "
        r"\quad V = -\log \mathrm{deform}",
        fields=(
            Field(name="order", type="count", doc="highest power of the deformation", required=True),
            Field(name="n", type="count", doc="number of points, 1 to 6", default="2"),
            Field(name="at", type="points", doc="points; the result has all combinations of them"),
            Field(name="from", type="point", doc="start of a line along the first axis"),
            Field(name="along", type="axis", doc="separations along the line"),
        ),
        dims=dims,
        shape=shape,
        kind=Limit(),
        refuse=refuse,
        coords=coords,
        later="expansions in a deformation are not built yet",
        example="{perturbation: {order: 1, at: xs}}",
        cite=("demirtas2023",),
    )
