"""Joint, hierarchical and composed densities, several fields and derivatives, against moments known in closed form.

Every comparison raises a false alarm with a probability of at most 1e-6 (fixed key) and misses a difference of the
stated size with at most 1e-3.
"""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.stages import loads, run
from nnspec.testing.agree import assert_agree

FALSE_ALARM = 1e-6


def spec(params: str, fields: str, observables: str, *, indices: str = "", let: str = "{rho: 0.6}", inputs: str = "{x: R}") -> str:
    return f"""
nnspec: 1
name: composed
let: {let}
data: {{xs: [[-1.0], [0.5], [2.0]], pairs: [[-1.0, 0.5], [0.5, 2.0]]}}
model:
  inputs: {inputs}
  indices: {{{indices}}}
  params:
{params}
  def:
{fields}
observables:
{observables}
"""


XS = np.array([-1.0, 0.5, 2.0])
G2 = "  G: {correlator: {n: 2, at: xs, draws: 40000}}"
G4 = "  G: {correlator: {n: 4, connected: true, at: [[0.0]], draws: 200000}}"


def computed(text: str, tmp_path, name: str = "G"):
    return run(loads(text).check(), tmp_path, plots=False)[name]


TWO_POINT = {
    "joint normal": (
        '    "(a, b)": MvNormal([0, 0], [[1, rho], [rho, 1]])', "    phi(x): a*x + b", {},
        np.outer(XS, XS) + 0.6 * (XS[:, None] + XS[None, :]) + 1,
    ),
    "joint normal for each neuron": (
        '    "(a[i], b[i])": MvNormal([0, 0], [[1, rho], [rho, 1]])', "    phi(x): sum_i (a[i]*x + b[i])/2", {"indices": "i: 4"},
        np.outer(XS, XS) + 0.6 * (XS[:, None] + XS[None, :]) + 1,
    ),
    "a common random scale": (
        "    s: Gamma(2, 1)\n    a[i]: Normal(0, s/4)", "    phi(x): sum_i a[i]*(1 + x)", {"indices": "i: 4"},
        2 * np.outer(1 + XS, 1 + XS),
    ),
    "declared before what it depends on": (
        "    a: Normal(m, 1)\n    m: Normal(0, s)\n    s: Gamma(2, 1)", "    phi(x): a + 0*x", {}, np.full((3, 3), 3.0),
    ),
    "depends on a neighbour": (
        "    b[i]: Normal(0, 1)\n    a[i]: Normal(b[i], 1)", "    phi(x): sum_i (a[i]*x - b[i])/2", {"indices": "i: 4"},
        2 * np.outer(XS, XS) - (XS[:, None] + XS[None, :]) + 1,
    ),
    "depends on the index": (
        "    a[i]: Normal(0, 1/i)", "    phi(x): sum_i a[i]*(1 + 0*x)", {"indices": "i: 4"},
        np.full((3, 3), 1 + 1 / 2 + 1 / 3 + 1 / 4),
    ),
    "vectors whose variance is drawn": (
        "    s[i]: Gamma(2, 4)\n    w[i] in R^2: Normal(0, s[i])", "    phi(x): sum_i w[i].[x, 1]", {"indices": "i: 2"},
        np.outer(XS, XS) + 1,
    ),
    "mixture": (
        "    a: 0.3*Normal(-1, 1) + 0.7*Normal(2, 0.25)", "    phi(x): a*x", {},
        (0.3 * 2 + 0.7 * 4.25) * np.outer(XS, XS),
    ),
    "mixture of vectors": (
        "    w in R^2: 0.5*Normal(0, 1)^2 + 0.5*Normal(0, 3)^2", "    phi(x): w.[x, 1]", {}, 2 * (np.outer(XS, XS) + 1),
    ),
    "a mixture for each neuron": (
        "    w[i] in R^2: 0.5*Normal(0, 1)^2 + 0.5*Normal(0, 3)^2\n    a[i]: 0.25*Normal(0, 1) + 0.75*Uniform(-3, 3)",
        "    phi(x): sum_i a[i]*(w[i].[x, 1])/2", {"indices": "i: 4"}, 2 * 2.5 * (np.outer(XS, XS) + 1),
    ),
    "copies": ("    w: Normal(0, 1)^2", "    phi(x): w.[x, 1]", {}, np.outer(XS, XS) + 1),
}  # fmt: skip


@pytest.mark.parametrize("name", TWO_POINT)
def test_two_point_functions(name, tmp_path):
    params, fields, more, exact = TWO_POINT[name]
    found = computed(spec(params, fields, G2, **more), tmp_path)
    assert_agree(found, exact, false_alarm=FALSE_ALARM, detect=0.12 * float(np.max(np.abs(exact))))


def test_a_common_random_scale_leaves_a_connected_four_point_function(tmp_path):
    """<a^4>_c = 3 Var s with a ~ Normal(0, s) and s ~ Gamma(2, 1)."""
    text = spec("    s: Gamma(2, 1)\n    a[i]: Normal(0, s/50)", "    phi(x): sum_i a[i]*(1 + x)", G4, indices="i: 50")
    assert_agree(computed(text, tmp_path), np.full((1, 1, 1, 1), 6.0), false_alarm=FALSE_ALARM, detect=2.5)


