"""Kernels by quadrature: against closed forms, and against reference values where there are none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.result.estimate import Estimate
from nnspec.run.execute import ComputingError, execute
from nnspec.stages import loads

ROOT2, ROOT3 = math.sqrt(2), math.sqrt(3)


def computed(activation: str, asked: str, points: str, depth: int = 1) -> tuple[Estimate, ...]:
    """The results of a spec with a stack of layers of weight variance one, without biases."""
    text = f"""\
nnspec: 1
name: quadrature
data: {{xs: {points}}}
model:
  inputs: {{x: R^2}}
  parameterization: ntk
  layers:
    - repeat: {depth}
      of:
        - dense: {{width: 8, weight: "Normal(0, 1)"}}
        - act: {activation}
    - dense: {{width: 1, weight: "Normal(0, 1)"}}
observables:
  asked: {asked}
"""
    checked = loads(text).check()
    return execute(checked.plan, checked.spec.words, lambda _: None).estimates


KNOWN = sorted({r.name for r in load_vocabulary().activations.values() if r.dual is not None})


@pytest.mark.parametrize("activation", KNOWN)
@pytest.mark.parametrize("word", ["nngp", "ntk"])
def test_closed_forms_agree_with_quadrature(activation: str, word: str) -> None:
    """rtol 1e-9: two hidden layers, the quadrature states 1e-8 at most; identical, opposite and oblique points."""
    points = "[[1, 0.2], [-1, -0.2], [0.3, -0.9], [1, 0.2]]"
    exact, integrated = computed(activation, f"{{{word}: {{at: xs, method: [closed_form, quadrature]}}}}", points, 2)
    np.testing.assert_allclose(integrated.value, exact.value, rtol=1e-9, atol=1e-11)
    assert integrated.numerical_error <= 1e-8


@pytest.mark.parametrize(
    ("activation", "dual", "dual_prime"),
    [
        ("tanh", 0.186324413203, 0.384747028441),
        ("sigmoid", 0.271428325632, 0.0431900204623),
        ("swish", 0.183169663088, 0.312279615294),
        ("softplus", 0.780078165207, 0.271428325632),
    ],
)
def test_reference_values_without_closed_form(activation: str, dual: float, dual_prime: float) -> None:
    """E phi(u) phi(v) and E phi'(u) phi'(v) at K = [[1, 0.5], [0.5, 1]], twelve digits from an independent quadrature."""
    points = f"[[{ROOT2}, 0], [{ROOT2 / 2}, {ROOT2 * ROOT3 / 2}]]"  # x.y/2 = 0.5
    (kernel,) = computed(activation, "{nngp: {at: xs}}", points)
    assert kernel.method == "quadrature"
    assert kernel.value[0, 1] == pytest.approx(dual, rel=1e-11)
    (tangent,) = computed(activation, "{ntk: {at: xs, method: quadrature}}", points)
    assert tangent.value[0, 1] == pytest.approx(dual + 0.5 * dual_prime, rel=1e-11)


def test_what_varies_too_fast_gives_no_number() -> None:
    with pytest.raises(ComputingError) as caught:
        computed("sin", "{nngp: {at: xs, method: quadrature}}", "[[4000, 0], [0, 4000]]")
    assert caught.value.diagnostic.code == "NN704"
    assert "differ by" in " ".join(caught.value.diagnostic.notes)
