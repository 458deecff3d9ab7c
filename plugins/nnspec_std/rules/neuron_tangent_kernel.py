r"""The tangent kernel of a field given by a formula, by quadrature over one neuron.

Derivatives are by the parameters as they stand in the formula. With a prefactor N^{-1/2} of amplitudes of order one the
mean is the same at every width, so that it is the limit; a kernel that changes with the width is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nnspec.lower.forms import IndependentNeurons
from nnspec.lower.neurons.tangents import tangent_kernel, without_tangent
from nnspec.lower.points import points_at
from nnspec.plugin import Ask, Rule, hookimpl
from nnspec_std.rules.neuron_kernel import limit


def compute(form: IndependentNeurons, ask: Ask) -> tuple[Any, float]:
    """Theta at the points, [point, point_2], and what quadrature and rounding left."""
    return limit(form, points_at(ask), tangent_kernel)


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """`ntk` by `quadrature`."""
    yield Rule(
        name="neuron_tangent_kernel", observable="ntk", form="IndependentNeurons", method="quadrature", compute=compute,
        traced=False, equation=r"\Theta(x, y) = N\, \mathbb{E}_v[\partial_v h(x; v) \cdot \partial_v h(y; v)]",
        refuse=without_tangent, cite=("jacot2018",),
    )  # fmt: skip
