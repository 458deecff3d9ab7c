"""The neural tangent kernel: at infinite width by rules, at the width of the spec by sampling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nnspec.lower.points import points_at
from nnspec.plugin import Ask, Estimator, Field, Jacobian, Observable, hookimpl, jnp, np
from nnspec.plugin.readings import Array


def moments(ask: Ask, jac: Jacobian) -> Mapping[str, Array]:  # noqa: ARG001
    """One draw's kernel, averaged over the outputs: they are exchangeable, so the mean stays and the variance falls."""
    gram = jac.gram()
    return {"ntk": jnp.einsum("aibi->ab", gram) / gram.shape[1]}


def finish(ask: Ask, means: Mapping[str, Array]) -> Array:  # noqa: ARG001
    """The mean over draws."""
    return np.asarray(means["ntk"])


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`Theta: {ntk: {at: xs}}`."""
    yield Observable(
        name="ntk",
        doc="neural tangent kernel: at infinite width, or (`method: empirical`) the mean over networks of finite width",
        equation=r"\Theta(x, y) = \langle \sum_\mu \partial_\mu \phi(x)\, \partial_\mu \phi(y) \rangle",
        fields=(Field(name="at", type="points", doc="points; the result is a matrix over them", required=True),),
        dims=lambda _: ("point", "point_2"),
        shape=lambda options, _: (options["at"].type.shape[0],) * 2,
        kind=Estimator(
            readings=("jac",), points=points_at, moments=moments, finish=finish,
            methods=("empirical", "monte_carlo"), precision="float64",
        ),
        example="{ntk: {at: xs, method: empirical, draws: 64}}",
        cite=("jacot2018",),
    )  # fmt: skip
