r"""Correlators of sums over independent neurons, exact at every width.

The joint cumulants of independent neurons add up, so that N G_c^{(n)} for one group is N times that of one neuron, whose
moments are closed forms or integrals in few dimensions. Common random parameters are integrated over at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nnspec.lower.forms import IndependentNeurons
from nnspec.lower.neurons.correlators import correlator
from nnspec.lower.points import line, points_at
from nnspec.numerics import packed
from nnspec.plugin import Ask, Rule, hookimpl, np


def compute(form: IndependentNeurons, ask: Ask) -> tuple[Any, float]:
    """G^(n) or G_c^(n) at all points, or along a line, and what quadrature and rounding left."""
    with np.errstate(all="ignore"):  # what is not finite is found in the result
        return _computed(form, ask)


def _computed(form: IndependentNeurons, ask: Ask) -> tuple[Any, float]:
    if "along" in ask:
        start, rest = line(ask)
        value, error = correlator(form, np.concatenate([start[None, :], rest]), 2, connected=False)
        return value[1 : len(rest) + 1], error
    points, n = points_at(ask), int(ask["n"])
    value, error = correlator(form, points, n, connected=bool(ask["connected"]))
    return packed.unpacked(value, len(points), n), error


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """`correlator` by `exact`."""
    yield Rule(
        name="independent_neurons", observable="correlator", form="IndependentNeurons", method="exact", compute=compute,
        traced=False, cite=("halverson2021",),
        equation=r"G_c^{(n)}(x_1, \ldots, x_n) = \sum_{\text{neurons}} \kappa\left[h(x_1), \ldots, h(x_n)\right]",
    )  # fmt: skip
