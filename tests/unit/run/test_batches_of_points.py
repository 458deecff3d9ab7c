"""Points of a sweep by processes of their own: which go together, what becomes of those that a killed process leaves."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest

from nnspec.run import workers
from nnspec.run.workers import MOST, _batch, compute_ahead
from nnspec.showing import opened, report
from nnspec.stages import load, loads, run

SPEC = """
nnspec: 1
name: batches
let: {N: 4, s: 1}
data: {xs: [[0.0], [0.5], [1.0]], one: [[0.0]]}
model:
  inputs: {x: R}
  indices: {i: N}
  params: {"a[i]": "Normal(0, s/N)", "w[i]": "Normal(0, 1)"}
  field: phi(x)
  def: sum_i a[i]*cos(w[i]*x)
observables:
  G2: {correlator: {n: 2, at: xs, method: exact}}
  V: {correlator: {n: 2, at: one, method: exact}}
"""


def taken(sizes: list[int], idle: list[int]) -> list[int]:
    """How many specs are taken when so many processes have nothing to do."""
    waiting = deque(deque(Path(str(k)) for k in range(size)) for size in sizes)
    return [len(_batch(waiting, free)) for free in idle]


def test_a_process_takes_a_group_and_shares_the_last_one():
    assert taken([6, 6], [2, 1]) == [6, 6]
    assert taken([7], [2, 1]) == [4, 3]
    assert taken([1, 5], [4, 3, 2, 1]) == [1, 2, 2, 1]
    assert taken([40], [1, 1, 1]) == [MOST, MOST, 40 - 2 * MOST]


class Process:
    """A process that has ended."""

    def __init__(self, returncode: int) -> None:
        self.returncode = returncode

    def poll(self) -> int:
        return self.returncode

    def terminate(self) -> None: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float = 0.0) -> int:
        return self.returncode


@pytest.mark.parametrize(("status", "given"), [(0, [["a", "b", "c"], ["d"]]), (4, [["a", "b", "c"], ["d"]]),
                                               (-9, [["a", "b", "c"], ["d"], ["a"], ["b"], ["c"]])])  # fmt: skip
def test_what_a_killed_process_leaves_is_given_to_others_one_by_one(status, given, monkeypatch, tmp_path):
    """And once only, however they end."""
    started: list[list[str]] = []

    def start(files, *_):
        started.append([file.read_text() for file in files])
        return Process(status)

    monkeypatch.setattr(workers, "_start", start)
    compute_ahead([["a", "b", "c"], ["d"]], tmp_path, 1, ())
    assert started == given


def test_points_that_share_programs_are_one_group(monkeypatch, tmp_path):
    """Widths need programs of their own; variances and seeds do not."""
    given = []
    monkeypatch.setattr(workers, "compute_ahead", lambda groups, *_: given.extend(groups))
    sweep = "sweep: {grid: {let.N: [4, 8], let.s: [1, 2, 3]}, seeds: 2, workers: 2}\n"
    run(loads(SPEC + sweep).check(), tmp_path)
    assert [len(group) for group in given] == [6, 6]
    assert all("N: 4" in text for text in given[0])


def test_points_are_not_drawn_and_their_pages_say_how_they_are(tmp_path):
    done = run(loads(SPEC + "sweep: {grid: {let.s: [1, 2, 3]}}\n").check(), tmp_path)
    assert list((done.path / "plots").glob("*.svg")), "the sweep is drawn"
    for point in (done.path / "points").iterdir():
        assert not list(point.glob("plots/*"))
        page = (point / "report.html").read_text()
        assert "Not drawn in this run" in page
        assert "<figure" not in page
        assert "<figure" in report(opened(point)).read_text()


def test_a_run_without_plots_has_the_same_numbers(tmp_path):
    checked = loads(SPEC).check()
    drawn, plain = run(checked, tmp_path / "drawn"), run(checked, tmp_path / "plain", plots=False)
    assert (drawn.path / "results.nc").read_bytes() == (plain.path / "results.nc").read_bytes()
    assert sorted(path.suffix for path in (drawn.path / "plots").iterdir()) == [".pdf", ".png", ".svg"]
    assert not list((plain.path / "plots").iterdir())
    assert load(plain.path / "resolved.yaml").check().experiment == checked.experiment
