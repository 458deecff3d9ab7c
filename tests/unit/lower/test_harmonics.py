"""The degree of a polynomial in the waves of a phase, from which the number of nodes of a trapezoidal rule follows."""

from __future__ import annotations

import math

import pytest

import nnspec
from nnspec.lower.neurons.moments import _harmonics

SPEC = """\
nnspec: 1
name: waves
data: {{xs: [0.5]}}
model:
  inputs: {{x: R}}
  params: {{b: "Uniform(-pi, pi)", w: "Normal(0, 1)"}}
  field: phi(x)
  def: {}
observables: {{G2: {{correlator: {{n: 2, at: xs}}}}}}
"""


@pytest.mark.parametrize(
    ("formula", "degree"),
    [
        ("cos(w*x + b)", 1),
        ("cos(w*x + 2*b)*sin(b)", 3),
        ("cos(b)^3 + x", 3),
        ("(2 + cos(b))^(-1)", math.inf),
        ("1/(2 + cos(b))", math.inf),
        ("cos(b/2)", math.inf),
        ("tanh(cos(b))", math.inf),
    ],
)
def test_harmonics_of_a_phase(formula, degree):
    field = nnspec.loads(SPEC.format(formula)).check().experiment.model.fields[0].body
    assert _harmonics(field, "b", 2 * math.pi, {}) == degree
