"""Integration rules against mpmath, gamma functions and Bessel functions."""

import math

import mpmath
import numpy as np
import pytest
import scipy.special

from nnspec.numerics import quadrature as q


def test_gauss_legendre_is_that_of_mpmath():
    """Nodes are roots of P_n, weights 2 / (1 - x^2) P_n'(x)^2 at 40 digits."""
    nodes, weights = q.gauss_legendre(9)
    with mpmath.workdps(40):
        roots = sorted(mpmath.polyroots(mpmath.taylor(lambda x: mpmath.legendre(9, x), 0, 9), maxsteps=200, asc=True))
        exact = [2 / ((1 - x**2) * mpmath.diff(lambda t: mpmath.legendre(9, t), x) ** 2) for x in roots]
    np.testing.assert_allclose(nodes, [float(x) for x in roots], atol=1e-15)
    np.testing.assert_allclose(weights, [float(w) for w in exact], rtol=1e-13)


def test_gauss_legendre_is_exact_to_its_degree_and_no_further():
    nodes, weights = q.gauss_legendre(5, 1.0, 3.0)
    assert weights @ nodes**9 == pytest.approx((3**10 - 1) / 10, rel=1e-14)
    assert abs(weights @ nodes**10 - (3**11 - 1) / 11) > 1e-6


def test_gauss_hermite_has_the_moments_of_a_normal():
    nodes, weights = q.gauss_hermite(8)
    for k in range(0, 16, 2):
        assert weights @ nodes**k == pytest.approx(scipy.special.factorial2(k - 1) if k else 1, rel=1e-13)
    nodes, weights = q.gauss_hermite(60)
    assert weights @ np.cos(nodes) == pytest.approx(math.exp(-0.5), rel=1e-14)


def test_rules_do_not_share_memory_with_their_cache():
    q.gauss_hermite(4).nodes[:] = 0.0
    assert np.ptp(q.gauss_hermite(4).nodes) > 1


def test_the_trapezoid_is_exponentially_good_on_a_period():
    nodes, weights = q.periodic_trapezoid(24)
    assert weights @ np.exp(np.cos(nodes)) == pytest.approx(2 * math.pi * scipy.special.i0(1.0), rel=1e-15)
    nodes, weights = q.periodic_trapezoid(8, period=2.0)
    assert weights @ np.cos(math.pi * nodes) ** 2 == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize("d", range(1, 7))
def test_volumes_and_surfaces(d):
    volume = math.pi ** (d / 2) / math.gamma(d / 2 + 1)
    assert np.sum(q.ball(d, 1.7, 5).weights) == pytest.approx(volume * 1.7**d, rel=1e-13)
    assert np.sum(q.sphere(d, 1.7, 5).weights) == pytest.approx(d * volume * 1.7 ** (d - 1), rel=1e-13)
    np.testing.assert_allclose(np.linalg.norm(q.sphere(d, 1.7, 5).nodes, axis=1), 1.7, rtol=1e-14)


@pytest.mark.parametrize(("d", "order"), [(1, 20), (2, 20), (3, 20), (4, 16), (5, 12), (6, 9)])
def test_plane_waves_give_bessel_functions(d, order):
    """Ball: (2 pi R / k)^(d/2) J_{d/2}(k R); sphere: (2 pi)^(d/2) k^(1 - d/2) R^(d/2) J_{d/2-1}(k R)."""
    k = np.array([0.9, -0.7, 1.1, 0.4, 0.3, -0.5])[:d]
    size, radius = np.linalg.norm(k), 1.8
    nodes, weights = q.ball(d, radius, order)
    exact = (2 * math.pi * radius / size) ** (d / 2) * scipy.special.jv(d / 2, size * radius)
    assert weights @ np.cos(nodes @ k) == pytest.approx(exact, rel=1e-11)
    nodes, weights = q.sphere(d, radius, order)
    exact = (
        (2 * math.pi) ** (d / 2) * size ** (1 - d / 2) * radius ** (d / 2) * scipy.special.jv(d / 2 - 1, size * radius)
    )
    assert weights @ np.cos(nodes @ k) == pytest.approx(exact, rel=1e-11)


@pytest.mark.parametrize("d", [2, 3, 4, 5])
def test_the_ball_is_exact_for_polynomials_of_degree_two_n_minus_one(d):
    """Average of x_1^4 x_2^2 on the unit sphere: 3 / (d (d + 2) (d + 4)); degree 6 < 2 * 4."""
    nodes, weights = q.ball(d, 1.0, 4)
    surface = 2 * math.pi ** (d / 2) / math.gamma(d / 2)
    for one, two in ((0, 1), (1, 0), (0, d - 1)):
        exact = surface * 3 / (d * (d + 2) * (d + 4)) / (d + 6)
        assert weights @ (nodes[:, one] ** 4 * nodes[:, two] ** 2) == pytest.approx(exact, rel=1e-13)


def test_box_is_a_product():
    nodes, weights = q.box([(0.0, 1.0), (-1.0, 2.0), (2.0, 3.0)], 6)
    assert nodes.shape == (216, 3)
    exact = (1 / 3) * ((2**4 - 1) / 4) * ((3**6 - 2**6) / 6)
    assert weights @ (nodes[:, 0] ** 2 * nodes[:, 1] ** 3 * nodes[:, 2] ** 5) == pytest.approx(exact, rel=1e-14)


def test_dimensions_without_a_rule_are_refused():
    for rule in (q.ball, q.sphere):
        with pytest.raises(ValueError, match="not d = 7"):
            rule(7, 1.0, 3)


def test_certified_reports_an_honest_error():
    f = lambda x: np.stack([np.exp(x), 1 / (1 + 25 * x**2)], axis=-1)  # noqa: E731
    exact = np.array([math.e - 1 / math.e, 2 * math.atan(5) / 5])
    for tolerance in (1e-3, 1e-6, 1e-12):
        value, error, order = q.certified(f, q.gauss_legendre, tolerance, 10_000)
        assert np.max(np.abs(value - exact)) <= error <= tolerance * 2.4
    assert order == 159


def test_certified_is_not_fooled_by_aliases():
    """With orders 4, 8, 16, ... every rule below 64 takes cos(64 x) for a constant."""
    value, _, _ = q.certified(lambda x: np.cos(64 * x), q.periodic_trapezoid, 1e-10, 10_000)
    assert abs(value) < 1e-12


@pytest.mark.parametrize(
    ("f", "match"),
    [
        (lambda x: np.abs(x - 0.3), "no agreement within 500 nodes: the last difference was"),
        (lambda x: 1 / np.where(x > 0, 0 * x + 1, np.nan), "not finite"),
    ],
)
def test_certified_gives_no_number_when_it_cannot(f, match):
    with pytest.raises(q.NotConvergedError, match=match):
        q.certified(f, q.gauss_legendre, 1e-12, 500)
