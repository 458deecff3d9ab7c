"""Kernels of neurons that the spec writes itself, at variances up to 26: poles near the real line, kinks in functions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special

from nnspec.stages import loads

SPEC = """
nnspec: 1
name: wide
data: {{xs: [[1, -1, 1], [0.2, -1, 0.7]]}}
functions:
  act(u): "{act}"
  moved(u, c): act(u - c)
model:
  inputs: {{x: R^3}}
  indices: {{i: 50}}
  params:
    w[i] in R^3: Normal(0, 25/3)
    b[i]: Normal(0, 1)
    a[i]: Normal(0, 1/50)
    m: Normal(0, 0.3)
  field: phi(x)
  def: m + sum_i a[i]*moved(w[i].x + b[i], 0.5)
observables:
  K: {{nngp: {{at: xs}}}}
"""
ACTS = {
    "tanh(u)": np.tanh,
    "where(u > 0, u, exp(u) - 1)": lambda u: np.where(u > 0, u, np.expm1(np.minimum(u, 0))),
    "exp(-abs(u))": lambda u: np.exp(-np.abs(u)),
    "min(max(u, -1), 2)": lambda u: np.clip(u, -1, 2),
    "log(1 + exp(u))": lambda u: np.logaddexp(0, u),
    "where(-1 < u and u < 2, u, 0)": lambda u: np.where((-1 < u) & (u < 2), u, 0),
}
PLACES = (-1.0, 0.0, 2.0)
"""Where one of the functions has a kink."""


def pieces(ends, order=30):
    """Gauss points and weights on so many pieces between the ends, [..., node]."""
    nodes, weights = scipy.special.roots_legendre(order)
    low, high = ends[..., :-1, None], ends[..., 1:, None]
    points = (low + high) / 2 + (high - low) / 2 * nodes
    sizes = np.broadcast_to((high - low) / 2 * weights, points.shape)
    return points.reshape(*ends.shape[:-1], -1), sizes.reshape(*ends.shape[:-1], -1)


def mean(f, k11, k12, k22, shift):
    """E f(u - c) f(v - c) of two normal numbers: first v given u, in pieces that end where f has kinks."""
    root, slope = math.sqrt(k11), k12 / math.sqrt(k11)
    rest = math.sqrt(max(k22 - slope**2, 0.0))
    kinks = np.array(PLACES) + shift
    z, w = pieces(np.sort(np.concatenate([np.linspace(-10, 10, 41), kinks / root])))
    u = w * np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * f(root * z - shift)
    if rest < 1e-9:
        return float(np.sum(u * f(slope * z - shift)))
    ends = np.clip((kinks - slope * z[:, None]) / rest, -10, 10)
    y, v = pieces(np.sort(np.concatenate([np.broadcast_to(np.linspace(-10, 10, 21), (len(z), 21)), ends], axis=1), axis=1))
    inner = np.sum(v * np.exp(-y * y / 2) / math.sqrt(2 * math.pi) * f(slope * z[:, None] + rest * y - shift), axis=1)
    return float(np.sum(u * inner))


@pytest.mark.parametrize("act", ACTS)
def test_kernels_at_variance_26(act):
    """Against quadrature in pieces: to 1e-10, and never off by more than the error that is stated."""
    found = loads(SPEC.format(act=act)).run(plots=False)["K"]
    x = np.array([[1, -1, 1], [0.2, -1, 0.7]])
    k = 1 + 25 / 3 * x @ x.T
    want = np.array([[0.3 + mean(ACTS[act], k[i, i], k[i, j], k[j, j], 0.5) for j in range(2)] for i in range(2)])
    off = np.max(np.abs(found.value - want))
    assert off < 1e-10 * np.max(want)
    assert off < found.numerical_error + 1e-13
    assert found.numerical_error < 1e-6 * np.max(want)
