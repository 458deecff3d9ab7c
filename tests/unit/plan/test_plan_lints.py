"""NN495: tolerances that so many draws cannot reach, and no alarm where they may."""

from __future__ import annotations

import pytest

from nnspec.stages import loads

SPEC = """\
nnspec: 1
name: demo
let: {{tol: 1e-8}}
functions: {{"K(x, y)": "x*y"}}
model:
  inputs: {{x: R}}
  params: {{w: "Normal(0, 1)"}}
  field: phi(x)
  def: w*x
observables:
  G2: {{correlator: {{n: 2, at: [1, 2], draws: 10000}}}}
  H2: {{correlator: {{n: 2, at: [1, 2], draws: 20000}}}}
  Gex: {{evaluate: {{of: K, at: [1, 2]}}}}
checks: ["{0}"]
"""


def said(check: str) -> list[str]:
    return [each.message for each in loads(SPEC.format(check)).check().warnings if each.code == "NN495"]


@pytest.mark.parametrize(
    "check",
    [
        "max(abs(G2 - Gex)) < 1e-8", "max(abs(Gex - G2)) <= tol", "1e-8 > max(abs(G2 - Gex))", "norm(G2 - Gex) < tol/2",
        "mean(abs(G2 - 1)) < 1e-7", "max(G2) < 9 and max(abs(G2 - Gex)) < 1e-8", "max(abs(G2/Gex - 1)) < 1e-5",
        "max(abs(G2 - Gex)/Gex) < 1e-5", "max(abs(G2 - Gex))/max(abs(Gex)) < 1e-5", "max(abs((G2 - Gex)/Gex)) < 1e-5",
    ],
)  # fmt: skip
def test_hopeless_tolerances(check: str) -> None:
    (message,) = said(check)
    assert message.startswith("10000 draws are too few for the tolerance")


@pytest.mark.parametrize(
    "check",
    [
        "max(abs(G2 - Gex)) < 5*max(se(G2))", "max(abs(G2 - Gex)) < 1e-5", "max(abs(G2/Gex - 1)) < 1e-3",
        "max(abs(G2 - H2)) < 1e-9", "max(abs(Gex - 1)) < 1e-9", "max(G2 - Gex) < 1e-9", "min(abs(G2 - Gex)) < 1e-9",
        "max(abs(G2)) < 1e-9", "max(abs(G2 - Gex)) < 1e-9 or max(G2) > 0", "not max(abs(G2 - Gex)) < 1e-9",
        "max(abs(G2 - Gex)) > 1e-9", "max(abs(G2 - Gex)) < 0", "max(abs(G2 - Gex)) < 1e-9*max(abs(Gex))",
        "0 < max(abs(G2 - Gex)) < 1e-9", "max(abs(G2 - Gex)) != 1e-9", "max(abs(log(G2) - log(Gex))) < 1e-9",
    ],
)  # fmt: skip
def test_what_may_be_reached_or_is_something_else(check: str) -> None:
    assert said(check) == []


def test_the_least_tolerance_follows_the_draws() -> None:
    assert said("max(abs(G2 - Gex)) < 1.01e-6") == []
    assert said("max(abs(G2 - Gex)) < 0.99e-6") != []
    assert said("max(abs(H2 - Gex)) < 0.99e-6") == said("max(abs(G2 - 1)) < 1.01e-6") == []
