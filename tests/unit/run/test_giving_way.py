"""A method that the planner chose and that gives no number gives way to one that samples; one that was asked for does not."""

from __future__ import annotations

import numpy as np
import pytest

import nnspec
from nnspec.run.execute import ComputingError

SPEC = """\
nnspec: 1
name: threshold
data: {X: [[1, 0.2], [0.3, -0.4]], y: [[0.5, 0.5]]}
model: |
  index i in 20
  input x in R^2
  a[i] ~ Normal(0, 1/20)
  w[i] in R^2 ~ Normal(0, 1)
  b[i] ~ Uniform(-1, 1)
  phi(x) = sum_i a[i]*sign(w[i].x + b[i])
functions: {square(x): "x[1]^2"}
observables:
  G4: {correlator: {n: 4, at: X}}
  G2: {correlator: {n: 2, at: X}}
  K:  {evaluate: {of: square, at: y}}
"""


def test_what_does_not_converge_is_sampled_and_says_so(tmp_path):
    """Steps in two inputs are no integrand for a rule of nodes. At one point the field is normal of variance 1."""
    said = []
    done = nnspec.loads(SPEC).run(tmp_path, report=lambda progress: said.append(progress.note))
    four, two = done["G4"], done["G2"]
    assert four.method == "monte_carlo"
    assert "does not converge" in four.warnings[0]
    assert any("does not converge" in note for note in said)
    assert done["K"].method != "monte_carlo"
    assert done["K"].warnings == ()
    off = np.abs(np.diagonal(two.value) - 1)
    assert np.all(off < np.maximum(5 * np.diagonal(two.stderr), 1e-9))  # false alarms in 1e-6 of both
    # at one point a[i]*sign(...) are normal again: the fourth moment is 3
    assert abs(four.value[0, 0, 0, 0] - 3) < 5 * four.stderr[0, 0, 0, 0]


def test_the_method_that_was_asked_for_is_not_changed(tmp_path):
    with pytest.raises(ComputingError) as caught:
        nnspec.loads(SPEC.replace("n: 4, at: X", "n: 4, at: X, method: exact")).run(tmp_path)
    assert caught.value.diagnostic.code == "NN704"
    assert "does not converge" in caught.value.diagnostic.notes[0]
