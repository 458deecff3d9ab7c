"""Correlators of networks whose n-point functions are known in closed form at every width.

With M_n the mean of a product of n values of one neuron and s, mu_4, mu_6 the moments of a readout weight,
G = s M_2, N G_c4 = mu_4 M_4 - s^2 (M_2 M_2 + 2 more), G4 = G_c4 + (G G + 2 more).
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from nnspec.testing.agree import assert_agree

P = [0.0, 0.4, -0.7, 1.1]
SIX = [0.0, 0.4, -0.7, 1.1, 0.25, -1.3]
Q = [[1.0, 0.2], [0.5, -0.7], [0.9, 0.8], [0.1, 1.1]]


def cosine(width: int, observables: str, *, s1: float = 1.0, s0: float = 1.0, mean: str = "", readout: str = "", seed: int = 5) -> str:
    return f"""
nnspec: 1
name: cosine
let: {{N: {width}, s1: {s1}, s0: {s0}}}
data: {{xs: {P}, six: {SIX}, zero: [0.0]}}
model:
  inputs: {{x: R}}
  indices: {{i: N}}
  params:
    a[i]: {readout or "Normal(0, s1/N)"}
    w[i]: Normal(0, s0)
    b[i]: Uniform(-pi, pi)
  field: phi(x)
  def: "{mean} sum_i a[i]*cos(w[i]*x + b[i])"
