"""Tangent kernels of fields given by a formula: against layers, a closed form, and networks that are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.run.execute import ComputingError
from nnspec.stages import SpecError, loads
from nnspec.testing import assert_agree

POINTS = [[1.0, 0.0], [0.6, 0.8], [-0.5, 0.3], [0.0, 0.0]]
SPEC = """\
nnspec: 1
name: tangents
let: {{N: 16, d: 2, s: 1.7}}
data: {{xs: {points}}}
model: |
  index i in N
  input x in R^d
{model}
observables:
{observables}
"""
LAYERS = """\
nnspec: 1
name: layers
let: {{N: 16}}
data: {{xs: {points}}}
model:
  inputs: {{x: R^2}}
  parameterization: ntk
  layers:
    - dense: {{width: N, weight: "Normal(0, 2)", bias: "Normal(0, 0.1)"}}
    - act: {activation}
    - dense: {{width: 1, weight: "Normal(0, 1)"}}
observables:
  K: {{nngp: {{at: xs}}}}
  T: {{ntk: {{at: xs}}}}
"""
BOTH = "  K: {nngp: {at: xs, method: quadrature}}\n  T: {ntk: {at: xs, method: quadrature}}"


def spec(model: str, observables: str = BOTH, points: object = POINTS):
    lines = "\n".join(f"  {line}" for line in model.splitlines())
    return loads(SPEC.format(model=lines, observables=observables, points=points))


@pytest.mark.parametrize("activation", ["relu", "tanh", "erf", "abs"])
def test_a_hidden_layer_and_its_formula_have_the_same_kernels(activation):
    """One recursion over layers, closed where there is a closed form, and integrals over one neuron."""
    formula = (
        "a[i] ~ Normal(0, 1)\nw[i] in R^d ~ Normal(0, 1)\nb[i] ~ Normal(0, 1)\n"
        f"phi(x) = 1/sqrt(N)*sum_i a[i]*{activation}(sqrt(2/d)*w[i].x + sqrt(0.1)*b[i])"
    )
    ours, theirs = spec(formula).run(plots=False), loads(LAYERS.format(points=POINTS, activation=activation)).run()
    for name in ("K", "T"):
        assert ours[name].numerical_error < 1e-7
        np.testing.assert_allclose(ours[name].value, theirs[name].value, rtol=0, atol=2e-9)


def test_phases_and_frequencies_of_a_cosine_network():
    """Theta = e^{-(x - y)^2/2} (1 + s (x.y + 1)) with readouts of variance s: readouts, frequencies, phases."""
    formula = (
        "a[i] ~ Normal(0, s)\nw[i] in R^d ~ Normal(0, 1)\nb[i] ~ Uniform(-pi, pi)\nphi(x) = sqrt(2/N)*sum_i a[i]*cos(w[i].x + b[i])"
    )
    found = spec(formula).run(plots=False)["T"]
    x = np.array(POINTS)
    gaussian = np.exp(-np.sum((x[:, None] - x[None]) ** 2, axis=-1) / 2)
    np.testing.assert_allclose(found.value, gaussian * (1 + 1.7 * (x @ x.T + 1)), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    "model",
    [
        "(a[i], b[i]) ~ MvNormal([0.3, 0], [[1, 0.6], [0.6, 1]])\nw[i] in R^d ~ Normal(0, 1)\n"
        "phi(x) = 1/sqrt(N)*sum_i a[i]*tanh(w[i].x + b[i])",
        "g ~ Gamma(9, 9)\na[i] ~ Uniform(-1, 2)\nw[i] ~ Normal(0.5, g)\nphi(x) = 1/sqrt(N)*sum_i a[i]^2*sin(w[i]*x[1] + x[2])",
        "index j in 3\na[i] ~ Normal(0, 1)\nw[i] in R^d ~ 0.5*Normal(0, 1)^2 + 0.5*Normal(0, 4)^2\n"
        "c[j] ~ Laplace(0.5, 0.3)\nm ~ Normal(0, 1)\nphi(x) = 1/sqrt(N)*sum_i a[i]*cos(w[i].x) + sum_j c[j]*x[1] + sin(m)",
    ],
    ids=["correlated", "hierarchical", "several sums"],
)
def test_the_mean_over_networks_is_the_same(model):
    """False alarm 1e-6 over keys; a kernel off by a tenth of its largest entry is not missed."""
    asked = "  T: {ntk: {at: xs, method: [quadrature, empirical], draws: 20000}}"
    run = spec(model, asked).run(plots=False)
    exact = run["T.quadrature"]
    assert exact.numerical_error < 1e-7
    assert_agree(run["T.empirical"], exact.value, false_alarm=1e-6, detect=0.1 * float(np.max(exact.value)))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("a[i] ~ Normal(0, 1)\nw[i] in R^d ~ Normal(0, 1)\nphi(x) = 1/sqrt(N)*sum_i a[i]*sign(w[i].x)", "`sign` jumps"),
        ("a[i] ~ Normal(0, 1)\nw[i] in R^d ~ Normal(0, 1)\nphi(x) = 1/sqrt(N)*sum_i a[i]*heaviside(w[i].x)", "`heaviside` jumps"),
        ("g ~ Gamma(2, 1)\na[i] ~ Normal(0, 1)\nphi(x) = 1/sqrt(N)*sum_i g*a[i]*x[1]", "all neurons share `g`"),
        ("a[i] ~ Normal(0, 1)\nphi(x) = 1/sqrt(N)*sum_i (1 if x[1] < a[i] else a[i])", "cases may jump"),
    ],
)
def test_what_has_no_tangent_kernel_is_refused(model, reason):
    with pytest.raises(SpecError) as caught:
        spec(model, "  T: {ntk: {at: xs, method: quadrature}}").check()
    assert reason in str(caught.value)


def test_a_kernel_that_grows_with_the_width_has_no_limit():
    """Amplitudes of order N^{-1/2} and no prefactor: the derivatives by them add up to a kernel of order N."""
    model = "a[i] ~ Normal(0, 1/N)\nw[i] in R^d ~ Normal(0, 1)\nphi(x) = sum_i a[i]*tanh(w[i].x)"
    with pytest.raises(ComputingError) as caught:
        spec(model, "  T: {ntk: {at: xs, method: quadrature}}").run(plots=False)
    assert "no limit" in str(caught.value.diagnostic.notes)


def test_many_points_with_a_bias_are_taken_pair_by_pair():
    """Five points in three dimensions span four directions with the bias; each entry needs two of them."""
    points = np.random.default_rng(3).normal(size=(5, 3)).round(2).tolist()
    model = "a[i] ~ Normal(0, 1)\nw[i] in R^d ~ Normal(0, 2/3)\nb[i] ~ Normal(0, 0.1)\nphi(x) = 1/sqrt(N)*sum_i a[i]*relu(w[i].x + b[i])"
    ours = loads(SPEC.format(model="\n".join(f"  {line}" for line in model.splitlines()), observables="  K: {nngp: {at: xs}}", points=points)
                 .replace("d: 2", "d: 3")).run(plots=False)["K"]  # fmt: skip
    theirs = loads(LAYERS.format(points=points, activation="relu").replace("R^2", "R^3")).run(plots=False)["K"]
    assert ours.method == "quadrature"
    np.testing.assert_allclose(ours.value, theirs.value, rtol=0, atol=1e-9)
