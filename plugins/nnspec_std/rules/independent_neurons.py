"""Correlators of sums over independent neurons, exact at every width."""

from collections.abc import Iterable

from nnspec.plugin import Rule, hookimpl


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """`correlator` by `exact`."""
    yield Rule(
        name="independent_neurons", observable="correlator", form="IndependentNeurons", method="exact",
        equation=r"G_c^{(n)}(x_1, \ldots, x_n) = N^{1 - n/2} \kappa\left[h(x_1), \ldots, h(x_n)\right]",
        later="exact correlators of independent neurons are not built yet",
    )  # fmt: skip
