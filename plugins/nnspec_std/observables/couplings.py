"""The couplings of an action: what stands in front of a power of the field."""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Derived, Field, Observable, hookimpl
from nnspec.plugin.records import Args
from nnspec_std.observables._later import UNKNOWN, no_program, points_of

ORDERS = (2, 4)


def refuse(options: Args, dim: int) -> tuple[str, str] | None:  # noqa: ARG001
    """The powers that an action has."""
    return None if options["n"] in ORDERS else ("n", f"an action has couplings for n = 2 and 4: this is n = {options['n']}")


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`g4: {couplings: {of: action, n: 4}}`."""
    yield Observable(
        name="couplings",
        doc="couplings of n field values in an action, at all combinations of its points",
        equation=r"g_{i_1 \dots i_n} = \left. \frac{\partial^n S}{\partial \phi_{i_1} \cdots \partial \phi_{i_n}} "
        r"\right|_{\phi = 0}",
        fields=(
            Field(name="of", type="observable", doc="the action", required=True),
            Field(name="n", type="count", doc="power of the field, 2 or 4", required=True),
        ),
        dims=lambda options: points_of(options["n"]),
        shape=lambda options, _: (UNKNOWN,) * options["n"],
        kind=Derived(inputs=lambda ask: ask["of"], compute=no_program),
        refuse=refuse,
        later="effective actions are not built yet",
        example="{couplings: {of: action, n: 4}}",
        cite=("demirtas2023",),
    )
