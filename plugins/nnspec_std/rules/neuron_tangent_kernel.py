"""The tangent kernel of a field given by a formula, by quadrature over one neuron."""

from collections.abc import Iterable

from nnspec.plugin import Rule, hookimpl


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """`ntk` by `quadrature`."""
    yield Rule(
        name="neuron_tangent_kernel", observable="ntk", form="IndependentNeurons", method="quadrature",
        equation=r"\Theta(x, y) = N\, \mathbb{E}_v[\partial_v h(x; v) \cdot \partial_v h(y; v)]",
        later="tangent kernels of fields given by a formula are not built yet",
    )  # fmt: skip
