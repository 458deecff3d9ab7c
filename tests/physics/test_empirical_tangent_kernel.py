"""The empirical NTK of finite networks: exact mean for one hidden layer, known variance, O(L/N) beyond."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.testing.agree import assert_agree

POINTS = [[1.0, 0.2], [-0.4, 0.9], [0.8, 0.8]]


def spec(width: int, depth: int, *, weight: float = 2.0, readout: float = 1.0, draws: int, seed: int = 11, bias: float = 0.0) -> str:
    law = f"weight: 'Normal(0, {weight})'" + (f", bias: 'Normal(0, {bias})'" if bias else "")
    hidden = ", ".join(f"{{dense: {{width: {width}, {law}}}}}, {{act: relu}}" for _ in range(depth))
    return f"""
nnspec: 1
name: tangents
data: {{xs: {POINTS}}}
model:
  inputs: {{x: R^2}}
  parameterization: ntk
  layers: [{hidden}, {{dense: {{width: 1, weight: 'Normal(0, {readout})'}}}}]
observables:
  limit: {{ntk: {{at: xs, method: closed_form}}}}
  sampled: {{ntk: {{at: xs, method: empirical, draws: {draws}}}}}
numerics: {{seed: {seed}}}
"""


@pytest.mark.parametrize("width", [1, 8])
def test_one_hidden_layer_has_the_limit_as_its_mean(width, compute):
    """E Theta_N = Theta for every N. False alarm 1e-6; an error of 5% of the largest entry is missed <= 1e-3."""
    found = compute(spec(width, 1, draws=200_000 // width, bias=0.1))
    largest = float(np.max(found["limit"].value))
    assert_agree(found["sampled"], found["limit"].value, false_alarm=1e-6, detect=0.05 * largest)


def test_variance_of_the_kernel_on_the_diagonal(compute):
    """N Var Theta = 3 K^2 with K = x.x/d, for weights and readout of variance one and no biases.

    The spread is read off the error bar: stderr^2 times draws. 64 blocks give it to 18%; a factor of 1.9 either way
    would fail, which happens by chance with a probability below 1e-6 (chi squared with 63 degrees of freedom).
    """
    width, draws = 8, 12_800
    found = compute(spec(width, 1, weight=1.0, draws=draws))
    kernel = np.sum(np.array(POINTS) ** 2, axis=1) / 2
    variance = np.diag(found["sampled"].stderr) ** 2 * draws * width
    np.testing.assert_allclose(np.log(variance / (3 * kernel**2)), 0.0, atol=np.log(1.9))
    np.testing.assert_allclose(np.diag(found["limit"].value), 2 * kernel * 0.5, rtol=1e-13)


def test_deep_networks_are_off_by_a_power_of_depth_over_width(compute):
    """Three hidden layers, N = 16 and 64: within 2 L / N of the limit, and z of the wide one within its bound.

    False alarm 1e-6 over entries; tolerance is the finite-width term, an excess of 0.1 is missed <= 1e-3.
    """
    for width, draws in ((16, 6_400), (64, 1_280)):
        found = compute(spec(width, 3, draws=draws))
        size = float(np.max(found["limit"].value))
        assert_agree(
            found["sampled"], found["limit"].value, false_alarm=1e-6, detect=2 * 3 / width * size + 0.25 * size,
            tolerance=2 * 3 / width * size,
        )  # fmt: skip


def test_a_kernel_that_is_off_by_five_percent_is_caught(compute):
    found = compute(spec(8, 1, draws=25_000, bias=0.1))
    largest = float(np.max(found["limit"].value))
    with pytest.raises(AssertionError, match="is not"):
        assert_agree(found["sampled"], 1.05 * found["limit"].value, false_alarm=1e-6, detect=0.06 * largest)
