"""Which models have which form, and what keeps the others from it, with the place in the spec."""

from __future__ import annotations

import pytest

from nnspec.lower.forms import FORMS, HomogeneousLayers, IndependentNeurons, LinearInAmplitudes, Obstacle, Stationary
from nnspec.stages import loads

SPEC = """\
nnspec: 1
name: form
let: {N: 5}
data: {xs: "normal(2, 3, seed=1)"}
model: |
MODEL
observables: {G: {correlator: {n: 2, at: xs}}}
"""
COMMON = """index i in N
index j in 3
input x in R^2
a[i] ~ Normal(0, 1/N)
w[i] in R^2 ~ Normal(0, 1)
b[i] ~ Uniform(-pi, pi)
"""


def found(name: str, model: str):
    text = SPEC.replace("MODEL", "\n".join(f"  {line}" for line in model.strip().splitlines()))
    checked = loads(text).check()
    return FORMS[name](checked.experiment, checked.spec.words)


def layered(name: str, layers: str, parameterization: str = "ntk"):
    text = f"""\
nnspec: 1
name: form
data: {{xs: "normal(2, 3, seed=1)"}}
model:
  inputs: {{x: R^2}}
  parameterization: {parameterization}
  layers: [{layers}]
observables: {{G: {{correlator: {{n: 2, at: xs}}}}}}
"""
    checked = loads(text).check()
    return FORMS[name](checked.experiment, checked.spec.words)


ONE = '{dense: {width: 8, weight: "Normal(0, 1)", bias: "Normal(0, 1)"}}, {act: tanh}, {dense: {width: 1, weight: "Normal(0, 1)", bias: "Normal(0, 1)"}}'
TWO = '{dense: {width: 8, weight: "Normal(0, 1)"}}, {act: tanh}, {dense: {width: 8, weight: "Normal(0, 1)"}}, {act: tanh}, {dense: {width: 1, weight: "Normal(0, 1)"}}'


def test_neurons_of_a_plain_network():
    form = found("IndependentNeurons", COMMON + "phi(x) = sqrt(2)*sum_i a[i]*cos(w[i].x + b[i])")
    assert isinstance(form, IndependentNeurons)
    (group,) = form.groups
    assert (group.count, [decl.name for decl in group.params], form.common, form.shift) == (5, ["a", "w", "b"], (), ())


def test_sums_of_different_parameters_are_different_groups_and_common_ones_are_found():
    model = COMMON + """g ~ Gamma(3, 1)
c ~ Normal(0, 1)
u[j] ~ Normal(0, 1)
phi(x) = 1/sqrt(g)*sum_i (a[i]*cos(w[i].x) - b[i]) + mean_j u[j]*x[1] + c + x.x"""
    form = found("IndependentNeurons", model)
    assert isinstance(form, IndependentNeurons)
    assert sorted((group.count, tuple(decl.name for decl in group.params)) for group in form.groups) == [
        (1, ("c",)), (3, ("u",)), (5, ("a", "w", "b"))
    ]  # fmt: skip
    assert [decl.name for decl in form.common] == ["g"]
    assert len(form.shift) == 1


def test_pairs_are_neurons_where_no_factor_is_shared_and_rows_where_one_is():
    pairs = found("IndependentNeurons", COMMON + "v[i, j] ~ Normal(0, 1)\nphi(x) = sum_{i,j} v[i, j]*x[1]")
    rows = found("IndependentNeurons", COMMON + "v[i, j] ~ Normal(0, 1)\nphi(x) = sum_i a[i]*tanh(sum_j v[i, j]*x[1])")
    shared = found("IndependentNeurons", COMMON + "v[i, j] ~ Normal(0, 1)\nphi(x) = sum_{i,j} a[i]*v[i, j]*x[1]")
    assert [each.groups[0].count for each in (pairs, rows, shared)] == [15, 5, 5]


@pytest.mark.parametrize("parameterization", ["ntk", "standard", "mean_field", "mup"])
def test_one_hidden_layer_has_the_form_under_every_parameterization(parameterization):
    form = layered("IndependentNeurons", ONE, parameterization)
    assert isinstance(form, IndependentNeurons)
    assert sorted(group.count for group in form.groups) == [1, 8]
    assert isinstance(layered("LinearInAmplitudes", ONE, parameterization), LinearInAmplitudes)


def test_a_deep_stack_is_linear_in_its_last_weights_alone():
    obstacle = layered("IndependentNeurons", TWO)
    assert isinstance(obstacle, Obstacle)
    assert "`weight_1` is not a neuron's own" in obstacle.reason
    assert obstacle.span is not None
    form = layered("LinearInAmplitudes", TWO)
    assert isinstance(form, LinearInAmplitudes)
    assert [each.decl.name for each in form.amplitudes] == ["weight_3"]


@pytest.mark.parametrize(
    ("body", "reason", "at"),
    [
        ("cos(sum_i a[i]*x[1])", "the sum over `i` stands inside `cos`", "cos("),
        ("(sum_i a[i])*(sum_i b[i])", "two sums over random terms are multiplied", "(sum_i"),
        ("(sum_i a[i]*x[1])^2", "the sum over `i` is raised to a power", "("),
        ("1/(1 + (sum_i a[i]))", "the sum over `i` stands in a denominator", "1/"),
        ("prod_i a[i]*x[1]", "random terms are multiplied and not added", "prod_i"),
        ("sum_i a[i]*cos(i*x[1])", "the neurons are not alike: the number `i` enters", "i*x"),
        ("sum_i sum_j a[i]*u[j]*x[1]", "`a` and `u` are combined in all pairs, so the terms share them", "a[i]"),
    ],
)
def test_what_keeps_neurons_from_being_independent(body, reason, at):
    obstacle = found("IndependentNeurons", COMMON + f"u[j] ~ Normal(0, 1)\nphi(x) = {body}")
    assert isinstance(obstacle, Obstacle)
    assert obstacle.reason == reason
    assert obstacle.span is not None
    assert obstacle.span.text.startswith(at[:1])


