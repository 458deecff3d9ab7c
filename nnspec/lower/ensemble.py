"""One draw of an ensemble and the readings of it: what every sampling backend does inside its loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nnspec.ir.experiment import Experiment, Model
from nnspec.ir.expr import Expr
from nnspec.lower.expressions import Env
from nnspec.lower.field import L2, field, parameter_count, prior, work_per_point
from nnspec.lower.jacobian import FieldJacobian
from nnspec.plugin.records import Estimator
from nnspec.plugin.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True)
class Measure:
    """The law of a draw, as samplers see it."""

    prior: Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Draws networks and reads them."""

    measure: Measure
    sample: Callable[[Measure, Any], Any]
    field: Callable[[Mapping[str, Any], Any], Any]

    @staticmethod
    def of(experiment: Experiment, env: Env, which: Expr | None = None, *, independent: bool = False) -> Reader:
        """The reader of an experiment's model under its sampler, or under independent draws from the declared densities.

        `which` is the field that is read, where the model has several.
        """
        sampler = env.words.samplers["iid" if independent else experiment.sampler]
        assert sampler.draw is not None
        model = experiment.model
        return Reader(measure=Measure(prior=prior(model, env)), sample=sampler.draw, field=field(model, env, which))

    def draw(self, key: Any) -> Mapping[str, Any]:
        """Parameters of one network."""
        theta: Mapping[str, Any] = self.sample(self.measure, key).theta
        return theta

    def read(self, kind: Estimator, theta: Mapping[str, Any], points: Any) -> dict[str, Any]:
        """The readings that an estimator asks for."""
        found: dict[str, Any] = {}
        for reading in kind.readings:
            match reading:
                case "f":
                    found[reading] = self.field(theta, points)
                case "jac":
                    found[reading] = FieldJacobian(self.field, theta, points)
                case "theta":
                    found[reading] = theta
                case _:
                    msg = f"no reading {reading}"
                    raise AssertionError(msg)
        return found


def block_size(model: Model, words: Vocabulary, points: int, jac: bool) -> int:
    """How many draws are worked on at once, so that what is stored of them fits into the cache.

    For formulas a neuron's sum is fused with what is under it, so only the parameters count; layers store activations.
    """
    sizes = {index.name: index.size for index in model.indices}
    _, widest = work_per_point(model, words, sizes)
    if jac:
        return 1
    stored = widest if model.stack is None else max(widest * points, parameter_count(model, words, sizes))
    return max(1, min(256, L2 // max(1, stored, points // 4)))


def draw_bytes(parameters: int, points: int, jac: bool, item: int) -> float:
    """Memory that one block of draws needs, roughly."""
    return item * (parameters * (points + 2.0) if jac else 4.0 * max(L2, parameters) + points)
