"""Exact correlators of independent neurons against sampling, and closed forms against quadrature.

The networks have no closed form, or one of another kind; sampling is independent of all that the exact method does with
the formula. Each comparison raises a false alarm for one key in 10^6, and misses an error of DETECT, in units of the
largest G_2^(n/2), for one in 10^3.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
import scipy.special

from nnspec.lower.neurons import moments
from nnspec.lower.neurons.algebra import Unfit
from nnspec.run.execute import ComputingError
from nnspec.testing import assert_agree

DRAWS = 40_000
# half of these levels is too much to ask of 40,000 draws of some networks: their fourth cumulants have heavy tails
DETECT = {1: 0.2, 2: 0.4, 3: 2.0, 4: 6.0}
PLAIN = "index i in N\ninput x in R^2\na[i] ~ Normal(0, 1/N)\n"
NETWORKS = {
    "tanh with bias": (PLAIN + "w[i] in R^2 ~ Normal(0, 1)\nb[i] ~ Normal(0.3, 0.5)\nphi(x) = sum_i a[i]*tanh(w[i].x + b[i])"),
    "relu with bias": (PLAIN + "w[i] in R^2 ~ Normal(0, 1)\nb[i] ~ Normal(0, 0.5)\nphi(x) = sum_i a[i]*relu(w[i].x + b[i])"),
    "correlated within a neuron": (
        "index i in N\ninput x in R^2\n(a[i], b[i]) ~ MvNormal([0.3, 0], [[1, 0.6], [0.6, 1]])\n"
        "w[i] in R^2 ~ Normal(0, 1)\nphi(x) = 1/sqrt(N)*sum_i a[i]*tanh(w[i].x + b[i])"),
    "common scale": (
        PLAIN + "g ~ Gamma(9, 9)\nw[i] in R^2 ~ Normal(0, 1)\nb[i] ~ Uniform(-1, 1)\nc ~ Laplace(0, 0.3)\n"
        "phi(x) = 1/sqrt(g)*sum_i a[i]*tanh(w[i].x + b[i]) + c"),
    "common mean, readout with a mean": (
        "index i in N\ninput x in R^2\nm ~ Normal(0, 1)\na[i] ~ Uniform(0, 2/N)\nw[i] ~ Normal(m, 1)\nb[i] ~ Uniform(-1, 1)\n"
        "phi(x) = x.x + sum_i a[i]*cos(w[i]*x[1] + 2*b[i])"),
    "two sums, a mixture, a ball": (
        "index i in N\nindex j in 3\ninput x in R^2\na[i] ~ Normal(0.2, 1/N)\n"
        "w[i] in R^2 ~ 0.5*Normal(0, 1)^2 + 0.5*Normal(0, 4)^2\nc[j] ~ Laplace(0.5, 0.3)\nu[j] in R^2 ~ Uniform(Ball(2, 2))\n"
        "phi(x) = sum_i a[i]*sin(w[i].x) + mean_j c[j]*exp(u[j].x)"),
    "derivative of a cosine network": (
        PLAIN + "w[i] in R^2 ~ Normal(0, 1)\nb[i] ~ Uniform(-pi, pi)\npsi(x) = sum_i a[i]*cos(w[i].x + b[i])\n"
        "phi(x) = d(psi(x), x[1])"),
    "two components of one field": (
        "index i in N\nindex k in 2\ninput x in R^2\na[k, i] ~ Normal(0, 1/N)\nw[i] in R^2 ~ Normal(0, 1)\n"
        "psi[k](x) = sum_i a[k, i]*erf(w[i].x)\nphi(x) = psi[1](x) + 2*psi[2](x)"),
    "equally correlated readout": (
        "index i in N\ninput x in R^2\nz ~ Normal(0, 1)\ny[i] ~ Normal(0, 1)\nw[i] in R^2 ~ Normal(0, 1)\n"
        "phi(x) = 1/sqrt(N)*sum_i (sqrt(0.3)*z + sqrt(0.7)*y[i])*relu(w[i].x)"),
    "neurons over pairs": (
        "index i in N\nindex j in 3\ninput x in R^2\na[i, j] ~ Normal(0.1, 1/N)\nw[i, j] ~ Uniform(-2, 1)\n"
        "phi(x) = sum_{i,j} a[i, j]*cos(w[i, j]*x[1])"),
    "Student frequencies": (
        PLAIN.replace("Normal(0, 1/N)", "StudentT(14)") + "w[i] ~ StudentT(14)\nphi(x) = 1/sqrt(N)*sum_i a[i]*tanh(w[i]*x[1])"),
}  # fmt: skip


def spec(model: str, width: int, observables: str, points: str = "[[0.2, 0], [-0.5, 1]]", more: str = "") -> str:
    lines = "\n".join(f"  {line}" for line in model.splitlines())
    return f"nnspec: 1\nname: exact\nlet: {{N: {width}{more}}}\ndata: {{xs: {points}}}\nmodel: |\n{lines}\nobservables:\n{observables}\n"


def ask(name: str, n: int, connected: bool, method: str = "exact", rest: str = "") -> str:
    return f"  {name}: {{correlator: {{n: {n}, at: xs, connected: {str(connected).lower()}, field: phi, method: {method}{rest}}}}}"


QUICK = ("Student frequencies", "common mean, readout with a mean", "relu with bias")


@pytest.mark.parametrize("width", [pytest.param(1, marks=pytest.mark.slow), 3])
@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in NETWORKS])
def test_exact_and_sampled_correlators_agree(name, width, compute):
    model = NETWORKS[name]
    asked = [("G1", 1, True), ("G2", 2, False), ("C3", 3, True), ("C4", 4, True)]
    both = [ask(key, n, connected, "[monte_carlo, exact]", f", draws: {DRAWS}") for key, n, connected in asked]
    found = compute(spec(model, width, "\n".join(both)))
    for key, n, _ in asked:
        exact = found[f"{key}.exact"]
        assert exact.numerical_error < 1e-7
        size = float(np.max(np.abs(found["G2.exact"].value))) ** (n / 2)
        assert_agree(found[f"{key}.monte_carlo"], exact.value, false_alarm=1e-6, detect=DETECT[n] * size)


@pytest.mark.parametrize("sign", ["sign(w[i].x)", "(1 if w[i].x > 0 else -1)"])
def test_a_threshold_of_two_inputs(sign, compute):
    """sign(w.x) jumps along a line in the plane of w: G_c4(x, x, y, y) = (2 - 2 rho^2)/N with rho = 2/pi asin(cos)."""
    model = PLAIN + f"w[i] in R^2 ~ Normal(0, 1)\nphi(x) = sum_i a[i]*{sign}"
    found = compute(spec(model, 3, ask("C4", 4, True)))["C4"]
    rho = 2 / np.pi * np.arcsin(-0.5 / np.sqrt(1.25))
    assert abs(found.value[0, 0, 1, 1] - (2 - 2 * rho**2) / 3) < 1e-9


def test_a_threshold_that_nobody_sees_is_refused_with_its_numbers(compute):
    """A choice jumps along a circle in the plane of w that no rule knows of."""
    model = PLAIN + "w[i] in R^2 ~ Normal(0, 1)\nphi(x) = sum_i a[i]*w[i].x*(1 if w[i].w[i] > 1 else 2)"
    with pytest.raises(ComputingError) as caught:
        compute(spec(model, 3, ask("C4", 4, True)))
    found = caught.value.diagnostic
    assert found.code == "NN704"
    assert re.search(r"still changes by \d\.\de-\d\d, \d\.\de-\d\d is wanted", " ".join(found.notes)), found.notes


def test_a_sampled_result_of_another_width_is_caught(compute):
    model = NETWORKS["tanh with bias"]
    sampled = compute(spec(model, 3, ask("C4", 4, True, "monte_carlo", f", draws: {10 * DRAWS}")))["C4"]
    exact = compute(spec(model, 1, ask("C4", 4, True)))["C4"]
    with pytest.raises(AssertionError, match="is not"):
        assert_agree(sampled, exact.value, false_alarm=1e-6, detect=0.1)


CLOSED = {
    "cosine": PLAIN + "w[i] in R^2 ~ Normal(0.3, 1)\nb[i] ~ Uniform(-pi, pi)\nphi(x) = sum_i (a[i] + 0.1)*cos(w[i].x + b[i])",
    "gauss": PLAIN + "w[i] in R^2 ~ Normal(0, 0.3)\nb[i] ~ Normal(0, 0.1)\nphi(x) = sum_i a[i]*exp(w[i].x + b[i])/exp(x.x)",
    "joint": "index i in N\ninput x in R^2\n(a[i], b[i]) ~ MvNormal([0.3, 0], [[1, 0.6], [0.6, 1]])\n"
             "w[i] ~ Normal(0, 1)\nphi(x) = sum_i (a[i]^2*sin(w[i]*x[1] + b[i]) + b[i])",
    "gamma": PLAIN + "w[i] ~ Gamma(3, 4)\nphi(x) = sum_i a[i]*cosh(w[i]*x[1]/3)*sin(w[i]*x[2])",
    "interval": PLAIN + "w[i] ~ Uniform(-1, 2)\nphi(x) = sum_i a[i]*(cos(w[i]*x[1]) + 2*sin(2*w[i]*x[2]) + 1)",
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_are_what_quadrature_gives(name, compute, monkeypatch):
    """Two routes that share no code: transforms of the densities, and nodes matched to them; odd and even n, N = 3."""
    asked = "\n".join(ask(f"C{n}", n, True) for n in range(1, 6))
    points = "[[0.2, 0.1], [-0.5, 1], [0.2, 0.1]]"
    closed = compute(spec(CLOSED[name], 3, asked, points))

    def unfit(*_):
        raise Unfit

    monkeypatch.setattr(moments, "packed_moments", unfit)
    integrated = compute(spec(CLOSED[name], 3, asked, points))
    for key, estimate in closed.items():
        other = integrated[key]
        size = max(1e-3, float(np.max(np.abs(estimate.value))))
        assert other.numerical_error < 1e-6 * size
        np.testing.assert_allclose(other.value, estimate.value, atol=estimate.numerical_error + other.numerical_error + 1e-9 * size)
        np.testing.assert_array_equal(estimate.value, np.swapaxes(estimate.value, 0, -1))


def test_points_that_coincide_give_equal_entries(compute):
    model = NETWORKS["relu with bias"]
    value = compute(spec(model, 2, ask("C4", 4, True), "[[0.2, 0.1], [-0.5, 1], [0.2, 0.1]]"))["C4"].value
    np.testing.assert_allclose(value[2, 1, 0, 1], value[0, 1, 0, 1], rtol=1e-12)
    np.testing.assert_allclose(value[2, 2, 2, 1], value[0, 0, 0, 1], rtol=1e-12)


def test_cosine_networks_are_invariant_under_translations_with_any_envelope(compute):
    """Phases make it so at every n; the envelope leaves a quadrature over the frequencies."""
    model = PLAIN + "w[i] in R^2 ~ Uniform(Ball(2, 4))\nb[i] ~ Uniform(-pi, pi)\nphi(x) = sum_i a[i]*cos(w[i].x + b[i])/(1 + w[i].w[i])"
    here, there = ("[[0.2, 0.1], [-0.5, 1], [1.1, 0.4]]", "[[1.5, 0.8], [0.8, 1.7], [2.4, 1.1]]")
    values = [compute(spec(model, 4, ask("C4", 4, True), points))["C4"].value for points in (here, there)]
    np.testing.assert_allclose(values[0], values[1], rtol=1e-9, atol=1e-12)


def test_an_angle_of_a_direction_is_no_phase(compute):
    """Cosines of a cosine have all harmonics: a plane wave in a random direction gives Bessel functions."""
    model = PLAIN + "c[i] ~ Uniform(-pi, pi)\nb[i] ~ Uniform(-pi, pi)\nphi(x) = sum_i a[i]*cos(9*cos(c[i])*x[1] + 9*sin(c[i])*x[2] + b[i])"
    found = compute(spec(model, 3, ask("C2", 2, True), "[[0.2, 0.1], [-0.5, 1], [2.2, 0.1]]"))["C2"].value
    far = 9 * np.array([0.0, np.hypot(0.7, 0.9), 2.0])
    np.testing.assert_allclose(found[0], scipy.special.j0(far) / 2, atol=1e-12)


def test_powers_of_a_phase_have_its_multiples(compute):
    """E cos(b)^4 cos(b + u)^4 = (9 + 8 cos(2 u) + cos(4 u)/2)/64."""
    model = PLAIN + "b[i] ~ Uniform(-pi, pi)\nphi(x) = sum_i a[i]*cos(b[i] + x[1])^4"
    found = compute(spec(model, 3, ask("C2", 2, True)))["C2"].value
    np.testing.assert_allclose(found[0, 1], (9 + 8 * np.cos(1.4) + np.cos(2.8) / 2) / 64, rtol=1e-12)


def test_widths_enter_as_powers(compute):
    model = PLAIN + "w[i] in R^2 ~ Normal(0, 1)\nphi(x) = sum_i a[i]*tanh(w[i].x)"
    asked = "\n".join(ask(f"C{n}", n, True) for n in (2, 4, 6))
    narrow, wide = (compute(spec(model, width, asked)) for width in (1, 1000))
    for n in (2, 4, 6):
        np.testing.assert_allclose(1000.0 ** (n / 2 - 1) * wide[f"C{n}"].value, narrow[f"C{n}"].value, rtol=1e-9)


def test_a_long_input_needs_no_more_nodes_than_a_short_one(compute):
    """Twelve components of w enter through two numbers: the plane of the two points is all that matters."""
    x = np.zeros((2, 12))
    x[0, 3], x[1, 7], x[1, 3] = 1.0, 0.8, 0.5
    model = PLAIN.replace("R^2", "R^12") + "w[i] in R^12 ~ Normal(0, 1)\nphi(x) = sum_i a[i]*relu(w[i].x)"
    long = compute(spec(model, 2, ask("C4", 4, True), str(x.tolist())))["C4"]
    flat = compute(spec(model.replace("R^12", "R^2"), 2, ask("C4", 4, True), "[[1, 0], [0.5, 0.8]]"))["C4"]
    np.testing.assert_allclose(long.value, flat.value, rtol=1e-9)


@pytest.mark.parametrize(
    ("model", "points", "why"),
    [
        (PLAIN.replace("Normal(0, 1/N)", "StudentT(4)") + "phi(x) = sum_i a[i]*x[1]", "[[1, 0]]", "power 4 of a StudentT"),
        (PLAIN + "w[i] in R^2 ~ Cauchy(0, 1)\nb[i] ~ Laplace(0, 1)\nphi(x) = sum_i a[i]*tanh(w[i].x + b[i])", "[[1, 0]]", "nodes"),
        (PLAIN + "v[i, j] ~ Normal(0, 1)\nphi(x) = sum_i a[i]*tanh(sum_j v[i, j]*x[1])", "[[1, 0]]", "an array within one neuron"),
        (PLAIN + "w[i] ~ Normal(0, 1)\nphi(x) = sum_i a[i]*exp(w[i]^2*x[1])", "[[1, 0]]", ""),
    ],
)
def test_what_cannot_be_integrated_is_refused(model, points, why, compute):
    model = model.replace("input x", "index j in 9\ninput x") if "j]" in model else model
    with pytest.raises(ComputingError) as caught:
        compute(spec(model, 2, ask("C4", 4, True), points))
    assert caught.value.diagnostic.code in ("NN704", "NN705")
    assert why in " ".join(caught.value.diagnostic.notes)
