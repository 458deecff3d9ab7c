"""Schwinger-Dyson identities by quadrature, and the densities that have none."""

from __future__ import annotations

import numpy as np
import pytest

import nnspec
from nnspec.lower.identities import Identities
from nnspec.lower.jumps import jump
from nnspec.numerics.lazy import jax, jnp


def means(identities):
    """Means of all identities under exp(-u^4 - (u v)^2/2 - v^2/2 - (w - u)^2) on a grid; rounding is all that is left."""
    axis = jnp.linspace(-7, 7, 71)
    u = jnp.stack(jnp.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)

    def log_p(u):
        return -(u[0] ** 4) - 0.5 * (u[0] * u[1]) ** 2 - 0.5 * u[1] ** 2 - (u[2] - u[0]) ** 2 + 0.5 * u[0]

    value, gradient = jax.vmap(jax.value_and_grad(log_p))(u)
    weight = jnp.exp(value) / jnp.sum(jnp.exp(value))
    return weight @ identities.values(u, gradient)


def test_identities_have_mean_zero():
    """atol: the trapezoid rule at a step of 0.2 for a density that is at least as wide as exp(-u^4)."""
    whole = Identities.of(3, 1024)
    assert whole == Identities(3, 3, mixed=True)
    assert whole.size == 9
    assert [len(each) for each in whole.families] == [3, 3, 6, 6, 9]
    np.testing.assert_allclose(means(whole), 0.0, atol=1e-7)
    few = Identities.of(3, 16)
    assert few == Identities(3, 2, mixed=False)
    np.testing.assert_allclose(means(few), 0.0, atol=1e-7)


def test_neighbours_are_taken_together():
    u = jnp.arange(1.0, 6.0)[None, :]
    found = Identities(5, 2, mixed=False).values(u, 10 * u)
    np.testing.assert_allclose(found, [[10 * 6, 10 * 9, 3 + 10 * 14, 2 + 10 * 41]])


SPEC = """
nnspec: 1
name: jumps
let: {{c: 2}}
data: {{xs: [0]}}
model:
  inputs: {{x: R}}
  params: {{{params}}}
  field: phi(x)
  def: {body}
  deform: {deform}
functions:
  f(u): 1/(1 + u^2)
  g(u): sqrt(u)
observables:
  G2: {{correlator: {{n: 2, at: xs}}}}
"""
TWO = 'a: "Normal(0, 1)", b: "Normal(0, 1)"'


def told(deform="exp(-phi(0)^4)", body="a + b*x", params=TWO):
    spec = nnspec.loads(SPEC.format(params=params, body=body, deform=deform))
    return jump(spec.check().experiment.model, spec.words)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"deform": "exp(-integral(phi^4/24 + cos(phi) + abs(phi), y in Interval(0, c)))*(1 + phi(0)^2)^3"},
        {"deform": "exp(-f(phi(0))/c)"},
        {"deform": "exp(-phi(sqrt(c))^2)"},
        {"body": "a*relu(b*x + 1) + a*exp(-b*b)"},
        {"body": "tanh(a + b*x)", "params": 'a: "Uniform(-1, 1)", b: "Gamma(2, 1)"'},
        {"params": 'a: "Gamma(2, 1)", b: "Normal(0, a)"'},
    ],
)
def test_densities_that_are_seen_to_be_continuous(given):
    assert told(**given) is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"deform": "exp(-where(phi(0) > 1, 1, 0))"}, "where"),
        ({"deform": "exp(-heaviside(phi(0)))"}, "heaviside"),
        ({"deform": "exp(-floor(phi(0)))"}, "floor"),
        ({"deform": "exp(-1/phi(0)^2)"}, "denominator"),
        ({"deform": "exp(-g(phi(0)^2))"}, "sqrt"),
        ({"deform": "abs(phi(0))"}, "log"),
        ({"deform": "exp(-phi(a)^2)"}, "random point"),
        ({"body": "sign(a)*b + x"}, "sign"),
        ({"body": "a/b + x"}, "denominator"),
        ({"body": "relu(a*x + b)", "deform": "exp(-d(phi(y), y)^2)"}, "relu"),
        ({"params": 'a: "Gamma(2, 1)", b: "Normal(0, 1/a)"'}, "denominator"),
    ],
)
def test_densities_that_may_jump(given, reason):
    if "d(phi" in given.get("deform", ""):
        given = {**given, "deform": "exp(-integral(d(phi(y), y)^2, y in Interval(0, c)))"}
    assert reason in told(**given)[0]


def test_layers_that_jump():
    text = """
nnspec: 1
name: jumps
data: {xs: [0]}
model:
  inputs: {x: R}
  parameterization: standard
  layers:
    - dense: {width: 2, weight: "Normal(0, 1)"}
    - act: ACT
    - dense: {width: 1, weight: "Normal(0, 1)"}
  deform: exp(-phi(1)^2)
observables:
  G2: {correlator: {n: 2, at: xs}}
"""
    for word, reason in (("relu", None), ("sign", "`sign` jumps")):
        spec = nnspec.loads(text.replace("ACT", word))
        found = jump(spec.check().experiment.model, spec.words)
        assert (found and found[0]) == reason
