"""A stack of layers and its formula are one random function: the same networks from the same seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import nnspec as nn
from nnspec.edit.formula_form import formula_form
from nnspec.ir.digest import digest
from nnspec.lower.field import environment, field, prior, traced_constants
from nnspec.numerics import streams
from nnspec.numerics.lazy import jnp, np
from nnspec.plugin import Parameter
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.yaml_tree import read_tree
from nnspec.text.diagnostic import SpecError
from nnspec.text.source import Source

ROOT = Path(__file__).resolve().parents[3]
WIDTHS = {"d": 3, "n": 4, "s": 2, "sb": 0.3}
PIECES = {
    "plain": 'dense: {width: n, weight: "Normal(0, s)"}',
    "bias": 'dense: {width: n, weight: "Normal(0, s)", bias: "Normal(0, sb)"}',
    "wide": 'dense: {width: 2*n + 1, weight: "Normal(0, std=s)", bias: "Normal(0, 0.2)"}',
    "narrow": 'dense: {width: 1, weight: "Normal(0, 2)", bias: "Normal(0, sb)"}',
    "uniform": 'dense: {width: n, weight: "Uniform(-s, s)", bias: "Laplace(0, sb)"}',
    "tails": 'dense: {width: n, weight: "StudentT(7, 0, s)"}',
    "shifted": 'dense: {width: n, weight: "Normal(0.5, s)", bias: "Laplace(sb, s)"}',
    "out": 'dense: {width: 1, weight: "Normal(0, 1)"}',
    "out_bias": 'dense: {width: 1, weight: "Normal(0, 3)", bias: "Normal(0, 0.5)"}',
    "relu": "act: relu", "erf": "act: erf", "tanh": "act: {function: tanh}", "cos": "act: cos",
}  # fmt: skip
STACKS = {
    "R^d": [
        "out", "out_bias", "plain relu out", "bias erf out", "bias tanh out_bias", "wide cos out_bias tanh",
        "plain relu bias erf out", "bias tanh wide relu out_bias", "bias relu narrow erf bias tanh out",
        "uniform tanh tails relu out", "shifted relu shifted tanh out", "cos bias relu out", "plain plain out",
    ],
    "R": ["out_bias", "relu", "bias relu out", "tanh bias erf bias cos out_bias"],
}  # fmt: skip
CASES = [(space, stack) for space, stacks in STACKS.items() for stack in stacks]


def spec(stack: str, parameterization: str = "ntk", space: str = "R^d", asked: str = "n: 2, draws: 256") -> str:
    layers = "".join(f"    - {PIECES[word]}\n" for word in stack.split())
    return (
        f"nnspec: 1\nname: stack  # a name\nlet: {{{', '.join(f'{k}: {v}' for k, v in WIDTHS.items())}}}\n"
        f"model:\n  inputs: {{x: {space}}}\n  parameterization: {parameterization}\n  layers:\n{layers}"
        f"\nobservables:\n  G2: {{correlator: {{at: [0.3, -1.2], {asked}}}}}  # asked\n"
    )


def formula(text: str, words: Vocabulary) -> str:
    source = Source("spec.yaml", text)
    return formula_form(read_tree(source), source, words).text


def values(text: str, words: Vocabulary, draws: int = 2) -> Any:
    """The field of the first draws at four points, in double precision."""
    experiment = nn.loads(text).check().experiment
    constants = {name: jnp.asarray(value, jnp.float64) for name, value in traced_constants(experiment).items()}
    env = environment(experiment, words, constants, jnp.float64)
    at, draw = field(experiment.model, env), prior(experiment.model, env)
    points = jnp.asarray(np.random.default_rng(1).normal(size=(4, experiment.model.dim)))
    key = streams.stream(streams.root_key(7), "measure/model")
    return np.array([at(draw(streams.draw_key(key, k)), points) for k in range(draws)])


@pytest.mark.parametrize(("space", "stack"), CASES)
@pytest.mark.parametrize("parameterization", ["standard", "ntk"])
def test_the_formula_gives_the_values_of_the_layers(
    space: str, stack: str, parameterization: str, words: Vocabulary
) -> None:
    """rtol=1e-12: a few hundred roundings of double precision."""
    text = spec(stack, parameterization, space)
    emitted = formula(text, words)
    assert "layers" not in emitted
    stacked, written = values(text, words), values(emitted, words)
    np.testing.assert_allclose(written, stacked, rtol=1e-12, atol=1e-12 * np.abs(stacked).max())
    assert np.ptp(stacked) > 0


def test_the_comparison_would_see_another_power_of_the_width(words: Vocabulary) -> None:
    text = spec("bias relu out")
    wrong = formula(text, words).replace("1/sqrt(n)", "1/n")
    assert np.abs(values(wrong, words) - values(text, words)).max() > 1e-3


@pytest.mark.parametrize("parameterization", ["standard", "ntk"])
def test_a_run_gives_the_same_correlators(parameterization: str, words: Vocabulary, tmp_path: Path) -> None:
    """rtol=1e-5: sums of 256 draws in single precision."""
    text = spec("bias relu wide erf out_bias", parameterization)
    layered, written = (nn.loads(each).run(tmp_path) for each in (text, formula(text, words)))
    assert layered.path != written.path
    np.testing.assert_allclose(written["G2"].value, layered["G2"].value, rtol=1e-5)


@pytest.mark.parametrize("stack", ["out", "bias relu wide erf out_bias", "uniform tanh tails relu out"])
def test_a_formula_stays_as_it_is(stack: str, words: Vocabulary) -> None:
    once = formula(spec(stack), words)
    assert formula(once, words) == once


def test_everything_else_in_the_file_stays(words: Vocabulary) -> None:
    text = spec("bias relu out")
    before, after = text[: text.index("model:")], text[text.index("\nobservables:") :]
    emitted = formula(text, words)
    assert emitted.startswith(before)
    assert emitted.endswith(after)
    assert emitted[len(before) : -len(after)] == (
        "model:\n  inputs:  {x: R^d}\n  indices: {i1: n}\n  params:\n"
        "    weight_1[i1] in R^d: Normal(0, 1)\n    bias_1[i1]: Normal(0, 1)\n    weight_2[i1]: Normal(0, 1)\n"
        "  field: phi(x)\n"
        "  def: 1/sqrt(n)*sum_i1 weight_2[i1]*relu(sqrt(sb)*bias_1[i1] + sqrt(s/d)*weight_1[i1].x)\n"
    )


def test_under_the_standard_parameterization_the_variance_is_scaled(words: Vocabulary) -> None:
    emitted = formula(spec("bias relu out", "standard"), words)
    assert "weight_1[i1] in R^d: Normal(0, s/d)" in emitted
    assert "bias_1[i1]: Normal(0, sb)" in emitted
    assert "weight_2[i1]: Normal(0, 1/n)" in emitted


def test_repeats_are_written_out(words: Vocabulary) -> None:
    text = spec("out").replace("    - dense", f"    - repeat: 3\n      of:\n        - {PIECES['bias']}\n        - act: relu\n    - dense")
    emitted = formula(text, words)
    assert "indices: {i1: n, i2: n, i3: n}" in emitted
    np.testing.assert_allclose(values(emitted, words), values(text, words), rtol=1e-11)


def test_names_of_the_spec_are_left_alone(words: Vocabulary) -> None:
    text = spec("bias relu out").replace("let: {", "let: {i1: 3, phi: 2, ")
    emitted = formula(text, words)
    assert "indices: {j1: n}" in emitted
    assert "field: f(x)" in emitted


@pytest.mark.parametrize("parameterization", ["mean_field", "mup"])
def test_other_parameterizations(parameterization: str, words: Vocabulary) -> None:
    text = spec("bias relu wide erf out_bias", parameterization)
    source = Source("spec.yaml", text)
    done = formula_form(read_tree(source), source, words)
    assert ("learning rates" in done.note) == (parameterization == "mean_field")
    np.testing.assert_allclose(values(done.text, words), values(text, words), rtol=1e-12)


def test_a_deformation_stays(words: Vocabulary) -> None:
    text = spec("bias relu out").replace("  layers:", "  deform: exp(-integral(phi(y)^4, y in Box(-1, 1)^d))\n  layers:")
    text = text.replace("{correlator: {", "{correlator: {density: undeformed, ")
    assert "  deform: exp(-integral(phi(y)^4, y in Box(-1, 1)^d))\n" in formula(text, words)


def test_a_sweep_over_layers_is_mentioned(words: Vocabulary) -> None:
    text = spec("bias relu out") + "sweep: {grid: {model.parameterization: [standard, ntk]}}\n"
    source = Source("spec.yaml", text)
    assert formula_form(read_tree(source), source, words).note == (
        "the sweep changes `model.parameterization`, which the formula does not have"
    )


def test_a_block_becomes_a_mapping_and_keeps_its_comments(words: Vocabulary) -> None:
    block = (
        "nnspec: 1\nname: a\nmodel: |\n  input x in R\n  a ~ Normal(0,1)  # why\n  phi(x) = a*x\n"
        "observables: {G2: {correlator: {n: 2, at: [0, 1]}}}\n"
    )
    emitted = formula(block, words)
    assert "  params:\n    a: Normal(0, 1)  # why\n" in emitted
    assert digest(nn.loads(block).check().experiment) == digest(nn.loads(emitted).check().experiment)


def test_a_tree_that_was_changed_is_printed_whole(words: Vocabulary) -> None:
    tree = nn.loads(spec("bias relu out")).tree
    emitted = formula_form(tree, Source("other.yaml", spec("out")), words).text
    assert "weight_2[i1]*relu(" in emitted
    assert "#" not in emitted
    np.testing.assert_allclose(values(emitted, words), values(spec("bias relu out"), words), rtol=1e-12)


def refusal(text: str, words: Vocabulary) -> str:
    with pytest.raises(SpecError) as caught:
        formula(text, words)
    (found,) = caught.value.diagnostics
    assert found.code == "NN507"
    return found.label


def test_what_has_no_formula_is_refused_with_the_reason(words: Vocabulary) -> None:
    assert refusal(spec("bias " + "relu bias " * 40 + "out"), words) == "the formula is refused"
    deep = spec("bias " + "relu bias " * 120 + "out")
    assert refusal(deep, words) == "242 layers are nested too deeply for one formula"
    own = spec("bias relu out").replace("model:", "functions: {swish(u): u}\nmodel:").replace("act: relu", "act: swish")
    assert refusal(own, words) == "`swish` is a function of this spec, and an activation of its layers"
    taken = spec("bias relu out").replace("let: {", "let: {weight_2: 3, ")
    assert refusal(taken, words) == "a parameter must be called `weight_2`, and the spec has something of this name"
    components = spec("cos out").replace("d: 3", "d: 30")
    several = spec("bias relu plain")
    assert refusal(several, words) == "the network has 4 outputs, and a formula gives one number"
    assert refusal(spec("cos"), words) == "the network has 3 outputs, and a formula gives one number"
    assert refusal(components, words) == "a formula would have to name 30 components of the input one by one"


def test_a_layer_without_a_formula_is_refused(words: Vocabulary) -> None:
    record = replace(words.layers["dense"], formula=None)
    silent = replace(words, layers={**words.layers, "dense": record})
    assert refusal(spec("bias relu out"), silent) == "the layer `dense` does not say itself as a formula"


def test_options_of_an_activation_are_arguments_by_name(words: Vocabulary) -> None:
    beta = Parameter(name="beta", default=1.0)
    record = replace(words.activations["tanh"], name="bent", parameters=(beta,))
    more = replace(words, activations={**words.activations, "bent": record})
    text = spec("bias tanh out").replace("{function: tanh}", "{bent: {beta: 2}}")
    assert "beta=2" in formula(text, more)
    assert "beta" not in formula(spec("bias tanh out").replace("{function: tanh}", "bent"), more)
