"""One draw of an ensemble and the readings of it: what every sampling backend does inside its loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nnspec.ir.experiment import Experiment, Model
from nnspec.ir.expr import Expr
from nnspec.lower.coordinates import Coordinates, moved_only, obstacle
from nnspec.lower.deformation import Grid, log_deform
from nnspec.lower.expressions import Env
from nnspec.lower.field import field as network
from nnspec.lower.field import prior
from nnspec.lower.jacobian import FieldJacobian
from nnspec.lower.stack import features
from nnspec.plugin.records import Estimator


@dataclass(frozen=True, kw_only=True)
class Measure:
    """The law of a draw, as samplers see it: draws of the declared densities, and the logarithm of the deformation.

    Chains move in `dim` unconstrained coordinates u, in which `log_density(u)` is the logarithm of the whole density,
    deformation and volume element included, up to a constant; `start(key)` is a draw of the declared densities there, and
    `theta(u)` has the parameters by name. `options` are those of the sampler.
    """

    prior: Callable[[Any], Mapping[str, Any]]
    log_deform: Callable[[Mapping[str, Any]], Any] | None = None
    dim: int = 0
    start: Callable[[Any], Any] | None = None
    theta: Callable[[Any], Mapping[str, Any]] | None = None
    log_density: Callable[[Any], Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(experiment: Experiment, env: Env, grid: Grid | None, *, deformed: bool = True) -> Measure:
        """The measure of an experiment; its deformation, if it has one and is meant, on the nodes of `grid`."""
        model = experiment.model
        draw, deform = prior(model, env), None
        if deformed and model.deform is not None:
            assert grid is not None
            deform = log_deform(model, env, grid)
        if obstacle(model, env.words) is not None:
            return Measure(prior=draw, log_deform=deform)
        coordinates = Coordinates.of(model, env)
        start = coordinates.start if moved_only(model) is not None else lambda key: coordinates.of_theta(draw(key))

        def log_density(u: Any) -> Any:
            theta, total = coordinates.log_prior(u)
            return total if deform is None else total + deform(theta)

        return Measure(
            prior=draw, log_deform=deform, dim=coordinates.dim, theta=coordinates.theta, log_density=log_density,
            start=start, options=dict(experiment.sampler_options),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Draws networks and reads them."""

    measure: Measure
    sample: Callable[[Measure, Any], Any]
    field: Callable[[Mapping[str, Any], Any], Any]
    model: Model
    env: Env

    @staticmethod
    def of(
        experiment: Experiment, env: Env, which: Expr | None = None, *, independent: bool = False, grid: Grid | None = None
    ) -> Reader:
        """The reader of an experiment's model under its sampler, or under independent draws from the declared densities.

        `which` is the field that is read, where the model has several. With a `grid` the deformation is known too.
        """
        sampler = env.words.samplers["iid" if independent else experiment.sampler]
        assert sampler.draw is not None
        model = experiment.model
        measure = Measure(prior=prior(model, env)) if grid is None else Measure.of(experiment, env, grid)
        return Reader(measure=measure, sample=sampler.draw, field=network(model, env, which), model=model, env=env)

    def features(self, theta: Mapping[str, Any], points: Any) -> tuple[Any, ...]:
        """What each layer with weights gives, [point, out]: hidden pre-activations, and last the field."""
        return features(self.model, theta, points, self.env)

    def draw(self, key: Any) -> Mapping[str, Any]:
        """Parameters of one network."""
        theta: Mapping[str, Any] = self.sample(self.measure, key).theta
        return theta

    def weigh(self, key: Any) -> tuple[Mapping[str, Any], Any]:
        """Parameters of one network, and the logarithm of its weight."""
        found = self.sample(self.measure, key)
        return found.theta, found.log_weight

    def read(
        self, kind: Estimator, theta: Mapping[str, Any], points: Any, start: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The readings that an estimator asks for; `start` are the parameters at the first step of a process."""
        found: dict[str, Any] = {}
        for reading in kind.readings:
            match reading:
                case "f":
                    found[reading] = self.field(theta, points)
                case "jac":
                    found[reading] = FieldJacobian(self.field, theta, points)
                case "features":
                    found[reading] = self.features(theta, points)
                case "features_0" if start is not None:
                    found[reading] = self.features(start, points)
                case "theta":
                    found[reading] = theta
                case "log_deform":
                    assert self.measure.log_deform is not None
                    found[reading] = self.measure.log_deform(theta)
                case _:
                    msg = f"no reading {reading}"
                    raise AssertionError(msg)
        return found
