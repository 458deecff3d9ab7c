r"""How well the chains of a sampler have mixed.

\hat R compares the variance between chains with that within them, rank-normalised and folded; the effective number of
draws is the number of draws over the autocorrelation time, and divergences are trajectories whose energy ran away
[vehtari2021].
"""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Limit, Observable, hookimpl


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`diag: {diagnostics: {}}`."""
    yield Observable(
        name="diagnostics",
        doc="of the chains of the sampler: R-hat and effective draws by parameter, divergences, acceptance",
        equation=r"\hat R = \sqrt{\frac{n - 1}{n} + \frac{B}{n W}}, \qquad "
        r"\mathrm{ess} = \frac{m n}{1 + 2 \sum_{t \geq 1} \rho_t}",
        fields=(),
        dims=lambda _: (),
        shape=lambda _o, _d: (),
        kind=Limit(),
        parts=lambda _: {"rhat": ("param",), "ess": ("param",), "divergences": (), "acceptance": ()},
        later="chains are not built yet",
        example="{diagnostics: {}}",
        cite=("vehtari2021", "wolff2004"),
    )
