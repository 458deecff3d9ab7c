"""Networks per core-second: a cosine network of width 1000, its G2 and G4 at all combinations of 16 points.

    python benchmarks/cosnet.py

One core, one process, four ways: nnspec through its public interface; a loop over networks in NumPy, as one writes it
first; NumPy in batches; JAX with `vmap` and `scan`, as its manual has it. All must agree with the exact G2 and G4c.
What is timed is sampling alone (CPU seconds of the process), after compilation; a whole run's cost is printed below.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

CORE = max(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else None
if CORE is not None:
    os.sched_setaffinity(0, {CORE})
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

import nnspec  # noqa: E402
from nnspec.testing import assert_agree  # noqa: E402

N, POINTS, REPEATS = 1000, 16, 5
DRAWS = 65_536
X = np.linspace(-1.0, 1.0, POINTS)
FIRST, SECOND = np.triu_indices(POINTS)
SPEC = """
nnspec: 1
name: cosnet-speed
let: {{N: {N}}}
data:
  xs: linspace(-1, 1, {POINTS})
  four: linspace(-1, 1, 4)
model:
  inputs: {{x: R}}
  indices: {{i: N}}
  params:
    w[i]: Normal(0, 1)
    b[i]: Uniform(-pi, pi)
    a[i]: Normal(0, 1/N)
  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i])
numerics: {{seed: {seed}}}
observables:
  {observables}
