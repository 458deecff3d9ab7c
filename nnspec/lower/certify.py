"""Grids for the integrals of a deformation that are fine enough, by going to finer ones on networks of the model."""

from __future__ import annotations

from functools import partial
from typing import Any

from nnspec.ir.experiment import Experiment
from nnspec.lower.coordinates import Coordinates, moved_only
from nnspec.lower.deformation import TOLERANCE, Grid, chosen_grid, grids, integrals, spread
from nnspec.lower.field import environment, prior, traced_constants
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp, np
from nnspec.numerics.quadrature import NotConvergedError
from nnspec.plugin.vocabulary import Vocabulary

DRAWS = 16
MOST_AT_ONCE = 64


def certified_grid(experiment: Experiment, words: Vocabulary) -> Grid | None:
    """The grid that the spec asks for, or the first one that a finer one changes by no more than the tolerance.

    None where the model has no deformation.

    Raises:
        NotConvergedError: no grid within the bounds of memory is fine enough.
    """
    given = chosen_grid(experiment)
    if experiment.model.deform is None or not integrals(experiment.model):
        return Grid(1) if experiment.model.deform is not None else None
    if given is not None:
        return given
    env = environment(experiment, words, traced_constants(experiment), jnp.float64)
    root = streams.stream(streams.root_key(experiment.numerics.seed), "measure/grid")
    draw = prior(experiment.model, env)
    if moved_only(experiment.model) is not None:
        coordinates = Coordinates.of(experiment.model, env)
        draw = lambda key: coordinates.theta(coordinates.start(key))  # noqa: E731
    thetas = jax.jit(jax.vmap(lambda k: draw(streams.draw_key(root, k))))(jnp.arange(DRAWS))
    error = np.inf
    for grid in grids(experiment):
        error = float(jax.jit(partial(spread, experiment.model, env, grid))(thetas))
        if error <= TOLERANCE:
            return grid
    message = f"the integrals of the deformation did not settle: log weights still change by {error:.1e} with the last grid"
    raise NotConvergedError(message)


def grid_error(experiment: Experiment, words: Vocabulary, grid: Grid | None, positions: Any) -> float:
    """What a finer grid changes at coordinates [draw, coordinate], some of them: the spread of log weights."""
    if grid is None or not integrals(experiment.model):
        return 0.0
    env = environment(experiment, words, traced_constants(experiment), jnp.float64)
    some = positions[:: max(1, len(positions) // MOST_AT_ONCE)][:MOST_AT_ONCE]
    coordinates = Coordinates.of(experiment.model, env)

    def change(positions: Any) -> Any:
        return spread(experiment.model, env, grid, jax.vmap(coordinates.theta)(positions))

    return float(jax.jit(change)(jnp.asarray(some)))
