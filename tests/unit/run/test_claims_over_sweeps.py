"""Claims over a sweep against NumPy: constants made of others, zipped axes, points without a value; digests of sweeps."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.ir.digest import digest
from nnspec.stages import loads, run
from nnspec.text.diagnostic import SpecError

SPEC = """
nnspec: 1
name: claims
let: {{N: 10, s: 2, t: {t}, q: s*N}}
data: {{xs: "linspace(0, q, 3)", ys: "linspace(0, 1, 2)"}}
model: {{inputs: {{x: R}}, params: {{w: "Normal(0, s)"}}, field: phi(x), def: w*x}}
functions: {{"K(x)": "sqrt(x + N - 15)*0 + N*s*(1 + x/q)", "H(u)": u*t}}
observables: {{G: {{evaluate: {{of: K, at: xs}}}}}}
sweep:
  {axes}
  checks: ['{claim}']
"""
GRID = "grid: {let.N: [20, 40, 80], let.s: [1, 2]}"
ZIP = "grid: {numerics.seed: [1, 3]}\n  zip: {let.N: [20, 30], let.s: [5, 6]}"
FAILING = "grid: {let.N: [10, 20, 40]}"


def spec(axes: str, claim: str = "max(max(G)) > 0", t: str = "1/N") -> str:
    return SPEC.format(axes=axes, claim=claim, t=t)


@pytest.mark.parametrize(("axes", "claim"), [
    (GRID, "max(abs(G[1] - t*N*N*s)) < 1e-9"),
    (GRID, "max(abs(H(N) - 1)) < 1e-9"),
    (GRID, "max(abs(q - N*s)) < 1e-9"),
    (GRID, "abs(slope(log(N), log(norm(G))) - 1) < 1e-9"),
    (GRID, "abs(slope(log(N), log(max(G))) - 1) < 1e-9"),
    (GRID, 'abs(slope(log(s), log(G[1]), where="40") - 1) < 1e-9'),
    (GRID, 'spread(G[1], where="2") == 120'),
    (ZIP, "max(abs(G[1] - N*s)) < 1e-9"),
    (ZIP, "max(s) == 6"),
    (ZIP, 'spread(G[1], where="6") == 0'),
    ("grid: {let.N: [20], let.s: [1/2, 2]}", "abs(slope(log(s), log(G[1])) - 1) < 1e-9"),
])  # fmt: skip
def test_claims_that_hold(tmp_path, axes, claim):
    assert run(loads(spec(axes, claim)).check(), tmp_path, plots=False).record.checks[0].passed


@pytest.mark.parametrize(("axes", "claim"), [
    (FAILING, 'max(argmin(G[1], over="let.N")) < 4'),
    (FAILING, 'max(argmax(G[1], over="let.N")) < 4'),
    (FAILING, "max(G[1]^0) < 2"),
    (FAILING, 'spread(G[1], where="20") < 5'),
    (GRID, "max(ys) < max(xs)"),
    ("grid: {let.N: [20, 40], let.s: [20, 40]}", 'spread(G[1], where="20") < 1e9'),
])  # fmt: skip
def test_claims_without_a_truth_value(tmp_path, axes, claim):
    """Points that failed, a value of two axes, data that are another set at each point."""
    assert run(loads(spec(axes, claim)).check(), tmp_path, plots=False).record.checks[0].passed is None


def test_data_that_are_the_same_everywhere_may_be_mentioned(tmp_path):
    assert run(loads(spec(GRID, "max(ys) < max(G[1])")).check(), tmp_path, plots=False).record.checks[0].passed


def test_coordinates_that_differ_from_point_to_point_are_left_out(tmp_path):
    done = run(loads(spec(GRID)).check(), tmp_path, plots=False)
    assert set(done["G"].coords) == {"let.N", "let.s"}
    np.testing.assert_allclose(done["G"].value[:, 1, 2], [80, 160, 320])



def test_seeds_are_not_swept_twice():
    with pytest.raises(SpecError) as error:
        loads(spec("grid: {numerics.seed: [5, 6]}\n  seeds: 2", "max(max(G[1])) > 0")).check()
    assert [each.code for each in error.value.diagnostics] == ["NN805"]


@pytest.mark.parametrize(("axes", "one", "other"), [
    ("grid: {let.N: [20, 40]}", "1/N", "0.1"),
    ('grid: {let.s: "geomspace(0.5, 4, 3)"}', "s^2", "4"),
])  # fmt: skip
def test_a_formula_of_what_is_swept_is_not_its_value_now(axes, one, other):
    digests = {digest(loads(spec(axes, t=t)).check().experiment) for t in (one, other)}
    assert len(digests) == 2


def test_a_name_that_is_bound_again_is_another_variable():
    functions = '"f(y, z)": {body}, "K(x)": "integral(f(x, y), y in Interval(0, 2))"'
    text = spec("grid: {let.N: [20, 40]}")
    texts = [text.replace('"K(x)": "sqrt(x + N - 15)*0 + N*s*(1 + x/q)"', functions.format(body=body)) for body in ("y - z", "z - y")]
    assert len({digest(loads(each).check().experiment) for each in texts}) == 2