"""
TIMED = f"""G2: {{correlator: {{n: 2, at: xs, draws: {DRAWS}}}}}
  G4: {{correlator: {{n: 4, at: xs, draws: {DRAWS}}}}}"""
CONNECTED = f"G4c: {{correlator: {{n: 4, at: four, connected: true, draws: {DRAWS}}}}}"


# ---------------------------------------------------------------- the exact answer
def exact_g2(x: Any, y: Any) -> Any:
    """G2 = exp(-(x - y)^2/2) at every width."""
    return np.exp(-((x - y) ** 2) / 2)


def exact_g4c(x1: Any, x2: Any, x3: Any, x4: Any) -> Any:
    r"""N G_c^{(4)} = \sum over pairings of (3/2) e^{-(x_1 + x_2 - x_3 - x_4)^2/2} - G2(x_1, x_2) G2(x_3, x_4)."""
    pairings = ((x1, x2, x3, x4), (x1, x3, x2, x4), (x1, x4, x2, x3))
    return sum(1.5 * np.exp(-((a + b - c - d) ** 2) / 2) - exact_g2(a, b) * exact_g2(c, d) for a, b, c, d in pairings)


# ---------------------------------------------------------------- the ways: sums of pairs and of pairs of pairs
def numpy_loop(seed: int, nets: int) -> tuple[Any, Any]:
    """One network at a time in float64, the four-point function by `einsum`."""
    rng = np.random.default_rng(seed)
    two, four = np.zeros((POINTS,) * 2), np.zeros((POINTS,) * 4)
    for _ in range(nets):
        w, b = rng.standard_normal(N), rng.uniform(-np.pi, np.pi, N)
        a = rng.standard_normal(N) / np.sqrt(N)
        f = np.sqrt(2) * np.cos(np.outer(X, w) + b) @ a
        two += np.outer(f, f)
        four += np.einsum("a,b,c,d->abcd", f, f, f, f)
    return two[FIRST, SECOND], four[FIRST, SECOND][:, FIRST, SECOND]


def numpy_batch(seed: int, nets: int) -> tuple[Any, Any]:
    """All networks of a block at once in float32, the four-point function as one product of matrices."""
    rng = np.random.default_rng(seed)
    w = rng.standard_normal((nets, N), dtype=np.float32)
    b = rng.random((nets, N), dtype=np.float32) * np.float32(2 * np.pi)
    a = rng.standard_normal((nets, N), dtype=np.float32) * np.float32(np.sqrt(2 / N))
    f = np.einsum("nw,nwp->np", a, np.cos(w[:, :, None] * X.astype(np.float32) + b[:, :, None]))
    pairs = f[:, FIRST] * f[:, SECOND]
    return pairs.sum(axis=0, dtype=np.float64), (pairs.T @ pairs).astype(np.float64)


@jax.jit
def _scanned(keys: Any) -> tuple[Any, Any]:
    points = jnp.asarray(X, jnp.float32)

    def network(key: Any) -> Any:
        kw, kb, ka = jax.random.split(key, 3)
        w = jax.random.normal(kw, (N,), jnp.float32)
        b = jax.random.uniform(kb, (N,), jnp.float32, -np.pi, np.pi)
        a = jax.random.normal(ka, (N,), jnp.float32) * np.float32(np.sqrt(2 / N))
        return jnp.cos(points[:, None] * w[None, :] + b[None, :]) @ a

    def add(sums: Any, some: Any) -> tuple[Any, None]:
        f = jax.vmap(network)(some)
        pairs = f[:, FIRST] * f[:, SECOND]
        found = pairs.sum(axis=0, dtype=jnp.float64), (pairs.T @ pairs).astype(jnp.float64)
        return jax.tree.map(jnp.add, sums, found), None

    size = len(FIRST)
    return jax.lax.scan(add, (jnp.zeros(size, jnp.float64), jnp.zeros((size, size), jnp.float64)), keys)[0]


def jax_scan(seed: int, nets: int) -> tuple[Any, Any]:
    """`vmap` over 256 networks, `scan` over such batches, float32 with sums in float64."""
    keys = jax.random.split(jax.random.key(seed), nets).reshape(-1, 256)
    return tuple(map(np.asarray, _scanned(keys)))  # type: ignore[return-value]


@dataclass(frozen=True)
class Result:
    """Networks per CPU second of each repetition, and G2 and N G4c with their errors."""

    name: str
    rates: list[float]
    g2: Any
    g4c: Any
    exact: Any


def measure(name: str, block: Callable[[int, int], tuple[Any, Any]], nets: int, blocks: int) -> Result:
    """Time `blocks` blocks, five times; errors by the jackknife over all of them."""
    block(0, nets)  # compiles, and warms caches
    found: list[tuple[Any, Any]] = []
    rates: list[float] = []
    for repeat in range(REPEATS):
        start = time.process_time()
        found += [block(1 + repeat * blocks + k, nets) for k in range(blocks)]
        rates.append(blocks * nets / (time.process_time() - start))
    two, four = (np.stack([sums[k] for sums in found]) / nets for k in (0, 1))
    out = [(total.sum(axis=0)[None] - total) / (len(total) - 1) for total in (two, four)]
    return Result(name, rates, _jackknife(two.mean(axis=0), out[0]),
                  _jackknife(_connected(two.mean(axis=0), four.mean(axis=0)), _connected(*out)),
                  exact_g4c(*_quadruples()))  # fmt: skip


def _quadruples() -> tuple[Any, ...]:
    """The four points of each entry of the matrix of pairs by pairs."""
    return X[FIRST][:, None], X[SECOND][:, None], X[FIRST][None, :], X[SECOND][None, :]


def _connected(two: Any, four: Any) -> Any:
    """N G4c from sums over pairs; leading axes are kept."""
    full = np.zeros((*two.shape[:-1], POINTS, POINTS))
    full[..., FIRST, SECOND] = full[..., SECOND, FIRST] = two
    a, b, c, d = FIRST[:, None], SECOND[:, None], FIRST[None, :], SECOND[None, :]
    wick = sum(full[..., p, q] * full[..., r, s] for p, q, r, s in ((a, b, c, d), (a, c, b, d), (a, d, b, c)))
    return N * (four - wick)


def _jackknife(value: Any, out: Any) -> Any:
    """An estimate from its leave-one-out values."""
    n = len(out)
    error = np.sqrt((n - 1) / n * np.sum((out - out.mean(axis=0)[None]) ** 2, axis=0))
    return SimpleNamespace(value=value, stderr=error, blocks=out)


def measure_nnspec(folder: Path) -> tuple[list[Result], list[float]]:
    """Run nnspec as a user does; also the CPU seconds of each whole run, the first with a cold cache.

    Each observable is a pass of its own over the same networks; a network counts when both passes have read it.
    """
    both: list[float] = []
    four: list[float] = []
    whole: list[float] = []
    for repeat in range(1 + REPEATS):
        start = time.process_time()
        clock: dict[str, list[tuple[float, int]]] = {}

        def note(progress: Any, clock: Any = clock) -> None:
            clock.setdefault(progress.names, []).append((time.process_time(), progress.draws))

        spec = nnspec.loads(SPEC.format(N=N, POINTS=POINTS, seed=repeat, observables=TIMED))
        run = spec.run(folder, cache=str(folder / "xla"), report=note)
        whole.append(time.process_time() - start)
        costs = {names: _cost(ticks) for names, ticks in clock.items()}
        both.append(1 / sum(costs.values()))
        four.append(1 / next(cost for names, cost in costs.items() if "G4" in names))
    spec = nnspec.loads(SPEC.format(N=N, POINTS=POINTS, seed=1, observables=CONNECTED))
    g4c = spec.run(folder, cache=str(folder / "xla"))["G4c"]
    scaled = SimpleNamespace(value=N * g4c.value, stderr=N * g4c.stderr, blocks=g4c.blocks)
    exact = exact_g4c(*np.ix_(*[np.linspace(-1.0, 1.0, 4)] * 4))
    g2 = run["G2"]
    packed = SimpleNamespace(value=g2.value[FIRST, SECOND], stderr=g2.stderr[FIRST, SECOND], blocks=g2.blocks)
    ways = {"nnspec, both observables": both, "nnspec, the pass of G4 alone": four}
    return [Result(name, rates[1:], packed, scaled, exact) for name, rates in ways.items()], whole


def _cost(ticks: list[tuple[float, int]]) -> float:
    """CPU seconds of one network in one pass; the first shard is left out, since it pays for compiling."""
    (first, at_first), (last, at_last) = ticks[1], ticks[-1]
    return (last - first) / (at_last - at_first)


def judge(result: Result) -> str:
    """Largest |z| against the exact values; false alarm 1e-6 for each comparison."""
    zs = []
    wanted = np.broadcast_to(result.exact, result.g4c.value.shape)
    for found, exact in ((result.g2, exact_g2(X[FIRST], X[SECOND])), (result.g4c, wanted)):
        assert_agree(found, exact, false_alarm=1e-6, detect=np.inf)
        zs.append(float(np.max(np.abs(found.value - exact) / found.stderr)))
    return f"{zs[0]:4.1f} {zs[1]:4.1f}   {np.max(result.g4c.stderr):6.1f}"


def main() -> int:
    """Measure, judge, print."""
    load = os.getloadavg()[0]
    print(f"cos-net, width {N}, {POINTS} points, G2 and G4; core {CORE}, load {load:.1f}, jax {jax.__version__}, "
          f"numpy {np.__version__}, nnspec {nnspec.__version__}")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        ours, whole = measure_nnspec(Path(folder))
        results = [
            *ours,
            measure("NumPy float64, loop over networks", numpy_loop, 128, 16),
            measure("NumPy float32, batches of 512", numpy_batch, 512, 12),
            measure("JAX float32, vmap 256 + scan", jax_scan, 2048, 6),
        ]
    slow = max(results[2].rates)
    print(f"\n{'networks per CPU second':36} {'best':>8} {'median':>8} {'x loop':>7}   |z| G2, N*G4c   se(N*G4c)")
    for each in results:
        best = max(each.rates)
        print(f"{each.name:36} {best:8,.0f} {median(each.rates):8,.0f} {best / slow:7.1f}   {judge(each)}")
    print(f"\nnnspec, a whole run of {DRAWS:,} networks with its report: {whole[0]:.1f} CPU s with an empty cache, "
          f"{median(whole[1:]):.1f} after ({DRAWS / max(ours[0].rates):.1f} of them sampling)")  # fmt: skip
    print("all four agree with the exact G2 and N*G4c")
    return 0


if __name__ == "__main__":
    sys.exit(main())
