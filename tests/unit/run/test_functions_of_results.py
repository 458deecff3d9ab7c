"""Claims about results: functions of whole results, single entries, agreement."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.result.estimate import Estimate
from nnspec.run.checks import judge
from nnspec.stages import SpecError, loads

SPEC = """
nnspec: 1
name: claims
let: {{m: 2}}
data: {{xs: [[0.0], [1.0], [2.0]], r: "linspace(0, 2, 3)", x0: [0]}}
model:
  inputs: {{x: R}}
  params: {{a: "Normal(0, 1)"}}
  field: phi(x)
  def: a*x
functions: {{"K(x, y)": x*y + 2*y}}
observables:
  G: {{correlator: {{n: 2, at: xs}}}}
  H: {{correlator: {{n: 2, at: xs}}}}
  L: {{evaluate: {{of: K, from: x0, along: r}}}}
checks:
  - "{claim}"
"""
G = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 6.0, 9.0]])


def estimate(name: str, value: np.ndarray, se: float | None, dims: tuple[str, ...]) -> Estimate:
    stderr = None if se is None else np.full_like(value, se)
    return Estimate(name=name, word="w", method="m", value=value, dims=dims, stderr=stderr, diagnostics={"blocks": 64})


RESULTS = {
    "G": estimate("G", G, 0.1, ("point", "point_2")),
    "H": estimate("H", G + 0.15, 0.1, ("point", "point_2")),
    "L": estimate("L", np.array([0.0, 2.0, 4.0]), None, ("r",)),
}


def verdict(claim: str):
    experiment = loads(SPEC.format(claim=claim)).check().experiment
    data = {"xs": np.array([[0.0], [1.0], [2.0]]), "r": np.array([0.0, 1.0, 2.0]), "x0": np.array([0.0])}
    (record,) = judge(experiment, RESULTS, data)
    return record


@pytest.mark.parametrize(
    "claim",
    [
        "G[1, 2] == 2", "G[3, 3] == 9", "L[2] == m", "xs[2, 1] == 1", "r[3] == 2",
        "max(G) == 9", "min(G) == 1", "sum(G) == 36", "mean(G) == 4",
        "max(sum(G, 'point')) == 18", "mean(max(G, 'point_2')) == 6", "max(G, 'point', 'point_2') == 9",
        "spread(L) == 4", "abs(slope(r, L) - 2) < 1e-12", "abs(slope(r, 3 - 2*L) + 4) < 1e-12",
        "norm(L) == sqrt(20)", "agree(G, G)", "agree(G, H)", "agree(L, 2*r)", "not agree(L, 2*r + 1)",
        "agree(G, H, false_alarm=1e-6) and G[1, 1] > 0", "L[1] == 0",
    ],
)  # fmt: skip
def test_what_holds(claim):
    record = verdict(claim.replace("'", '\\"'))
    assert record.passed is True, record


@pytest.mark.parametrize("claim", ["G[1, 2] == 3", "agree(G, H + 0) or 1 < 0", "agree(L, 2*r + 1)", "spread(L) > 4"])
def test_what_does_not(claim):
    assert verdict(claim).passed is not True


def test_agreement_says_what_it_could_have_seen():
    record = verdict("agree(G, H)")
    assert "largest |z| 1.06" in record.detail
    assert "would have been seen" in record.detail


@pytest.mark.parametrize(
    ("claim", "reason"),
    [("G[4, 1] > 0", "outside of a result"), ("slope(0*r, L) > 0", "two different x"), ("agree(G, 2*H)", "by their names"),
     ("agree(G, H, false_alarm=2)", "between 0 and 1")],
)  # fmt: skip
def test_what_cannot_be_judged(claim, reason):
    record = verdict(claim)
    assert record.passed is None
    assert reason in record.detail


@pytest.mark.parametrize(
    ("claim", "code"),
    [("G[1] > 0", "NN303"), ("G[0, 1] > 0", "NN303"), ("max(G, 'r') > 0", "NN310"), ("agree(G, L)", "NN310"),
     ("slope(L) > 0", "NN312"), ("agree(G, H, alarm=1)", "NN312"), ("relative_change(G) < 1", "NN310"),
     ("argmin(L, over='let.m') < 1", "NN807"), ("argmin(L) < 1", "NN312"), ("xs[9, 1] > 0", "NN308"),
     ("slope(r, L, where='x') < 1", "NN807"), ("agree(L, 1) < 2", "NN304")],
)  # fmt: skip
def test_what_means_nothing(claim, code):
    with pytest.raises(SpecError) as caught:
        loads(SPEC.format(claim=claim.replace("'", '\\"'))).check()
    assert [each.code for each in caught.value.diagnostics] == [code]
