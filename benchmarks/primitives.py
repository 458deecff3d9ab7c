"""Rates of the numerical primitives on one CPU core: `taskset -c 0 python benchmarks/primitives.py`.

Each line is one primitive as it is used by an ensemble: in blocks that fit into the cache, inside one
compiled `scan`, reduced to a sum so that memory does not count. Numbers are 10^9 results a second, best
and median of repeated runs.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from nnspec.numerics import streams, trig
from nnspec.numerics.lazy import configure, jax, jnp, lax, np

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCKS = 64
ARGUMENTS = 1 << 15
DRAWS, WIDTH = 16, 1000


def main() -> None:
    """Print one table per dtype."""
    configure(devices=1)
    for dtype in ("float32", "float64"):
        print(f"{dtype:24s}   best  median  G/s")
        argument = jnp.asarray(np.random.default_rng(0).normal(size=ARGUMENTS) * 3, dtype=dtype)
        for name, function in (
            ("trig.cos", trig.cos),
            ("jnp.cos", jnp.cos),
            ("trig.sin", trig.sin),
            ("jnp.sin", jnp.sin),
        ):
            report(name, function_program(function, dtype), argument, BLOCKS * ARGUMENTS)
        for name, draw in generators(dtype):
            report(name, normal_program(draw, dtype), jnp.zeros((), jnp.uint32), BLOCKS * DRAWS * WIDTH)


def generators(dtype: str) -> list[tuple[str, Callable[[Any], Any]]]:
    """Ways to draw `WIDTH` numbers from one key."""
    found = [
        ("streams.normal", lambda key: streams.normal(key, (WIDTH,), dtype)),
        ("jax.random.normal", lambda key: jax.random.normal(key, (WIDTH,), dtype)),
        ("streams.uniform", lambda key: streams.uniform(key, (WIDTH,), dtype)),
        ("jax.random.uniform", lambda key: jax.random.uniform(key, (WIDTH,), dtype)),
    ]
    if dtype == "float64":
        found.insert(1, ("streams.normal, 32 bits", lambda key: streams.normal(key, (WIDTH,), dtype, bits=32)))
    return found


def function_program(function: Callable[[Any], Any], dtype: str) -> Callable[[Any], Any]:
    """Sum a function over shifted copies of its arguments."""

    def program(x: Any) -> Any:
        shifts = jnp.arange(BLOCKS, dtype=dtype)
        return lax.scan(lambda s, i: (s + jnp.sum(function(x + i)), None), jnp.zeros((), dtype), shifts)[0]

    return program


def normal_program(draw: Callable[[Any], Any], dtype: str) -> Callable[[Any], Any]:
    """Sum draws of one stream, `DRAWS` keys at a time."""
    root = streams.stream(streams.root_key(0), "W")

    def block(total: Any, start: Any) -> tuple[Any, None]:
        keys = jax.vmap(lambda i: streams.draw_key(root, start * DRAWS + i))(jnp.arange(DRAWS, dtype=jnp.uint32))
        return total + jnp.sum(jax.vmap(draw)(keys)), None

    return lambda first: lax.scan(block, jnp.zeros((), dtype), first + jnp.arange(BLOCKS, dtype=jnp.uint32))[0]


def report(name: str, program: Callable[[Any], Any], argument: Any, results: int) -> None:
    """Compile, run for about a second, and print best and median rate."""
    compiled = jax.jit(program)
    jax.block_until_ready(compiled(argument))
    seconds: list[float] = []
    while sum(seconds) < 1.0 or len(seconds) < 5:
        start = time.perf_counter()
        jax.block_until_ready(compiled(argument))
        seconds.append(time.perf_counter() - start)
    best, median = results / min(seconds) / 1e9, results / statistics.median(seconds) / 1e9
    print(f"  {name:22s} {best:6.3f}  {median:6.3f}", flush=True)


if __name__ == "__main__":
    main()
