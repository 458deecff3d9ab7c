"""E f(u) g(v) for correlated Gaussians: closed forms, an independent table, and degenerate covariances."""

import math

import numpy as np
import pytest

from nnspec.numerics.lazy import jax, jnp
from nnspec.numerics.quadrature import gaussian_pair, gaussian_pair_smooth

KERNELS = ((1.0, 0.5, 1.0), (1.3, 0.4, 0.7), (2.0, -0.9, 1.1))

# independent values, 12 digits: closed forms and 50-digit integration
TABLE = {
    "relu": (lambda u: jnp.maximum(u, 0.0), (0.304498890522, 0.265378091519, 0.0560334842579)),
    "leaky": (lambda u: jnp.where(u > 0, u, 0.1 * u), (0.296644101323, 0.25495625413, -0.0446128777511)),
    "abs": (jnp.abs, (0.717995562088, 0.661512366076, 1.12413393703)),
    "relu^3": (lambda u: jnp.maximum(u, 0.0) ** 3, (2.68036751102, 1.91133869794, 0.0776813934098)),
    "heaviside": (lambda u: jnp.where(u > 0, 1.0, 0.0), (0.333333333333, 0.318864669159, 0.146230473669)),
    "sign": (jnp.sign, (0.333333333333, 0.275458676635, -0.415078105325)),
    "erf": (lambda u: jax.scipy.special.erf(u), (0.216346895939, 0.175479656092, -0.297152043893)),
    "gelu": (lambda u: jax.nn.gelu(u, approximate=False), (0.227294915022, 0.188060676735, -0.0335126929067)),
    "tanh": (jnp.tanh, (0.186324413203, 0.150919764109, -0.261961913392)),
    "silu": (lambda u: jax.nn.silu(u), (0.183169663088, 0.149036773824, -0.104119504612)),
    "softplus": (lambda u: jax.nn.softplus(u), (0.780078165207, 0.751069986589, 0.526893543958)),
    "cos": (jnp.cos, (0.414830409931, 0.397704300018, 0.30416968163)),
    "exp": (jnp.exp, (4.48168907034, 4.05519996684, 1.91554082901)),
    "u^4": (lambda u: u**4, (28.5, 18.5505, 187.6104)),
}


@pytest.mark.parametrize("name", TABLE)
def test_table_of_dual_activations(name):
    f, values = TABLE[name]
    for kernel, value in zip(KERNELS, values, strict=True):
        # the table prints 12 digits
        assert float(gaussian_pair(f, f, *kernel)) == pytest.approx(value, rel=6e-12, abs=6e-13)


def relu_dual(q11, q12, q22):
    theta = math.atan2(math.sqrt(max(q11 * q22 - q12**2, 0.0)), q12)
    return math.sqrt(q11 * q22) / (2 * math.pi) * (math.sin(theta) + (math.pi - theta) * math.cos(theta))


@pytest.mark.parametrize(
    "kernel",
    [
        (1.0, 1.0, 1.0),
        (1.0, -1.0, 1.0),
        (2.0, math.sqrt(6), 3.0),
        (0.1, -0.1, 0.1),
        (1.0, 1 - 1e-9, 1.0),
        (4.0, 1e-3, 0.01),
    ],
)
def test_relu_to_thirteen_digits_also_at_perfect_correlation(kernel):
    f = TABLE["relu"][0]
    assert float(gaussian_pair(f, f, *kernel)) == pytest.approx(relu_dual(*kernel), rel=1e-13, abs=1e-14)


def test_perfect_correlation_is_exact_even_for_a_jump():
    """2.0 * 3.0 is not sqrt(6.0)^2: without snapping, sign would be off by 1e-8."""
    assert float(gaussian_pair(jnp.sign, jnp.sign, 2.0, math.sqrt(6.0), 3.0)) == pytest.approx(1.0, abs=3e-14)


def test_a_vanishing_variance():
    f = TABLE["relu"][0]
    one = gaussian_pair(jnp.cos, f, 0.0, 0.0, 2.0)
    assert float(one) == pytest.approx(math.sqrt(2.0) / math.sqrt(2 * math.pi), rel=1e-13)
    assert float(gaussian_pair(jnp.cos, jnp.cos, 0.0, 0.0, 0.0)) == pytest.approx(1.0, rel=1e-13)


def test_mixed_pairs_are_not_symmetric():
    """E sign(u) v = sqrt(2 / pi q11) q12."""
    value = gaussian_pair(jnp.sign, lambda v: v, 1.3, 0.4, 0.7)
    assert float(value) == pytest.approx(0.4 * math.sqrt(2 / (math.pi * 1.3)), rel=1e-13)


def test_an_impossible_covariance_gives_nan():
    assert math.isnan(gaussian_pair(jnp.cos, jnp.cos, 1.0, 1.01, 1.0))


def test_price_theorem_links_value_and_derivative():
    f = TABLE["gelu"][0]
    slope = jax.vmap(jax.grad(f))
    each = lambda u: slope(u.reshape(-1)).reshape(u.shape)  # noqa: E731
    by_autodiff = jax.grad(lambda c: gaussian_pair(f, f, 1.3, c, 0.7))(0.4)
    assert float(by_autodiff) == pytest.approx(float(gaussian_pair(each, each, 1.3, 0.4, 0.7)), rel=1e-11)
    assert float(by_autodiff) == pytest.approx(0.324817221804, rel=1e-11)


def test_jit_and_vmap_over_kernels():
    f = TABLE["relu"][0]
    q12 = jnp.array([-1.0, 0.0, 0.5, 1.0])
    values = jax.jit(jax.vmap(lambda c: gaussian_pair(f, f, 1.0, c, 1.0)))(q12)
    np.testing.assert_allclose(values, [relu_dual(1.0, float(c), 1.0) for c in q12], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_smooth_rule_is_exact_for_polynomials_and_agrees_for_smooth_functions(kernel):
    a, c, b = kernel
    value = gaussian_pair_smooth(lambda u: u**3, lambda v: v**3, a, c, b, order=4)
    assert float(value) == pytest.approx(9 * a * b * c + 6 * c**3, rel=1e-13)
    value = gaussian_pair_smooth(jnp.cos, jnp.cos, a, c, b)
    assert float(value) == pytest.approx(math.exp(-(a + b) / 2) * math.cosh(c), rel=1e-13)
    assert float(gaussian_pair_smooth(jnp.tanh, jnp.tanh, a, c, b, order=200)) == pytest.approx(
        float(gaussian_pair(jnp.tanh, jnp.tanh, a, c, b)), abs=1e-10
    )
