"""What is not trustworthy is not given: overflow, too much memory, claims that fail or have no truth value."""

from __future__ import annotations

import pytest

from nnspec.run.execute import ComputingError
from nnspec.text.diagnostic import render


def formula(definition: str, *, observable: str = "{correlator: {n: 1, at: xs, draws: 64}}", checks: str = "", variance: float = 1.0) -> str:
    return f"""
nnspec: 1
name: refused
data: {{xs: [0.5, 1.0, 200.0]}}
model:
  inputs: {{x: R}}
  params: {{a: "Normal(1, {variance})"}}
  field: phi(x)
  def: {definition}
observables:
  G: {observable}
{checks}
"""


@pytest.mark.parametrize("definition", ["a*exp(x)", "a/(x - 0.5)", "a*log(0.7 - x)", "a*(x - 1)^0.5"])
def test_a_field_that_is_not_finite_somewhere(definition, compute):
    with pytest.raises(ComputingError) as caught:
        compute(formula(definition))
    found = caught.value.diagnostic
    assert found.code == "NN705"
    point = {"a*exp(x)": 3, "a/(x - 0.5)": 1, "a*log(0.7 - x)": 2, "a*(x - 1)^0.5": 1}[definition]
    assert f"`G` is not finite at point {point}" in found.message
    assert found.span is not None
    assert found.span.text == "G"
    assert "it arises first in network 1: the field is" in found.notes[0]
    assert "no number of this observable is reported" in found.notes[-1]


def test_an_overflow_in_a_product_alone(compute):
    """1e25 fits into float32 and its square does not: the correlator says so, or has the right number."""
    text = formula("a*1e25", observable="{correlator: {n: 2, at: [0.5], draws: 64}}", variance=1e-12)
    try:
        value = compute(text).outcome.estimates[0].value[0, 0]
    except ComputingError as refused:
        assert refused.diagnostic.code == "NN705"
    else:
        assert value == pytest.approx(1e50, rel=1e-5)


def test_memory_that_is_not_there(compute):
    with pytest.raises(ComputingError) as caught:
        compute(formula("a*x", observable="{correlator: {n: 6, at: xs, draws: 64}}"), memory=1e5)
    found = caught.value.diagnostic
    assert found.code == "NN702"
    assert "`G` would need" in found.message
    assert "3 x 3 x 3 x 3 x 3 x 3 entries" in found.notes[0]


def test_a_claim_that_fails_shows_both_sides(compute):
    finished = compute(formula("a + x", checks="checks:\n  - max(G) < 3\n  - max(G) > 0", variance=1e-12))
    (found,) = finished.failed
    text = render(found)
    assert found.code == "NN711"
    assert "check failed: max(G) < 3" in text
    assert "left side: 201" in text
    assert "at point 3" in text
    assert "right side: 3" in text
    assert "1 of 2 checks passed" in text
    assert finished.record.status == "check failed"
    assert [check.passed for check in finished.record.checks] == [False, True]


@pytest.mark.parametrize(
    "claim",
    [
        "max((G - G)/(G - G)) < 1",
        "not max((G - G)/(G - G)) > 1",
        "max(0*log(-abs(G))) < 1 or 1 > 2",
        "not (max(log(-abs(G))) > 1 and 1 < 2)",
    ],
)
def test_a_claim_about_what_is_no_number_has_no_truth_value(claim, compute):
    """NaN compares false with everything: without care `not (NaN > 1)` would pass."""
    finished = compute(formula("a + x", checks=f'checks: ["{claim}"]', variance=1e-12))
    (check,) = finished.record.checks
    assert check.passed is None
    (found,) = finished.failed
    assert found.code == "NN712"
    assert finished.record.status == "check failed"


def test_an_integral_in_a_field_is_refused_before_anything_runs():
    from nnspec.stages import SpecError, loads

    with pytest.raises(SpecError) as caught:
        loads(formula("a*integral(cos(x*y), y in Interval(0, 1))")).check()
    (found,) = caught.value.diagnostics
    assert "integral" in render(found)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("integral(1, y in Interval(0, 1)) + x", [1.5, 2.0]),
        ("integral(1 if y < 0.5 else 0, y in Interval(0, 1))", [0.5, 0.5]),
        ("integral(sin(x*y), y in Interval(-1, 1))", [0.0, 0.0]),
        ("integral(1 + exp(-(y - 0.3)^2/2e-6), y in Interval(0, 1))", [1.00250662827463] * 2),
        ("integral(integral(z*y, z in Interval(0, y)), y in Interval(0, x))", [0.5**4 / 8, 1 / 8]),
        ("integral(x^2, x in Interval(0, 1)) + x", [1 / 3 + 0.5, 1 / 3 + 1]),
    ],
)
def test_integrals_of_functions(body, expected, compute):
    """The rule is raised until two orders agree to 1e-10."""
    estimate = compute(evaluated(body)).outcome.estimates[0]
    assert estimate.value == pytest.approx(expected, rel=1e-9, abs=1e-13)
    assert 0 <= estimate.numerical_error < 1e-9


@pytest.mark.parametrize("body", ["integral(1/y, y in Interval(0, 1))", "integral(1 if y < x/3 else 0, y in Interval(0, 1))"])
def test_an_integral_that_does_not_converge_is_no_number(body, compute):
    with pytest.raises(ComputingError, match="could not be computed") as caught:
        compute(evaluated(body))
    assert caught.value.diagnostic.code == "NN704"
    assert "does not converge" in render(caught.value.diagnostic)


def evaluated(body: str) -> str:
    return f"""
nnspec: 1
name: evaluated
model:
  inputs: {{x: R}}
  params: {{a: "Normal(0, 1)"}}
  field: phi(x)
  def: a*x
functions: {{F(x): "{body}"}}
observables:
  G: {{evaluate: {{of: F, at: [0.5, 1.0]}}}}
"""
