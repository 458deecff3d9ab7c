"""Connected correlators of an action, to first order in its couplings: the way back, as a test of it.

With the parts of the action, n = 2 gives G, the inverse of `free`, and n = 4 gives minus `g4` with a G at each leg.
"""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Derived, Field, Observable, hookimpl
from nnspec.plugin.records import Args
from nnspec_std.observables._later import no_program, points_of

ORDERS = (2, 4)


def refuse(options: Args, dim: int) -> tuple[str, str] | None:  # noqa: ARG001
    """The numbers of points of which the formulas are known."""
    return None if options["n"] in ORDERS else ("n", f"an action gives correlators for n = 2 and 4: this is n = {options['n']}")


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`G4_S: {correlator_from_action: {action: action, n: 4, at: lattice}}`."""
    yield Observable(
        name="correlator_from_action",
        doc="connected n-point function of the field whose weight is e^-S, to first order in the couplings of S",
        equation=r"G_c^{(4)}(x_i, x_j, x_k, x_l) = -g_{abcd} G_{ai} G_{bj} G_{ck} G_{dl}",
        fields=(
            Field(name="action", type="observable", doc="the action", required=True),
            Field(name="n", type="count", doc="number of points, 2 or 4", required=True),
            Field(name="at", type="points", doc="points; the result has all combinations of them", required=True),
        ),
        dims=lambda options: points_of(options["n"]),
        shape=lambda options, _: (int(options["at"].type.shape[0]),) * options["n"],
        kind=Derived(inputs=lambda ask: ask["action"], compute=no_program),
        refuse=refuse,
        later="effective actions are not built yet",
        example="{correlator_from_action: {action: action, n: 4, at: xs}}",
        cite=("demirtas2023",),
    )
