"""Where to look for narrow peaks of a density: at the numbers of its formula, and near them on all scales."""

from __future__ import annotations

import math
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.walk import walk
from nnspec.lower.expressions import Env
from nnspec.lower.stack import density_args
from nnspec.numerics.lazy import jnp

MOST = 12
"""Numbers of a formula that are looked at."""
SCALES = tuple(10.0**-k for k in range(13))


def landmarks(law: ir.Expr, env: Env) -> Any:
    r"""Points c, c \pm 10^{-k}, c (1 \pm 10^{-k}) [point] for the numbers c of a law and -c; they may be traced."""
    centres = _numbers(law, env)
    both = [sign * c for c in centres for sign in (1.0, -1.0)]
    if not both:
        return jnp.zeros(0)
    c = jnp.stack([jnp.asarray(each, jnp.float64).reshape(()) for each in both])
    steps = jnp.asarray([0.0, *(sign * s for s in SCALES for sign in (1.0, -1.0))])
    near = jnp.concatenate([c[:, None] + steps[None, :], c[:, None] * (1.0 + steps[None, :])]).reshape(-1)
    return jnp.concatenate([near, *(_spread(part, env) for part in _named(law, env))])


def _numbers(law: ir.Expr, env: Env) -> list[Any]:
    """Literals and constants in the order of the formula, each once."""
    found: dict[Any, Any] = {}
    for part in walk(law):
        if isinstance(part, ir.Lit):
            found.setdefault(float(part.value), float(part.value))
        elif isinstance(part, ir.Const) and part.type.kind == "real" and not part.type.shape:
            found.setdefault(part.name, env.constants[part.name])
    return [value for value in found.values() if not (isinstance(value, int | float) and math.isinf(value))][:MOST]


def _named(law: ir.Expr, env: Env) -> list[ir.Density]:
    """Densities by name whose numbers are known."""
    parts = [part for part in walk(law) if isinstance(part, ir.Density) and not (part.deps or part.free or part.type.shape)]
    return [part for part in parts if env.words.densities[part.name].atoms is None]


def _spread(law: ir.Density, env: Env) -> Any:
    """Mean and deviations of a named density; nothing where it has none."""
    record, args = env.words.densities[law.name], density_args(law, env)
    mean, square = (jnp.asarray(record.moment(args, k), jnp.float64).reshape(()) for k in (1, 2))
    deviation = jnp.sqrt(jnp.maximum(square - mean * mean, 0.0))
    found = mean + deviation * jnp.asarray([-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0])
    return jnp.where(jnp.isfinite(found), found, 0.0)