observables:
{observables}
numerics: {{seed: {seed}}}
"""


def ask(name: str, n: int, *, draws: int, at: str = "xs", connected: bool = False) -> str:
    return f"  {name}: {{correlator: {{n: {n}, at: {at}, connected: {str(connected).lower()}, draws: {draws}}}}}"


def cosine_moment(points: np.ndarray, s0: float) -> float:
    """E prod_k cos(w x_k + b): 2^(1-2k) times the sum over balanced choices of signs."""
    n = len(points)
    if n % 2:
        return 0.0
    total = 0.0
    for chosen in combinations(range(n), n // 2):
        if 0 in chosen:
            signs = np.array([1.0 if k in chosen else -1.0 for k in range(n)])
            total += math.exp(-s0 * float(signs @ points) ** 2 / 2)
    return 2.0 ** (1 - n) * total


def two(points: list[float], s1: float = 1.0, s0: float = 1.0) -> np.ndarray:
    return np.array([[s1 * cosine_moment(np.array([x, y]), s0) for y in points] for x in points])


def connected_four(points: list[float], mu4: float, s1: float = 1.0, s0: float = 1.0) -> np.ndarray:
    """N G_c4 at all quadruples of points."""
    g = two(points, s1, s0)
    n = range(len(points))
    m4 = [[[[cosine_moment(np.array([points[a], points[b], points[c], points[d]]), s0) for d in n] for c in n] for b in n] for a in n]  # fmt: skip
    return mu4 * np.array(m4) - pairings(g)


def pairings(g: np.ndarray) -> np.ndarray:
    return np.einsum("ab,cd->abcd", g, g) + np.einsum("ac,bd->abcd", g, g) + np.einsum("ad,bc->abcd", g, g)


def test_formulas_of_this_file_are_those_of_the_reference(reference):
    four = connected_four(P, 3.0)
    assert four[0, 1, 2, 3] == pytest.approx(reference["cosnet.d1.0.N*G4c"]["value"], rel=1e-9)
    assert four[0, 0, 0, 0] == pytest.approx(reference["cosnet.d1.2.N*G4c"]["value"], rel=1e-9)
    uniform = connected_four(P, 9 / 5)
    assert uniform[0, 1, 2, 3] == pytest.approx(reference["cosnet.d1.outdist.uniform"]["value"], rel=1e-9)
    for width in (1, 5):
        full = four / width + pairings(two(P))
        assert full[0, 1, 2, 3] == pytest.approx(reference[f"cosnet.d1.full4.N{width}"]["value"], rel=1e-9)


@pytest.mark.parametrize("width", [1, 5])
def test_two_and_four_points_of_a_narrow_cosine_network(width, compute):
    """False alarm 1e-6 each; a difference of 0.025 in G2 or of 0.3 in G4 (at most 3.4) is missed <= 1e-3."""
    found = compute(cosine(width, "\n".join([ask("G2", 2, draws=200_000), ask("G4", 4, draws=200_000)])))
    assert_agree(found["G2"], two(P), false_alarm=1e-6, detect=0.025)
    full = connected_four(P, 3.0) / width + pairings(two(P))
    assert_agree(found["G4"], full, false_alarm=1e-6, detect=0.3)


@pytest.mark.parametrize(("readout", "mu4"), [("", 3.0), ("Uniform(-sqrt(3*s1/N), sqrt(3*s1/N))", 9 / 5)])
def test_connected_four_points_at_finite_width(readout, mu4, compute):
    """N = 4 with a normal and a uniform readout. False alarm 1e-6; an error of 0.2 in N G_c4 is missed <= 1e-3."""
    width = 4
    found = compute(cosine(width, ask("C4", 4, draws=400_000, connected=True), readout=readout))
    estimate = found["C4"]
    scaled = type("Scaled", (), {"value": width * estimate.value, "stderr": width * estimate.stderr, "blocks": estimate.blocks})
    assert_agree(scaled, connected_four(P, mu4), false_alarm=1e-6, detect=0.2)


def test_six_points_that_meet(compute):
    """N = 1: G_c6 vanishes. False alarm 1e-6; a value of 1.5 (15 G^3 is 1.9) is missed <= 1e-3."""
    found = compute(cosine(1, ask("meet", 6, draws=400_000, at="zero", connected=True)))
    assert_agree(found["meet"], np.zeros((1,) * 6), false_alarm=1e-6, detect=1.5)


def test_six_points_apart(reference, compute):
    """N = 1, against the reference, 0.316. False alarm 1e-6; an error of 0.3 is missed <= 1e-3."""
    found = compute(cosine(1, ask("apart", 6, draws=300_000, at="six", connected=True)))["apart"]
    at = (0, 1, 2, 3, 4, 5)
    one = type("One", (), {"value": found.value[at], "stderr": found.stderr[at], "blocks": found.blocks})
    assert_agree(one, np.float64(reference["cosnet.d1.six.N^2*G6c"]["value"]), false_alarm=1e-6, detect=0.3)


@pytest.mark.parametrize(("n", "at", "detect"), [(1, "xs", 0.03), (3, "xs", 0.3), (5, "zero", 1.5)])
def test_odd_correlators_vanish(n, at, detect, compute):
    """By the sign of the readout. False alarm 1e-6; `detect` is missed <= 1e-3."""
    found = compute(cosine(3, ask("odd", n, draws=50_000, at=at)))["odd"]
    assert_agree(found, np.zeros_like(found.value), false_alarm=1e-6, detect=detect)


def test_a_constant_in_the_field_moves_the_mean_alone(compute):
    """phi = 0.7 + cosine network: full moments shift by the constant, connected ones not at all.

    The networks are the same ones, so the connected parts agree to rounding in float32, not only within the error.
    C2 is free of bias, so that G2 = C2 (1 - 1/S) + G1 G1 with S draws, to the noise of the jackknife.
    """
    draws = 20_000
    third = ask("C3", 3, draws=draws, connected=True)
    others = [ask("G1", 1, draws=draws), ask("G2", 2, draws=draws), ask("C2", 2, draws=draws, connected=True)]
    plain = compute(cosine(4, third))
    shifted = compute(cosine(4, "\n".join([third, *others]), mean="0.7 +"))
    assert np.all(np.abs(shifted["C3"].value - plain["C3"].value) <= 1e-3 * plain["C3"].stderr + 1e-7)
    np.testing.assert_allclose(shifted["C3"].stderr, plain["C3"].stderr, rtol=1e-3)
    mean = shifted["G1"].value
    assert_agree(shifted["G1"], np.full(4, 0.7), false_alarm=1e-6, detect=0.05)
    expected = shifted["C2"].value * (1 - 1 / draws) + mean[:, None] * mean[None, :]
    np.testing.assert_allclose(shifted["G2"].value, expected, atol=1e-5)
    assert_agree(shifted["C2"], two(P), false_alarm=1e-6, detect=0.06)


def test_a_large_mean_does_not_drown_the_fluctuations(compute):
    """Connected two-point function under a mean of 1e5.

    float32 rounds the field by 6e-8 of the mean, here 1% of the spread; nothing more may get lost.
    False alarm 1e-6; an error of 0.03 is missed <= 1e-3.
    """
    found = compute(cosine(4, ask("C2", 2, draws=100_000, connected=True), mean="1e5 +"))
    assert_agree(found["C2"], two(P), false_alarm=1e-6, detect=0.03, tolerance=1e-5)


def layers(activation: str, width: int, draws: int) -> str:
    return f"""