def test_densities_that_depend_on_the_number_of_the_neuron_are_not_alike():
    model = COMMON.replace("a[i] ~ Normal(0, 1/N)", "a[i] ~ Normal(0, 1/i^2)") + "phi(x) = sum_i a[i]*x[1]"
    obstacle = found("IndependentNeurons", model)
    assert isinstance(obstacle, Obstacle)
    assert obstacle.reason == "the neurons are not alike: the number `i` enters"


def test_a_deformed_density_has_none_of_the_forms():
    model = COMMON + "phi(x) = sum_i a[i]*cos(w[i].x + b[i])\nP *= exp(-integral(phi(y)^4, y in Ball(2, 1)))"
    for name in ("IndependentNeurons", "LinearInAmplitudes", "Stationary"):
        obstacle = found(name, model)
        assert isinstance(obstacle, Obstacle)
        assert "`deform`" in obstacle.reason


@pytest.mark.parametrize(
    ("law", "body", "reason"),
    [
        ("Laplace(0, 1)", "a[i]*cos(w[i].x)", "the law of `a` is not normal"),
        ("Normal(0, 1)", "a[i]*cos(a[i]*x[1])", "`a` enters the field in another way too"),
        ("Normal(0, 1)", "cos(a[i]*x[1])", "no factor of a term is a normal amplitude"),
    ],
)
def test_what_keeps_amplitudes_from_being_integrated_out(law, body, reason):
    model = COMMON.replace("a[i] ~ Normal(0, 1/N)", f"a[i] ~ {law}") + f"phi(x) = sum_i {body}"
    obstacle = found("LinearInAmplitudes", model)
    assert isinstance(obstacle, Obstacle)
    assert obstacle.reason == reason


@pytest.mark.parametrize(
    ("law", "body"),
    [("Uniform(-pi, pi)", "a[i]*cos(w[i].x + b[i])"), ("Uniform(0, pi)", "a[i]*sin(2*b[i] - w[i].x)/(1 + w[i].w[i])")],
)
def test_waves_with_random_phases_are_stationary(law, body):
    model = COMMON.replace("b[i] ~ Uniform(-pi, pi)", f"b[i] ~ {law}") + f"phi(x) = sum_i {body}"
    form = found("Stationary", model)
    assert isinstance(form, Stationary)
    assert [wave.phase for wave in form.waves] == ["b"]


@pytest.mark.parametrize(
    ("law", "body", "reason"),
    [
        ("Uniform(-3, 3)", "a[i]*cos(w[i].x + b[i])", "`b` is not uniform on a period of `cos`"),
        ("Normal(0, 1)", "a[i]*cos(w[i].x + b[i])", "`b` is not uniform on a period of `cos`"),
        ("Uniform(-pi, pi)", "b[i]*cos(w[i].x + b[i])", "the phase `b` enters the neuron in another way too"),
        ("Uniform(-pi, pi)", "a[i]*tanh(w[i].x + b[i])", "the neuron is not one cosine of its input"),
        ("Uniform(-pi, pi)", "a[i]*cos(x.x + b[i])", "the argument of `cos` is not linear in the input"),
        ("Uniform(-pi, pi)", "a[i]*cos(w[i].x)", "the argument of `cos` has no random phase"),
    ],
)
def test_what_keeps_a_network_from_being_stationary(law, body, reason):
    model = COMMON.replace("b[i] ~ Uniform(-pi, pi)", f"b[i] ~ {law}") + f"phi(x) = sum_i {body}"
    obstacle = found("Stationary", model)
    assert isinstance(obstacle, Obstacle)
    assert obstacle.reason == reason
    assert obstacle.span is not None


def test_layers_with_homogeneous_activations():
    relu = TWO.replace("tanh", "relu")
    form = layered("HomogeneousLayers", relu, "mup")
    assert isinstance(form, HomogeneousLayers)
    assert ([level.width for level in form.hidden], form.degree, form.parity, form.linear) == ([8, 8], 1, "none", False)
    squares = layered("HomogeneousLayers", TWO.replace("tanh", "{monomial: {degree: 3}}"))
    assert isinstance(squares, HomogeneousLayers)
    assert (squares.degree, squares.exponents(), squares.parity) == (9, [3, 1], "none")
    mixed = layered("HomogeneousLayers", TWO.replace("{act: tanh}", "{act: linear}, {act: abs}, {act: relu}"))
    assert isinstance(mixed, HomogeneousLayers)
    assert (mixed.parity, mixed.linear) == ("even", False)


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        (TWO, "`tanh` is not homogeneous of a whole degree from 1"),
        (ONE.replace("tanh", "relu"), "the biases of a hidden `dense` set a scale, so it is not homogeneous"),
        ("{act: relu}, " + TWO, "`act` acts on the inputs themselves"),
        (TWO + ", {act: relu}", "`act` has no weights"),
    ],
)
def test_what_keeps_layers_from_being_homogeneous(layers, reason):
    obstacle = layered("HomogeneousLayers", layers)
    assert isinstance(obstacle, Obstacle)
    assert (obstacle.reason, obstacle.span is not None) == (reason, True)
