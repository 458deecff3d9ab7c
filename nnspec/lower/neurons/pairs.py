"""Kernels pair by pair: an entry needs two points alone, and integrals in few directions converge fast."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from itertools import combinations
from typing import Any

from nnspec.ir import expr as ir
from nnspec.lower.forms.independent import IndependentNeurons
from nnspec.lower.neurons.moments import place
from nnspec.lower.neurons.reduced import reduced
from nnspec.numerics.lazy import np

Kernel = Callable[[Any, MutableMapping[ir.Expr, Any]], tuple[Any, float]]
"""Points [point, in] and compiled programs give a kernel [point, point_2] and its error."""
FEW = 2
"""Directions in which all points are integrated over at once."""


def by_pairs(form: IndependentNeurons, points: Any, kernel: Kernel) -> tuple[Any, float]:
    """A kernel at the points [point, in], as [point, point_2], and the largest error of its entries."""
    programs: dict[ir.Expr, Any] = {}
    if directions(form, points) <= FEW:
        return kernel(points, programs)
    count, errors = len(points), []
    found = np.zeros((count, count))
    for k in range(count):
        value, error = kernel(points[k : k + 1], programs)
        found[k, k] = value[0, 0]
        errors.append(error)
    for j, k in combinations(range(count), 2):
        value, error = kernel(points[np.array([j, k])], programs)
        found[j, k], found[k, j] = value[0, 1], value[1, 0]
        errors.append(error)
    return found, max(errors)


def directions(form: IndependentNeurons, points: Any) -> int:
    """How many standard normals a neuron depends on at all of these points; those of random variance do not count."""
    found = [reduced(neuron.body, neuron.params, place(form, neuron, points, {}), form.words) for neuron in form.groups]
    return max((block.rank for each in found for block in each.blocks), default=0)