def test_parts_of_a_mixture_are_chosen_together(tmp_path):
    """One choice for both components of a vector: <w_1^2 w_2^2>_c = Var of the variance = 1."""
    observable = "  G: {correlator: {n: 4, connected: true, at: [[0.0], [1.0]], draws: 200000}}"
    text = spec("    w in R^2: 0.5*Normal(0, 1)^2 + 0.5*Normal(0, 3)^2", "    phi(x): w[1]*(1 - x) + w[2]*x", observable)
    found = computed(text, tmp_path)
    assert abs(found.value[0, 0, 1, 1] - 1) < 6 * found.stderr[0, 0, 1, 1] < 0.5


# ---------------------------------------------------------------- fields
def one(name: str, n: int = 2) -> str:
    return f"  G: {{correlator: {{n: {n}, at: xs, field: {name}, draws: 40000}}}}"


FIELDS = {
    "a field of a field": (
        "    a: Normal(0, 1)", "    phi(x): a*x\n    chi(x): phi(x)^2 + phi(2*x)", one("chi"),
        {}, 3 * np.outer(XS**2, XS**2) + 4 * np.outer(XS, XS),
    ),
    "a derivative": (
        "    a: Normal(0, 1)\n    b: Normal(0, 1)", "    phi(x): a*cos(x) + b*sin(x)\n    psi(x): d(phi(x), x)", one("psi"),
        {}, np.cos(XS[:, None] - XS[None, :]),
    ),
    "a second derivative": (
        "    a: Normal(0, 1)\n    b: Normal(0, 1)", "    phi(x): a*cos(2*x) + b*sin(2*x)\n    psi(x): d(phi(x), x, x)",
        one("psi"), {}, 16 * np.cos(2 * (XS[:, None] - XS[None, :])),
    ),
    "indices of one field are not those of the other": (
        "    a[i]: Normal(0, 1/3)\n    b[i]: Normal(0, 1/3)",
        "    phi(x): sum_i a[i]*x\n    chi(x): sum_i b[i]*phi(x)", one("chi"), {"indices": "i: 3"}, np.outer(XS, XS),
    ),
    "one component": (
        "    A[i, c]: Normal(0, 1/3)", '    "phi[c](x)": sum_i A[i, c]*(x + c)', one('"phi[2]"'),
        {"indices": "i: 3, c: 2"}, np.outer(XS + 2, XS + 2),
    ),
    "a sum over components": (
        "    A[i, c]: Normal(0, 1/3)", '    "phi[c](x)": sum_i A[i, c]*(x + c)\n    chi(x): sum_c phi[c](x)', one("chi"),
        {"indices": "i: 3, c: 2"}, np.outer(XS + 1, XS + 1) + np.outer(XS + 2, XS + 2),
    ),
    "a component by an index of the same range": (
        "    A[i, c]: Normal(0, 1/3)\n    u[k]: Normal(0, 1)",
        '    "phi[c](x)": sum_i A[i, c]*(x + c)\n    chi(x): sum_k u[k]*phi[k](x)', one("chi"),
        {"indices": "i: 3, c: 2, k: 2"}, np.outer(XS + 1, XS + 1) + np.outer(XS + 2, XS + 2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_fields(name, tmp_path):
    params, fields, observable, more, exact = FIELDS[name]
    found = computed(spec(params, fields, observable, **more), tmp_path)
    assert_agree(found, exact, false_alarm=FALSE_ALARM, detect=0.2 * float(np.max(np.abs(exact))))


def test_two_inputs_are_the_components_of_one_point(tmp_path):
    text = spec("    a: Normal(0, 1)\n    b: Normal(0, 1)", '    "phi(t, x)": a*t + 2*b*x',
                "  G: {correlator: {n: 2, at: pairs, draws: 40000}}", inputs="{x: R, t: R}")  # fmt: skip
    t, x = np.array([-1.0, 0.5]), np.array([0.5, 2.0])
    found = computed(text, tmp_path)
    assert_agree(found, np.outer(t, t) + 4 * np.outer(x, x), false_alarm=FALSE_ALARM, detect=2.0)


def test_a_derivative_by_a_component_of_a_vector(tmp_path):
    """<d_1 phi(x) d_1 phi(y)> of a random wave: E w_1^2 cos(w.(x - y))/2 = (1 - r_1^2) exp(-r^2/2)/2."""
    text = spec(
        "    w in R^2: Normal(0, 1)\n    b: Uniform(-pi, pi)", "    phi(x): cos(w.x + b)\n    psi(x): d(phi(x), x[1])",
        "  G: {correlator: {n: 2, at: pairs, field: psi, draws: 40000}}", inputs="{x: R^2}",
    )  # fmt: skip
    points = np.array([[-1.0, 0.5], [0.5, 2.0]])
    r = points[:, None, :] - points[None, :, :]
    exact = 0.5 * (1 - r[..., 0] ** 2) * np.exp(-np.sum(r**2, axis=-1) / 2)
    assert_agree(computed(text, tmp_path), exact, false_alarm=FALSE_ALARM, detect=0.05)
