"""Exact correlators of deep networks against integrals over all weights, published formulas, and sampling.

Each comparison with sampled numbers raises a false alarm for one key in 10^6, and misses an error of `detect` for one in 10^3.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from nnspec.numerics.partitions import cumulant_tensor
from nnspec.stages import loads
from nnspec.testing import assert_agree
from nnspec.text.diagnostic import SpecError

RAY = "[[1, 0.5], [0.4, 0.2], [2, 1]]"
LINE = "[[1, 0.5], [-0.4, -0.2]]"
APART = "[[1, 0.5], [0.3, -0.7]]"


def spec(layers: str, observables: str, points: str = RAY, parameterization: str = "ntk") -> str:
    return f"""\
nnspec: 1
name: deep
data: {{xs: {points}}}
model:
  inputs: {{x: R^{len(json.loads(points)[0])}}}
  parameterization: {parameterization}
  layers: [{layers}]
observables:
{observables}
"""


def dense(width: int, weight: str = "Normal(0, 1)", bias: str = "") -> str:
    return f'{{dense: {{width: {width}, weight: "{weight}"' + (f', bias: "{bias}"' if bias else "") + "}}"


def ask(n: int, connected: bool = True, method: str = "exact", rest: str = "") -> str:
    name = f"{'C' if connected else 'G'}{n}"
    return f"  {name}: {{correlator: {{n: {n}, at: xs, connected: {str(connected).lower()}, method: {method}{rest}}}}}\n"


def gauss(order: int, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """A product of Gauss rules for normal variables: [node, dim], [node]."""
    z, w = np.polynomial.hermite_e.hermegauss(order)
    nodes = np.stack(np.meshgrid(*[z] * dim, indexing="ij"), -1).reshape(-1, dim)
    weights = np.prod(np.stack(np.meshgrid(*[w / w.sum()] * dim, indexing="ij"), -1).reshape(-1, dim), axis=1)
    return nodes, weights


def integrated(power: int, points: np.ndarray, orders: tuple[int, int], n: int) -> dict[int, np.ndarray]:
    """Full moments 2 ... n of two hidden layers of width 2 with u^power, over all six or eight weights, exact for these orders."""
    d = points.shape[1]
    (w1, u1), (w2, u2) = gauss(orders[0], 2 * d), gauss(orders[1], 4)
    found = {k: np.zeros((len(points),) * k) for k in range(1, n + 1)}
    for first, weight in zip(w1.reshape(-1, 2, d), u1, strict=True):
        h = (points @ first.T / np.sqrt(d)) ** power  # [point, unit]
        top = (np.einsum("qij,pj->qpi", w2.reshape(-1, 2, 2), h) / np.sqrt(2)) ** power
        kernels = np.einsum("qpi,qri->qpr", top, top) / 2
        products = kernels
        for k in range(2, n + 1, 2):
            if k > 2:
                products = np.einsum("qa,qb->qab", products.reshape(len(u2), -1), kernels.reshape(len(u2), -1))
            mean = np.einsum("q,q...->...", u2, products).reshape((len(points),) * k)
            found[k] += weight * mean
    return {k: wick(found[k], k) if k % 2 == 0 else found[k] for k in found}


def wick(products: np.ndarray, k: int) -> np.ndarray:
    """The sum over pairings of < K_12 K_34 ... >, from that of one of them."""
    from nnspec.numerics.partitions import pairings

    total = np.zeros_like(products)
    for pairs in pairings(k):
        order = [i for pair in pairs for i in pair]
        total = total + products.transpose(np.argsort(order))
    return total


@pytest.mark.parametrize(
    ("power", "points", "orders", "n"),
    [(1, APART, (4, 4), 6), (1, "[[1]]", (4, 4), 6), (2, "[[1.5], [-0.7]]", (9, 5), 4), (3, "[[0.8]]", (19, 7), 4)],
)
def test_networks_of_polynomials_are_integrated_over_all_their_weights(power, points, orders, n, compute):
    """Gauss rules that are exact for the degree in each weight: 2 power^2 n/2 in the first layer."""
    layers = f"{dense(2)}, {{act: {{monomial: {{degree: {power}}}}}}}, {dense(2)}, {{act: {{monomial: {{degree: {power}}}}}}}, {dense(1)}"
    if power == 1:
        layers = layers.replace("{monomial: {degree: 1}}", "linear")
    where = points if power != 2 else "[[1.5], [0.7]]"
    orders_ = range(1, n + 1)
    found = compute(spec(layers, "".join(ask(k) + ask(k, connected=False) for k in orders_), where))
    full = integrated(power, np.array(json.loads(where), float), orders, n)
    for k in orders_:
        size = float(np.max(np.abs(full[k]))) or 1.0
        np.testing.assert_allclose(found[f"G{k}"].value, full[k], atol=1e-12 * size)
        np.testing.assert_allclose(found[f"C{k}"].value, cumulant_tensor(k, full), atol=1e-11 * size)


@pytest.mark.parametrize(("act", "variance", "step"), [("relu", 2, 5), ("linear", 1, 2), ("abs", 1, 2), ("{leaky_relu: {slope: -1}}", 1, 2)])
@pytest.mark.parametrize("width", [3, 10**9])
def test_widths_multiply(act, variance, step, width, compute):
    """G_c4 = 3 K^2 [prod (1 + step/N_l) - 1]; at a width of 10^9 nothing of it is lost."""
    widths = (width, 4 * width, 2 * width)
    layers = ", ".join(f"{dense(n, f'Normal(0, {variance})')}, {{act: {act}}}" for n in widths)
    found = compute(spec(f"{layers}, {dense(1, f'Normal(0, {variance})')}", ask(2) + ask(4), "[[0.6, 0.8]]"))
    k = variance / 2
    above = sum(np.log1p(step / n) for n in widths)
    np.testing.assert_allclose(found["C2"].value.item(), k, rtol=1e-13)
    np.testing.assert_allclose(found["C4"].value.item(), 3 * k**2 * np.expm1(above), rtol=1e-12)


DEEP = {
    "relu, unlike widths": (f"{dense(12, 'Normal(0, 2)')}, {{act: relu}}, {dense(16, 'Normal(0, 1.5)')}, {{act: relu}}, {dense(1)}", RAY),
    "leaky, abs, bias of the readout": (
        f"{dense(9)}, {{act: {{leaky_relu: {{slope: 0.3}}}}}}, {dense(8)}, {{act: abs}}, {dense(1, bias='Uniform(-1, 2)')}", RAY),
    "even at the bottom": (f"{dense(8)}, {{act: abs}}, {dense(12)}, {{act: relu}}, {dense(1)}", LINE),
    "squares of rectifiers": (f"{dense(32)}, {{act: {{rectified_monomial: {{degree: 2}}}}}}, {dense(16)}, {{act: relu}}, {dense(1)}", RAY),
    "linear, apart": (f"{dense(4)}, {dense(8)}, {{act: linear}}, {dense(1, bias='Normal(0, 0.3)')}", APART),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEP)
def test_sampled_correlators_agree(name, compute):
    """Plain sampling, and sampling with the readout integrated out, which share no code with the exact moments."""
    layers, points = DEEP[name]
    methods = "[exact, monte_carlo, rao_blackwell]"
    found = compute(spec(layers, ask(2, False, methods, ", draws: 40000") + ask(4, True, methods, ", draws: 40000"), points))
    for what, method, part in (
        ("G2", "monte_carlo", 0.15), ("G2", "rao_blackwell", 0.08), ("C4", "monte_carlo", 1.2), ("C4", "rao_blackwell", 0.35),
    ):  # fmt: skip
        exact = found[f"{what}.exact"].value
        assert_agree(found[f"{what}.{method}"], exact, false_alarm=1e-6, detect=part * float(np.max(np.abs(exact))))


def test_a_width_that_is_off_by_one_is_caught(compute):
    layers = f"{dense(8, 'Normal(0, 2)')}, {{act: relu}}, {dense(8, 'Normal(0, 2)')}, {{act: relu}}, {dense(1)}"
    sampled = compute(spec(layers, ask(4, True, "rao_blackwell", ", draws: 200000"), "[[1, 0.5]]"))["C4"]
    exact = compute(spec(layers, ask(4), "[[1, 0.5]]"))["C4"].value
    assert_agree(sampled, exact, false_alarm=1e-6, detect=0.15 * exact.item())
    wrong = compute(spec(layers.replace("width: 8", "width: 7"), ask(4), "[[1, 0.5]]"))["C4"].value
    assert abs(wrong / exact - 1).item() > 0.15
    with pytest.raises(AssertionError, match="is not"):
        assert_agree(sampled, wrong, false_alarm=1e-6, detect=0.15 * exact.item())


def test_one_hidden_layer_is_what_its_neurons_give(compute):
    """The other exact rule, which adds up cumulants of neurons; points of R^2 on one ray, and on both sides of it."""
    model = """index i in 5
  input x in R^2
  a[i] ~ Normal(0, 1/5)
  w[i] in R^2 ~ Normal(0, 1/2)
  phi(x) = sum_i a[i]*ACT(w[i].x)"""
    for act, points in (("relu", RAY), ("abs", LINE)):
        asked = "".join(ask(n) for n in (2, 4, 6))
        stack = compute(spec(f"{dense(5)}, {{act: {act}}}, {dense(1)}", asked, points))
        formula = compute(
            f"nnspec: 1\nname: one\ndata: {{xs: {points}}}\nmodel: |\n  {model.replace('ACT', act)}\nobservables:\n{asked}"
        )
        for name in stack:
            np.testing.assert_allclose(stack[name].value, formula[name].value, rtol=1e-9, err_msg=f"{act} {name}")


@pytest.mark.parametrize("parameterization", ["ntk", "standard", "mup", "mean_field"])
def test_powers_of_the_width_are_those_of_the_parameterization(parameterization, compute):
    layers = f"{dense(6, 'Normal(0, 2)')}, {{act: relu}}, {dense(5, 'Normal(0, 1.5)')}, {{act: relu}}, {dense(1)}"
    found = compute(spec(layers, ask(2, False, "[exact, rao_blackwell]", ", draws: 20000"), RAY, parameterization))
    exact = found["G2.exact"].value
    assert_agree(found["G2.rao_blackwell"], exact, false_alarm=1e-6, detect=0.3 * float(np.max(exact)))


RELU = f"{dense(4)}, {{act: relu}}, {dense(4)}, {{act: relu}}, {dense(1)}"


@pytest.mark.parametrize(
    ("layers", "points", "why"),
    [
        (RELU, APART, "the points do not lie on one ray from the origin"),
        (RELU, LINE, "the points lie on both sides of the origin, and the activation is neither odd nor even"),
        (RELU, '"normal(2, 3, seed=1)"', "that the points lie on one ray from the origin is not known before they are made"),
        (RELU.replace("relu", "tanh"), RAY, "`tanh` is not homogeneous of a whole degree from 1"),
        (RELU.replace("relu", "sign"), RAY, "`sign` is not homogeneous of a whole degree from 1"),
        (f"{dense(4, bias='Normal(0, 1)')}, {{act: relu}}, {dense(4)}, {{act: relu}}, {dense(1)}", RAY, "set a scale"),
        (f"{dense(4, 'Uniform(-1, 1)')}, {{act: relu}}, {dense(4)}, {{act: relu}}, {dense(1)}", RAY, "not normal with mean zero"),
        (f"{dense(4, 'Normal(1, 1)')}, {{act: relu}}, {dense(4)}, {{act: relu}}, {dense(1)}", RAY, "not normal with mean zero"),
        (f"{{act: relu}}, {dense(4)}, {{act: relu}}, {dense(4)}, {{act: relu}}, {dense(1)}", RAY, "acts on the inputs themselves"),
        (f"{dense(4)}, {{act: relu}}, {dense(4)}, {{act: relu}}, {dense(2)}", RAY, "the network has 2 outputs"),
        (", ".join([f"{dense(4)}, {{act: {{monomial: {{degree: 6}}}}}}"] * 3 + [dense(1)]), RAY, "is the highest"),
    ],
)
def test_what_is_not_exact_is_refused_and_says_why(layers, points, why):
    text = spec(layers, ask(4), "[[1, 1]]").replace("[[1, 1]]", points)
    with pytest.raises(SpecError) as caught:
        loads(text).check()
    told = "\n".join(
        "\n".join([each.message, each.label or "", *(second.text for second in each.secondary), *each.notes])
        for each in caught.value.diagnostics
    )
    assert why in told


def test_where_it_is_refused_the_network_is_sampled():
    plan = loads(spec(RELU, ask(4).replace(", method: exact", ""), APART)).check().plan
    assert plan.rows[0].chosen.method in ("monte_carlo", "rao_blackwell")
    plan = loads(spec(RELU, ask(4).replace(", method: exact", ""), RAY)).check().plan
    assert plan.rows[0].chosen.method == "exact"


def test_a_point_at_the_origin_has_no_field(compute):
    value = compute(spec(RELU, ask(4), "[[0, 0], [1, 1]]"))["C4"].value
    assert np.all(value[0] == 0.0)
    assert value[1, 1, 1, 1] > 0.0


def test_along_a_line(compute):
    line = "  L: {correlator: {n: 2, from: [0.5, 0], along: rs}}\n"
    text = spec(RELU, line + ask(2, False), "[[0.5, 0], [0.7, 0], [1.5, 0]]").replace("data: {", "data: {rs: [0.2, 1], ")
    found = compute(text)
    np.testing.assert_allclose(found["L"].value, found["G2"].value[0, 1:], rtol=1e-14)
