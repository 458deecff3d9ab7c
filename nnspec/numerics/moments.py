r"""Streaming means and variances, block means, and the jackknife for functions of means.

Values are trees (tuples, dicts, arrays) whose arrays carry one leading axis, `draw` or `block`. Sums are
formed in float64 whatever the dtype of the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.numerics.lazy import jax, jnp, np, scipy

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_BLOCKS = 8


class Running(NamedTuple):
    r"""Count n (or total weight), mean \bar x, and M2 = \sum (x - \bar x)^2, the latter two as trees."""

    count: Any
    mean: Any
    m2: Any


class Jackknife(NamedTuple):
    """Bias-corrected value, standard error, and leave-one-out values `[block, ...]`, as trees."""

    value: Any
    stderr: Any
    replicates: Any


class TailCheck(NamedTuple):
    """Largest share of one block in the sum of squares (worst entry), and what normal blocks would allow."""

    share: float
    allowed: float


def empty(example: Any) -> Running:
    """Return the statistics of no draws; `example` is a tree of arrays (or shapes) of one draw."""

    def zeros() -> Any:
        return jax.tree.map(lambda x: jnp.zeros(jnp.shape(x), jnp.float64), example)

    return Running(jnp.zeros((), jnp.float64), zeros(), zeros())


def from_batch(values: Any) -> Running:
    r"""Return the statistics of a batch; leaves are `[draw, ...]`.

    .. math:: \bar x = \frac{1}{n} \sum_i x_i, \qquad M_2 = \sum_i (x_i - \bar x)^2
    """
    count = jax.tree.leaves(values)[0].shape[0]
    mean = jax.tree.map(lambda x: jnp.mean(x, axis=0, dtype=jnp.float64), values)
    m2 = jax.tree.map(lambda x, m: jnp.sum((x.astype(jnp.float64) - m[None]) ** 2, axis=0), values, mean)
    return Running(jnp.asarray(count, jnp.float64), mean, m2)


def merge(a: Running, b: Running) -> Running:
    r"""Return the statistics of two disjoint sets of draws together [chan1983].

    .. math::
        \bar x = \bar x_a + \delta \frac{n_b}{n}, \qquad
        M_2 = M_{2a} + M_{2b} + \delta^2 \frac{n_a n_b}{n}, \qquad \delta = \bar x_b - \bar x_a

    Free of cancellation for means far from zero, and as fast as raw sums inside a `scan`.
    """
    count = a.count + b.count
    share = b.count / jnp.maximum(count, 1e-300)  # 0 / 0 is 0: empty sets may be merged
    mean = jax.tree.map(lambda x, y: x + (y - x) * share, a.mean, b.mean)
    m2 = jax.tree.map(
        lambda x, y, p, q: p + q + (y - x) ** 2 * (a.count * share),
        a.mean,
        b.mean,
        a.m2,
        b.m2,
    )
    return Running(count, mean, m2)


def variance(running: Running) -> Any:
    """Return the unbiased variance M2 / (n - 1) of one draw, as a tree; not finite below two draws."""
    return jax.tree.map(lambda m2: m2 / (running.count - 1.0), running.m2)


def standard_error(running: Running) -> Any:
    """Return the standard error of the mean of *independent* draws, sqrt(M2 / n (n - 1)), as a tree."""
    return jax.tree.map(lambda v: jnp.sqrt(v / running.count), variance(running))


def block_means(values: Any, blocks: int) -> tuple[Any, Any]:
    """Cut draws `[draw, ...]` into consecutive blocks whose sizes differ by at most one.

    Returns the tree of means `[block, ...]` and the sizes `[block]`, to be used as weights.
    """
    draws = jax.tree.leaves(values)[0].shape[0]
    if not 1 <= blocks <= draws:
        message = f"cannot cut {draws} draws into {blocks} blocks"
        raise ValueError(message)
    edges = np.arange(blocks + 1) * draws // blocks
    sizes = np.diff(edges).astype(np.float64)

    def means(x: Any) -> Any:
        x = np.asarray(x, dtype=np.float64)
        return np.add.reduceat(x, edges[:-1], axis=0) / _column(sizes, x.ndim)

    return jax.tree.map(means, values), sizes


def jackknife(block_means: Any, weights: Any, finish: Callable[[Any], Any]) -> Jackknife:
    r"""Estimate finish(mean) with its error from block means by leaving out one block [efron1982].

    With B blocks, p_b = w_b / \sum w, F = finish(all blocks) and F_b = finish(all but block b):

    .. math::
        D_b = (1 - p_b)(F_b - F), \qquad
        \text{value} = F - \sum_b D_b, \qquad
        \text{stderr}^2 = \frac{\sum_b (D_b - \bar D)^2}{1 - \sum_b p_b^2}

    For equal weights this is B F - (B - 1) mean F_b and (B - 1) mean (F_b - mean F_b)^2. The bias is
    O(1/draws^2) instead of O(1/draws); for a linear `finish` the value is the weighted mean itself.
    Weights are numbers of draws or sums of importance weights; they may be unequal, and zero.

    `block_means` is a tree of `[block, ...]`, `weights` is `[block]`; `finish` maps the tree of means to a
    number, an array or a tree of them. Blocks must be longer than the autocorrelation time.

    Raises `ValueError` with fewer than eight blocks of positive weight: the error would have no error.
    """
    deviations, full, replicates = _leave_one_out(block_means, weights, finish)
    norm = 1.0 - np.sum(_shares(weights) ** 2)
    value = jax.tree.map(lambda f, d: f - np.sum(d, axis=0), full, deviations)
    stderr = jax.tree.map(lambda d: np.sqrt(np.sum((d - np.mean(d, axis=0)[None]) ** 2, axis=0) / norm), deviations)
    return Jackknife(value, stderr, replicates)


def jackknife_in_turn(
    blocks: Callable[[int], Any], weights: Any, finish: Callable[[Any], Any]
) -> tuple[Jackknife, float]:
    """The jackknife with one block in memory at a time: `blocks(b)` gives the tree of *sums* of block b.

    Returns what `jackknife` does, without replicates, and the share of the largest block that `tail_check` finds (with
    blocks of unequal weight, an upper bound). Each block is asked for twice.
    """
    p, weights = _shares(weights), np.asarray(weights, dtype=np.float64)
    whole, total = float(np.sum(weights)), blocks(0)
    for b in range(1, len(p)):
        total = jax.tree.map(np.add, total, blocks(b))
    full = _float64(finish(jax.tree.map(lambda t: np.asarray(t / whole, np.float64), total)))
    # sums over blocks of D, D^2, y, y^2 and the extremes of y = p (F_b - F): enough for value, error and tails
    state: Any = jax.tree.map(lambda f: [np.zeros_like(f) for _ in range(6)], full)
    for b in range(len(p)):
        rest = jax.tree.map(lambda t, s: np.asarray((t - s) / (whole - weights[b]), np.float64), total, blocks(b))  # noqa: B023
        moved = jax.tree.map(lambda r, f: r - f, _float64(finish(rest)), full)
        state = jax.tree.map(lambda d, s: _taken(s, d, p[b]), moved, state)  # noqa: B023
    norm, count = 1.0 - np.sum(p**2), len(p)
    value = jax.tree.map(lambda f, s: f - s[0], full, state)
    spread = jax.tree.map(lambda s: np.maximum(s[1] - s[0] ** 2 / count, 0.0), state, is_leaf=_is_state)
    shares = jax.tree.map(lambda s: _largest(s, p), state, is_leaf=_is_state)
    stderr = jax.tree.map(lambda v: np.sqrt(v / norm), spread)
    return Jackknife(value, stderr, None), max(jax.tree.leaves(shares), default=0.0)


def _is_state(node: Any) -> bool:
    return isinstance(node, list)


def _taken(state: list[Any], moved: Any, share: float) -> list[Any]:
    d, y = (1.0 - share) * moved, share * moved
    first, second, linear, square, low, high = state
    return [first + d, second + d**2, linear + y, square + y**2, np.minimum(low, y), np.maximum(high, y)]


def _largest(state: list[Any], p: Any) -> float:
    """Largest share of one block in the sum of squares of p (F_b - mean F_b), over all entries."""
    _, _, linear, square, low, high = state
    mean, heaviest = linear, float(np.max(p))  # sum of p (F_b - F) is the mean of F_b - F
    total = square - 2.0 * mean * linear * heaviest + mean**2 * float(np.sum(p**2))
    peak = np.maximum((high - heaviest * mean) ** 2, (low - heaviest * mean) ** 2)
    fine = total > 0.0
    return float(np.max(np.where(fine, peak / np.where(fine, total, 1.0), 0.0), initial=0.0))


def _float64(tree: Any) -> Any:
    return jax.tree.map(lambda x: np.asarray(x, dtype=np.float64), tree)


def jackknife_covariance(block_means: Any, weights: Any, finish: Callable[[Any], Any]) -> Any:
    """Return the covariance matrix of the jackknife value, whose entries are flattened in tree order.

    Its diagonal is stderr^2 of `jackknife`; its rank is below the number of blocks.
    """
    deviations, _, _ = _leave_one_out(block_means, weights, finish)
    flat = np.concatenate([d.reshape(len(d), -1) for d in jax.tree.leaves(deviations)], axis=1)
    centred = flat - np.mean(flat, axis=0)[None, :]
    return centred.T @ centred / (1.0 - np.sum(_shares(weights) ** 2))


def tail_check(block_means: Any, weights: Any, false_alarm: float = 1e-3) -> TailCheck:
    r"""Ask whether one block carries the error: a sign of moments that do not exist in practice.

    The share of block b is p_b^2 (x_b - \bar x)^2 over its sum. For B normal blocks of equal weight the
    largest of m entries exceeds `allowed` with probability at most `false_alarm`, since
    B s / (B - 1) ~ Beta(1/2, (B - 2) / 2) for each block. A heavy tail shows as share > allowed; then a
    standard error from these blocks is not to be trusted. Entries without any spread are skipped.
    """
    p = _shares(weights)
    blocks, entries, share = int(np.sum(p > 0)), 0, 0.0
    for leaf in jax.tree.leaves(block_means):
        x = np.asarray(leaf, dtype=np.float64).reshape(len(p), -1)
        squares = (p[:, None] * (x - (p @ x)[None, :])) ** 2
        total = np.sum(squares, axis=0)
        squares = squares[:, total > 0.0] / total[None, total > 0.0]
        entries += squares.shape[1]
        share = float(np.max(squares, initial=share))
    return TailCheck(share, allowed_share(blocks, entries, false_alarm))


def allowed_share(blocks: int, entries: int, false_alarm: float = 1e-3) -> float:
    """What `tail_check` allows the largest share of one block to be."""
    quantile = scipy.special.betainccinv(0.5, 0.5 * (blocks - 2), false_alarm / (blocks * max(entries, 1)))
    return float(quantile) * (blocks - 1) / blocks


def covariance(found: Jackknife, weights: Any) -> Any:
    """Covariance [entry, entry] of the value of a jackknife of one array, flattened in C order.

    Its diagonal is the square of the standard error; its rank is below the number of blocks.
    """
    p = _shares(weights)
    left = np.asarray(found.replicates, np.float64).reshape(len(p), -1)
    kept = (1.0 - p)[:, None]
    full = (np.asarray(found.value, np.float64).reshape(-1) + np.sum(kept * left, axis=0)) / len(p)
    moved = kept * (left - full[None])
    centred = moved - np.mean(moved, axis=0)[None]
    return centred.T @ centred / (1.0 - np.sum(p**2))


def _shares(weights: Any) -> Any:
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim != 1 or not np.all(np.isfinite(w)) or np.any(w < 0.0):
        message = "block weights are one number per block, finite and not negative"
        raise ValueError(message)
    if np.sum(w > 0.0) < MIN_BLOCKS:
        message = f"an error needs at least {MIN_BLOCKS} blocks, got {int(np.sum(w > 0.0))}"
        raise ValueError(message)
    return w / np.sum(w)


def _leave_one_out(block_means: Any, weights: Any, finish: Callable[[Any], Any]) -> tuple[Any, Any, Any]:
    """Deviations D_b `[block, ...]`, the full value, and the leave-one-out values `[block, ...]`."""
    p = _shares(weights)

    def float64(tree: Any) -> Any:
        return jax.tree.map(lambda x: np.asarray(x, dtype=np.float64), tree)

    means = float64(block_means)
    total = jax.tree.map(lambda x: np.tensordot(p, x, axes=(0, 0)), means)

    def without(b: int) -> Any:
        return jax.tree.map(lambda t, x: t + (t - x[b]) * (p[b] / (1.0 - p[b])), total, means)

    full = float64(finish(total))
    left = [float64(finish(without(b))) for b in range(len(p))]
    replicates = jax.tree.map(lambda *leaves: np.stack(leaves), *left)
    deviations = jax.tree.map(lambda r, f: _column(1.0 - p, r.ndim) * (r - f[None]), replicates, full)
    return deviations, full, replicates


def _column(x: Any, ndim: int) -> Any:
    return x.reshape(-1, *(1,) * (ndim - 1))
