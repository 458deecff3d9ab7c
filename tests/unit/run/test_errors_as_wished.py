"""Draws for a wanted error, the covariance of a result, and errors of results that are too large to keep blocks of."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.run.execute import ComputingError
from nnspec.stages import loads, run
from nnspec.text.diagnostic import SpecError
from nnspec_std.backends import _sampling

SPEC = """
nnspec: 1
name: wished
let: {{N: 8}}
model:
  inputs: {{x: R}}
  indices: {{i: N}}
  params:
    w[i]: Normal(0, 1)
    b[i]: Uniform(-pi, pi)
    a[i]: Normal(0, 1/N)
  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i])
observables:
  G2: {{correlator: {{n: 2, at: [0, 1, 2.5], method: monte_carlo, {options}}}}}
"""
EXACT = np.exp(-(np.subtract.outer([0.0, 1.0, 2.5], [0.0, 1.0, 2.5]) ** 2) / 2)


def test_networks_are_drawn_until_the_error_is_small_enough(compute):
    """5 % from 1,000 draws on; the errors are honest: 6 entries beyond 5 sigma have a chance of 4e-6."""
    (found,) = compute(SPEC.format(options="draws: 1000, target_error: 0.01")).outcome.estimates
    reached = np.max(found.stderr) / np.max(found.value)
    assert 0.005 < reached <= 0.01
    assert 10_000 < found.draws < 60_000
    assert np.all(np.abs(found.value - EXACT) < 5 * found.stderr)


def test_an_error_that_is_small_at_once_needs_no_more(compute):
    (found,) = compute(SPEC.format(options="draws: 1000, target_error: 0.5")).outcome.estimates
    assert found.draws == 1000


def test_the_same_shards_as_without_an_aim(compute, tmp_path):
    """So many draws asked for outright give the same bytes, and a second run takes them all from disk."""
    spec = loads(SPEC.format(options="draws: 1000, target_error: 0.02"))
    aimed = run(spec.check(), tmp_path / "one", cache=str(tmp_path / "cache"))["G2"]
    notes: list[str] = []
    again = run(spec.check(), tmp_path / "two", cache=str(tmp_path / "cache"), report=lambda each: notes.append(each.note))["G2"]
    np.testing.assert_array_equal(again.value, aimed.value)
    assert any("all shards were there" in note for note in notes)
    (plain,) = compute(SPEC.format(options=f"draws: {aimed.draws}")).outcome.estimates
    np.testing.assert_array_equal(plain.value, aimed.value)


def test_an_aim_that_nobody_reaches_is_refused_with_the_number(compute):
    with pytest.raises(ComputingError) as caught:
        compute(SPEC.format(options="draws: 1000, target_error: 0.0000001"))
    assert caught.value.diagnostic.code == "NN704"
    assert "would need about" in caught.value.diagnostic.notes[0]
    assert "networks; 1,000 gave 0.0" in caught.value.diagnostic.notes[0]


@pytest.mark.parametrize("goal", ["0", "-0.1", "1", "5"])
def test_an_aim_is_a_share(goal):
    with pytest.raises(SpecError) as caught:
        loads(SPEC.format(options=f"target_error: {goal}")).check()
    assert "between 0 and 1" in str(caught.value.diagnostics[0].label)


def test_the_covariance_of_a_result(compute, tmp_path):
    """Its diagonal is the squared error, and it is that of networks: from 2,000 single ones, within 30 % of its norm.

    With 64 blocks each entry of a covariance is off by about 1/sqrt(63/2) of its norm, 18 %.
    """
    done = run(loads(SPEC.format(options="draws: 20000, covariance: true")).check(), tmp_path)
    found = done["G2"]
    assert found.covariance.shape == (9, 9)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), found.stderr.ravel(), rtol=1e-9)
    assert np.linalg.eigvalsh(found.covariance).min() > -1e-12
    random = np.random.default_rng(0)
    w, b, a = random.normal(size=(20000, 8)), random.uniform(-np.pi, np.pi, (20000, 8)), random.normal(0, 8**-0.5, (20000, 8))
    x = np.array([0.0, 1.0, 2.5])
    phi = np.sqrt(2) * np.einsum("ni,nip->np", a, np.cos(w[:, :, None] * x + b[:, :, None]))
    single = np.cov(np.einsum("np,nq->npq", phi, phi).reshape(20000, 9).T) / 20000
    assert np.linalg.norm(found.covariance - single) < 0.5 * np.linalg.norm(single)
    assert loads(SPEC.format(options="draws: 20000")).check().plan.rows[0].chosen.bytes < 10**6


def test_large_results_have_the_same_errors_as_small_ones(compute, monkeypatch):
    """One block in memory at a time: value and error to rounding, the largest share of a block about the same."""
    text = SPEC.format(options="draws: 20000").replace("n: 2,", "n: 4, connected: true,")
    (usual,) = compute(text).outcome.estimates
    monkeypatch.setattr(_sampling, "SMALL", 0)
    (turned,) = compute(text).outcome.estimates
    assert turned.blocks is None
    np.testing.assert_allclose(turned.value, usual.value, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(turned.stderr, usual.stderr, rtol=1e-7)
    assert turned.diagnostics["largest_share"] == pytest.approx(usual.diagnostics["largest_share"], rel=0.2)


def test_errors_shrink_while_one_waits(tmp_path, monkeypatch):
    """What is shown in the end is about the error of the result."""
    from nnspec.run import passes

    monkeypatch.setattr(passes, "FIRST_LOOK", 0.0)
    monkeypatch.setattr(passes, "SHARE", 1e9)
    shown: list[float] = []
    checked = loads(SPEC.format(options="draws: 20000")).check()
    done = run(checked, tmp_path, report=lambda each: shown.extend(error for _, error in each.errors))
    final = float(np.max(done["G2"].stderr))
    assert shown
    assert 0.9 * final < shown[0] < 4 * final
