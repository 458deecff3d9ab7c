"""Deformed densities: chains, weights, grids and expansions against quadrature, transfer matrices and each other.

Sampled comparisons have fixed seeds. False alarms: 1e-6 for each comparison over seeds (Bonferroni over its entries);
differences of the size `detect` are missed with a probability of at most 1e-3.
"""

from __future__ import annotations

import math

import models
import numpy as np
import pytest
from scipy import integrate

from nnspec.run.execute import ComputingError
from nnspec.testing import assert_agree

HEAD = "nnspec: 1\nname: deformed\n"
POINT, CIRCLE = HEAD + models.POINT.replace("LAMBDA", "1"), HEAD + models.CIRCLE


def test_grids_of_few_parameters_are_exact(compute, reference):
    """rtol: the rule has converged to rounding, the reference has 11 digits."""
    found = compute(CIRCLE + "observables:\n  G2: {correlator: {n: 2, at: xs}}\n  G4: {correlator: {n: 4, at: xs}}\n")
    exact = reference["modes.L4.0.m2_1.0.lam6.0"]["value"]
    assert found["G2"].method == "quadrature"
    np.testing.assert_allclose(found["G2"].value[0], exact[:3], rtol=1e-10)
    np.testing.assert_allclose(found["G4"].value[0, 0, 0, 0], exact[3], rtol=1e-10)
    assert found["G2"].numerical_error < 1e-12


@pytest.mark.parametrize("sampler", ["hmc", "nuts"])
def test_chains_of_three_modes(sampler, compute, reference):
    text = CIRCLE + f"sampler: {{{sampler}: {{chains: 8, draws: 1500, warmup: 300}}}}\n"
    found = compute(text + "observables:\n  G2: {correlator: {n: 2, at: xs}}\n  diag: {diagnostics: {}}\n")
    exact = np.array(reference["modes.L4.0.m2_1.0.lam6.0"]["value"])
    table = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    assert_agree(found["G2"], exact[table], false_alarm=1e-6, detect=0.05)
    assert found["diag.rhat"].value.shape == (3,)
    assert np.max(found["diag.rhat"].value) < 1.01
    assert found["diag.divergences"].value == 0
    assert 0.6 < found["diag.acceptance"].value < 1
    assert np.max(np.abs(found["diag.schwinger_dyson"].value)) < 5.5  # 6 z-scores, 2e-7
    assert found["diag.integral_error"].value < 1e-12  # a periodic rule is exact for a fourth power of modes
    assert found["G2"].diagnostics["effective_draws"] > 3000


def test_weights_and_expansions_at_a_point(compute, reference):
    """Coefficients of <phi^2> and of the fourth cumulant: 1 - lambda/2 + 2/3 lambda^2, and -lambda."""
    found = compute(
        POINT
        + """
sampler: {reweight: {}}
observables:
  G2:   {correlator: {n: 2, at: xs, draws: 200000}}
  G4c:  {correlator: {n: 4, connected: true, at: xs, draws: 200000}}
  one:  {perturbation: {order: 1, at: xs, draws: 200000}}
  two:  {perturbation: {order: 2, term: true, at: xs, draws: 200000}}
  four: {perturbation: {order: 1, n: 4, connected: true, term: true, at: xs, draws: 200000}}
  diag: {diagnostics: {}}
"""
    )
    exact = reference["phi4.d0.lam1.0"]["value"]
    assert_agree(found["G2"], np.full((1, 1), exact[1]), false_alarm=1e-6, detect=0.05)
    assert_agree(found["G4c"], np.full((1, 1, 1, 1), exact[3]), false_alarm=1e-6, detect=0.1)
    assert_agree(found["one"], np.full((1, 1), 0.5), false_alarm=1e-6, detect=0.1)
    assert_agree(found["two"], np.full((1, 1), 2 / 3), false_alarm=1e-6, detect=0.3)
    assert_agree(found["four"], np.full((1, 1, 1, 1), -1.0), false_alarm=1e-6, detect=0.7)
    assert_agree(found["diag.share"], np.array(reference["ess.d0.lam1.0"]["value"]), false_alarm=1e-6, detect=0.01)


