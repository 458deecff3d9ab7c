"""Vectors with a density that is known up to a constant: chains move in it; against quadrature, and against single numbers."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate

from nnspec.lower.tails import certify_tails
from nnspec.stages import SpecError, loads
from nnspec.testing import assert_agree

SPEC = """
nnspec: 1
name: vectors
let: {{g: 0.5}}
model:
  inputs: {{x: R^2}}
  params: {{w in R^2: "{law}"{more}}}
  field: phi(x)
  def: {field}
{sampler}
observables:
  G1: {{correlator: {{n: 1, at: [[1, 0], [0, 1]], method: monte_carlo}}}}
  G2: {{correlator: {{n: 2, at: [[1, 0], [0, 1]], method: monte_carlo}}}}
  G4: {{correlator: {{n: 4, at: [[1, 0]], method: monte_carlo}}}}
"""
HMC = "sampler: {hmc: {chains: 4, warmup: 400, draws: 24000}}"


def spec(law, sampler=HMC, more="", field="w.x"):
    return loads(SPEC.format(law=law, sampler=sampler, more=more, field=field))


def moments(f, ends):
    """E w, E w w^T and E w_1^4 by quadrature."""
    def mean(of):
        return scipy.integrate.dblquad(lambda y, x: of(x, y) * f(x, y), *ends, epsabs=1e-10, epsrel=1e-8)[0]

    norm = mean(lambda x, y: 1.0)
    one = np.array([mean(lambda x, y: x), mean(lambda x, y: y)]) / norm
    xx, xy, yy = (mean(of) / norm for of in (lambda x, y: x * x, lambda x, y: x * y, lambda x, y: y * y))
    return one, np.array([[xx, xy], [xy, yy]]), np.array(mean(lambda x, y: x**4) / norm)


RING = "Density(exp(-2*(u.u - 1)^2 + g*u[1]), u in R^2)"
LAWS = {
    RING: (lambda x, y: np.exp(-2 * (x * x + y * y - 1) ** 2 + 0.5 * x), (-3, 3, -3, 3)),
    "Density((1 + u[1]*u[2])*exp(-u[2]), u in Box(0, 1)*Interval(0, inf))":
        (lambda x, y: (1 + x * y) * np.exp(-y), (0, 1, 0, 60)),
    "Density(exp(u[1] - u[2]^2), u in Ball(2, 1.5))":
        (lambda x, y: np.exp(x - y * y), (-1.5, 1.5, lambda x: -np.sqrt(2.25 - x * x), lambda x: np.sqrt(2.25 - x * x))),
    "Normal(0, 1)*exp(-g*(w[1]*w[2])^2 + w[1])":
        (lambda x, y: np.exp(-(x * x + y * y) / 2 - 0.5 * (x * y) ** 2 + x), (-8, 9, -8, 8)),
}  # fmt: skip


@pytest.mark.parametrize("law", [pytest.param(law, marks=[pytest.mark.slow] if k > 1 else []) for k, law in enumerate(LAWS)])
def test_moments_of_chains(law):
    """False alarm 3e-6 over keys for each law; means off by 0.1 and second moments off by 0.2 are not missed."""
    run = spec(law).run(plots=False)
    one, two, four = moments(*LAWS[law])
    assert {run[name].method for name in ("G1", "G2", "G4")} == {"monte_carlo"}
    assert_agree(run["G1"], one, false_alarm=1e-6, detect=0.1)
    assert_agree(run["G2"], two, false_alarm=1e-6, detect=0.2)
    assert_agree(run["G4"], four.reshape(1, 1, 1, 1), false_alarm=1e-6, detect=2.0)


def test_two_numbers_fit_on_a_grid():
    """Without a sampler in the spec: the same by a sum over coordinates, to 1e-7."""
    run = loads(SPEC.format(law=RING, sampler="", more="", field="w.x").replace(", method: monte_carlo", "")).run(plots=False)
    one, two, four = moments(*LAWS[RING])
    assert run["G2"].method == "quadrature"
    assert np.max(np.abs(run["G1"].value - one)) < 1e-7
    assert np.max(np.abs(run["G2"].value - two)) < 1e-7
    assert abs(run["G4"].value.item() - four) < 1e-7


def test_many_vectors_move_by_themselves():
    """Where they do not fit on a grid and no sampler is named, chains of the first one do."""
    text = SPEC.format(law="Density(exp(-u.u), u in R^2)", sampler="", more="", field="sum_i w[i].x").replace(
        "  params: {w in R^2:", '  indices: {i: 5}\n  params: {"w[i] in R^2":')
    run = loads(text).run(plots=False)
    assert run["G2"].method == "monte_carlo"
    assert_agree(run["G2"], 2.5 * np.eye(2), false_alarm=1e-6, detect=0.8)


@pytest.mark.slow
def test_factors_are_drawn_as_single_numbers_are():
    """e^{-u_1^4 - |u_2|} in the plane by chains, and its factors from their tables; 0.4 is not missed."""
    joint = spec("Density(exp(-u[1]^4 - abs(u[2])), u in R^2)", "sampler: {hmc: {chains: 8, draws: 12000}}").run(plots=False)["G2"]
    single = loads(SPEC.format(law="Normal(0, 1)", more=', p: "Density(exp(-u^4), u in R)", q: "Density(exp(-abs(u)), u in R)"',
                               sampler="", field="p*x[1] + q*x[2] + 0*w[1]").replace("method: monte_carlo}", "method: monte_carlo, draws: 100000}")).run(plots=False)["G2"]  # fmt: skip
    assert_agree(joint, single, false_alarm=1e-6, detect=0.4)


@pytest.mark.parametrize(("law", "reason"), [
    ("Density(exp(-u[1]^2), u in R^2)", "cannot be normalised"),
    ("Density(exp(-(u[1]*u[2])^2), u in R^2)", "cannot be normalised"),
    ("Density(exp(-(u[1] - 3*u[2])^2), u in R^2)", "cannot be normalised"),
    ("Density(1/(1 + u.u), u in R^2)", "cannot be normalised"),
    ("Density(exp(u[1] + u[2]), u in Box(-inf, 0)*Interval(0, inf))", "cannot be normalised"),
    ("Density(1/u.u, u in Ball(2, 1))", "pole"),
    ("Density(1/abs(u[2] - 0.25), u in Box(-1, 1)^2)", "pole"),
    ("Normal(0, 1)*exp(w.w)", "cannot be normalised"),
])  # fmt: skip
def test_what_cannot_be_normalised(law, reason):
    checked = spec(law).check()
    with pytest.raises(ArithmeticError, match=reason):
        certify_tails(checked.experiment, checked.spec.words)


@pytest.mark.parametrize("law", [
    "Density((1 + u.u)^-1.5, u in R^2)",
    "Density(exp(-1e-8*u.u), u in R^2)",
    "Density(exp(-(u.u)^20 + u[1]), u in R^2)",
    "Density(abs(u[1])^-0.5*(u.u)^-0.5, u in Ball(2, 1))",
    "Density(exp(-(u[1] - 3*u[2])^2 - 1e-6*u[2]^2), u in R^2)",
])  # fmt: skip
def test_what_can_be_normalised(law):
    checked = spec(law).check()
    certify_tails(checked.experiment, checked.spec.words)


def test_independent_draws_are_refused_by_name():
    with pytest.raises(SpecError) as caught:
        spec(RING, sampler="sampler: {iid: {}}").run(plots=False)
    first, *_ = caught.value.diagnostics
    assert (first.code, first.helps) == ("NN601", ("chains move in it: `sampler: {hmc: {chains: 4, draws: 2000}}`",))
