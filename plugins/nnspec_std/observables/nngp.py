"""The kernel of the Gaussian process that a network becomes at infinite width."""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Field, Limit, Observable, hookimpl


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`K: {nngp: {at: xs}}`."""
    yield Observable(
        name="nngp",
        doc="two-point function of the field at infinite width",
        equation=r"K(x, y) = \lim_{n \to \infty} \langle \phi(x) \phi(y) \rangle",
        fields=(Field(name="at", type="points", doc="points; the result is a matrix over them", required=True),),
        dims=lambda _: ("point", "point_2"),
        shape=lambda options, _: (options["at"].type.shape[0],) * 2,
        kind=Limit(),
        example="{nngp: {at: xs}}",
        cite=("neal1996", "lee2018", "matthews2018"),
    )
