"""Fields inside other fields: sums and components of their own, arguments with the same indices; densities over indices."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnspec.lower.field import environment, field, prior, traced_constants
from nnspec.numerics import streams
from nnspec.stages import loads

SPEC = """
nnspec: 1
name: nested
let: {{N: 3, K: 2, r: 0.5}}
data: {{xs: [[0.0]]}}
model: |
  index i in N
  index i' in N
  index a in K
  index b in K
  input x in R
{statements}
observables: {{o: {{correlator: {{n: 2, at: xs, field: p}}}}}}
"""
FIELDS = """
v[a] ~ Normal(0, 1)
q[a, b] ~ Normal(0, 1)
w[i] ~ Normal(0, 1)
u[i, i'] ~ Normal(0, 1)
c[a, b, i] ~ Normal(0, 1)
phi(x) = sum_{i, i'} u[i, i']*sin(w[i]*x)
chi[a, b](x) = sum_i c[a, b, i]*sin(w[i]*x)
eta[b](x) = sum_a chi[a, b](x + v[a])
"""


def drawn(statements: str, count: int):
    lines = "\n".join("  " + line for line in statements.strip().splitlines())
    checked = loads(SPEC.format(statements=lines)).check()
    experiment, words = checked.experiment, checked.spec.words
    env = environment(experiment, words, traced_constants(experiment), jnp.dtype("float64"))
    root = streams.stream(streams.root_key(0), "test")
    draw = prior(experiment.model, env)
    theta = jax.vmap(lambda k: dict(draw(streams.draw_key(root, k))))(jnp.arange(count))
    return experiment, env, {name: np.asarray(array) for name, array in theta.items()}


def chi(t, a, b, x):
    return np.sum(t["c"][a, b] * np.sin(t["w"] * x))


def eta(t, b, x):
    return sum(chi(t, a, b, x + t["v"][a]) for a in range(2))


def phi(t, x):
    return np.sum(t["u"].sum(1) * np.sin(t["w"] * x))


TWO = [(a, b) for a in range(2) for b in range(2)]
EXPECTED = {
    "sum_{a,b} chi[a, b](x)*chi[b, a](x)*q[a, b]": lambda t, x: sum(chi(t, a, b, x) * chi(t, b, a, x) * t["q"][a, b] for a, b in TWO),
    "sum_{a,b} chi[b, a](x + q[a, b])": lambda t, x: sum(chi(t, b, a, x + t["q"][a, b]) for a, b in TWO),
    "sum_{a,b} chi[1, b](x + v[a])": lambda t, x: sum(chi(t, 0, b, x + t["v"][a]) for a, b in TWO),
    "sum_a chi[a, a](x*v[a])": lambda t, x: sum(chi(t, a, a, x * t["v"][a]) for a in range(2)),
    "sum_{a,b} eta[a](x*q[a, b])": lambda t, x: sum(eta(t, a, x * t["q"][a, b]) for a, b in TWO),
    "sum_a eta[1](v[a])*x": lambda t, x: sum(eta(t, 0, t["v"][a]) * x for a in range(2)),
    "sum_i phi(w[i]*x)": lambda t, x: sum(phi(t, w * x) for w in t["w"]),
}


@pytest.mark.parametrize("body", EXPECTED)
def test_components_and_sums_of_a_field_are_its_own(body):
    experiment, env, theta = drawn(f"{FIELDS}p(x) = {body}", 1)
    t = {name: array[0] for name, array in theta.items()}
    which = experiment.observables[0].option("field")
    values = field(experiment.model, env, which)({k: jnp.asarray(v) for k, v in t.items()}, jnp.array([[-1.0], [0.3], [0.7]]))
    np.testing.assert_allclose(np.asarray(values)[:, 0], [EXPECTED[body](t, x) for x in (-1.0, 0.3, 0.7)], rtol=1e-6, atol=1e-6)


LAWS = {
    "uniform": ("W[i, a] ~ Uniform(m[i], m[i] + s[a])", lambda t: (t["W"] - t["m"][:, :, None]) / t["s"][:, None, :], (0.5, 12**-0.5)),
    "uniform copies": ("W[i] in R^2 ~ Uniform(m[i], m[i] + 2)", lambda t: (t["W"] - t["m"][:, :, None]) / 2, (0.5, 12**-0.5)),
    "normal": ("W[a, i] ~ Normal(m[i], s[a])", lambda t: (t["W"] - t["m"][:, None, :]) / np.sqrt(t["s"])[:, :, None], (0, 1)),
    "means": ("W[i, a] in R^2 ~ MvNormal([m[i], s[a]], [[1, r], [r, 1]])",
              lambda t: (t["W"] - np.stack(np.broadcast_arrays(t["m"][:, :, None], t["s"][:, None, :]), -1)), (0, 1)),
    "covariances": ("W[a] in R^2 ~ MvNormal([0, 0], [[s[a], r*s[a]], [r*s[a], s[a]]])",
                    lambda t: t["W"] / np.sqrt(t["s"])[:, :, None], (0, 1)),
}  # fmt: skip


@pytest.mark.parametrize("law", LAWS)
def test_densities_whose_arguments_have_indices(law):
    """Four thousand draws: a mean is off by more than 5 of its errors once in a million, a deviation likewise."""
    statement, standard, (mean, deviation) = LAWS[law]
    count = 4000
    _, _, theta = drawn(f"m[i] ~ Normal(0, 9)\ns[a] ~ Gamma(3, 1)\n{statement}\np(x) = x*sum_i m[i]", count)
    z = standard(theta)
    near = partial(np.testing.assert_allclose, rtol=0, atol=5 / np.sqrt(count))
    near(z.mean(0), np.full(z.shape[1:], mean))
    near(z.std(0), np.full(z.shape[1:], deviation))
    entries = z.reshape(count, -1)
    correlation = np.corrcoef(entries.T) - np.eye(entries.shape[1])
    pairs = np.abs(correlation) > 5 / np.sqrt(count)
    assert pairs.sum() == (2 * entries.shape[1] // 2 if "MvNormal" in statement else 0)
    np.testing.assert_allclose(correlation[pairs], 0.5, atol=0.08)
