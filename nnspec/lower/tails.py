r"""Whether densities by formula that chains move in can be normalised, as far as their tails and their poles show.

In coordinates u of R^d a density g falls off fast enough if r^d \max_n g(r n) goes to zero as r grows; at a point c it has
no pole that is too strong if the same holds of g(c + r n) as r shrinks. Both are looked at in directions that are made as
bad as they can be, poles also along single axes, where they fill planes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Experiment
from nnspec.ir.walk import walk
from nnspec.lower.coordinates import law_of
from nnspec.lower.expressions import Env
from nnspec.lower.field import environment, traced_constants
from nnspec.lower.landmarks import landmarks
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp, np
from nnspec.plugin.vocabulary import Vocabulary

FAR = ((1e5, 1e7), (1e3, 1e4))
"""Two radii that are compared; those behind where the first are too far for the formula."""
NEAR = (1e-2, 1e-6, 1e-10)
"""Three radii: towards a pole the logarithm rises by as much from each to the next, elsewhere ever less."""
SLOWEST = 0.05
"""Power of the radius by which r^d g falls at least."""
DIRECTIONS, WORST, STEPS = 256, 16, 70
TRIED = 64


def certify_tails(experiment: Experiment, words: Vocabulary) -> None:
    """Look at every density of the model that is given by a formula and that chains move in.

    Raises:
        ArithmeticError: for one that cannot be normalised as far as this can tell.
    """
    env = environment(experiment, words, traced_constants(experiment), jnp.float64)
    for param in experiment.model.params:
        for law in walk(param.density):
            if isinstance(law, ir.Unnormalised | ir.Reweighted) and not (law.deps or law.free):
                why = _fault(law, env)
                if why:
                    shown = f"`{law.span.text}`" if law.span is not None else "a density"
                    message = f"{shown} cannot be drawn from: {why}"
                    raise ArithmeticError(message)


def _fault(law: ir.Expr, env: Env) -> str:
    event = law.type.shape or (1,)
    move = law_of(law, (), (), env)
    dim = event[0]

    def log_g(u: Any) -> Any:
        own = u if law.type.shape else u[0]
        x = move.forward(own)
        return jnp.where(jnp.all(jnp.isfinite(x)), move.log_prob(x) + move.log_det(own), -jnp.inf)

    key = streams.stream(streams.root_key(0), "tails")
    tried = np.asarray(jax.jit(jax.vmap(log_g))(streams.normal(streams.stream(key, "inside"), (TRIED, dim), jnp.float64)))
    if np.isnan(tried).any():
        return "it is not a number or negative somewhere"
    if np.all(tried == -np.inf):
        return "it is zero wherever it was tried"
    if not _falls(log_g, dim, key):
        return "it cannot be normalised, or its tails fall off too slowly to tell"
    if _has_pole(law, log_g, move.inverse, key, env):
        return "it has a pole at which it cannot be normalised"
    return ""


def _falls(log_g: Callable[[Any], Any], dim: int, key: Any) -> bool:
    """Whether r^d g falls in the worst of many directions."""
    first = streams.normal(streams.stream(key, "directions"), (DIRECTIONS, dim), jnp.float64)
    axes = np.eye(dim)[: DIRECTIONS // 2]
    pairs = [axes[j] + sign * axes[k] for k in range(min(dim, 12)) for j in range(k) for sign in (1, -1)]
    directions = jnp.concatenate([first, jnp.asarray(np.concatenate([axes, -axes, *(np.array([p, -p]) for p in pairs)]))])

    def height(n: Any, r: Any) -> Any:
        found = log_g(r * n / jnp.linalg.norm(n))
        return jnp.where(jnp.isnan(found) | (found == jnp.inf), -jnp.inf, found)

    def worse(n: Any, r: Any) -> Any:
        def step(k: Any, n: Any) -> Any:
            slope = jax.grad(height)(n, r)
            size = jnp.linalg.norm(slope)
            other = n + 0.5 * 0.7**k * jnp.where((size > 0) & jnp.isfinite(size), slope / size, 0.0)
            other = other / jnp.linalg.norm(other)
            better = height(other, r) > height(n, r)
            return jnp.where(better, other, n)

        return jax.lax.fori_loop(0, STEPS, step, n / jnp.linalg.norm(n))

    def at(r: Any, last: Any) -> tuple[Any, Any, Any]:
        heights = jax.vmap(lambda n: height(n, r))(directions)
        worst = directions[jnp.argsort(-heights)[:WORST]]
        moved = jax.vmap(lambda n: worse(n, r))(worst)
        raw = jax.vmap(lambda n: log_g(r * n / jnp.linalg.norm(n)))(directions)
        both = jnp.concatenate([moved, directions])
        top, known = (jnp.max(jax.vmap(lambda n, radius=radius: height(n, radius))(both)) for radius in (r, last))
        return top, known, jnp.isnan(raw).any()

    looked = jax.jit(at)
    for inner, outer in FAR:
        top, known, broken = (np.asarray(x) for x in looked(outer, inner))
        if broken:
            continue
        return bool(top == -np.inf) or bool(top - known + dim * np.log(outer / inner) < -SLOWEST * np.log(outer / inner))
    return False


def _has_pole(law: ir.Expr, log_g: Callable[[Any], Any], inverse: Callable[[Any], Any], key: Any, env: Env) -> bool:
    """Whether g rises too fast towards zero or a number of the formula, in all directions or along one axis."""
    dim = (law.type.shape or (1,))[0]
    numbers = np.unique(np.concatenate([[0.0], np.asarray(landmarks(law, env))[:: 54]]))
    inside = streams.normal(streams.stream(key, "poles"), (TRIED, dim), jnp.float64)
    step = streams.normal(streams.stream(key, "steps"), (TRIED, dim), jnp.float64)
    step = step / jnp.linalg.norm(step, axis=1, keepdims=True)

    def rises(centre: Any, along: Any, codimension: Any) -> Any:
        far, near, nearest = (jax.vmap(log_g)(centre + r * along) for r in NEAR)
        closer = jnp.log(NEAR[1] / NEAR[2])
        rise = nearest - near
        pole = (rise > 0.5 * (near - far)) & (rise > (codimension - SLOWEST) * closer)
        return jnp.any(pole | (nearest == jnp.inf))

    rising = jax.jit(rises)
    for number in numbers:
        point = inverse(jnp.full(dim, number) if law.type.shape else jnp.asarray(number)).reshape(-1)
        if not np.isfinite(np.asarray(point)).all():
            continue
        if bool(rising(jnp.broadcast_to(point, inside.shape), step, float(dim))):
            return True
        for k in range(min(dim, 8)):
            centre = inside.at[:, k].set(point[k])
            axis = jnp.zeros(dim).at[k].set(1.0)
            if bool(rising(centre, jnp.broadcast_to(axis, inside.shape), 1.0)):
                return True
    return False
