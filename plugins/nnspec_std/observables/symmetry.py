r"""A test of a symmetry: correlators at points, and at the points that random elements of a group take them to.

Both are read from the same networks, so that their difference \Delta is small where they are alike. With B blocks of
networks, the covariance C of the means of blocks, and the k-point functions of all orders k as components,

    T^2 = B \bar\Delta^T C^{-1} \bar\Delta

is the `statistic` [hotelling1931], and `pvalue` is the probability of one at least as large when the symmetry holds,
after a correction for the number of group elements. Groups act on points, but for the last one:

    translations  x -> x + a with a ~ N(0, s^2), s the root mean square distance of the points from their mean
    rotations     x -> R x with R uniform in SO(d)
    reflections   x -> x - 2 n (n.x) with n uniform on the sphere
    permutations  x -> the same components in another order
    sign_flip     phi -> -phi
"""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.ir.expr import Lit, Vector
from nnspec.plugin import Field, Limit, Observable, hookimpl
from nnspec.plugin.records import Args
from nnspec_std.observables.correlator import HIGHEST

GROUPS = ("translations", "rotations", "reflections", "permutations", "sign_flip")
PLANE = ("rotations", "permutations")


def refuse(options: Args, dim: int) -> tuple[str, str] | None:
    """A group or a map; orders that are whole numbers; rotations of a plane at least."""
    group, transform = options.get("group"), options.get("transform")
    if group is None and transform is None:
        return "group", "give `group`, or `transform`"
    if group is not None and transform is not None:
        return "transform", "give either `group` or `transform`"
    if group in PLANE and dim < 2:
        return "group", f"{group} need two dimensions: the input has {dim}"
    orders = options["of"].items if isinstance(options["of"], Vector) else ()
    for order in (item.value for item in orders if isinstance(item, Lit)):
        if order not in range(1, HIGHEST + 1):
            return "of", f"orders of correlators are whole numbers from 1 to {HIGHEST}: this is {order:g}"
    return None


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`rotation: {symmetry: {group: rotations, of: [2, 4], at: pts, draws: 20000}}`."""
    yield Observable(
        name="symmetry",
        doc="test of a symmetry of the correlators: how improbable the difference is that a random element makes",
        equation=r"T^2 = B\, \bar\Delta^T C^{-1} \bar\Delta, \quad "
        r"\Delta_n = \phi(g x_1) \cdots \phi(g x_n) - \phi(x_1) \cdots \phi(x_n)",
        fields=(
            Field(name="group", type="word", doc="what acts on the points, or on the field", choices=GROUPS),
            Field(name="transform", type="map", doc="where a single map takes a point x, instead of a group"),
            Field(name="of", type="axis", doc="orders n of the correlators", required=True),
            Field(name="at", type="points", doc="points; correlators at all combinations of them are compared", required=True),
            Field(name="elements", type="count", doc="how many elements of the group are tried", default="32"),
            Field(name="draws", type="count", doc="number of networks that are drawn", default="10000"),
            Field(name="expect", type="word", doc="what a report calls a success", default="invariant",
                  choices=("invariant", "broken")),
        ),
        dims=lambda _: (),
        shape=lambda _o, _d: (),
        kind=Limit(),
        refuse=refuse,
        parts=lambda _: {"pvalue": (), "statistic": ()},
        later="tests of symmetries are not built yet",
        example="{symmetry: {group: sign_flip, of: [1, 3], at: xs, draws: 640}}",
        cite=("maiti2021", "hotelling1931"),
    )  # fmt: skip
