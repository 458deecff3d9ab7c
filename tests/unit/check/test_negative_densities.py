"""Formulas of densities that are negative somewhere are found at check, those that touch zero are not suspected."""

from __future__ import annotations

import sys

import pytest

from nnspec.stages import SpecError, loads

NEGATIVE = [
    "Density(sin(40*u), u in Interval(0, 3))",
    "Density(sin(40*u) + 0.9999, u in Interval(0, 3))",
    "Density(u^2 - 1e-7, u in Interval(-1, 3))",
    "Density(exp(-u^2)*(u^2 - 1), u in R)",
    "Density(where(abs(u) < 0.001, -1, 1), u in Interval(-1, 1))",
    "Density(0.3 + cos(u[1])*cos(u[2]), u in Interval(-1, 2)*Interval(-1, 2))",
    "Density(1 - u.u, u in Ball(2, 1.01))",
]
FINE = [
    "Density((u^2 - 1)^2, u in Interval(-1, 3))",
    "Density(u^4 - 2*u^2 + 1, u in Interval(-3, 3))",
    "Density(1 + sin(40*u), u in Interval(0, 3))",
    "Density(exp(-(u^2 - 1)^2/2), u in R)",
    "Density(1 - u.u, u in Ball(2, 1))",
]


def spec(law):
    vector = "[" in law or "Ball" in law
    return f"""
nnspec: 1
name: demo
model:
  inputs: {{x: R}}
  params: {{"a{" in R^2" if vector else ""}": "{law}"}}
  field: phi(x)
  def: "{"a[1]" if vector else "a"}*x"
observables: {{G2: {{correlator: {{n: 2, at: [1.0], draws: 64}}}}}}
"""


@pytest.mark.parametrize("law", NEGATIVE)
def test_negative_somewhere(law):
    with pytest.raises(SpecError) as caught:
        loads(spec(law)).check()
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == ("NN403", "a density is nowhere negative")


@pytest.mark.parametrize("law", FINE)
def test_nowhere_negative(law):
    loads(spec(law)).check()


def test_no_arrays_are_loaded_for_it():
    import subprocess

    program = f"import sys; from nnspec.stages import loads; loads({spec(FINE[1])!r}).check(); print('numpy' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
