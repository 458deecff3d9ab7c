r"""The Gaussian process of infinite width, given data: what Bayesian inference over all parameters leads to.

With the kernel K of the network, labels Y at the points X, and independent noise of variance \lambda on each label,

    A(x) = K(x, X) (K(X, X) + \lambda)^{-1},
    mean(x) = A(x) Y,
    covariance(x, x') = K(x, x') - A(x) K(X, x').

Without noise it is also where gradient descent ends that moves the readout layer alone [lee2019]. A kernel that is singular
over the data, to within rounding, has no inverse, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Field, Limit, Observable, hookimpl
from nnspec.plugin.records import Args


def refuse(options: Args, dim: int) -> tuple[str, str] | None:
    """Data lie in the input space, and variances are not negative."""
    shape = options["data"].type.shape
    if shape[1] != dim:
        return "data", f"points of R^{dim} are needed, and these are points of R^{shape[1]}"
    if not options["noise"] >= 0.0:
        return "noise", f"a variance is not negative, and this is {options['noise']:g}"
    return None


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`bayes: {posterior: {data: toy, at: test, noise: 0.01}}`."""
    yield Observable(
        name="posterior",
        doc="mean and covariance of the Gaussian process that networks of infinite width are, given data",
        equation=r"\mu = A Y, \quad \Sigma = K - A K_{X \cdot}, \quad A = K_{\cdot X} (K_{XX} + \lambda)^{-1}",
        fields=(
            Field(name="data", type="table", doc="labelled points", required=True),
            Field(name="at", type="points", doc="points at which the field is asked for", required=True),
            Field(name="noise", type="number", doc="variance of the noise on each label", default="0"),
        ),
        dims=lambda _: (),
        shape=lambda _o, _d: (),
        kind=Limit(),
        parts=lambda _: {"mean": ("point",), "covariance": ("point", "point_2")},
        refuse=refuse,
        example="{posterior: {data: toy, at: xs, noise: 0.01}}",
        cite=("lee2018", "matthews2018"),
    )
