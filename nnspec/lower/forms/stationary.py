r"""The form phi(x) = \sum_i A_i \cos(w_i \cdot x + b_i) with phases b that are uniform on a period and independent.

Every correlator is invariant under translations at every width, and G(x, y) = \frac12 \sum_i E A_i^2 \cos(w_i \cdot (x - y)):
the spectral density is the law of w, weighted with A^2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import evaluate
from nnspec.ir.experiment import Experiment
from nnspec.ir.walk import walk
from nnspec.lower.expressions import Env
from nnspec.lower.forms.amplitudes import factors, without
from nnspec.lower.forms.base import TOO_DEEP, Hindrance, Obstacle
from nnspec.lower.forms.formula import Formula, formula_of
from nnspec.lower.forms.independent import IndependentNeurons, Neuron, neurons_of
from nnspec.lower.forms.laws import is_whole, period_of
from nnspec.plugin.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True)
class Wave:
    """One group of neurons A cos(w.x + b): the amplitude, the part of the argument that depends on x, the phase."""

    neuron: Neuron
    amplitude: ir.Expr
    argument: ir.Expr
    phase: str


@dataclass(frozen=True, kw_only=True)
class Stationary:
    """Waves, and terms that do not depend on the input."""

    waves: tuple[Wave, ...]
    neurons: IndependentNeurons
    env: Env | None = None

    @property
    def summary(self) -> str:
        """The phases."""
        return ", ".join(f"phase `{wave.phase}`" for wave in self.waves)

    def bind(self, env: Env) -> Stationary:
        """The form with its constants."""
        return replace(self, env=env, neurons=self.neurons.bind(env))


def stationary(experiment: Experiment, words: Vocabulary) -> Stationary | Obstacle:
    """The waves of a model, or what is no wave with a random phase."""
    if experiment.model.deform is not None:
        return Obstacle("`deform` is an integral over a part of space", experiment.model.deform.span)
    try:
        return _found(formula_of(experiment, words), experiment, words)
    except Hindrance as hindrance:
        return hindrance.obstacle
    except RecursionError:
        return TOO_DEEP


def _found(formula: Formula, experiment: Experiment, words: Vocabulary) -> Stationary:
    neurons = neurons_of(formula, experiment, words)
    moving = [group for group in neurons.groups if _sees_the_input(group.body)]
    fixed = next((body for body in neurons.shift if _sees_the_input(body)), None)
    if fixed is not None:
        msg = "a term that is not random depends on the input"
        raise Hindrance(msg, fixed.span)
    if not moving:
        msg = "nothing depends on the input"
        raise Hindrance(msg, formula.body.span)
    return Stationary(waves=tuple(_wave(group, formula, experiment, words) for group in moving), neurons=neurons)


def _sees_the_input(node: ir.Expr) -> bool:
    return any(isinstance(part, ir.Input) for part in walk(node))


def _wave(group: Neuron, formula: Formula, experiment: Experiment, words: Vocabulary) -> Wave:
    moving = [factor for factor in factors(group.body) if _sees_the_input(factor)]
    if len(moving) != 1 or not isinstance(moving[0], ir.Apply) or moving[0].fn not in ("cos", "sin"):
        msg = "the neuron is not one cosine of its input"
        raise Hindrance(msg, (moving[0] if moving else group.body).span)
    wave = moving[0]
    (argument,) = wave.args
    linear = [part for part in summands(argument) if _sees_the_input(part)]
    for part in linear:
        if not _is_linear(part):
            msg = f"the argument of `{wave.fn}` is not linear in the input"
            raise Hindrance(msg, part.span)
    tried: Hindrance | None = None
    for part in summands(argument):
        name, factor = _scaled(part, experiment)
        if name is None or _sees_the_input(part):
            continue
        decl = formula.decl(name)
        length = period_of(decl.density, words, experiment.values)
        if length is None or not is_whole(abs(factor) * length / (2 * math.pi)):
            tried = Hindrance(f"`{name}` is not uniform on a period of `{wave.fn}`", decl.density.span or decl.span)
        elif _occurrences(name, group.body) != 1 or any(_occurrences(name, each.density) for each in formula.params):
            tried = Hindrance(f"the phase `{name}` enters the neuron in another way too", decl.span)
        elif set(decl.indices) != set(group.axes) or len(decl.targets) > 1:
            tried = Hindrance(f"the phase `{name}` is shared", decl.span)
        else:
            whole = without(group.body, wave)
            rest = linear[0] if len(linear) == 1 else argument
            return Wave(neuron=group, amplitude=whole, argument=rest, phase=name)
    raise tried or Hindrance(f"the argument of `{wave.fn}` has no random phase", wave.span)


def summands(node: ir.Expr) -> list[ir.Expr]:
    """The terms of a sum or difference, signs left out."""
    match node:
        case ir.Bin(op="add" | "sub", left=left, right=right):
            return summands(left) + summands(right)
        case ir.Neg(arg=arg):
            return summands(arg)
        case _:
            return [node]


def _scaled(node: ir.Expr, experiment: Experiment) -> tuple[str | None, float]:
    """The parameter and the number of `2*b[i]`."""
    match node:
        case ir.Param(name=name) if node.type.kind == "real":
            return name, 1.0
        case ir.Bin(op="mul", left=left, right=ir.Param(name=name)) if not left.deps:
            return name, float(evaluate(left, experiment.values))
        case ir.Bin(op="mul", left=ir.Param(name=name), right=right) if not right.deps:
            return name, float(evaluate(right, experiment.values))
        case _:
            return None, 0.0


def _is_linear(node: ir.Expr) -> bool:
    """Whether an expression is the input times what does not depend on it, up to a constant."""
    match node:
        case ir.Input():
            return True
        case ir.Component(arg=arg) | ir.Neg(arg=arg):
            return _is_linear(arg)
        case ir.Bin(op="add" | "sub", left=left, right=right):
            return all(_is_linear(side) or not _sees_the_input(side) for side in (left, right))
        case ir.Bin(op="mul", left=left, right=right) | ir.Dot(left=left, right=right):
            sides = [side for side in (left, right) if _sees_the_input(side)]
            return len(sides) == 1 and _is_linear(sides[0])
        case ir.Bin(op="div", left=left, right=right):
            return not _sees_the_input(right) and _is_linear(left)
        case _:
            return False


def _occurrences(name: str, node: ir.Expr) -> int:
    return sum(isinstance(part, ir.Param) and part.name == name for part in walk(node))
