"""The form of a stack of layers whose kernels have a limit at infinite width."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import evaluate
from nnspec.ir.experiment import Experiment
from nnspec.lower.expressions import Env
from nnspec.lower.forms.base import Obstacle
from nnspec.lower.stack import StackParam, Step, density_args, resolve_stack, unit_variance
from nnspec.plugin.records import Kernels
from nnspec.plugin.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True)
class LayerStackForm:
    """phi = layer_L o ... o layer_1 with i.i.d. centred weights: kernels by recursion at infinite width."""

    steps: tuple[Step, ...]
    unit_variance: bool
    parameterization: str
    words: Vocabulary
    env: Env | None = None

    def bind(self, env: Env) -> LayerStackForm:
        """The form with its constants."""
        return replace(self, env=env)

    def without_tangent(self) -> str | None:
        """Why the NTK has no limit here; it has one where trained variables have variance one and W = n^-1/2 w."""
        for param in (p for step in self.steps for p in step.params if p.param.part == "weight"):
            wanted = (0.0, 0.5) if param.role == "input" else (0.5, 0.0)
            if not self.unit_variance or (param.exponents.a, param.exponents.a_in) != wanted:
                return f"under `{self.parameterization}` the kernel changes with the width; `ntk` has a limit"
        return None

    def kernels(self, points: Any, words: Any = None) -> Kernels:
        """NNGP and NTK at points [point, in], walking the layers from K = x.y/d and Theta = 0.

        `words` stand in for the vocabulary where activations get their duals otherwise.
        """
        env = self.env
        assert env is not None
        start = points @ points.T / points.shape[1]
        kernels = Kernels(nngp=start, ntk=0.0 * start)
        for step in self.steps:
            laws = {p.param.name: p.param.density for p in step.params}
            assert step.record.kernel is not None
            kernels = step.record.kernel(step.node, kernels, _second_moment(laws, env), words or self.words)
        return kernels


def _second_moment(laws: dict[str, ir.Expr], env: Env) -> Callable[[str], Any]:
    def moment(name: str) -> Any:
        law = laws[name]
        assert isinstance(law, ir.Density)
        return env.words.densities[law.name].moment(density_args(law, env), 2)

    return moment


def layer_stack(experiment: Experiment, words: Vocabulary) -> LayerStackForm | Obstacle:
    """The stack of layers of a `layers:` model, when its kernels have a limit."""
    model = experiment.model
    if model.stack is None:
        return Obstacle("the model is a formula, not a stack of layers", model.span)
    steps = resolve_stack(model, words)
    obstacle = _centred(steps, experiment, words) or _gaussian(steps, experiment, words)
    if obstacle is not None:
        return obstacle
    name = model.stack.parameterization
    for param in (p for step in steps for p in step.params if p.param.part == "weight"):
        e = param.exponents
        power = -2 * (e.a + e.b) + (0 if param.role == "input" else 1)
        if param.role == "input" and e.a_in + e.b_in != 0.5:
            return Obstacle(f"under `{name}` the first layer is not divided by the root of its number of inputs",
                            model.stack.parameterization_span)  # fmt: skip
        if power != 0:
            word = "grow" if power > 0 else "vanish"
            return Obstacle(f"under `{name}` the outputs of a {param.role} layer {word} with the width",
                            model.stack.parameterization_span)  # fmt: skip
    return LayerStackForm(
        steps=steps, unit_variance=unit_variance(model, words), parameterization=name, words=words
    )


def _gaussian(steps: tuple[Step, ...], experiment: Experiment, words: Vocabulary) -> Obstacle | None:
    """Kernel steps hold for Gaussian inputs only: an activation must follow a layer that makes them."""
    state, maker = "deterministic", steps[0]
    for step in steps:
        if step.record.kernel is None:
            return Obstacle(f"the layer `{step.node.name}` has no kernel rule", step.node.span)
        if step.record.gaussian == "makes":
            state, maker = "gaussian", step
        elif step.record.gaussian == "needs":
            if state != "gaussian":
                what = "the inputs themselves" if state == "deterministic" else "the outputs of another nonlinearity"
                return Obstacle(f"`{step.node.name}` acts on {what}, which are not Gaussian", step.node.span)
            obstacle = _short_sums(maker, experiment, words)
            if obstacle is not None:
                return obstacle
            state = "nonlinear"
    if state != "gaussian":
        reason = "the last layer is no sum with random weights, so the field is not Gaussian"
        return Obstacle(reason, steps[-1].node.span)
    return None


def _short_sums(step: Step, experiment: Experiment, words: Vocabulary) -> Obstacle | None:
    """A sum over many hidden units is Gaussian whatever their weights; one over the inputs, or a bias, is not."""
    for param in step.params:
        law = param.param.density
        if (param.param.part == "bias" or param.role == "input") and not _normal(law, experiment, words):
            terms = "a bias" if param.param.part == "bias" else f"a sum over {step.fan_in} inputs"
            reason = f"the {_several(param)} of `{step.node.name}` are not normal, so {terms} is not Gaussian"
            return Obstacle(reason, law.span)
    return None


def _several(param: StackParam) -> str:
    name = param.param.name
    return name + ("es" if name.endswith("s") else "s")


def _normal(law: ir.Expr, experiment: Experiment, words: Vocabulary) -> bool:
    """Whether the moments of a density, up to the eighth, are those of a centred normal one."""
    assert isinstance(law, ir.Density)
    moment, args = words.densities[law.name].moment, _plain_args(law, experiment)
    try:
        variance = float(moment(args, 2))
        gaussian = ((4, 3 * variance**2), (6, 15 * variance**3), (8, 105 * variance**4))
        return all(math.isclose(float(moment(args, k)), value, rel_tol=1e-9) for k, value in gaussian)
    except OverflowError:  # the kernels will be infinite too, and are refused for that
        return True


def _plain_args(law: ir.Density, experiment: Experiment) -> dict[str, Any]:
    return {name: evaluate(arg, experiment.values) for name, arg in zip(law.names, law.args, strict=True)}


def _centred(steps: tuple[Step, ...], experiment: Experiment, words: Vocabulary) -> Obstacle | None:
    for step in steps:
        for param in step.params:
            law = param.param.density
            assert isinstance(law, ir.Density)
            if not words.densities[law.name].centred(_plain_args(law, experiment)):
                which = f"the {_several(param)} of `{step.node.name}`"
                return Obstacle(f"{which} do not have mean zero and a finite variance", law.span)
    return None
