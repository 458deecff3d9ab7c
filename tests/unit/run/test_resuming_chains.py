"""Chains that are stopped go on where they were, and neither that nor the number of devices changes a byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.plugin import Resources
from nnspec.run.data import make_data, request
from nnspec.run.shards import Shelf
from nnspec_std.backends import chains

SPEC = """
nnspec: 1
name: chained
let: {L: 4, M: 3}
data: {xs: [0, 1]}
model:
  inputs: {x: R}
  indices: {n: M}
  params: {z: "Normal(0, 1)", "a[n]": "Normal(0, 1/n^2)", "w[n]": "Uniform(-1, 1)"}
  field: phi(x)
  def: z + sum_n a[n]*cos(w[n]*x)
  deform: exp(-integral(phi^4, y in Interval(0, L))/10)
sampler: {hmc: {chains: 4, draws: 64, warmup: 40}}
observables:
  G2: {correlator: {n: 2, at: xs}}
  G4: {correlator: {n: 4, connected: true, at: xs, draws: 64}}
  diag: {diagnostics: {}}
"""


def test_a_segment_from_a_kept_state_is_the_same(tmp_path):
    """Shards come after each other; one computed from a state that was on disk is the one that was computed at once."""
    checked = nnspec.loads(SPEC).check()
    (group,) = checked.plan.groups
    data = make_data(checked.experiment, checked.spec.words)
    asks = tuple(request(row.asked, checked.experiment, data, checked.spec.words) for row in group.rows)
    questions, offers = tuple(row.answers.question for row in group.rows), tuple(row.chosen for row in group.rows)
    program = chains.compile(questions, offers, Resources(asks=asks))
    assert [program.after(k) for k in range(3)] == [None, 0, 1]
    shelf, left = Shelf(tmp_path), []
    for shard in range(4):
        left += program.compute([shard], [left[-1] if left else None])
        shelf.put(shard, left[-1])
    again = program.compute([3], [shelf.get(2)])[0]
    assert sorted(again) == sorted(left[3])
    for name, array in again.items():
        assert np.asarray(array).tobytes() == np.asarray(left[3][name]).tobytes(), name
    assert left[3]["G2/m2"].shape[0] == 4
    own = program.compute([3], [left[1]])[0]  # another state gives another segment
    assert own["G2/m2"].tobytes() != left[3]["G2/m2"].tobytes()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
def test_one_core_and_two_give_the_same_bytes(tmp_path: Path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC)
    found: list[bytes] = []
    cores = sorted(os.sched_getaffinity(0))
    for name, own in (("one", cores[:1]), ("two", cores[:2])):
        code = f"import os, sys; os.sched_setaffinity(0, {own}); from nnspec.cli import main; sys.exit(main(sys.argv[1:]))"
        command = [sys.executable, "-c", code, "run", str(spec), "--out", str(tmp_path / name)]
        subprocess.run(command, check=True, capture_output=True)
        (folder,) = (tmp_path / name).glob("chained-*")
        found.append((folder / "results.nc").read_bytes())
    assert found[0] == found[1]
