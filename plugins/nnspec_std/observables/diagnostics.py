r"""How well the chains of a sampler have mixed.

\hat R compares the variance between chains with that within them, rank-normalised and folded; the effective number of
draws is the number of draws over twice the autocorrelation time; divergences are trajectories whose energy ran away
[vehtari2021]. Coordinates are those in which chains move: numbers u of R^n that are mapped onto the supports of the
densities. Whatever the density is, its action S = -log P(u) obeys \langle u_i \partial_j S \rangle = \delta_{ij} if it
was sampled rightly; `schwinger_dyson` has by how many errors that fails, for j = i and for the next coordinate.

Draws that count by weights have no chains: of them `share`, the effective share of the draws, is all there is to say.
"""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Limit, Observable, hookimpl

PARTS = {
    "rhat": ("param",), "ess": ("param",), "tau": ("param",), "divergences": (), "acceptance": (), "e_bfmi": (),
    "schwinger_dyson": ("param", "next"), "leapfrogs": (), "integral_error": (), "share": (),
}  # fmt: skip


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`diag: {diagnostics: {}}`."""
    yield Observable(
        name="diagnostics",
        doc="of the sampler: R-hat, effective draws and autocorrelation times by coordinate, divergences, acceptance",
        equation=r"\hat R = \sqrt{\frac{n - 1}{n} + \frac{B}{n W}}, \qquad "
        r"\mathrm{ess} = \frac{m n}{1 + 2 \sum_{t \geq 1} \rho_t}",
        fields=(),
        dims=lambda _: (),
        shape=lambda _o, _d: (),
        kind=Limit(),
        parts=lambda _: PARTS,
        example="{diagnostics: {}}",
        needs={"sampler": "{hmc: {chains: 2, draws: 64, warmup: 40}}"},
        cite=("vehtari2021", "wolff2004"),
    )
