r"""Moments E h(x_1) ... h(x_k) of one neuron at all tuples of points, with factors that are free amplitudes taken out.

Where the neuron is a sum of exponentials in its parameters the moments are closed forms; else they are integrals over
the parameters that are left, by rules that become finer from level to level.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import NotConstant, evaluate
from nnspec.ir.experiment import ParamDecl
from nnspec.ir.walk import walk
from nnspec.lower.expressions import Env, lower
from nnspec.lower.forms.amplitudes import factors, without
from nnspec.lower.forms.independent import IndependentNeurons, Neuron
from nnspec.lower.forms.laws import is_whole, period_of
from nnspec.lower.forms.stationary import summands
from nnspec.lower.neurons.algebra import Place, Unfit, expand
from nnspec.lower.neurons.grid import Grid, other_nodes
from nnspec.lower.neurons.reduced import Block, Reduced, reduced
from nnspec.lower.neurons.rules import MOST_NODES, TooMany, kinked_rule, normal_grid
from nnspec.lower.neurons.transforms import law_mean, length_of, packed_moments
from nnspec.lower.values import Value
from nnspec.numerics import packed, quadrature
from nnspec.numerics.lazy import jax, jnp, np

NUMBERS = 1 << 21
"""Numbers that products of one chunk of nodes may take."""


def place(form: IndependentNeurons, neuron: Neuron, points: Any, given: Mapping[str, Any]) -> Place:
    """The points [point, in] cut into inputs, with everything that has a value."""
    inputs: dict[str, Any] = {}
    start = 0
    for item in form.inputs:
        inputs[item.name] = points[:, start : start + item.dim]
        start += item.dim
    vectors = {decl.targets[0]: length for decl in neuron.params if (length := length_of(decl)) is not None}
    arrays = {name for decl in neuron.params if decl.copies[1:] or set(decl.indices) - set(neuron.axes) for name in decl.targets}
    values = {**form.values, **given}
    return Place(inputs=inputs, values=values, given=given, vectors=vectors, arrays=frozenset(arrays), count=len(points))


@dataclass
class NeuronMoments:
    """Moments 1 ... n of one neuron; `closed` when they do not depend on the level."""

    form: IndependentNeurons
    neuron: Neuron
    points: Any
    n: int
    given: Mapping[str, Any]
    programs: MutableMapping[ir.Expr, Any]

    def __post_init__(self) -> None:
        """Take the amplitudes out and look for a closed form."""
        self.body, self.free = _freed(self.neuron)
        self.params = tuple(decl for decl in self.neuron.params if decl not in self.free)
        self.at = place(self.form, self.neuron, self.points, self.given)
        self.factor = {k: math.prod(self._power(decl, k) for decl in self.free) for k in range(1, self.n + 1)}
        self.orders = [k for k in self.factor if self.factor[k]]
        self.exact = self._closed()
        self._reduced: Reduced | None = None

    def _power(self, decl: ParamDecl, k: int) -> float:
        return float(np.real(law_mean(decl.density, [k], [None], self.form.words, self.at.values)))

    @property
    def closed(self) -> bool:
        """Whether there is a closed form."""
        return self.exact is not None

    def _closed(self) -> Mapping[int, Any] | None:
        try:
            neuron = expand(self.body, self.at)
            words, values = self.form.words, self.at.values
            return {k: packed_moments(neuron, k, len(self.points), self.params, words, values) for k in self.orders}
        except Unfit:
            return None

    def moments(self, level: int) -> dict[int, Any]:
        """Packed moments of orders 1 ... n, [tuple]."""
        found = self.exact if self.exact is not None else self._integrated(level) if self.orders else {}
        zero = {k: np.zeros(packed.count(len(self.points), k)) for k in range(1, self.n + 1)}
        return {k: self.factor[k] * found[k] if k in found else zero[k] for k in zero}

    # ------------------------------------------------------------ quadrature
    def _integrated(self, level: int) -> dict[int, Any]:
        return self._summed(*self.nodes(level))

    def nodes(self, level: int) -> tuple[Reduced, list[Any], list[Any], Grid]:
        """The reduced neuron; nodes and weights for the standard normals of each block; those for the other parameters.

        Raises:
            TooMany: more nodes than can be afforded.
        """
        if self._reduced is None:
            self._reduced = reduced(self.body, self.params, self.at, self.form.words)
        found = self._reduced
        blocks = [self._rule(found.body, block, level) for block in found.blocks if block.rank]
        env = self._env()
        others = other_nodes(found.params, self.neuron.axes, level, env, self._phases(found))
        sizes = [len(weights) for _, weights in blocks] + [len(others.weights)]
        total = float(np.prod([float(size) for size in sizes]))
        if total > MOST_NODES:
            raise TooMany(total)
        return found, [nodes for nodes, _ in blocks], [weights for _, weights in blocks], others

    def _rule(self, body: ir.Expr, block: Block, level: int) -> tuple[Any, Any]:
        degree = sum(degree_in(body, name) for name in block.names)
        if block.rank == 1 and math.isfinite(degree):
            rule = quadrature.gauss_hermite(int(degree * self.n) // 2 + 1 + level)
            return rule.nodes[:, None], rule.weights
        return kinked_rule(block.kinks, level, block.rank) if len(block.kinks) else normal_grid(block.rank, level)

    def _env(self) -> Env:
        env = self.form.env
        assert env is not None
        params = {name: jnp.asarray(value, jnp.float64) for name, value in self.given.items()}
        return replace(env, params=params, dtype=jnp.float64)

    def _phases(self, found: Reduced) -> dict[str, int]:
        """Parameters that are phases, and the harmonics that a product of n neurons can have."""
        phases: dict[str, int] = {}
        for decl in found.params:
            length = period_of(decl.density, self.form.words, self.form.values)
            if length is not None and len(decl.targets) == 1:
                degree = _harmonics(found.body, decl.targets[0], length, self.form.values)
                if math.isfinite(degree):
                    phases[decl.name] = int(degree) * self.n
        return phases

    def _summed(self, found: Reduced, grids: list[Any], weights: list[Any], others: Grid) -> dict[int, Any]:
        """Sums over the product of the rules, chunk by chunk."""
        count = len(self.points)
        widest = max(packed.count(count, (k + 1) // 2) for k in self.orders)
        high_low = {k: ((k + 1) // 2, k // 2) for k in self.orders}
        sums = {k: np.zeros((packed.count(count, a), packed.count(count, b) if b else 1)) for k, (a, b) in high_low.items()}
        program = self._compiled(found)
        for weight, z, values in chunks(grids, weights, others, max(widest, count)):
            h = np.asarray(program(z, values))
            products = {1: h}
            for a in range(2, max(a for a, _ in high_low.values()) + 1):
                rows = packed.tuples(count, a)
                products[a] = reduce(lambda x, y: x * y, [h[:, rows[:, j]] for j in range(a)])
            for k, (a, b) in high_low.items():
                left = products[a] * weight[:, None]
                sums[k] += left.T @ products[b] if b else np.sum(left, axis=0)[:, None]
        return {k: _gathered(sums[k], count, k) for k in self.orders}

    def _compiled(self, found: Reduced) -> Any:
        """Nodes give h at all points, [node, point]; one program for all values of common parameters."""
        if found.body not in self.programs:
            self.programs[found.body] = jax.jit(jax.vmap(partial(_at_points, found, self.form), in_axes=(0, 0, None, None, None)))
        fixed = [(jnp.asarray(block.offset), jnp.asarray(block.slopes)) for block in found.blocks]
        inputs = {name: jnp.asarray(x) for name, x in self.at.inputs.items()}
        given = {name: jnp.asarray(value, jnp.float64) for name, value in self.given.items()}
        return lambda z, values: self.programs[found.body](z, values, given, fixed, inputs)


def chunks(grids: list[Any], weights: list[Any], others: Grid, wide: int) -> Iterator[tuple[Any, tuple[Any, ...], dict[str, Any]]]:
    """Weights, nodes of blocks and values of other parameters, so many at once; what `wide` numbers are kept of each for."""
    sizes = [len(each) for each in weights] + [len(others.weights)]
    total = int(np.prod(sizes))
    chunk = int(min(max(64, NUMBERS // wide), 16384))
    for start in range(0, total, chunk):
        index = np.minimum(np.arange(start, start + chunk), total - 1)
        places = np.unravel_index(index, sizes)
        weight = others.weights[places[-1]] * (np.arange(start, start + chunk) < total)
        for each, at in zip(weights, places[:-1], strict=True):
            weight = weight * each[at]
        z = tuple(grid[at] for grid, at in zip(grids, places[:-1], strict=True))
        yield weight, z, {name: array[places[-1]] for name, array in others.values.items()}


def _at_points(
    found: Reduced, form: IndependentNeurons, z: tuple[Any, ...], values: Mapping[str, Any], given: Mapping[str, Any],
    fixed: Any, inputs: Mapping[str, Any],
) -> Any:  # fmt: skip
    """The neuron at all points, [point], for standard normals of each block and values of the other parameters."""
    one = at_point(found, form, given)
    return jax.vmap(one, in_axes=(0, 0, None))(inputs, combinations(found, z, fixed), values)


def combinations(found: Reduced, z: tuple[Any, ...], fixed: Any) -> dict[str, Any]:
    """The combinations of normal parameters by name, [point], for standard normals of each block."""
    forms: dict[str, Any] = {}
    rest = list(z)
    for block, (offset, slopes) in zip(found.blocks, fixed, strict=True):
        u = offset + (slopes @ rest.pop(0) if slopes.shape[2] else 0.0)
        forms |= {name: u[k] for k, name in enumerate(block.names)}
    return forms


def at_point(found: Reduced, form: IndependentNeurons, given: Mapping[str, Any]) -> Callable[..., Any]:
    """h(x, u, v): the neuron at one point, for combinations of normal parameters and values of the others."""
    assert form.env is not None
    env = replace(form.env, dtype=jnp.float64)

    def one(x: Mapping[str, Any], u: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
        local = {name: Value(value) for name, value in u.items()}
        ready = replace(env, params={**given, **values}, inputs=x, local=local)
        return jnp.asarray(lower(found.body, ready).array, jnp.float64).reshape(())

    return one


def degree_in(node: ir.Expr, name: str) -> float:
    """The degree of a polynomial in a variable; infinite where it is none."""
    if not any(isinstance(part, ir.Local) and part.name == name for part in walk(node)):
        return 0
    match node:
        case ir.Local():
            return 1
        case ir.Neg(arg=arg) | ir.Derivative(arg=arg):
            return degree_in(arg, name)
        case ir.Bin(op="add" | "sub", left=left, right=right):
            return max(degree_in(left, name), degree_in(right, name))
        case ir.Bin(op="mul", left=left, right=right):
            return degree_in(left, name) + degree_in(right, name)
        case ir.Bin(op="div", left=left, right=right):
            return degree_in(left, name) + (math.inf if degree_in(right, name) else 0)
        case _:
            return math.inf


def _gathered(matrix: Any, points: int, k: int) -> Any:
    rows = packed.tuples(points, k)
    high = (k + 1) // 2
    left = packed.rank(rows[:, :high], points)
    right = packed.rank(rows[:, high:], points) if k > 1 else np.zeros(len(rows), int)
    return matrix[left, right]


def _freed(neuron: Neuron) -> tuple[ir.Expr, tuple[ParamDecl, ...]]:
    """The neuron without those factors that are independent parameters, and these."""
    body, free = neuron.body, []
    for decl in neuron.params:
        if len(decl.targets) > 1 or length_of(decl) is not None or not isinstance(decl.density, ir.Density | ir.Mixture):
            continue
        name = decl.targets[0]
        found = [factor for factor in factors(body) if isinstance(factor, ir.Param) and factor.name == name]
        places = [body, *(other.density for other in neuron.params)]
        times = sum(isinstance(part, ir.Param) and part.name == name for each in places for part in walk(each))
        depends = any(isinstance(part, ir.Param) for part in walk(decl.density))
        if len(found) == 1 and times == 1 and not depends and set(decl.indices) == set(neuron.axes):
            body = without(body, found[0])
            free.append(decl)
    return body, tuple(free)


def _harmonics(body: ir.Expr, name: str, length: float, values: Mapping[str, Any]) -> float:
    """The degree of a polynomial in the cosine and sine of a phase; infinite where it is none."""

    def degree(node: ir.Expr) -> float:
        if not any(isinstance(part, ir.Param) and part.name == name for part in walk(node)):
            return 0
        match node:
            case ir.Neg(arg=arg) | ir.Derivative(arg=arg):
                return degree(arg)
            case ir.Bin(op="add" | "sub", left=left, right=right):
                return max(degree(left), degree(right))
            case ir.Bin(op="mul", left=left, right=right):
                return degree(left) + degree(right)
            case ir.Bin(op="div", left=left, right=right):
                return math.inf if degree(right) else degree(left)
            case ir.Bin(op="pow", left=left, right=ir.Lit(value=power)) if is_whole(power) and power >= 0:
                return int(power) * degree(left)
            case ir.Apply(fn="cos" | "sin", args=(inside,)):
                return _turns(inside, name, length, values)
            case _:
                return math.inf

    return degree(body)


def _turns(inside: ir.Expr, name: str, length: float, values: Mapping[str, Any]) -> float:
    """How often a wave goes round while the phase goes through its period once; infinite where it does not end as it began."""
    total = 0.0
    for part in summands(inside):
        if any(isinstance(each, ir.Param) and each.name == name for each in walk(part)):
            factor = _multiple(part, name, values)
            if factor is None or not is_whole(abs(factor) * length / (2 * math.pi)):
                return math.inf
            total += abs(round(factor * length / (2 * math.pi)))
    return total


def _multiple(node: ir.Expr, name: str, values: Mapping[str, Any]) -> float | None:
    match node:
        case ir.Param() if node.name == name:
            return 1.0
        case ir.Bin(op="mul", left=ir.Param(name=other), right=factor) | ir.Bin(op="mul", left=factor, right=ir.Param(name=other)):
            try:
                return float(evaluate(factor, values)) if other == name else None
            except (NotConstant, KeyError):
                return None
    return None

