"""float32 inside blocks is harmless: the same networks in float64 give the same answer, far below the error bar."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.lower.ensemble import Reader
from nnspec.lower.field import environment, traced_constants
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp
from nnspec.stages import loads

COSINE = """
nnspec: 1
name: cosine
let: {d: 2, N: 200, m: 1.0, L: 8.0}
model:
  inputs: {x: R^d}
  indices: {i: N}
  params:
    a[i]: Normal(0, 1/N)
    w[i] in R^d: Uniform(Ball(d, L))
    b[i]: Uniform(-pi, pi)
  field: phi(x)
  def: sum_i a[i]*cos(w[i].x + b[i])/sqrt(w[i].w[i] + m^2)
observables:
  G: {correlator: {n: 2, at: [[0, 0], [4, 0]]}}
"""
RELU = """
nnspec: 1
name: relu
model:
  inputs: {x: R^5}
  parameterization: ntk
  layers:
    - repeat: 3
      of: [{dense: {width: 64, weight: "Normal(0, 2)", bias: "Normal(0, 0.1)"}}, {act: relu}]
    - dense: {width: 1, weight: "Normal(0, 1)"}
observables:
  G: {correlator: {n: 2, at: [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]]}}
"""


@pytest.mark.parametrize("text", [COSINE, RELU], ids=["cosine", "relu"])
def test_rounding_is_far_below_the_error_bar(text):
    """The float32 networks are cast to float64 and evaluated again: moments of order 2 and 4 over 4000 draws."""
    checked = loads(text).check()
    experiment, words = checked.experiment, checked.spec.words
    points = jnp.asarray(np.random.default_rng(2).normal(size=(3, experiment.model.dim)) * 2)
    readers = {
        dtype: Reader.of(experiment, environment(experiment, words, traced_constants(experiment), dtype))
        for dtype in (jnp.float32, jnp.float64)
    }

    @jax.jit
    def both(key):
        theta = readers[jnp.float32].draw(key)
        exact = jax.tree.map(lambda array: array.astype(jnp.float64), theta)
        return readers[jnp.float32].field(theta, points)[:, 0], readers[jnp.float64].field(exact, points)[:, 0]

    keys = jax.vmap(lambda k: streams.draw_key(streams.root_key(3), k))(jnp.arange(4000))
    single, double = jax.lax.map(both, keys, batch_size=200)
    assert (single.dtype, double.dtype) == (jnp.float32, jnp.float64)
    single, double = np.asarray(single, np.float64), np.asarray(double)
    for power in (1, 2):
        moments = [np.einsum("sa,sb->sab", f**power, f**power) for f in (single, double)]
        error = np.std(moments[1], axis=0) / np.sqrt(len(double))
        shift = np.abs(np.mean(moments[0] - moments[1], axis=0))
        assert np.all(shift < 1e-3 * error)
