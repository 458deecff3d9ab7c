"""The kernel of a field given by a formula, by quadrature over one neuron."""

from collections.abc import Iterable

from nnspec.plugin import Rule, hookimpl


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """`nngp` by `quadrature`."""
    yield Rule(
        name="neuron_kernel", observable="nngp", form="IndependentNeurons", method="quadrature",
        equation=r"K(x, y) = N\, \mathbb{E}_v[h(x; v) h(y; v)]",
        later="kernels of fields given by a formula are not built yet",
    )  # fmt: skip
