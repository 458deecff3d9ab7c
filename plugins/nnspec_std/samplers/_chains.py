r"""What chains of all kinds share: their options, where they begin, how they are tuned, what one step leaves behind.

The chains of a group move side by side, [chain, ...], and are tuned together: the step size by dual averaging on their
mean acceptance [hoffman2014], the masses as inverse variances of the coordinates, in windows that double. The coordinates
are those in which normal densities are white, so that with no deformation there is nothing to tune.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from nnspec.numerics import streams
from nnspec.plugin import Draw, Field, jax, jnp, lax
from nnspec.plugin.readings import Array

State = Mapping[str, Array]
"""position and gradient [chain, coordinate], log_density [chain], step_size [], inverse_mass [coordinate]."""
Move = Callable[[Any, State, Array, int], tuple[State, Mapping[str, Array]]]
"""One step of every chain: measure, state, key and the most leapfrog steps give a state and what is known of the step."""

LONGEST = 1024
"""Leapfrog steps that one trajectory has at most."""
LONGEST_WARM = 128
STEEPEST = 0.4
"""No leapfrog step is longer, in units of the width of the density. A harmonic oscillator is stable up to 2; a quartic one
is stiffer outside, and longer steps get stuck in its tails now and then although they are accepted often."""
WINDOWS = (0.15, 0.2, 0.4, 0.25)
"""Parts of the warm-up: the step size alone, twice the masses too, and the step size again for good."""


def fields(adapted: str) -> tuple[Field, ...]:
    """Options of a chain whose step size is adapted to what `adapted` says."""
    return (
        Field(name="chains", type="count", doc="independent chains", default="4"),
        Field(name="warmup", type="count", doc="steps of each chain that adapt it and are thrown away", default="500"),
        Field(name="draws", type="count", doc="steps of each chain that are kept", default="1000"),
        Field(name="target_accept", type="number", doc=f"{adapted} that the step size is adapted to", default="0.8"),
        Field(name="step_size", type="number", doc="leapfrog step to begin with; found by trial when it is not given"),
        Field(
            name="controls", type="word", choices=("schwinger_dyson", "none"),
            doc="control variates: Schwinger-Dyson identities of the density, whose means are zero, are taken off all results; "
            "not given: where the density has no jumps, from 4,000 draws on",
        ),
    )  # fmt: skip


@cache
def library(name: str) -> Any:
    """A module of blackjax, loaded when a chain runs and not before."""
    return import_module(f"blackjax.{name}")


def promoting() -> Any:
    """The array rules that the library was written for, where ours ask for ranks and types to be said aloud."""
    return jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow")


def start(measure: Any, keys: Array) -> State:
    """Chains that begin at independent draws of the declared densities, with unit masses."""
    position = jax.vmap(measure.start)(keys)
    value, gradient = jax.vmap(jax.value_and_grad(measure.log_density))(position)
    given = measure.options.get("step_size")
    first = measure.dim**-0.25 if given is None else float(given)
    return {
        "position": position, "log_density": value, "gradient": gradient,
        "step_size": jnp.asarray(min(first, STEEPEST), position.dtype), "inverse_mass": jnp.ones(measure.dim, position.dtype),
    }  # fmt: skip


def warm(move: Move, measure: Any, state: State, key: Array) -> State:
    """Adapt step size and masses; the steps are thrown away."""
    total = int(measure.options.get("warmup", 500))
    counts = [max(1, round(share * total)) for share in WINDOWS]
    ends = [sum(counts[: k + 1]) - 1 for k in range(len(counts))]
    begin, update, final = library("adaptation.step_size").dual_averaging_adaptation(
        float(measure.options.get("target_accept", 0.8))
    )
    dtype = state["step_size"].dtype

    def begun(step_size: Array) -> Any:
        return jax.tree.map(lambda x: jnp.asarray(x, dtype), begin(step_size))

    def one(carry: Any, at: Array) -> tuple[Any, None]:
        state, averaging, sums = carry
        number, last, masses = at
        state, info = move(measure, state, streams.draw_key(key, number), LONGEST_WARM)
        u = state["position"]
        sums = (sums[0] + u.shape[0], sums[1] + jnp.sum(u, axis=0), sums[2] + jnp.sum(u * u, axis=0))
        with promoting()[0], promoting()[1]:
            averaging = jax.tree.map(lambda x: jnp.asarray(x, dtype), update(averaging, jnp.mean(info["acceptance"])))
            tuned = {**state, "step_size": jnp.minimum(jnp.exp(averaging.log_step_size), STEEPEST)}
            settled = {**state, "step_size": jnp.minimum(final(averaging), STEEPEST)}
            settled["inverse_mass"] = jnp.where(masses, _shrunk(*sums), state["inverse_mass"])
            after = (settled, begun(settled["step_size"]), jax.tree.map(jnp.zeros_like, sums))
        return jax.tree.map(lambda a, b: jnp.where(last, a, b), after, (tuned, averaging, sums)), None

    zero = jnp.zeros_like(state["inverse_mass"])
    with promoting()[0], promoting()[1]:
        carry = (dict(state), begun(state["step_size"]), (jnp.zeros((), dtype), zero, zero))
    numbers = jnp.arange(sum(counts))
    last = jnp.isin(numbers, jnp.asarray(ends))
    masses = jnp.isin(numbers, jnp.asarray(ends[1:-1]))
    (state, _, _), _ = lax.scan(one, carry, (numbers, last, masses))
    return state


def _shrunk(count: Array, first: Array, second: Array) -> Array:
    """Variances of the coordinates, drawn towards one, which they nearly are under the declared densities."""
    mean = first / count
    return (count * jnp.maximum(second / count - mean * mean, 0.0) + 5.0) / (count + 5.0)


def step(move: Move, measure: Any, state: State, key: Array) -> tuple[State, Draw, Mapping[str, Array]]:
    """One step of every chain, and the networks that it leads to: leaves of `theta` are [chain, ...]."""
    state, info = move(measure, state, key, LONGEST)
    count = state["position"].shape[0]
    return state, Draw(theta=jax.vmap(measure.theta)(state["position"]), chain=jnp.arange(count)), info


def leap(kernel: Any, measure: Any, state: State, key: Array, last: Any) -> tuple[State, Mapping[str, Array]]:
    """One step of a kernel of the library for every chain; `last` is its last argument, about the trajectory's length."""
    inner = library("mcmc.hmc").HMCState
    count = state["position"].shape[0]
    keys = jax.vmap(lambda chain: streams.draw_key(key, chain))(jnp.arange(count))

    def one(own: Array, u: Array, value: Array, gradient: Array) -> Any:
        with promoting()[0], promoting()[1]:
            return kernel(own, inner(u, value, gradient), measure.log_density, state["step_size"], state["inverse_mass"], last)

    new, info = jax.vmap(one)(keys, state["position"], state["log_density"], state["gradient"])
    kinetic = 0.5 * jnp.sum(info.momentum**2 * state["inverse_mass"][None, :], axis=1)
    told = {
        "acceptance": info.acceptance_rate, "divergent": info.is_divergent.astype(jnp.float64),
        "energy": kinetic - state["log_density"],
        "leapfrogs": jnp.broadcast_to(jnp.asarray(info.num_integration_steps, jnp.float64), (count,)),
    }  # fmt: skip
    return {**state, "position": new.position, "log_density": new.logdensity, "gradient": new.logdensity_grad}, told

