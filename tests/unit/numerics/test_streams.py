"""Named streams and draws: known answers, disjointness, and the law of the numbers."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import scipy.stats

from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp, lax


def words(key):
    return tuple(int(word) for word in jax.random.key_data(key))


@pytest.mark.parametrize(
    ("key", "counter", "expected"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_known_answers_of_the_reference_implementation(key, counter, expected):
    got = streams.threefry(tuple(map(jnp.uint32, key)), tuple(map(jnp.uint32, counter)))
    assert (int(got[0]), int(got[1])) == expected


def test_draw_keys_are_the_folded_in_keys_of_jax_and_do_not_wrap_around():
    key = streams.root_key(11)
    for index in (0, 1, 77, 2**32 - 1):
        assert words(streams.draw_key(key, index)) == words(jax.random.fold_in(key, jnp.uint32(index)))
    assert words(streams.draw_key(key, 2**32)) != words(streams.draw_key(key, 0))
    assert words(jax.jit(streams.draw_key)(key, 2**40)) == words(streams.draw_key(key, 2**40))


def test_streams_depend_on_name_and_key_and_never_change():
    root = streams.root_key(0)
    names = ["W1", "W2", "b1", "", "w1", "W1 "]
    assert len({words(streams.stream(root, name)) for name in names}) == len(names)
    assert words(streams.stream(root, "W1")) != words(streams.stream(streams.root_key(1), "W1"))
    assert words(streams.stream(root, "W1")) == GOLDEN_STREAM


def test_the_counters_of_keys_names_and_numbers_are_disjoint(monkeypatch):
    seen = []
    real = streams.threefry

    def spy(key, counter):
        seen.append(np.asarray(counter[0]).reshape(-1))
        return real(key, counter)

    monkeypatch.setattr(streams, "threefry", spy)
    key = streams.root_key(3)
    streams.draw_key(key, 2**62 - 1)
    draws = np.concatenate(seen)
    seen.clear()
    for i in range(50):
        streams.stream(key, f"name {i}")
    names = np.concatenate(seen)
    seen.clear()
    streams.normal(key, (5,), jnp.float64)
    numbers = np.concatenate(seen)
    assert draws.max() < 2**30 <= names.min()
    assert names.max() < 2**31 <= numbers.min()


@pytest.mark.parametrize("shape", [(), (0,), (1,), (7,), (2, 4), (3, 5)])
@pytest.mark.parametrize("draw", [streams.normal, streams.uniform])
def test_shapes_dtypes_and_vmap_over_keys(shape, draw):
    keys = jax.vmap(lambda i: streams.draw_key(streams.root_key(5), i))(jnp.arange(4))
    for dtype in (jnp.float32, jnp.float64):
        many = jax.vmap(lambda key, dtype=dtype: draw(key, shape, dtype))(keys)
        assert many.shape == (4, *shape)
        assert many.dtype == dtype
        np.testing.assert_allclose(many[2], draw(keys[2], shape, dtype), rtol=1e-5, atol=1e-6)
    assert streams.uniform_bits(keys[0], shape).dtype == jnp.uint32


def test_all_numbers_of_one_array_differ():
    bits = np.asarray(streams.uniform_bits(streams.root_key(1), (1001,)))
    assert len(np.unique(bits)) > 995  # a repetition has probability 1e-4; a repeated half would show


def test_float32_is_float64_from_the_same_bits_rounded():
    key = streams.root_key(20240229)
    narrow = np.asarray(streams.normal(key, (1 << 20,), jnp.float32), dtype=np.float64)
    wide = np.asarray(streams.normal(key, (1 << 20,), jnp.float64, bits=32))
    assert np.abs(narrow - wide).max() < 4e-4
    assert np.std(narrow - wide) < 3e-7
    u32 = np.asarray(streams.uniform(key, (1 << 16,), jnp.float32), dtype=np.float64)
    u64 = np.asarray(streams.uniform(key, (1 << 16,), jnp.float64, bits=32))
    assert np.abs(u32 - u64).max() <= 2.0**-24


@pytest.mark.parametrize(
    ("dtype", "bits", "reach"), [("float32", 32, 6.66), ("float64", 32, 6.66), ("float64", 64, 8.572)]
)
def test_the_tail_reaches_as_far_as_promised(monkeypatch, dtype, bits, reach):
    def lowest(key, counter):
        return jnp.zeros_like(counter[1]), jnp.zeros_like(counter[1])

    monkeypatch.setattr(streams, "threefry", lowest)
    z = streams.normal(streams.root_key(0), (2,), dtype, bits=bits)
    assert math.hypot(*z) == pytest.approx(reach, abs=6e-3)  # the smallest u gives the largest radius
    assert float(streams.uniform(streams.root_key(0), (2,), dtype, bits=bits)[0]) > 0.0


@pytest.mark.parametrize(("dtype", "bits"), [("float32", 32), ("float64", 32), ("float64", 64)])
def test_the_unit_interval_is_open_and_the_largest_words_give_finite_normals(monkeypatch, dtype, bits):
    def highest(key, counter):
        return jnp.full_like(counter[1], 2**32 - 1), jnp.full_like(counter[1], 2**32 - 1)

    monkeypatch.setattr(streams, "threefry", highest)
    assert float(streams.uniform(streams.root_key(0), (2,), dtype, bits=bits)[0]) < 1.0
    assert np.all(np.isfinite(np.asarray(streams.normal(streams.root_key(0), (2,), dtype, bits=bits))))


@pytest.mark.parametrize(("dtype", "bits"), [("float32", 32), ("float64", 32), ("float64", 64)])
def test_normals_have_normal_moments_through_eight(dtype, bits):
    """False alarm <= 1e-6 over keys (Bonferroni, 8 z-scores); relative errors of 1% in E z^4 are missed <= 1e-9."""
    n = 1 << 22
    z = np.asarray(streams.normal(streams.root_key(7), (n,), dtype, bits=bits), dtype=np.float64)

    def exact(p):
        return math.prod(range(p - 1, 0, -2)) if p % 2 == 0 else 0

    allowed = -NormalDist().inv_cdf(1e-6 / 16)
    for p in range(1, 9):
        stderr = math.sqrt((exact(2 * p) - exact(p) ** 2) / n)
        assert abs(np.mean(z**p) - exact(p)) < allowed * stderr, p


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normals_pass_kolmogorov_smirnov_and_the_tail_count(dtype):
    """False alarm <= 2e-6 over keys; a cdf error of 2e-3, or a tail cut at 5, is missed <= 1e-3."""
    n = 1 << 22
    z = np.sort(np.asarray(streams.normal(streams.root_key(8), (n,), dtype), dtype=np.float64))
    ranks = np.arange(1, n + 1) / n
    distance = np.max(np.maximum(ranks - scipy.stats.norm.cdf(z), scipy.stats.norm.cdf(z) - ranks + 1 / n))
    assert distance * math.sqrt(n) < 2.7  # Kolmogorov: 2 exp(-2 * 2.7^2) = 9e-7
    expected = 2 * n * scipy.stats.norm.sf(4.5)
    count = int(np.sum(np.abs(z) > 4.5))
    assert scipy.stats.poisson.cdf(count, expected) > 5e-7
    assert scipy.stats.poisson.sf(count - 1, expected) > 5e-7


def test_uniforms_pass_kolmogorov_smirnov():
    """False alarm <= 1e-6 over keys; a cdf error of 4e-3 is missed <= 1e-3."""
    n = 1 << 20
    for dtype in ("float32", "float64"):
        u = np.sort(np.asarray(streams.uniform(streams.root_key(9), (n,), dtype), dtype=np.float64))
        ranks = np.arange(1, n + 1) / n
        assert np.max(np.maximum(ranks - u, u - ranks + 1 / n)) * math.sqrt(n) < 2.7


def test_neighbouring_draws_names_and_halves_are_uncorrelated():
    """False alarm <= 1e-6 over keys (Bonferroni, 8 z-scores); a correlation of 0.02 is missed <= 1e-9."""
    draws, width = 4096, 64

    def block(name):
        key = streams.stream(streams.root_key(13), name)
        return jax.vmap(lambda i: streams.normal(streams.draw_key(key, i), (width,), jnp.float64))(jnp.arange(draws))

    a, b = np.asarray(block("W1")), np.asarray(block("W2"))
    pairs = [(a[1:], a[:-1]), (a, b), (a[:, :32], a[:, 32:]), (a[:, 1:], a[:, :-1])]
    scores = [np.mean(x * y) * math.sqrt(x.size) for x, y in pairs]
    # radius and angle of one pair must not know each other either
    scores += [np.mean((x**2 - 1) * (y**2 - 1)) / 2 * math.sqrt(x.size) for x, y in pairs]
    assert np.max(np.abs(scores)) < -NormalDist().inv_cdf(1e-6 / 16)


def test_a_scan_over_blocks_gives_the_numbers_of_single_draws():
    key = streams.stream(streams.root_key(2), "W")

    def block(carry, start):
        keys = jax.vmap(lambda i: streams.draw_key(key, start + i))(jnp.arange(4))
        return carry, jax.vmap(lambda k: streams.normal(k, (6,), jnp.float32))(keys)

    _, z = jax.jit(lambda: lax.scan(block, 0, 4 * jnp.arange(3)))()
    alone = streams.normal(streams.draw_key(key, 9), (6,), jnp.float32)
    np.testing.assert_allclose(z.reshape(12, 6)[9], alone, rtol=2e-6, atol=1e-6)


def test_what_cannot_be_drawn_is_refused():
    key = streams.root_key(0)
    with pytest.raises(ValueError, match="not int32"):
        streams.normal(key, (2,), jnp.int32)
    with pytest.raises(ValueError, match="not from 64"):
        streams.normal(key, (2,), jnp.float32, bits=64)
    with pytest.raises(ValueError, match="one threefry2x32 key"):
        streams.normal(jax.random.key(0, impl="rbg"), (2,), jnp.float32)


GOLDEN_STREAM = (1094215496, 754731810)
