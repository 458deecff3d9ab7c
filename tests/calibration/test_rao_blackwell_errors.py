"""Error bars of correlators with amplitudes integrated out: small runs of the real backend against the exact G_c4."""

from __future__ import annotations

import numpy as np
import pytest

import nnspec
from nnspec.lower.shards import Plan
from nnspec.plugin import Resources
from nnspec.run.data import make_data, request
from nnspec_std.backends import _sampling, rao_blackwell

DRAWS = 512
SPEC = """
nnspec: 1
name: error-bars
let: {{N: 8}}
data:
  xs: [0.3, 1.0]
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
  G4: {{correlator: {{n: 4, connected: true, at: xs, draws: {draws}, method: {method}}}}}
"""
ENTRIES = ((0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 1))


def small_runs(count: int, monkeypatch: pytest.MonkeyPatch) -> list:
    """Estimates of `count` runs, cut out of one long one: the network of draw k does not depend on shards."""
    per_run = 64
    checked = nnspec.loads(SPEC.format(draws=DRAWS * count, method="rao_blackwell")).check()
    monkeypatch.setattr(_sampling, "layout", lambda draws, parameters: Plan.equal(draws, per_run * count, parameters))
    (group,) = checked.plan.groups
    data = make_data(checked.experiment, checked.spec.words)
    asks = tuple(request(row.asked, checked.experiment, data, checked.spec.words) for row in group.rows)
    questions = tuple(row.answers.question for row in group.rows)
    program = rao_blackwell.compile(questions, tuple(row.chosen for row in group.rows), Resources(asks=asks))
    shards = [shard for k in range(program.shards) for shard in program.compute([k], [None])]
    monkeypatch.undo()
    return [program.finish(shards[k : k + per_run])[0] for k in range(0, len(shards), per_run)]


@pytest.mark.parametrize(
    ("count", "within"),
    [pytest.param(150, 0.11, id="quick"), pytest.param(1000, 0.03, id="long", marks=pytest.mark.slow)],
)
def test_error_bars_cover_the_exact_value_as_often_as_they_say(count, within, monkeypatch, tmp_path):
    """0.683 within one error bar. Binomial sigma of one entry: 0.038 for 150 runs, 0.015 for 1,000."""
    exact = nnspec.loads(SPEC.format(draws=DRAWS, method="exact")).run(tmp_path)["G4"].value
    runs = small_runs(count, monkeypatch)
    z = np.array([[(run.value - exact)[at] / run.stderr[at] for at in ENTRIES] for run in runs])
    table = "\n".join(
        f"G4c{at}  |z|<1 {np.mean(np.abs(z[:, k]) < 1):.3f}  |z|<2 {np.mean(np.abs(z[:, k]) < 2):.3f}  "
        f"|z|>3 {np.mean(np.abs(z[:, k]) > 3):.4f}  mean z {np.mean(z[:, k]):+.3f}"
        for k, at in enumerate(ENTRIES)
    )
    print(f"{count} runs of {DRAWS} draws\n{table}")
    assert abs(np.mean(np.abs(z) < 1) - 0.683) < within, table