nnspec: 1
name: layers
data: {{xs: {Q}}}
model:
  inputs: {{x: R^2}}
  parameterization: standard
  layers: [{{dense: {{width: {width}, weight: "Normal(0, 2)"}}}}, {{act: {activation}}}, {{dense: {{width: 1, weight: "Normal(0, 1)"}}}}]
observables:
  K: {{nngp: {{at: xs}}}}
  G2: {{correlator: {{n: 2, at: xs, draws: {draws}}}}}
  C4: {{correlator: {{n: 4, at: xs, connected: true, draws: {draws}}}}}
"""


@pytest.mark.parametrize(("activation", "detect"), [("relu", 1.0), ("erf", 0.15)])
def test_four_points_of_a_layered_network(activation, detect, reference, compute):
    """N G_c4 at four, two and one different points (relu: 15/4 K^2 there), N = 4; and G2 = NNGP at every width.

    False alarm 1e-6; an error of `detect` in N G_c4, of 0.05 in G2, is missed <= 1e-3.
    """
    width = 4
    found = compute(layers(activation, width, 400_000))
    assert_agree(found["G2"], found["K"].value, false_alarm=1e-6, detect=0.05)
    entries = [(0, 1, 2, 3), (0, 0, 1, 1), (0, 0, 0, 0)]
    picked = [np.array([width * getattr(found["C4"], part)[at] for at in entries]) for part in ("value", "stderr")]
    scaled = type("Scaled", (), {"value": picked[0], "stderr": picked[1], "blocks": found["C4"].blocks})
    expected = [reference[f"{activation}net.d2.{key}"]["value"] for key in "abc"]
    assert_agree(scaled, np.array(expected), false_alarm=1e-6, detect=detect)


def test_a_gauss_network_is_not_stationary_beyond_two_points(compute):
    """h = e^(wx + b) / e^(s_b + s0 x^2), small variances so that moments exist in practice, N = 2.

    M_n = exp(n (n - 2) s_b / 2 + (s0 / 2) ((sum x)^2 - 2 sum x^2)). False alarm 1e-6; 0.7 in N G_c4 is missed <= 1e-3.
    """
    width, s0, sb = 2, 0.05, 0.02
    found = compute(f"""
nnspec: 1
name: gauss
let: {{N: {width}, s0: {s0}, sb: {sb}}}
data: {{xs: {P}}}
model:
  inputs: {{x: R}}
  indices: {{i: N}}
  params:
    a[i]: Normal(0, 1/N)
    w[i]: Normal(0, s0)
    b[i]: Normal(0, sb)
  field: phi(x)
  def: sum_i a[i]*exp(w[i]*x + b[i])/exp(sb + s0*x^2)
observables:
{ask("G2", 2, draws=400_000)}
{ask("C4", 4, draws=400_000, connected=True)}
""")
    x = np.array(P)
    g = np.exp(-s0 * (x[:, None] - x[None, :]) ** 2 / 2)
    assert_agree(found["G2"], g, false_alarm=1e-6, detect=0.05)
    grids = np.meshgrid(x, x, x, x, indexing="ij")
    m4 = np.exp(4 * sb + s0 / 2 * (sum(grids) ** 2 - 2 * sum(grid**2 for grid in grids)))
    exact = 3 * m4 - pairings(g)
    scaled = type("Scaled", (), {"value": width * found["C4"].value, "stderr": width * found["C4"].stderr, "blocks": found["C4"].blocks})
    assert_agree(scaled, exact, false_alarm=1e-6, detect=0.7)
    assert np.ptp(exact[range(4), range(4), range(4), range(4)]) > 0.7  # it could have seen a stationary answer


def test_a_connected_correlator_that_is_off_is_caught(compute):
    found = compute(cosine(4, ask("C4", 4, draws=400_000, connected=True)))
    with pytest.raises(AssertionError, match="is not"):
        assert_agree(found["C4"], connected_four(P, 9 / 5) / 4, false_alarm=1e-6, detect=0.1)
