"""The Gaussian process of a wide network, given data, against linear algebra written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.run.execute import ComputingError
from nnspec.stages import SpecError, loads

SPEC = """\
nnspec: 1
name: bayes
data:
  X: {points}
  toy: table(X, x[1] - 2*x[2])
  at: [[0.5, 0.5], [-1.0, 0.2]]
model:
  inputs: {{x: R^2}}
  parameterization: ntk
  layers:
    - dense: {{width: 8, weight: "Normal(0, 1.5)", bias: "Normal(0, 0.1)"}}
    - act: {act}
    - dense: {{width: 1, weight: "Normal(0, 2)"}}
observables:
  out: {{posterior: {{data: toy, at: at, noise: {noise}{more}}}}}
"""
POINTS = [[1.0, 0.0], [0.3, 0.8], [-0.6, 0.5]]


def text(noise: float = 0.0, act: str = "erf", more: str = "", points: object = POINTS) -> str:
    return SPEC.format(noise=noise, act=act, more=more, points=points)


def erf_kernel(x: np.ndarray) -> np.ndarray:
    """Williams' formula."""
    k = 0.1 + 1.5 * x @ x.T / 2
    q = 1 + 2 * np.diag(k)
    return 2 * 2 / np.pi * np.arcsin(2 * k / np.sqrt(np.outer(q, q)))


@pytest.mark.parametrize("noise", [0.0, 0.25])
def test_mean_and_covariance(noise, compute):
    """rtol: condition numbers are about 30."""
    x = np.array([*POINTS, [0.5, 0.5], [-1.0, 0.2]])
    k, y = erf_kernel(x), x[:3, 0] - 2 * x[:3, 1]
    inverse = np.linalg.inv(k[:3, :3] + noise * np.eye(3))
    found = compute(text(noise))
    np.testing.assert_allclose(found["out.mean"].value, k[3:, :3] @ inverse @ y, rtol=1e-12)
    np.testing.assert_allclose(found["out.covariance"].value, k[3:, 3:] - k[3:, :3] @ inverse @ k[:3, 3:], rtol=1e-11)
    assert found["out.mean"].numerical_error < 1e-12


def test_quadrature_and_closed_form_agree(compute):
    closed, integrated = compute(text(0.1)), compute(text(0.1, more=", method: quadrature"))
    for part in ("out.mean", "out.covariance"):
        np.testing.assert_allclose(integrated[part].value, closed[part].value, atol=1e-9)
    assert compute(text(0.1, act="sign", more=", method: quadrature"))["out.mean"].value.shape == (2,)


def test_the_same_point_twice_needs_noise(compute):
    twice = [[1.0, 0.0], [1.0, 0.0], [-0.6, 0.5]]
    with pytest.raises(ComputingError) as caught:
        compute(text(points=twice))
    assert "larger `noise`" in " ".join(caught.value.diagnostic.notes)
    assert np.all(np.isfinite(compute(text(0.1, points=twice))["out.mean"].value))


def test_a_variance_is_not_negative():
    with pytest.raises(SpecError, match="not negative"):
        loads(text(-0.1)).check()
