r"""Averages over a measure with few parameters as sums over a grid of its coordinates, for everything that estimators read.

The densities are smooth and fall off in all directions of the coordinates, so that the trapezoid rule converges faster
than any power of its step:

.. math:: \langle O \rangle = \frac{\sum_g e^{\log P(u_g)} O(\theta(u_g))}{\sum_g e^{\log P(u_g)}}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnspec.ir.experiment import Experiment
from nnspec.lower.affine import at_fixed_points
from nnspec.lower.deformation import Grid
from nnspec.lower.ensemble import Measure, Reader
from nnspec.lower.expressions import Env
from nnspec.lower.field import environment, traced_constants
from nnspec.lower.streaming import Reading
from nnspec.numerics.lazy import jax, jnp, lax, np
from nnspec.plugin.vocabulary import Vocabulary

MOST_COORDINATES = 3
CHUNK = 256
DROP = 46.0
"""How far the logarithm of the density has fallen at the border of the grid: to 1e-20 of its height."""
FARTHEST = 64.0


def reach(law: Measure) -> Any:
    """How far from zero the grid goes along each axis, [coordinate], found along the axes themselves."""
    steps = jnp.linspace(-FARTHEST, FARTHEST, 513)
    assert law.log_density is not None
    log_density = law.log_density
    unit = jnp.eye(law.dim)
    heights = jax.vmap(lambda axis: jax.vmap(lambda s: log_density(s * axis))(steps))(unit)
    heights = jnp.where(jnp.isnan(heights), -jnp.inf, heights)
    high = heights > jnp.max(heights) - DROP
    return jnp.max(jnp.where(high, jnp.abs(steps)[None, :], 0.0), axis=1) + (steps[1] - steps[0])


def means_over(
    experiment: Experiment, words: Vocabulary, asked: Sequence[Reading], grid: Grid | None
) -> Callable[[int], dict[str, Any]]:
    """Means of the moments of everything asked, by question and name, from so many nodes along each axis."""
    constants = traced_constants(experiment)

    def measure() -> tuple[Measure, Env]:
        env = environment(experiment, words, constants, jnp.dtype("float64"))
        return Measure.of(experiment, env, grid), env

    ends = np.asarray(jax.jit(lambda: reach(measure()[0]))())

    def means(order: int) -> dict[str, Any]:
        axes = [np.linspace(-end, end, order) for end in ends]
        nodes = np.stack([each.reshape(-1) for each in np.meshgrid(*axes, indexing="ij")], axis=-1)
        missing = -len(nodes) % CHUNK
        real = np.concatenate([np.ones(len(nodes), bool), np.zeros(missing, bool)]).reshape(-1, CHUNK)
        nodes = np.concatenate([nodes, np.zeros((missing, len(ends)))]).reshape(-1, CHUNK, len(ends))
        sums = jax.device_get(jax.jit(lambda nodes, real: _summed(experiment, measure(), asked, nodes, real))(nodes, real))
        return {name: x / sums["+weight"] for name, x in sums.items() if name != "+weight"}

    return means


def _summed(experiment: Experiment, measured: tuple[Measure, Env], asked: Sequence[Reading], nodes: Any, real: Any) -> Any:
    """Sums over all nodes, the weights relative to the largest one."""
    law, env = measured
    assert law.log_density is not None
    assert law.theta is not None
    log_density, theta_of = law.log_density, law.theta
    model = experiment.model
    fields = {each.place: at_fixed_points(model, env, jnp.asarray(each.points), each.which) for each in asked}
    readers = {each.place: Reader.of(experiment, env, each.which, independent=True) for each in asked}
    logs = lax.map(jax.vmap(log_density), nodes)
    logs = jnp.where(real & ~jnp.isnan(logs), logs, -jnp.inf)
    weights = jnp.exp(logs - jnp.max(logs))

    def moments(u: Any) -> dict[str, Any]:
        theta, found = theta_of(u), {}
        for each in asked:
            if each.plain:
                own = each.kind.moments(each.ask, f=fields[each.place](theta))
            else:
                own = each.kind.moments(each.ask, **readers[each.place].read(each.kind, theta, jnp.asarray(each.points)))
            for name, x in own.items():
                whole = jnp.outer(x.left, x.right) if hasattr(x, "left") else x
                found[f"{each.name}/{name}"] = jnp.asarray(whole).astype(jnp.float64)
        return found

    def add(total: Any, part: Any) -> tuple[Any, None]:
        own, w = part
        found = jax.vmap(moments)(own)
        return jax.tree.map(lambda t, x: t + jnp.tensordot(w, jnp.where(jnp.isfinite(x), x, 0.0), axes=1), total, found), None

    shapes = jax.eval_shape(moments, nodes[0, 0])
    total, _ = lax.scan(add, jax.tree.map(lambda s: jnp.zeros(s.shape, jnp.float64), shapes), (nodes, weights))
    return {**total, "+weight": jnp.sum(weights)}
