"""Parameters of an activation, given by name in a formula."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nnspec.check.experiment import check
from nnspec.lower.field import environment, field
from nnspec.numerics.lazy import jnp, np
from nnspec.plugin.records import Activation, Parameter
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.syntax.yaml_tree import read_text

SPEC = """
nnspec: 1
name: bent
let: {{c: 3}}
model:
  inputs: {{x: R}}
  params: {{a: "Normal(0, 1)"}}
  field: phi(x)
  def: {formula}
observables: {{G: {{correlator: {{n: 2, at: [0, 1]}}}}}}
"""


def meaning(formula: str):
    words = load_vocabulary(no_plugins=True)
    beta = Parameter(name="beta", default=1.0, doc="steepness")
    bent = Activation(name="bent", equation="tanh(beta x)", apply=lambda x, beta: jnp.tanh(beta * x), parameters=(beta,))
    words = replace(words, activations={**words.activations, "bent": bent})
    return check(read_text(SPEC.format(formula=formula)), words), words


@pytest.mark.parametrize(
    ("formula", "exact"),
    [
        ("a*bent(x)", lambda x: 2 * np.tanh(x)), ("a*bent(x, beta=c)", lambda x: 2 * np.tanh(3 * x)),
        ("bent(x, beta=a)", lambda x: np.tanh(2 * x)), ("a*bent(x, beta=x)", lambda x: 2 * np.tanh(x * x)),
    ],
)  # fmt: skip
def test_the_parameter_is_used(formula, exact):
    found, words = meaning(formula)
    env = environment(found.experiment, words, {"c": 3.0}, jnp.float64)
    values = field(found.experiment.model, env)({"a": jnp.asarray(2.0)}, jnp.asarray([[0.3], [-1.2]]))
    np.testing.assert_allclose(np.asarray(values)[:, 0], exact(np.array([0.3, -1.2])), rtol=1e-12)


@pytest.mark.parametrize("formula", ["a*bent(x, gamma=1)", "a*tanh(x, beta=1)", "a*bent(x, beta=1, beta=2)", "a*bent(x, beta=[1, 2])"])
def test_what_is_no_parameter(formula):
    found, _ = meaning(formula)
    assert [each.code for each in found.complaints] in (["NN312"], ["NN304"])
