r"""The form phi(x) = w \cdot h^L + b, h^l = \sigma_l(W_l h^{l-1}), h^0 = x, with normal weights and \sigma(c u) = c^k \sigma(u).

Normal weights know no direction, so that the length of h^{l-1} is all that h^l needs to know of it:

.. math:: |h^l|^2 = (v_l |h^{l-1}|^2)^{k_l} \, S_l, \qquad S_l = \sum_{i = 1}^{N_l} \sigma_l(g_i)^2, \quad g_i \sim N(0, 1)

with v_l the variance of an entry of W_l and independent S_l. Given Q = \prod_l S_l^{e_l}, with e_l the product of the
degrees above layer l, the field on one ray is Gaussian, and all of its correlators are moments of Q. Where every layer is
linear it is so at all points, since the upper layers leave w' \cdot W_1 x with |w'|^2 as random as Q.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Experiment
from nnspec.lower.expressions import Env
from nnspec.lower.forms.base import TOO_DEEP, Hindrance, Obstacle
from nnspec.lower.forms.laws import is_normal, plain_args, record_of
from nnspec.lower.stack import StackParam, Step, density_args, resolve_stack
from nnspec.numerics.lazy import jnp, np
from nnspec.numerics.sums import moments_of_sum
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import leaf_of, parse_expr
from nnspec.text.source import Span

HIGHEST = 400
"""The highest moment of a normal variable that is taken; (2 m - 1)!! beyond are too large for what they are multiplied with."""
STRAIGHT = 1e-9
"""Sine of the angle below which two points lie on one ray: correlators change by its square."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """A layer of weights with the activations behind it: sigma has this degree and parity."""

    weight: StackParam
    width: int
    activations: tuple[Step, ...] = ()
    degree: int = 1
    parity: str = "odd"

    @property
    def linear(self) -> bool:
        """Whether sigma is a number times the identity."""
        return self.degree == 1 and self.parity == "odd"


@dataclass(frozen=True, kw_only=True)
class HomogeneousLayers:
    """Hidden layers from the input up, the readout, and its bias."""

    hidden: tuple[Level, ...]
    readout: StackParam
    bias: StackParam | None
    values: Mapping[str, float | int]
    words: Vocabulary = field(repr=False)
    env: Env | None = None

    def bind(self, env: Env) -> HomogeneousLayers:
        """The form with its constants."""
        return replace(self, env=env)

    @property
    def summary(self) -> str:
        """The layers."""
        told = [f"{level.width:,}" + (f" of degree {level.degree}" if level.degree > 1 else "") for level in self.hidden]
        return f"hidden layers of width {', '.join(told)}" if told else "no hidden layer"

    @property
    def linear(self) -> bool:
        """Whether the network is a linear function of its input."""
        return all(level.linear for level in self.hidden)

    @property
    def parity(self) -> str:
        """How the network at -x is related to itself at x: odd, even, or none."""
        return next((level.parity for level in self.hidden if level.parity != "odd"), "odd")

    @property
    def degree(self) -> int:
        """phi(c x) = c^degree phi(x) for c > 0, without the bias."""
        return math.prod(level.degree for level in self.hidden)

    def exponents(self) -> list[int]:
        """e_l: the product of the degrees of the layers above each hidden one."""
        found, above = [], 1
        for level in reversed(self.hidden):
            found.append(above)
            above *= level.degree
        return found[::-1]

    def straight(self, points: Any) -> str | None:
        """Why points [point, in] do not lie on one ray, or on one line where that is enough."""
        if self.linear:
            return None
        lengths = np.linalg.norm(points, axis=1)
        if not np.any(lengths):
            return None
        unit = points[np.argmax(lengths)] / np.max(lengths)
        along = points @ unit
        if np.any(np.linalg.norm(points - along[:, None] * unit[None, :], axis=1) > STRAIGHT * lengths):
            return "the points do not lie on one ray from the origin"
        if np.any(along < 0.0) and self.parity == "none":
            return "the points lie on both sides of the origin, and the activation is neither odd nor even"
        return None

    # ------------------------------------------------------------ numbers
    def kernel(self, points: Any) -> tuple[Any, float]:
        r"""G(x, y) without the bias, [point, point_2], and how far rounding may have moved it, relative to itself.

        .. math:: G(x, y) = v_w \prod_l v_l^{k_l e_l} \langle S_l^{e_l} \rangle \, (|x| |y|)^K
        """
        scale, roundings = self.variance(self.readout), 8
        for level, e, alone in zip(self.hidden, self.exponents(), self._sums(1), strict=True):
            scale *= self.variance(level.weight) ** (level.degree * e) * float(alone)
            roundings += 8 * level.degree * e
        inner = points @ points.T if self.linear else self._along(points)
        return scale * inner, roundings * float(np.finfo(float).eps)

    def moments(self, highest: int) -> list[Fraction]:
        r"""\langle Q^m \rangle / \langle Q \rangle^m for m = 0, ..., `highest`, exactly."""
        found = []
        one = self._sums(1)
        for m in range(highest + 1):
            found.append(math.prod((many / alone**m for many, alone in zip(self._sums(m), one, strict=True)), start=Fraction(1)))
        return found

    def variance(self, weight: StackParam) -> float:
        """Of one entry of a matrix as it enters the network."""
        return (weight.multiplier * weight.initial) ** 2 * self.moment(weight, 2)

    def moment(self, param: StackParam, k: int) -> float:
        """E u^k of the variable of order one."""
        law, env = param.param.density, self.env
        assert isinstance(law, ir.Density)
        assert env is not None
        args = {name: float(value) for name, value in density_args(law, env).items()}
        return float(self.words.densities[law.name].moment(args, k))

    def _along(self, points: Any) -> Any:
        lengths = np.linalg.norm(points, axis=1)
        size = lengths**self.degree
        if self.parity == "odd":
            size = size * np.sign(points @ points[np.argmax(lengths)])
        return size[:, None] * size[None, :]

    def _sums(self, m: int) -> list[Fraction]:
        r"""\langle S_l^{m e_l} \rangle for each hidden layer."""
        found = []
        for level, e in zip(self.hidden, self.exponents(), strict=True):
            up, down = (Fraction(float(each)) ** 2 for each in self._ends(level))
            single = [Fraction(up**r + down**r, 2) * _normal_moment(level.degree * r) for r in range(m * e + 1)]
            found.append(moments_of_sum(single, level.width)[-1])
        return found

    def _ends(self, level: Level) -> tuple[float, float]:
        """sigma(1) and sigma(-1), which say all of sigma."""
        h: Any = jnp.asarray([[1.0, -1.0]], jnp.float64)
        for step in level.activations:
            h = step.record.apply(step.node, {}, h, self.words)
        return float(h[0, 0]), float(h[0, 1])


def _normal_moment(k: int) -> int:
    """E |g|^2k for a normal g of variance one."""
    return math.prod(range(2 * k - 1, 0, -2))


def homogeneous_layers(experiment: Experiment, words: Vocabulary) -> HomogeneousLayers | Obstacle:
    """The layers of a stack, or what keeps them from being homogeneous with normal weights."""
    model = experiment.model
    if model.stack is None:
        return Obstacle("the model is a formula, not a stack of layers", model.span)
    if model.deform is not None:
        return Obstacle("`deform` changes the law of the weights", model.deform.span)
    try:
        return _found(resolve_stack(model, words), experiment, words)
    except Hindrance as hindrance:
        return hindrance.obstacle
    except RecursionError:
        return TOO_DEEP


def _found(steps: tuple[Step, ...], experiment: Experiment, words: Vocabulary) -> HomogeneousLayers:
    last = steps[-1]
    if not last.params or last.width != 1:
        reason = f"the network has {last.width} outputs" if last.params else f"`{last.node.name}` has no weights"
        raise Hindrance(reason, last.node.span)
    levels: list[Level] = []
    bias: StackParam | None = None
    for step in steps:
        tree = _formula(step)
        if step.params:
            weight, bias = _affine(step, tree)
            _check(weight, bias if step is not last else None, step, experiment, words)
            levels.append(Level(weight=weight, width=step.width))
        elif not levels:
            reason = f"`{step.node.name}` acts on the inputs themselves"
            raise Hindrance(reason, step.node.span)
        else:
            levels[-1] = _behind(levels[-1], step, tree, words)
    form = HomogeneousLayers(hidden=tuple(levels[:-1]), readout=levels[-1].weight, bias=bias, values=experiment.values, words=words)
    most = max((level.degree * e for level, e in zip(form.hidden, form.exponents(), strict=True)), default=0)
    if 6 * most > HIGHEST:
        reason = f"the sixth moment of the field needs the moment {6 * most} of a weight; {HIGHEST} is the highest"
        raise Hindrance(reason, steps[-1].node.span)
    return form


def _formula(step: Step) -> Any:
    if step.record.formula is None:
        reason = f"the layer `{step.node.name}` does not say itself as a formula"
        raise Hindrance(reason, step.node.span)
    return parse_expr(leaf_of(step.record.formula(step.node)))


def _affine(step: Step, tree: Any) -> tuple[StackParam, StackParam | None]:
    """The arrays of y_i = b_i + sum_j W_ij h_j."""
    arrays = {each.param.name: each for each in step.params}
    bias: StackParam | None = None
    match tree:
        case ast.Bin(op="add", left=ast.Index(base=ast.Name(text=name)), right=right) if name in arrays:
            tree, bias = right, arrays[name]
    match tree:
        case ast.Big(
            kind="sum",
            body=ast.Bin(op="mul", left=ast.Index(base=ast.Name(text=name)), right=ast.Index(base=ast.Name(text="h"))),
        ) if name in arrays and arrays[name].param.shape == (step.width, step.fan_in):
            return arrays[name], bias
    reason = f"`{step.node.name}` is not one matrix of independent weights"
    raise Hindrance(reason, step.node.span)


def _check(weight: StackParam, bias: StackParam | None, step: Step, experiment: Experiment, words: Vocabulary) -> None:
    law = weight.param.density
    place: Span | None = getattr(law, "span", None) or step.node.span
    args = plain_args(law, experiment.values) if isinstance(law, ir.Density) else None
    record = record_of(law, words)
    if record is None or args is None or not is_normal(law, words) or not record.centred(args):
        reason = f"the weights of `{step.node.name}` are not normal with mean zero, so the direction of their input matters"
        raise Hindrance(reason, place)
    if bias is not None:
        reason = f"the biases of a hidden `{step.node.name}` set a scale, so it is not homogeneous"
        raise Hindrance(reason, getattr(bias.param.density, "span", None) or step.node.span)


def _behind(level: Level, step: Step, tree: Any, words: Vocabulary) -> Level:
    """The level with an activation more."""
    match tree:
        case ast.Call(fn=ast.Name(text=fn), args=(ast.Index(base=ast.Name(text="h")),), kwargs=kwargs) if fn in words.activations:
            record = words.activations[fn]
            degree = record.degree_at(**{each.name.text: _number(each.value) for each in kwargs})
        case _:
            reason = f"the formula of `{step.node.name}` is no activation of one number"
            raise Hindrance(reason, step.node.span)
    if degree is None or degree != int(degree) or degree < 1:
        reason = f"`{fn}` is not homogeneous of a whole degree from 1"
        raise Hindrance(reason, step.node.span)
    parity = record.parity if level.parity == "odd" else level.parity
    return replace(level, activations=(*level.activations, step), degree=level.degree * int(degree), parity=parity)


def _number(node: Any) -> Any:
    if isinstance(node, ast.Un):
        return -_number(node.arg)
    return node.value if isinstance(node, ast.Num) else math.nan
