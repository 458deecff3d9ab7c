"""Some of the observables of a spec alone."""

from __future__ import annotations

import pytest

from nnspec.stages import loads, resolved
from nnspec.text.diagnostic import SpecError

SPEC = """
nnspec: 1
name: some
let: {N: 10}
data: {xs: "linspace(-1, 1, 4)"}
model:
  inputs: {x: R}
  indices: {i: N}
  params: {"a[i]": "Normal(0, 1/N)", "w[i]": "Normal(0, 1)"}
  field: phi(x)
  def: sum_i a[i]*cos(w[i]*x)
observables:
  G2: {correlator: {n: 2, at: xs, draws: 640}}
  G4: {correlator: {n: 4, at: xs, draws: 640}}
  A: {correlator: {n: 2, from: [-1], along: xs, draws: 640}}
  B: {correlator: {n: 2, from: [0], along: xs, draws: 640}}
  K: {correlator: {n: 2, at: xs, method: [monte_carlo, direct], draws: 640}}
checks:
  - max(G2) < 2
  - max(G4) < 9
  - max(abs(G4[1, 1, 1, 1] - 3*G2[1, 1]^2)) < 5
plots:
  one: {lines: {x: xs, y: A}}
  two: {lines: {x: xs, y: [A, B]}}
sweep:
  grid: {let.N: [5, 10]}
  checks:
    - max(max(G4)) < 9
    - max(max(G2)) < 2
"""


def test_checks_and_plots_that_need_more_are_left_out():
    experiment = loads(SPEC).only("G2", "A").check().experiment
    assert [asked.name for asked in experiment.observables] == ["G2", "A"]
    assert [check.text for check in experiment.checks] == ["max(G2) < 2"]
    assert [plot.name for plot in experiment.plots] == ["one"]
    assert [check.text for check in experiment.sweep.checks] == ["max(max(G2)) < 2"]
    assert len(loads(SPEC).only("G2", "G4").check().experiment.checks) == 3


def test_the_narrowed_spec_stands_alone():
    spec = loads(SPEC).only("G4")
    again = loads(resolved(spec)).check().experiment
    assert again == spec.check().experiment


def test_what_an_observable_is_about_comes_with_it():
    text = SPEC.replace("checks:\n", "  action: {edgeworth: {order: 4, at: xs, from: exact}}\n  g4: {couplings: {of: action, n: 4}}\nchecks:\n", 1)
    experiment = loads(text.partition("sweep:")[0]).only("g4").check().experiment
    assert {asked.name for asked in experiment.observables} == {"action", "g4"}


def test_a_name_that_is_not_there():
    with pytest.raises(SpecError) as caught:
        loads(SPEC).only("G3")
    (found,) = caught.value.diagnostics
    assert found.code == "NN809"
    assert found.helps == ("observables here: G2, G4, A, B, K",)
