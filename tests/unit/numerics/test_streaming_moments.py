"""Streaming moments: merging is exact, whatever the order and the mean."""

import numpy as np
import pytest

from nnspec.numerics import moments
from nnspec.numerics.lazy import jax, jnp, lax


def test_merging_equals_one_pass_for_a_mean_far_from_zero():
    """Raw float32 sums would give a variance of 1.0029 here."""
    x = (100 + np.random.default_rng(0).normal(size=(1 << 16, 3))).astype(np.float32)
    exact = x.astype(np.float64)

    def step(running, batch):
        return moments.merge(running, moments.from_batch({"f": batch})), None

    start = moments.empty({"f": x[0]})
    running, _ = jax.jit(lambda v: lax.scan(step, start, v.reshape(-1, 16, 3)))(jnp.asarray(x))
    assert float(running.count) == len(x)
    assert running.mean["f"].dtype == jnp.float64
    np.testing.assert_allclose(running.mean["f"], exact.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(moments.variance(running)["f"], exact.var(axis=0, ddof=1), rtol=1e-12)
    stderr = exact.std(axis=0, ddof=1) / np.sqrt(len(x))
    np.testing.assert_allclose(moments.standard_error(running)["f"], stderr, rtol=1e-12)


def test_merging_is_associative_and_knows_the_empty_set():
    rng = np.random.default_rng(1)
    parts = [
        moments.from_batch((jnp.asarray(rng.normal(size=(n, 2))), jnp.asarray(rng.normal(size=n)))) for n in (3, 1, 7)
    ]
    a, b, c = parts
    one = moments.merge(moments.merge(a, b), c)
    two = moments.merge(a, moments.merge(c, b))
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-12), one, two)
    nothing = moments.empty((jnp.zeros(2), jnp.zeros(())))
    for merged in (moments.merge(nothing, a), moments.merge(a, nothing)):
        jax.tree.map(np.testing.assert_array_equal, merged, a)
    jax.tree.map(lambda x: np.testing.assert_array_equal(x, 0 * x), moments.merge(nothing, nothing))


def test_blocks_are_consecutive_and_nearly_equal():
    x = np.arange(11.0)
    means, sizes = moments.block_means({"x": x, "y": np.stack([x, -x], axis=1)}, 4)
    assert sizes.tolist() == [2, 3, 3, 3]
    assert means["x"].tolist() == [0.5, 3, 6, 9]
    assert means["y"][:, 1].tolist() == [-0.5, -3, -6, -9]
    assert sizes @ means["x"] / 11 == pytest.approx(x.mean())
    with pytest.raises(ValueError, match="cannot cut 11 draws into 12 blocks"):
        moments.block_means(x, 12)
