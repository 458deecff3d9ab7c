"""Closed forms are refused, with a reason and its place, wherever they would give a wrong number; sampling steps in."""

from __future__ import annotations

import pytest

from nnspec.plan.planner import Plan
from nnspec.stages import SpecError, loads
from nnspec.text.diagnostic import render

FIRST = "{dense: {width: 32, weight: 'Normal(0, 2)', bias: 'Normal(0, 0.1)'}}"
HIDDEN = "{dense: {width: 32, weight: 'Normal(0, 2)'}}"
LAST = "{dense: {width: 1, weight: 'Normal(0, 1)'}}"
RELU = "{act: relu}"


def spec(layers: list[str], observable: str, parameterization: str = "ntk") -> str:
    return f"""
nnspec: 1
name: obstacles
data: {{xs: [[1.0, 0.2], [-0.4, 0.9]]}}
model:
  inputs: {{x: R^2}}
  parameterization: {parameterization}
  layers: [{", ".join(layers)}]
observables:
  K: {observable}
"""


def planned(layers: list[str], observable: str, parameterization: str = "ntk") -> Plan:
    return loads(spec(layers, observable, parameterization)).check().plan


def refused(layers: list[str], observable: str, parameterization: str = "ntk") -> str:
    with pytest.raises(SpecError) as caught:
        planned(layers, observable, parameterization)
    (found,) = caught.value.diagnostics
    assert found.code == "NN601"
    return render(found)


OBSTACLES = {
    "activation on the inputs": ([RELU, FIRST, RELU, LAST], "`act` acts on the inputs themselves, which are not Gaussian"),
    "two activations": ([FIRST, RELU, "{act: erf}", LAST], "`act` acts on the outputs of another nonlinearity"),
    "activation last": ([FIRST, RELU], "the last layer is no sum with random weights"),
    "activations alone": ([RELU], "`act` acts on the inputs themselves"),
    "weights with a mean": ([FIRST, RELU, HIDDEN.replace("Normal(0, 2)", "Normal(1, 1)"), RELU, LAST], "the weights of `dense` do not have mean zero"),
    "readout with a mean": ([FIRST, RELU, LAST.replace("Normal(0, 1)", "Uniform(0, 1)")], "the weights of `dense` do not have mean zero"),
    "biases with a mean": ([FIRST.replace("Normal(0, 0.1)", "Normal(0.5, 0.1)"), RELU, LAST], "the biases of `dense` do not have mean zero"),
    "few inputs, weights not normal": ([FIRST.replace("Normal(0, 2)", "Uniform(-3, 3)"), RELU, LAST], "a sum over 2 inputs is not Gaussian"),
    "biases not normal": ([FIRST.replace("Normal(0, 0.1)", "Uniform(-1, 1)"), RELU, LAST], "a bias is not Gaussian"),
}  # fmt: skip


@pytest.mark.parametrize("name", OBSTACLES)
def test_kernels_that_would_be_wrong_are_refused(name):
    layers, reason = OBSTACLES[name]
    for word in ("nngp", "ntk"):
        text = refused(layers, f"{{{word}: {{at: xs, method: closed_form}}}}")
        assert f"`{word}` by `closed_form`" in text
        assert reason in text


@pytest.mark.parametrize("name", OBSTACLES)
def test_without_a_method_the_tangent_kernel_is_sampled(name):
    layers, reason = OBSTACLES[name]
    (row,) = planned(layers, "{ntk: {at: xs, draws: 64}}").rows
    assert (row.chosen.backend, row.chosen.method) == ("montecarlo", "empirical")
    reasons = " ".join(refusal.reason for refusal in row.answers.refusals)
    assert reason in reasons


@pytest.mark.parametrize(
    "layers",
    [
        [FIRST, RELU, LAST],
        [FIRST, RELU, HIDDEN.replace("Normal(0, 2)", "Uniform(-2, 2)"), RELU, LAST.replace("Normal(0, 1)", "Uniform(-1, 1)")],
        [FIRST, HIDDEN, RELU, LAST],
        [FIRST.replace("Normal(0, 2)", "Uniform(-2, 2)"), HIDDEN, RELU, LAST],
        [HIDDEN.replace("Normal(0, 2)", "Uniform(-2, 2)")],
    ],
    ids=["normal", "uniform inside", "two dense", "uniform under two dense", "linear"],
)
def test_kernels_that_are_right_are_given(layers):
    for word in ("nngp", "ntk"):
        (row,) = planned(layers, f"{{{word}: {{at: xs}}}}").rows
        assert (row.chosen.backend, row.chosen.method) == ("analytic", "closed_form")


def test_the_standard_parameterization_has_one_kernel_of_the_two():
    """Its NNGP exists; its NTK grows with the width."""
    (row,) = planned([FIRST, RELU, LAST], "{nngp: {at: xs}}", "standard").rows
    assert row.chosen.method == "closed_form"
    text = refused([FIRST, RELU, LAST], "{ntk: {at: xs, method: closed_form}}", "standard")
    assert "under `standard` the kernel changes with the width" in text
    assert "`method: empirical`" in text
    (row,) = planned([FIRST, RELU, LAST], "{ntk: {at: xs, draws: 64}}", "standard").rows
    assert row.chosen.method == "empirical"


def test_too_few_draws_are_refused():
    for draws, fine in ((31, False), (32, True), (1_000_003, True)):
        observable = f"{{correlator: {{n: 2, at: xs, draws: {draws}, method: monte_carlo}}}}"
        if fine:
            (row,) = planned([FIRST, RELU, LAST], observable).rows
            assert row.chosen.draws == draws
        else:
            assert "31 draws give no error bar" in refused([FIRST, RELU, LAST], observable)


def test_every_refusal_has_a_reason():
    for layers, _ in OBSTACLES.values():
        for observable in ("{ntk: {at: xs, draws: 64}}", "{correlator: {n: 2, at: xs, draws: 64}}"):
            (row,) = planned(layers, observable).rows
            assert all(len(refusal.reason) > 10 for refusal in row.answers.refusals)
