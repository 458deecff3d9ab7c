r"""The effective mass of a propagator along a line: the lowest energy above the vacuum, at large separations.

    m(r_k) = \frac{1}{r_{k+1} - r_k} \log \frac{G(r_k)}{G(r_{k+1})}

In one dimension G(r) is a sum over states, \sum_n |<0|\phi|n>|^2 e^{-(E_n - E_0) r}, so that m falls to E_1 - E_0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nnspec.plugin import Ask, Estimator, Field, Observable, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args
from nnspec_std.observables import correlator


def finish(ask: Ask, means: Mapping[str, Array]) -> Array:
    """Logarithmic slopes between neighbouring separations, [point]."""
    along, pair = np.asarray(ask["along"], np.float64), np.asarray(means["pair"])
    return np.asarray(np.log(pair[:-1] / pair[1:]) / np.diff(along))


def shape(options: Args, dim: int) -> tuple[int, ...]:  # noqa: ARG001
    """One entry for each pair of neighbours."""
    return (int(options["along"].type.shape[0]) - 1,)


def refuse(options: Args, dim: int) -> tuple[str, str] | None:  # noqa: ARG001
    """Two separations at least."""
    return ("along", "a slope needs two separations") if int(options["along"].type.shape[0]) < 2 else None


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`gap: {effective_mass: {from: 0, along: taus}}`."""
    yield Observable(
        name="effective_mass",
        doc="logarithmic slope of the two-point function along a line, between neighbouring separations",
        equation=r"m(r_k) = \frac{1}{r_{k+1} - r_k} \log \frac{G(r_k)}{G(r_{k+1})}",
        fields=(
            Field(name="from", type="point", doc="start of a line along the first axis", required=True),
            Field(name="along", type="axis", doc="separations along the line, rising", required=True),
            correlator.SHIFTS,
        ),
        dims=lambda _: ("point",),
        shape=shape,
        kind=Estimator(
            readings=("f",), points=correlator.points, moments=correlator.moments, finish=finish, methods=("monte_carlo", "direct")
        ),
        refuse=refuse,
        coords=lambda ask: {"point": np.asarray(ask["along"], np.float64)[:-1]},
        example="{effective_mass: {from: x0, along: r, draws: 640}}",
        cite=("halverson2024", "efron1982"),
    )