@pytest.mark.slow
def test_a_deformed_stack_of_layers(compute):
    """Two weights through a tanh: quadrature of nnspec and chains against quadrature of SciPy."""
    text = (
        HEAD
        + """
data: {xs: [0.5, 1.5]}
model:
  inputs: {x: R}
  parameterization: standard
  layers:
    - dense: {width: 1, weight: "Normal(0, 2)"}
    - act: tanh
    - dense: {width: 1, weight: "Normal(0, 3)"}
  deform: exp(-integral(phi(y)^2 + phi(1)^2, y in Interval(0, 1)))
"""
    )
    asked = "observables:\n  G2: {correlator: {n: 2, at: xs}}\n"
    grid = compute(text + asked)["G2"]

    nodes, weights = np.polynomial.legendre.leggauss(24)

    def density(v, w):
        phi = v * np.tanh(w * 0.5 * (nodes + 1))
        action = 0.5 * weights @ phi**2 + (v * math.tanh(w)) ** 2
        return math.exp(-action - w * w / 4 - v * v / 6)

    def mean(f):
        options = {"epsabs": 1e-10, "epsrel": 1e-10}
        return integrate.dblquad(lambda v, w: f(v, w) * density(v, w), -9, 9, -9, 9, **options)[0]

    norm = mean(lambda v, w: 1.0)
    pairs = [(0.5, 0.5), (0.5, 1.5), (1.5, 1.5)]
    exact = [mean(lambda v, w, s=s, t=t: v * v * math.tanh(w * s) * math.tanh(w * t)) / norm for s, t in pairs]
    np.testing.assert_allclose(grid.value[[0, 0, 1], [0, 1, 1]], exact, rtol=1e-7)
    chains = compute(text + "sampler: {hmc: {draws: 2000, warmup: 300, target_accept: 0.95}}\n" + asked)["G2"]
    assert_agree(chains, grid.value, false_alarm=1e-6, detect=0.3)


def test_densities_of_all_shapes_in_chains(compute):
    """Dependent scales, copies on a ball, joint and mixed densities; without a deformation chains draw the prior.

    <phi^2> at 0 is E s E c^2 (E a^2 + E w_1^2 + E g^2), with E a^2 = 0.4 + 0.3*5 for the mixture.
    """
    text = (
        HEAD
        + """
let: {N: 3}
data: {xs: [0]}
model: |
  index i in N
  input x in R
  s ~ Gamma(3, 2)
  c ~ Laplace(0, 0.5)
  w[i] in R^2 ~ Uniform(Ball(2, 1.5))
  (g[i], h[i]) ~ MvNormal([0, 0], [[1, 0.6], [0.6, 1]])
  a[i] ~ 0.4*Normal(0, 1) + 0.6*Normal(0, 2.5)
  v[i] ~ Normal(0, s)
  phi(x) = c*sqrt(1/N)*sum_i (a[i] + w[i].w[i] + g[i]*h[i] + v[i] + 0*x)
sampler: {nuts: {chains: 8, draws: 2000, warmup: 400}}
observables:
  G2: {correlator: {n: 2, at: xs, method: monte_carlo}}
"""
    )
    ball, ball2 = 1.5**2 / 2, 1.5**4 / 3
    mean = ball + 0.6
    variance = (0.4 + 0.6 * 2.5) + (ball2 - ball**2) + (1 + 2 * 0.36 - 0.36) + 1.5
    exact = 2 * 0.5**2 * (variance + 3 * mean**2)
    assert_agree(compute(text)["G2"], np.full((1, 1), exact), false_alarm=1e-6, detect=0.4 * exact)


def test_chains_that_disagree_give_no_number(compute):
    """Two deep wells: chains stay in one of them, and the mean of the field is what nobody knows."""
    text = (
        HEAD
        + """
data: {xs: [0]}
model:
  inputs: {x: R}
  params: {a: "Normal(0, 4)"}
  field: phi(x)
  def: a + 0*x
  deform: exp(-40*(phi(0)^2 - 4)^2)
sampler: {hmc: {chains: 8, draws: 500, warmup: 200}}
observables:
  mean: {correlator: {n: 1, at: xs}}
"""
    )
    with pytest.raises(ComputingError) as caught:
        compute(text.replace("  mean:", "  mean1:"))
    assert caught.value.diagnostic.code == "NN706"


@pytest.mark.slow
def test_lattice_sites(compute, reference):
    """Eight sites, the potential as a sum over them, against the transfer matrix."""
    text = (
        HEAD
        + """
let: {N: 8, H: 3, lambda: 6}
data: {one: [0, 1, 2, 4], all: "linspace(0, 7, 8)"}
model: |
  index n in H
  index s in N
  input x in R
  z ~ Normal(0, 1)
  a[n] ~ Normal(0, 1/(1 + 4*sin(pi*n/N)^2))
  b[n] ~ Normal(0, 1/(1 + 4*sin(pi*n/N)^2))
  c ~ Normal(0, 1/5)
  phi(x) = (z + c*cos(pi*x))/sqrt(N) + sqrt(2/N)*sum_n (a[n]*cos(2*pi*n*x/N) + b[n]*sin(2*pi*n*x/N))
  P *= exp(-lambda/24*sum_s phi(s)^4)
sampler: {hmc: {chains: 16, draws: 1000, warmup: 300}}
observables:
  G2: {correlator: {n: 2, from: [0], along: one, shifts: all}}
"""
    )
    exact = np.array(reference["lat1.N8.a1.0.lam6.0"]["value"][:4])
    found = compute(text)["G2"]
    assert_agree(found, exact, false_alarm=1e-6, detect=0.02)
    with pytest.raises(AssertionError, match="is not"):
        assert_agree(found, exact + np.array([0.02, 0, 0, 0]), false_alarm=1e-6, detect=0.02)
