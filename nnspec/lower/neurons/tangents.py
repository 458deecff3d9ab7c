r"""The mean tangent kernel of a sum over independent neurons, exact at every width.

.. math:: \Theta(x, y) = \Big\langle \sum_g N_g\,
    \mathbb{E}_v\big[\partial_v h_g(x; v, c) \cdot \partial_v h_g(y; v, c)\big] \Big\rangle_c

Derivatives are by the parameters as they stand in the formula, vectors component by component. A factor a that is a free
amplitude gives E[g(x) g(y)], with g the rest of the neuron, and E[a^2] in front of the derivatives of that rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.functions import FUNCTIONS
from nnspec.ir.walk import walk
from nnspec.lower.forms.independent import IndependentNeurons, Neuron
from nnspec.lower.neurons.correlators import refined
from nnspec.lower.neurons.grid import other_nodes
from nnspec.lower.neurons.moments import NeuronMoments, at_point, chunks, combinations
from nnspec.lower.neurons.pairs import by_pairs
from nnspec.lower.neurons.reduced import Reduced
from nnspec.numerics import packed
from nnspec.numerics.lazy import jax, jnp, np

JUMPS = ("sign", "floor", "ceil")
"""Functions of the language that jump."""


def tangent_kernel(form: IndependentNeurons, points: Any) -> tuple[Any, float]:
    """Theta at the points [point, in], as [point, point_2], and the error that quadrature left.

    Raises:
        ArithmeticError: where a moment does not exist, no rule is known, or quadratures do not agree.
    """
    return by_pairs(form, points, lambda points, programs: refined(_Tangents(form, points, programs)))


def without_tangent(form: IndependentNeurons) -> str | None:
    """Why there is no tangent kernel by this way: a parameter that all neurons share, or a function that jumps."""
    shared = {name for decl in form.common for name in decl.targets}
    for body in (*form.shift, *(group.body for group in form.groups)):
        for part in walk(body):
            if isinstance(part, ir.Param) and part.name in shared:
                return f"all neurons share `{part.name}`, so the derivative by it is no sum over independent neurons"
            if isinstance(part, ir.Select):
                return "a formula with cases may jump, and derivatives do not see it"
            if isinstance(part, ir.Apply) and _jumps(part.fn, form):
                return f"`{part.fn}` jumps, so its networks have no tangent kernel"
    return None


def _jumps(name: str, form: IndependentNeurons) -> bool:
    return name in JUMPS if name in FUNCTIONS else name in form.words.activations and bool(form.words.activations[name].jumps)


@dataclass
class _Tangents:
    """The kernel level by level."""

    form: IndependentNeurons
    points: Any
    programs: MutableMapping[ir.Expr, Any]
    closed: bool = False

    def __post_init__(self) -> None:
        self.known: dict[int, _Neuron] = {}

    def at(self, level: int) -> tuple[Any, float]:
        """Theta, and the size of what may cancel in it."""
        if not self.form.common:
            found = self._given({}, level)
            return found, float(np.max(np.abs(found)))
        assert self.form.env is not None
        common = other_nodes(self.form.common, (), level, replace(self.form.env, dtype=jnp.float64), {})
        found = np.zeros((len(self.points),) * 2)
        for q, weight in enumerate(common.weights):
            found += weight * self._given({name: np.asarray(array[q]) for name, array in common.values.items()}, level)
        return found, float(np.max(np.abs(found)))

    def _given(self, given: Mapping[str, Any], level: int) -> Any:
        total = np.zeros((len(self.points),) * 2)
        for k, neuron in enumerate(self.form.groups):
            total += neuron.count * self._neuron(k, neuron, given).tangents(level)
        return total

    def _neuron(self, k: int, neuron: Neuron, given: Mapping[str, Any]) -> _Neuron:
        if given:
            return _Neuron(self.form, neuron, self.points, 2, given, self.programs)
        if k not in self.known:
            self.known[k] = _Neuron(self.form, neuron, self.points, 2, given, self.programs)
        return self.known[k]


class _Neuron(NeuronMoments):
    """One neuron and its derivatives by its own parameters."""

    def tangents(self, level: int) -> Any:
        r"""E[\partial_v h(x) \cdot \partial_v h(y)], [point, point_2]."""
        squares = [self._power(decl, 2) for decl in self.free]
        found = math.prod(squares) * self._slopes(level)
        if self.free:
            second = self.second(level)
            for k in range(len(squares)):
                found = found + math.prod(squares[:k] + squares[k + 1 :]) * second
        return found

    def second(self, level: int) -> Any:
        """E[g(x) g(y)] of the neuron without its free amplitudes."""
        if self.exact is not None and 2 in self.exact:
            return packed.unpacked(self.exact[2], len(self.points), 2)
        return packed.unpacked(self._summed(*self.nodes(level))[2], len(self.points), 2)

    def _slopes(self, level: int) -> Any:
        if not self.params:
            return np.zeros((len(self.points),) * 2)
        found, grids, weights, others = self.nodes(level)
        count, forms = len(self.points), sum(len(block.names) for block in found.blocks)
        inner = np.zeros((forms * count,) * 2)
        outer = np.zeros((count, count))
        program = self._derivatives(found)
        wide = count * (forms + sum(int(np.prod(array.shape[1:])) for array in others.values.values()) + 1)
        for weight, z, values in chunks(grids, weights, others, wide):
            by_forms, by_values = (np.asarray(part) for part in program(z, values))
            flat = by_forms.reshape(len(weight), -1)
            inner += (flat * weight[:, None]).T @ flat
            outer += np.tensordot(by_values * weight[:, None, None], by_values, axes=((0, 2), (0, 2)))
        return outer + np.einsum("fxgy,fxgy->xy", inner.reshape(forms, count, forms, count), _products(found, count))

    def _derivatives(self, found: Reduced) -> Any:
        """Nodes give derivatives of h by the combinations [node, form, point], and by other parameters [node, point, entry]."""
        key = ir.Derivative(arg=found.body, by=found.body)  # beside the neuron itself
        if key not in self.programs:

            def at(z: Any, values: Any, given: Any, fixed: Any, inputs: Any) -> tuple[Any, Any]:
                slope = jax.grad(at_point(found, self.form, given), argnums=(1, 2))
                u, v = jax.vmap(slope, in_axes=(0, 0, None))(inputs, combinations(found, z, fixed), values)
                count = len(self.points)
                names = [name for block in found.blocks for name in block.names]
                by_forms = jnp.stack([u[name] for name in names]) if names else jnp.zeros((0, count))
                leaves = [v[name].reshape(count, -1) for name in sorted(v)]
                return by_forms, jnp.concatenate(leaves, axis=1) if leaves else jnp.zeros((count, 0))

            self.programs[key] = jax.jit(jax.vmap(at, in_axes=(0, 0, None, None, None)))
        fixed = [(jnp.asarray(block.offset), jnp.asarray(block.slopes)) for block in found.blocks]
        inputs = {name: jnp.asarray(x) for name, x in self.at.inputs.items()}
        given = {name: jnp.asarray(value, jnp.float64) for name, value in self.given.items()}
        return lambda z, values: self.programs[key](z, values, given, fixed, inputs)


def _products(found: Reduced, count: int) -> Any:
    """Scalar products of the derivatives of combinations by the parameters, [form, point, form_2, point_2]."""
    forms = sum(len(block.names) for block in found.blocks)
    result = np.zeros((forms, count, forms, count))
    start = 0
    for block in found.blocks:  # blocks share no parameter
        own = slice(start, start + len(block.names))
        result[own, :, own, :] = np.einsum("fxk,gyk->fxgy", block.rows, block.rows)
        start += len(block.names)
    return result
