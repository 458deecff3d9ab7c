"""The free massive scalar with a sharp cutoff: quadrature against known values, and networks against quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special

from nnspec.testing.agree import assert_agree


def scalar(dim: int, cutoff: float, observables: str, data: str, *, width: int = 8) -> str:
    return f"""
nnspec: 1
name: scalar
let: {{d: {dim}, N: {width}, m: 1.0, L: {cutoff}}}
data: {{{data}}}
model:
  inputs: {{x: R^d}}
  indices: {{i: N}}
  params:
    a[i]: Normal(0, 1/N)
    w[i] in R^d: Uniform(Ball(d, L))
    b[i]: Uniform(-pi, pi)
  field: phi(x)
  def: sqrt(2*vol(Ball(d, L))/(2*pi)^d) * sum_i a[i]*cos(w[i].x + b[i])/sqrt(w[i].w[i] + m^2)
functions:
  G(x, y): integral(cos(k.(x - y))/(k.k + m^2), k in Ball(d, L))/(2*pi)^d
observables:
{observables}
"""


def origin(dim: int) -> str:
    return str([0.0] * dim)


@pytest.mark.parametrize(("dim", "cutoff"), [(1, 5.0), (1, 20.0), (2, 5.0), (2, 20.0), (3, 5.0), (3, 20.0), (4, 5.0)])
def test_the_cutoff_propagator_by_quadrature(dim, cutoff, reference, compute):
    """The table of values, to 1e-9: the rule promises 1e-10 of the largest value."""
    known = {
        record["inputs"].get("r", 0.0): record["value"]
        for key, record in reference.items()
        if key.startswith((f"free.G.d{dim}.L{cutoff}.r", f"free.G0.d{dim}.L{cutoff}"))
    }
    assert len(known) >= 2
    if dim == 4:
        known = {1.0: known[1.0]}  # millions of nodes for each
    text = scalar(dim, cutoff, "  Gf: {evaluate: {of: G, from: x0, along: r}}", f"r: {list(known)}, x0: {origin(dim)}")
    found = compute(text)["Gf"]
    np.testing.assert_allclose(found.value, list(known.values()), rtol=0, atol=1e-9 * max(known.values()))
    assert found.numerical_error <= 1e-10 * max(known.values())


def test_at_zero_separation_by_formula(compute):
    """G(0) = atan(L/m)/(pi m), ln(1 + L^2/m^2)/(4 pi), (L - m atan(L/m))/(2 pi^2)."""
    cutoff = 7.0
    exact = [math.atan(cutoff) / math.pi, math.log(1 + cutoff**2) / (4 * math.pi), (cutoff - math.atan(cutoff)) / (2 * math.pi**2)]
    for dim, expected in enumerate(exact, start=1):
        found = compute(scalar(dim, cutoff, "  Gf: {evaluate: {of: G, at: xs}}", f"xs: [{origin(dim)}]"))["Gf"]
        assert found.value[0, 0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("dim", "cutoff"), [(1, 10.0), (2, 5.0), (3, 3.0)])
def test_the_network_has_the_cutoff_propagator_at_every_width(dim, cutoff, compute):
    """N = 2. False alarm 1e-6; an error of 10% of G(0) is missed <= 1e-3."""
    rows = """  G2: {correlator: {n: 2, from: x0, along: r, draws: 60000}}
  Gf: {evaluate: {of: G, from: x0, along: r}}"""
    found = compute(scalar(dim, cutoff, rows, f"r: [0.0, 0.3, 1.0, 2.5], x0: {origin(dim)}", width=2))
    assert_agree(found["G2"], found["Gf"].value, false_alarm=1e-6, detect=0.1 * found["Gf"].value[0])


# ---------------------------------------------------------------- the densities it is made of
def characteristic(density: str, dim: int, points: list[list[float]], draws: int = 40_000) -> str:
    """E cos(w.x), the characteristic function of a density, as a one-point function of phi(x) = cos(w.x)."""
    return f"""
nnspec: 1
name: characteristic
data: {{xs: {points}}}
model:
  inputs: {{x: R^{dim}}}
  params:
    w in R^{dim}: {density}
  field: phi(x)
  def: cos(w.x)
observables:
  F: {{correlator: {{n: 1, at: xs, draws: {draws}}}}}
"""


def of_ball(dim: int, radius: float, points: np.ndarray) -> np.ndarray:
    r"""E cos(w.x) = \Gamma(d/2 + 1) (2/z)^{d/2} J_{d/2}(z), z = R |x|."""
    z = radius * np.linalg.norm(points, axis=1)
    return math.gamma(dim / 2 + 1) * (2 / z) ** (dim / 2) * scipy.special.jv(dim / 2, z)


def of_interval(low: float, high: float, t: np.ndarray) -> np.ndarray:
    """E e^{iwt}."""
    return np.where(t == 0, 1.0, (np.exp(1j * high * t) - np.exp(1j * low * t)) / (1j * np.where(t == 0, 1.0, t) * (high - low)))


@pytest.mark.parametrize("dim", [1, 2, 3, 5, 6])
def test_uniform_on_a_ball(dim, compute):
    """In several directions and at several lengths. False alarm 1e-6; a difference of 0.04 is missed <= 1e-3."""
    rng = np.random.default_rng(1)
    points = rng.normal(size=(6, dim))
    points *= (np.array([0.5, 1.0, 1.5, 2.0, 3.0, 5.0]) / np.linalg.norm(points, axis=1))[:, None]
    found = compute(characteristic(f"Uniform(Ball({dim}, 2))", dim, points.tolist()))["F"]
    assert_agree(found, of_ball(dim, 2.0, points), false_alarm=1e-6, detect=0.04)


def test_uniform_on_products(compute):
    """A box, and a disc times an interval that is not centred. False alarm 1e-6; 0.04 is missed <= 1e-3."""
    points = np.array([[0.7, 0.0, 0.0], [0.0, 0.9, 0.0], [0.0, 0.0, 1.1], [0.5, -0.8, 1.3], [2.0, 1.0, -0.5]])
    sides = [of_interval(-1.0, 2.0, points[:, k]) for k in range(3)]
    found = compute(characteristic("Uniform(Box(-1, 2)^3)", 3, points.tolist()))["F"]
    assert_agree(found, (sides[0] * sides[1] * sides[2]).real, false_alarm=1e-6, detect=0.04)
    flat = points[:, :2] + 1e-9
    expected = of_ball(2, 1.5, flat) * of_interval(0.0, 1.0, points[:, 2])
    found = compute(characteristic("Uniform(Ball(2, 1.5)*Interval(0, 1))", 3, points.tolist()))["F"]
    assert_agree(found, expected.real, false_alarm=1e-6, detect=0.04)


def test_the_normal_density(compute):
    """E cos(w.x) = cos(mu sum x) e^{-s x.x / 2}. False alarm 1e-6; a difference of 0.04 is missed <= 1e-3."""
    points = np.array([[0.3, 0.1], [1.0, -1.0], [0.0, 2.0], [1.5, 0.5]])
    found = compute(characteristic("Normal(0.4, 1.7)", 2, points.tolist()))["F"]
    exact = np.cos(0.4 * points.sum(axis=1)) * np.exp(-1.7 * (points**2).sum(axis=1) / 2)
    assert_agree(found, exact, false_alarm=1e-6, detect=0.04)
