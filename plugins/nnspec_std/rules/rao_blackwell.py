"""Correlators with Gaussian readout weights integrated out."""

from collections.abc import Iterable

from nnspec.plugin import Rule, hookimpl


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """`correlator` by `rao_blackwell`."""
    yield Rule(
        name="rao_blackwell", observable="correlator", form="IndependentNeurons", method="rao_blackwell",
        equation=r"G^{(n)} = \left\langle \mathbb{E}[\phi(x_1) \cdots \phi(x_n) \mid \text{features}] \right\rangle",
        later="averages with the readout integrated out are not built yet",
    )  # fmt: skip
