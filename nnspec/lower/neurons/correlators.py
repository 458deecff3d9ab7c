r"""Correlators of sums over independent neurons at every width, from the moments of one neuron.

.. math:: G_c(1 \ldots n \mid c) = \sum_g N_g \, \kappa_g(1 \ldots n \mid c) + m(1) \delta_{n 1}, \qquad
    G(1 \ldots n) = \Big\langle \sum_\pi \prod_{B \in \pi} G_c(B \mid c) \Big\rangle_c

with the common parameters c integrated over last; a common factor F(c) in front of all neurons needs their moments once.
Quadratures become finer until two results agree; their difference is the error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Literal, Protocol

from nnspec.ir import expr as ir
from nnspec.ir.walk import walk
from nnspec.lower.expressions import lower
from nnspec.lower.forms.amplitudes import factors, without
from nnspec.lower.forms.independent import IndependentNeurons, Neuron
from nnspec.lower.neurons.grid import Grid, other_nodes
from nnspec.lower.neurons.moments import NeuronMoments
from nnspec.lower.neurons.pairs import by_pairs
from nnspec.lower.neurons.rules import NEAR, STEPS, NoRule, TooMany
from nnspec.numerics import packed
from nnspec.numerics.lazy import jax, jnp, np

AGREE, ROUNDING, ACCEPTED = 1e-11, 2e-14, 1e-6
"""Two levels that differ by less than this, relative to the largest entry, or to what cancels in it; and the most that is
accepted where the next level cannot be afforded."""


class NoConvergence(ArithmeticError):
    """No two quadratures agree."""


def correlator(form: IndependentNeurons, points: Any, n: int, *, connected: bool) -> tuple[Any, float]:
    """The correlator at all tuples of points [point, in], packed [tuple], and the error that quadrature left.

    Raises:
        ArithmeticError: where a moment does not exist, no rule is known, or quadratures do not agree.
    """
    return refined(_Source(form, points, n, "connected" if connected else "full"))


def fluctuations(form: IndependentNeurons, points: Any) -> tuple[Any, float]:
    r"""\langle G_c(x, y \mid c) \rangle_c, [point, point_2]: the covariance around the mean that common parameters leave."""

    def kernel(points: Any, programs: MutableMapping[ir.Expr, Any]) -> tuple[Any, float]:
        value, error = refined(_Source(form, points, 2, "given", programs))
        return packed.unpacked(value, len(points), 2), error

    return by_pairs(form, points, kernel)


def refined(source: Levels) -> tuple[Any, float]:
    """Level after level, until two of them agree; else what the last that went far left, or the last that stayed near."""
    last, error, before, problem = None, math.inf, math.inf, ""
    far: tuple[Any, float] = (None, math.inf)
    for level in range(len(STEPS)):
        if level == min(NEAR):
            far = (last, _remaining(before, error))
        try:
            value, scale = source.at(level)
        except TooMany as many:
            problem = f"the next step needs {many.nodes:,.0f} nodes"
            break
        except NoRule as reason:
            raise NoConvergence(str(reason)) from None
        if not np.all(np.isfinite(value)):
            return value, 0.0  # the run says which entries are not finite
        if source.closed:
            return value, ROUNDING * scale
        if last is not None:
            before, error = error, float(np.max(np.abs(value - last)))
            if error <= max(AGREE * float(np.max(np.abs(value))), ROUNDING * scale):
                return value, error + ROUNDING * scale
        last = value
    if last is None:
        msg = f"the integral over one neuron is in too many dimensions: {problem}"
        raise NoConvergence(msg)
    last, left = min((last, _remaining(before, error)), far, key=lambda found: found[1])
    wanted = ACCEPTED * float(np.max(np.abs(last)))
    if left <= wanted:
        return last, left
    problem = problem or f"{max(STEPS)} nodes along each direction are the most"
    msg = f"the integral over one neuron does not converge: it still changes by {error:.1e}, {wanted:.1e} is wanted, and {problem}"
    raise NoConvergence(msg)


def _remaining(before: float, change: float) -> float:
    """What is left after the last of two changes that fall like a geometric series; infinite where they do not fall."""
    ratio = change / before if math.isfinite(before) else 0.5
    return change / (1 - ratio) if ratio < 1 else math.inf


class Levels(Protocol):
    """Something that quadratures of several levels give; `closed` when all of them give the same."""

    closed: bool

    def at(self, level: int) -> tuple[Any, float]:
        """What is wanted, and the size of what may cancel in it."""
        ...


@dataclass
class _Source:
    """Correlators level by level; what does not change between levels is kept."""

    form: IndependentNeurons
    points: Any
    n: int
    kind: Literal["full", "connected", "given"]
    """`given`: cumulants for given common parameters, averaged over these."""
    programs: MutableMapping[ir.Expr, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.closed = True
        self.known: dict[Any, NeuronMoments] = {}
        self.scales = _common_factors(self.form)

    def at(self, level: int) -> tuple[Any, float]:
        """The packed correlator, and the size of what may cancel in it."""
        self.closed = True
        if not self.form.common:
            kappa = self._cumulants({}, level, self.form.groups)
            size = self._size(kappa[2], kappa[1], float(np.max(np.abs(kappa[self.n]))))
            return (packed.moment(self.n, len(self.points), kappa) if self.kind == "full" else kappa[self.n]), size
        self.closed = False
        assert self.form.env is not None
        env = replace(self.form.env, dtype=jnp.float64)
        common = other_nodes(self.form.common, (), level, env, {})
        full = self._averaged(common, level)
        size = self._size(full[2], 0.0, float(np.max(np.abs(full[self.n]))))
        return (packed.cumulant(self.n, len(self.points), full) if self.kind == "connected" else full[self.n]), size

    def _size(self, two: Any, one: Any, highest: float) -> float:
        """How large a product of n field values is, which is what rounding is relative to."""
        variance = float(np.max(np.abs(two))) + float(np.max(np.abs(one))) ** 2
        return max(highest, float(variance ** (self.n / 2)))

    def _averaged(self, common: Grid, level: int) -> dict[int, Any]:
        """Full moments 1 ... n, averaged over the common parameters."""
        count = len(self.points)
        totals = {k: np.zeros(packed.count(count, k)) for k in range(1, max(self.n, 2) + 1)}
        if self.scales is not None:
            groups, scales = self.scales
            alone = [self._cumulants({}, level, (group,), shift=False) for group in groups]
            fixed = self._shift({})
            for start in range(0, len(common.weights), 64):
                part = slice(start, start + 64)
                factors_ = [self._values(scale, common, part) for scale in scales]
                pairs = list(zip(alone, factors_, strict=True))
                kappa = {k: sum(found[k][:, None] * f[None, :] ** k for found, f in pairs) for k in totals}
                kappa[1] = kappa[1] + fixed[:, None]
                for k in totals:
                    totals[k] += self._part(k, kappa) @ common.weights[part]
            return totals
        for q, weight in enumerate(common.weights):
            given = {name: np.asarray(array[q]) for name, array in common.values.items()}
            kappa = self._cumulants(given, level, self.form.groups)
            for k in totals:
                totals[k] += weight * self._part(k, kappa)
        return totals

    def _part(self, k: int, kappa: Mapping[int, Any]) -> Any:
        return kappa[k] if self.kind == "given" else packed.moment(k, len(self.points), kappa)

    def _values(self, scale: ir.Expr, common: Grid, part: slice) -> Any:
        env = self.form.env
        assert env is not None

        def at(values: Mapping[str, Any]) -> Any:
            ready = replace(env, dtype=jnp.float64, params=values)
            return jnp.asarray(lower(scale, ready).array, jnp.float64).reshape(())

        inside = {name: jnp.asarray(array[part]) for name, array in common.values.items()}
        return np.asarray(jax.vmap(at)(inside))

    def _cumulants(self, given: Mapping[str, Any], level: int, groups: tuple[Neuron, ...], *, shift: bool = True) -> dict[int, Any]:
        """Cumulants of the field for given common parameters."""
        count = len(self.points)
        total = {k: np.zeros(packed.count(count, k)) for k in range(1, max(self.n, 2) + 1)}
        for neuron in groups:
            moments = self._moments(neuron, given)
            self.closed = self.closed and moments.closed
            found = moments.moments(level)
            for k in total:
                total[k] = total[k] + neuron.count * packed.cumulant(k, count, found)
        if shift:
            total[1] = total[1] + self._shift(given)
        return total

    def _moments(self, neuron: Neuron, given: Mapping[str, Any]) -> NeuronMoments:
        if given:
            return NeuronMoments(self.form, neuron, self.points, max(self.n, 2), given, self.programs)
        key = id(neuron)
        if key not in self.known:
            self.known[key] = NeuronMoments(self.form, neuron, self.points, max(self.n, 2), given, self.programs)
        return self.known[key]

    def _shift(self, given: Mapping[str, Any]) -> Any:
        """What is added without randomness of its own, [point]."""
        env = self.form.env
        assert env is not None
        params = {name: jnp.asarray(value) for name, value in given.items()}

        def at(point: Any) -> Any:
            inputs, start = {}, 0
            for item in self.form.inputs:
                inputs[item.name] = point[start : start + item.dim]
                start += item.dim
            ready = replace(env, dtype=jnp.float64, params=params, inputs=inputs)
            return sum((jnp.asarray(lower(body, ready).array, jnp.float64) for body in self.form.shift), start=jnp.zeros(()))

        if not self.form.shift:
            return np.zeros(len(self.points))
        return np.asarray(jax.vmap(at)(jnp.asarray(self.points)))


def _common_factors(form: IndependentNeurons) -> tuple[tuple[Neuron, ...], tuple[ir.Expr, ...]] | None:
    """The neurons without a factor of common parameters, and these factors; None where they enter in another way."""
    names = {name for decl in form.common for name in decl.targets}
    groups, scales = [], []
    for group in form.groups:
        body, found = group.body, []
        for factor in factors(body):
            inside = {part.name for part in walk(factor) if isinstance(part, ir.Param)}
            if inside and inside <= names and "input" not in factor.deps:
                body = without(body, factor)
                found.append(factor)
        places = [body, *(decl.density for decl in group.params)]
        if any(isinstance(part, ir.Param) and part.name in names for each in places for part in walk(each)):
            return None
        groups.append(replace(group, body=body))
        one: ir.Expr = ir.Lit(value=1.0)
        scales.append(reduce(lambda a, b: ir.Bin(op="mul", left=a, right=b, deps=a.deps | b.deps), found, one))
    if any(isinstance(part, ir.Param) for body in form.shift for part in walk(body)):
        return None
    return tuple(groups), tuple(scales)
