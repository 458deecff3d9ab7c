"""Weights on a sphere: propagators in closed form, and a deformed density on it, where chains move."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special

from nnspec.stages import SpecError, loads
from nnspec.testing import assert_agree

WAVES = """
nnspec: 1
name: waves
data: {{xs: "[[0, 0, 0], [1, 0, 0], [0.5, 1, 2]]", ys: "[[0, 0], [1, 0], [0.5, 2]]"}}
model:
  inputs: {{x: R^{d}}}
  indices: {{i: 7}}
  params:
    w[i] in R^{d}: Uniform(Sphere({d}, 1.7))
    b[i]: Uniform(-pi, pi)
    a[i]: Normal(0, 1/7)
  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i].x + b[i])
observables:
  G2: {{correlator: {{n: 2, at: {at}, method: {method}}}}}
"""
LANGEVIN = """
nnspec: 1
name: langevin
model:
  inputs: {x: R}
  params: {w in R^3: "Uniform(Sphere(3, 2))"}
  field: phi(x)
  def: w[1]*x
  deform: exp(0.7*phi(1))
sampler: {hmc: {chains: 4, warmup: 300, draws: 4000}}
observables:
  G1: {correlator: {n: 1, at: [1.0]}}
  G2: {correlator: {n: 2, at: [1.0]}}
"""


def distances(points):
    return np.linalg.norm(points[:, None] - points[None, :], axis=-1)


@pytest.mark.parametrize(("d", "at", "points"), [
    (3, "xs", [[0, 0, 0], [1, 0, 0], [0.5, 1, 2]]),
    (2, "ys", [[0, 0], [1, 0], [0.5, 2]]),
])  # fmt: skip
def test_waves_of_one_length(d, at, points):
    """G2 = sin(kr)/(kr) in three dimensions, J_0(kr) in two: exactly, and by draws (false alarm 1e-6, 0.1 is not missed)."""
    kr = 1.7 * distances(np.array(points, float))
    want = np.sinc(kr / math.pi) if d == 3 else scipy.special.j0(kr)
    exact = loads(WAVES.format(d=d, at=at, method="exact")).run(plots=False)["G2"]
    assert np.max(np.abs(exact.value - want)) < 1e-9
    kernel = loads(WAVES.format(d=d, at=at, method="exact").replace("correlator: {n: 2, ", "nngp: {").replace(", method: exact", ""))
    assert np.max(np.abs(kernel.run(plots=False)["G2"].value - want)) < 1e-9, "the field is what it is at infinite width"
    assert_agree(loads(WAVES.format(d=d, at=at, method="monte_carlo, draws: 20000")).run(plots=False)["G2"], exact, false_alarm=1e-6, detect=0.1)


def test_a_field_along_a_direction():
    r"""Density e^{\lambda \cdot w} on |w| = R: <w_1> = R L(\lambda R), L(t) = coth t - 1/t, <w_1^2> = R^2 (1 - 2 L/t).

    Over keys a false alarm has the probability 1e-6; a mean that is off by 0.15 would be seen.
    """
    run = loads(LANGEVIN).run(plots=False)
    t = 0.7 * 2
    mean = 1 / math.tanh(t) - 1 / t
    for name, want in (("G1", 2 * mean), ("G2", 4 * (1 - 2 * mean / t))):
        assert run[name].method == "monte_carlo"
        assert_agree(run[name], np.full(run[name].value.shape, want), false_alarm=1e-6, detect=0.15)


def test_a_grid_leaves_spheres_to_chains():
    """Three parameters fit on a grid, but the coordinates of a sphere are not smooth."""
    plan = loads(LANGEVIN.replace("sampler: {hmc: {chains: 4, warmup: 300, draws: 4000}}", "")).check().plan
    assert {row.chosen.backend for row in plan.rows} == {"chains"}


def test_nothing_is_cut_off_to_a_sphere():
    with pytest.raises(SpecError) as caught:
        loads(LANGEVIN.replace("Uniform(Sphere(3, 2))", "truncate(Normal(0, 1)^3, Sphere(3, 2))")).check()
    (found,) = caught.value.diagnostics
    assert found.code == "NN403"
