"""One draw of an ensemble and the readings of it: what every sampling backend does inside its loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nnspec.ir.experiment import Experiment
from nnspec.ir.expr import Expr
from nnspec.lower.expressions import Env
from nnspec.lower.field import field, prior
from nnspec.lower.jacobian import FieldJacobian
from nnspec.plugin.records import Estimator


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
