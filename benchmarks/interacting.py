"""The anharmonic oscillator by chains: how exact the propagator is after how long, against plain Hamiltonian Monte Carlo.

`python benchmarks/interacting.py [--draws 4000]` computes G(t) for lambda = 6 and 24, t = 0, 0.25, 0.5, 1, 2: by
`specs/anharmonic-oscillator.yaml`, by the same without control variates, and by forty lines of JAX that average over the
same number of steps of the same theory. Each line has the value, its error in percent, and how many errors it is off.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import nnspec

SPEC = Path(__file__).parents[1] / "specs" / "anharmonic-oscillator.yaml"
TIMES = np.array([0, 0.25, 0.5, 1, 2])
EXACT = {
    6: [0.3548402511728537, 0.24956926969716023, 0.1755983428531075, 0.08696602201336655, 0.021337068635814166],
    24: [0.2571498214428099, 0.1583319202754929, 0.09758979422103137, 0.03709851598644453, 0.005362576739643087],
}
"""By exact diagonalisation."""
LENGTH, MODES, CHAINS, WARMUP, STEP = 12.0, 40, 64, 300, 0.3


def by_spec(coupling: int, draws: int, controls: str) -> tuple[Any, Any]:
    """Values and errors of the spec, at one coupling."""
    text = SPEC.read_text(encoding="utf-8").split("sweep:")[0]
    spec = nnspec.loads(text).set("let.lambda", coupling).set("sampler.hmc.draws", draws).set("sampler.hmc.controls", controls)
    with tempfile.TemporaryDirectory() as folder:
        run = spec.run(folder)
    return run["G"].value + run["T"].value, run["G"].stderr


def plainly(coupling: int, draws: int) -> tuple[Any, Any]:
    """Raw averages of leapfrog trajectories of random length; errors from the means of the chains."""
    m2 = 1.0 + coupling / 6
    k = 2 * np.pi * np.arange(MODES + 1) / LENGTH
    mode = np.concatenate([k, k[1:]])
    site = np.arange(4 * MODES + 1) * LENGTH / (4 * MODES + 1)
    waves = [np.full((1, len(site)), math.sqrt(0.5)), np.cos(np.outer(k[1:], site)), np.sin(np.outer(k[1:], site))]
    free = 1 / (mode**2 + m2)
    table = jnp.asarray(math.sqrt(2 / LENGTH) * np.concatenate(waves) * np.sqrt(free)[:, None])
    m = math.sqrt(m2)
    whole = np.cosh(m * (LENGTH / 2 - TIMES)) / (2 * m * np.sinh(m * LENGTH / 2))
    tail = whole - np.cos(np.outer(TIMES, mode)) @ free / LENGTH
    lines = jnp.asarray(np.cos(np.outer(TIMES, mode)) * free / LENGTH)
    shift = 1.0 - m2 + coupling / 2 * tail[0]

    def log_p(u: Any) -> Any:
        x = u @ table
        return -0.5 * u @ u - LENGTH / len(site) * jnp.sum(coupling / 24 * x**4 + shift / 2 * x**2)

    slope = jax.vmap(jax.value_and_grad(log_p))

    def step(carry: Any, key: Any) -> tuple[Any, Any]:
        u, value, gradient = carry
        one, two, three = jax.random.split(key, 3)
        p = jax.random.normal(one, u.shape)
        count = jnp.ceil(jnp.pi / 2 * (0.5 + jax.random.uniform(two)) / STEP).astype(int)

        def leap(_: Any, at: Any) -> Any:
            u, p, _, gradient = at
            p = p + STEP / 2 * gradient
            u = u + STEP * p
            value, gradient = slope(u)
            return u, p + STEP / 2 * gradient, value, gradient

        new, q, after, other = jax.lax.fori_loop(0, count, leap, (u, p, value, gradient))
        gain = after - value - 0.5 * jnp.sum(q**2 - p**2, axis=1)
        accept = jnp.log(jax.random.uniform(three, value.shape)) < gain
        u, gradient = jnp.where(accept[:, None], new, u), jnp.where(accept[:, None], other, gradient)
        return (u, jnp.where(accept, after, value), gradient), u**2 @ lines.T

    def steps(carry: Any, keys: Any) -> Any:
        def add(both: Any, key: Any) -> Any:
            carry, found = step(both[0], key)
            return (carry, both[1] + found), None

        return jax.lax.scan(add, (carry, jnp.zeros((CHAINS, len(TIMES)))), keys)[0]

    run = jax.jit(partial(steps))
    u = jax.random.normal(jax.random.key(0), (CHAINS, len(mode)))
    carry, _ = run((u, *slope(u)), jax.random.split(jax.random.key(1), WARMUP))
    _, sums = run(carry, jax.random.split(jax.random.key(2), draws))
    means = np.asarray(sums) / draws
    return means.mean(axis=0) + tail, means.std(axis=0, ddof=1) / math.sqrt(CHAINS)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=4000, help="steps of each of 64 chains")
    draws = parser.parse_args().draws
    jax.config.update("jax_enable_x64", True)
    ways = {
        "spec": partial(by_spec, controls="schwinger_dyson"), "no controls": partial(by_spec, controls="none"), "plain": plainly,
    }  # fmt: skip
    print(f"{'lambda':>6}  {'by':12}{'seconds':>8}   " + "".join(f"{f'G({t:g}), error, off':>26}" for t in TIMES))
    for coupling, exact in EXACT.items():
        for name, way in ways.items():
            start = time.perf_counter()
            value, error = way(coupling, draws)
            seconds = time.perf_counter() - start
            cells = zip(value, 100 * error / np.array(exact), (value - exact) / error, strict=True)
            told = "".join(f"{v:13.6f} {e:6.3f}% {z:+4.1f}" for v, e, z in cells)
            print(f"{coupling:6}  {name:12}{seconds:8.1f}   {told}", flush=True)


if __name__ == "__main__":
    main()
