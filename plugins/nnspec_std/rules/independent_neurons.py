"""Correlators of sums over independent neurons, exact at every width."""

from collections.abc import Iterable
from typing import Any

from nnspec.plugin import Ask, Rule, hookimpl


def compute(form: Any, ask: Ask) -> Any:
    """Nothing calls this while `later` says why not."""
    raise NotImplementedError


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """`correlator` by `exact`."""
    yield Rule(
        name="independent_neurons", observable="correlator", form="IndependentNeurons", method="exact", compute=compute,
        equation=r"G_c^{(n)}(x_1, \ldots, x_n) = N^{1 - n/2} \kappa\left[h(x_1), \ldots, h(x_n)\right]",
        later="exact correlators of independent neurons are not built yet",
    )  # fmt: skip
