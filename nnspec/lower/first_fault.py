"""Where a number that is not finite arose first: which network of a shard, and which step of reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nnspec.lower.ensemble import Reader
from nnspec.lower.field import environment
from nnspec.lower.shards import Plan
from nnspec.lower.streaming import Reading
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp, np
from nnspec.plugin.records import Question

if TYPE_CHECKING:
    from nnspec.plugin.vocabulary import Vocabulary

LARGE = 1e15


def first_fault(question: Question, asked: Reading, plan: Plan, shard: tuple[int, int], constants: Any) -> str:
    """A clause about the first draw of a shard that spoils its sums: its parameters, its field, or their products."""
    experiment, words = question.experiment, cast("Vocabulary", question.words)
    env = environment(experiment, words, constants, jnp.dtype(asked.kind.precision))
    reader = Reader.of(experiment, env, asked.which, independent=question.asked.option("density") == "undeformed")
    root = streams.stream(streams.root_key(experiment.numerics.seed), "measure/model")

    def read(numbers: Any) -> Any:
        theta = jax.vmap(lambda k: reader.draw(streams.draw_key(root, k)))(numbers)
        return theta, jax.vmap(lambda one: reader.field(one, jnp.asarray(asked.points)))(theta)

    look = jax.jit(read)
    start, stop = shard
    largest = 0.0
    for first in range(start, stop, plan.chunk):
        numbers = np.arange(first, first + plan.chunk)  # the last ones may lie behind the shard, and are not looked at
        theta, field = jax.device_get(look(jnp.asarray(numbers)))
        for place in range(min(plan.chunk, stop - first)):
            said = _of_one(first + place, {name: array[place] for name, array in theta.items()}, field[place])
            if said:
                return said
            largest = max(largest, float(np.max(np.abs(field[place]), initial=0.0)))
    if largest > LARGE:
        return f"products of field values overflow: the largest is {largest:.1e}"
    return f"parameters and field are finite in networks {start + 1:,} to {stop:,}; it arises when their moments are summed"


def _of_one(number: int, theta: dict[str, Any], field: Any) -> str:
    for name, array in theta.items():
        if not np.all(np.isfinite(array)):
            return f"it arises first in network {number + 1:,}: its parameter `{name}` is not finite"
    bad = np.argwhere(~np.isfinite(field))
    if len(bad):
        what = "nan" if np.isnan(field[tuple(bad[0])]) else "infinite"
        where = f"at point {int(bad[0][0]) + 1}, its parameters are finite"
        return f"it arises first in network {number + 1:,}: the field is {what} {where}"
    return ""
