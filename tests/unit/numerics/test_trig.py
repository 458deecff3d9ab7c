"""Polynomial cosine and sine against mpmath, and under the transformations of JAX."""

import math

import mpmath
import numpy as np
import pytest

from nnspec.numerics import trig
from nnspec.numerics.lazy import jax, jnp

LIMITS = {"float32": (1e4, 5e-7), "float64": (1e5, 1e-14)}


def arguments(dtype, limit, count=3000):
    rng = np.random.default_rng(5)
    zeros = np.round(rng.uniform(-limit, limit, count) / (math.pi / 2)) * (math.pi / 2)
    special = [0.0, -0.0, 1e-30, -1e-8, limit, -limit, math.pi, -math.pi, math.pi / 2]
    return np.concatenate([rng.uniform(-limit, limit, count), rng.normal(size=count) * 3, zeros, special]).astype(dtype)


def exact(function, x):
    with mpmath.workdps(40):
        return np.array([float(function(mpmath.mpf(float(v)))) for v in x])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["cos", "sin"])
def test_error_is_as_stated_up_to_the_limit(dtype, name):
    limit, error = LIMITS[dtype]
    x = arguments(dtype, limit)
    for got in (getattr(trig, name)(x), jax.jit(getattr(trig, name))(x)):
        assert got.dtype == dtype
        assert np.abs(np.asarray(got, dtype=np.float64) - exact(getattr(mpmath, name), x)).max() <= error


@pytest.mark.parametrize(("dtype", "slope"), [("float32", 1.2e-7), ("float64", 2.3e-16)])
@pytest.mark.parametrize("name", ["cos", "sin"])
def test_beyond_the_limit_the_error_is_the_rounding_of_the_argument(dtype, slope, name):
    for limit in (1e6, 1e8, 1e12):
        x = arguments(dtype, limit, count=300)
        got = np.asarray(jax.jit(getattr(trig, name))(x), dtype=np.float64)
        assert np.all(np.abs(got) <= 1.0 + 1e-6)
        gap = np.abs(got - exact(getattr(mpmath, name), x))
        assert np.all(gap <= LIMITS[dtype][1] + slope * np.abs(x.astype(np.float64)))


def test_sine_is_relatively_precise_near_zero_and_both_have_parity():
    x = np.array([1e-300, 1e-20, 1e-5, 0.1])
    np.testing.assert_allclose(trig.sin(x), np.sin(x), rtol=4e-16)
    y = arguments("float64", 1e3)
    assert np.array_equal(trig.sin(-y), -trig.sin(y))
    assert np.array_equal(trig.cos(-y), trig.cos(y))


def test_infinity_and_nan_give_nan():
    for function in (trig.cos, trig.sin):
        assert np.all(np.isnan(function(jnp.array([math.inf, -math.inf, math.nan]))))


def test_derivatives_of_any_order_in_both_modes():
    x = 0.7
    assert float(jax.grad(trig.cos)(x)) == pytest.approx(-math.sin(x), rel=1e-14)
    assert float(jax.jacfwd(jax.grad(trig.sin))(x)) == pytest.approx(-math.sin(x), rel=1e-14)
    assert float(jax.grad(jax.grad(jax.grad(trig.cos)))(x)) == pytest.approx(math.sin(x), rel=1e-14)
    slope = jax.vmap(jax.grad(trig.cos))(jnp.arange(4, dtype=jnp.float32))
    assert slope.dtype == jnp.float32
    np.testing.assert_allclose(slope, -np.sin(np.arange(4)), atol=5e-7)


def test_other_dtypes_go_to_the_library():
    assert float(trig.cos(3)) == pytest.approx(math.cos(3))
    assert complex(trig.sin(1j)) == pytest.approx(1j * math.sinh(1))
    assert trig.cos(jnp.ones(2, jnp.bfloat16)).dtype == jnp.bfloat16
