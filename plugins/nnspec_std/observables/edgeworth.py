r"""The action of the field on a set of points, from its connected correlators.

To first order in the connected four-point function, with all indices summed over the points,

    S = \frac12 \phi_i (G^{-1}_{ij} + \delta_{ij}) \phi_j + \frac{1}{4!} g_{ijkl} \phi_i \phi_j \phi_k \phi_l + const,
    g_{ijkl} = - G_c^{(4)}_{abcd} G^{-1}_{ai} G^{-1}_{bj} G^{-1}_{ck} G^{-1}_{dl},    \delta_{kl} = - \frac12 g_{ijkl} G_{ij}.

The part `free` is G^{-1}, the part `g4` is g; \delta, which follows from them, keeps the two-point function at G. For N
independent neurons the next terms are of order 1/N^2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nnspec.plugin import Field, Limit, Observable, hookimpl
from nnspec.plugin.records import Args
from nnspec_std.observables._later import points_of

ORDERS = (2, 4)


def parts(options: Args) -> Mapping[str, tuple[str, ...]]:
    """The inverse of the two-point function, and from order 4 on the quartic couplings."""
    free = {"free": points_of(2)}
    return {**free, "g4": points_of(4)} if options["order"] >= 4 else free


def refuse(options: Args, dim: int) -> tuple[str, str] | None:  # noqa: ARG001
    """The orders of which the formulas are known."""
    order = options["order"]
    return None if order in ORDERS else ("order", f"an action has order 2 or 4 here: this is {order}")


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`action: {edgeworth: {order: 4, at: lattice}}`."""
    yield Observable(
        name="edgeworth",
        doc="effective action on a set of points: its free part and its quartic couplings",
        equation=r"S = \tfrac12 \phi_i (G^{-1}_{ij} - \tfrac12 g_{klij} G_{kl}) \phi_j "
        r"+ \tfrac{1}{4!} g_{ijkl} \phi_i \phi_j \phi_k \phi_l, "
        r"\quad g_{ijkl} = -G^{(4)}_{c,abcd} G^{-1}_{ai} G^{-1}_{bj} G^{-1}_{ck} G^{-1}_{dl}",
        fields=(
            Field(name="order", type="count", doc="highest power of the field in the action, 2 or 4", required=True),
            Field(name="at", type="points", doc="points that the field is restricted to", required=True),
            Field(name="from", type="word", doc="where the correlators come from: closed forms, networks, or means over "
                  "neurons of networks", default="exact", choices=("exact", "monte_carlo", "rao_blackwell")),
        ),
        dims=lambda _: (),
        shape=lambda _o, _d: (),
        kind=Limit(),
        refuse=refuse,
        parts=parts,
        later="effective actions are not built yet",
        example="{edgeworth: {order: 4, at: xs}}",
        cite=("demirtas2023",),
    )  # fmt: skip
