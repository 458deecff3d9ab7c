"""`method: [a, b]` gives one result for each, named `NAME.method` in checks, plots and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.stages import loads, open_run, run
from nnspec.text.diagnostic import SpecError

SPEC = """\
nnspec: 1
name: methods
data: {xs: [[1, 0.3], [-0.4, 0.9]]}
model:
  inputs: {x: R^2}
  parameterization: ntk
  layers:
    - dense: {width: 32, weight: "Normal(0, 1.5)"}
    - act: relu
    - dense: {width: 1, weight: "Normal(0, 1)"}
observables:
  Theta: {ntk: {at: xs, draws: 640, method: [closed_form, empirical]}}
checks:
  - CHECK
"""


def test_both_results_are_there_and_can_be_compared(tmp_path: Path) -> None:
    """The check fails by chance in fewer than one of 10^5 seeds: |z| > 5 in four correlated entries."""
    text = SPEC.replace("CHECK", "max(abs(Theta.empirical - Theta.closed_form)/se(Theta.empirical)) < 5")
    done = run(loads(text).check(), tmp_path, plots=False)
    assert done.record.status == "done"
    again = open_run(done.path)
    assert [estimate.name for estimate in again.estimates] == ["Theta.closed_form", "Theta.empirical"]
    assert again["Theta.closed_form"].stderr is None
    assert again["Theta.empirical"].stderr is not None


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("max(Theta) < 1", "`Theta` has several results: which one is meant?"),
        ("max(Theta.emprical) < 1", "`Theta` has no part `emprical`"),
    ],
)
def test_a_part_must_be_named_and_known(check: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        loads(SPEC.replace("CHECK", check)).check()
    assert [each.message for each in caught.value.diagnostics] == [message]


def test_a_method_named_twice_is_refused() -> None:
    with pytest.raises(SpecError, match="NN614"):
        loads(SPEC.replace("[closed_form, empirical]", "[empirical, empirical]").replace("CHECK", "1 < 2")).check()
