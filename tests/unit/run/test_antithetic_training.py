"""Networks that are trained in pairs of opposite amplitudes: mirror images at the start, and errors that count pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.stages import SpecError, loads

SPEC = """\
nnspec: 1
name: pairs
data:
  X: [[1.0, 0.0], [0.3, 0.8], [-0.6, 0.5]]
  toy: table(X, x[1] - 2*x[2]^2)
model:
  inputs: {{x: R^2}}
  layers:
    - dense: {{width: 20, weight: "Normal(0, 2)", bias: "Normal(0, 0.1)"}}
    - act: tanh
    - dense: {{width: 1, weight: "Normal({mean}, 1)"{bias}}}
observables:
  fit: {{train: {{data: toy, optimizer: {{sgd: {{lr: 0.2}}}}, steps: 30, record: {{at: X, every: 10}}, draws: {draws}{more}}}}}
  kernel: {{ntk: {{at: X, along: fit, method: empirical}}}}
"""


def text(draws: int = 8, more: str = "", mean: float = 0, bias: str = ', bias: "Normal(0, 0.3)"') -> str:
    return SPEC.format(draws=draws, more=more, mean=mean, bias=bias)


def run(folder: Path, *args, **options) -> nnspec.Run:
    return nnspec.loads(text(*args, **options)).run(folder, plots=False)


def test_pairs_start_opposite_and_go_their_own_ways(tmp_path):
    """Networks 1, 3, 5, 7 are the first four of those that are independent; 2, 4, 6, 8 their mirror images."""
    pairs = run(tmp_path)["fit.predictions"].value
    alone = run(tmp_path, more=", antithetic: never")["fit.predictions"].value
    np.testing.assert_array_equal(pairs[1::2, 0], -pairs[0::2, 0])
    np.testing.assert_allclose(pairs[0::2], alone[:4], rtol=1e-12, atol=1e-14)
    assert np.abs(pairs[1::2, -1] + pairs[0::2, -1]).min() > 1e-3  # labels do not change sign


def test_errors_count_pairs(tmp_path):
    """A mirror image has the same tangent kernel at the start: eight networks say no more of it than four."""
    pairs, half = run(tmp_path), run(tmp_path, 4)
    loss = pairs["fit.loss"].value[:, -1]
    middle = (loss[0::2] + loss[1::2]) / 2
    np.testing.assert_allclose(pairs["fit.final_loss"].value, loss.mean(), rtol=1e-13)
    np.testing.assert_allclose(pairs["fit.final_loss"].stderr, np.std(middle, ddof=1) / 2, rtol=1e-12)
    np.testing.assert_allclose(pairs["kernel"].value[0], half["kernel"].value[0], rtol=1e-11)
    np.testing.assert_allclose(pairs["kernel"].stderr[0], half["kernel"].stderr[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("draws", "more"), [(6, ""), (9, ""), (8, ", antithetic: never")], ids=["few", "odd", "never"]
)
def test_else_networks_are_independent(tmp_path, draws, more):
    start = run(tmp_path, draws, more)["fit.predictions"].value[:, 0]
    assert np.abs(start[1] + start[0]).min() > 1e-6


def test_two_that_must_be_a_pair_are_one_and_have_no_error(tmp_path):
    done = run(tmp_path, 2, ", antithetic: always")
    start = done["fit.predictions"].value[:, 0]
    np.testing.assert_array_equal(start[1], -start[0])
    assert done["fit.final_loss"].stderr is None


def test_a_field_that_is_not_odd_has_no_pairs(tmp_path):
    """With a mean of the amplitudes the opposite network is another law: none are paired, and to insist is refused."""
    start = run(tmp_path, mean=1)["fit.predictions"].value[:, 0]
    assert np.abs(start[1] + start[0]).min() > 1e-6
    with pytest.raises(SpecError) as caught:
        loads(text(more=", antithetic: always", mean=1)).check()
    assert "not odd" in str(caught.value.diagnostics)


@pytest.mark.parametrize(
    ("more", "draws", "code", "said"),
    [(", antithetic: always", 9, "NN604", "even number"), (", antithetic: yes", 8, "NN016", "cannot be `yes`")],
)
def test_what_is_refused(more, draws, code, said):
    with pytest.raises(SpecError) as caught:
        loads(text(draws, more)).check()
    found = caught.value.diagnostics[0]
    assert found.code == code, found
    assert said in f"{found.message} {found.label}"
