"""Kernels by quadrature: against closed forms; reference values are in `tests/reference`."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.result.estimate import Estimate
from nnspec.run.execute import ComputingError, execute
from nnspec.stages import SpecError, loads


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


RECORDS = {record.name: record for record in load_vocabulary(no_plugins=True).activations.values()}
KNOWN = sorted(name for name, record in RECORDS.items() if record.dual is not None)
CASES = [(name, word) for name in KNOWN for word in ("nngp", "ntk") if word == "nngp" or not RECORDS[name].jumps]


@pytest.mark.parametrize(("activation", "word"), CASES)
def test_closed_forms_agree_with_quadrature(activation: str, word: str) -> None:
    """rtol 1e-9: two hidden layers, the quadrature states 1e-8 at most; identical, opposite and oblique points."""
    points = "[[1, 0.2], [-1, -0.2], [0.3, -0.9], [1, 0.2]]"
    exact, integrated = computed(activation, f"{{{word}: {{at: xs, method: [closed_form, quadrature]}}}}", points, 2)
    np.testing.assert_allclose(integrated.value, exact.value, rtol=1e-9, atol=1e-11)
    assert integrated.numerical_error <= 1e-8


def test_a_fast_oscillation_is_followed() -> None:
    """sin u at a deviation of 2828: E sin^2 u = 1/2, and independent neurons have no correlation."""
    (found,) = computed("sin", "{nngp: {at: xs, method: quadrature}}", "[[4000, 0], [0, 4000]]")
    np.testing.assert_allclose(found.value, 0.5 * np.eye(2), atol=1e-9)


def test_what_varies_too_fast_gives_no_number() -> None:
    with pytest.raises(ComputingError) as caught:
        computed("sin", "{nngp: {at: xs, method: quadrature}}", "[[4e9, 0], [0, 4e9]]")
    assert caught.value.diagnostic.code == "NN704"
    assert "varies too fast" in " ".join(caught.value.diagnostic.notes)


@pytest.mark.parametrize("method", ["closed_form", "quadrature"])
def test_a_jump_has_a_kernel_and_no_tangent_kernel(method: str) -> None:
    computed("sign", f"{{nngp: {{at: xs, method: {method}}}}}", "[[1, 0.2]]")
    with pytest.raises(SpecError, match="jumps"):
        computed("sign", f"{{ntk: {{at: xs, method: {method}}}}}", "[[1, 0.2]]")
