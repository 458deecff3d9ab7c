"""Correlators with Gaussian readout weights integrated out."""

from collections.abc import Iterable
from typing import Any

from nnspec.plugin import Ask, Rule, hookimpl


def compute(form: Any, ask: Ask) -> Any:
    """Nothing calls this while `later` says why not."""
    raise NotImplementedError


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """`correlator` by `rao_blackwell`."""
    yield Rule(
        name="rao_blackwell", observable="correlator", form="IndependentNeurons", method="rao_blackwell", compute=compute,
        equation=r"G^{(n)} = \left\langle \mathbb{E}[\phi(x_1) \cdots \phi(x_n) \mid \text{features}] \right\rangle",
        later="averages with the readout integrated out are not built yet",
    )  # fmt: skip
