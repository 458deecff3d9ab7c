"""Gauss rules between planes, where these lean hardly, much, or not at all, against the arc-cosine kernel."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.lower.neurons.correlators import _remaining
from nnspec.lower.neurons.rules import TooMany, kinked_rule


def rectified(a, b):
    """E relu(a.z) relu(b.z)."""
    p, q = np.linalg.norm(a), np.linalg.norm(b)
    angle = np.arctan2(np.linalg.norm(q * a - p * b), np.linalg.norm(q * a + p * b)) * 2
    return p * q / (2 * np.pi) * (np.sin(angle) + (np.pi - angle) * np.cos(angle))


def leaning(dim, lean):
    first = np.eye(dim)[0] + lean * np.eye(dim)[1]
    second = np.eye(dim)[-1] + 15 * lean * np.eye(dim)[0]
    return first, second


@pytest.mark.parametrize("lean", [0.0, 1e-9, 1e-6, 1e-3, 0.02, 0.3, 1.0, 40.0])
@pytest.mark.parametrize(("dim", "level"), [(2, 0), (2, 3), (3, 0)])
def test_two_rectified_numbers(dim, lean, level):
    a, b = leaning(dim, lean)
    planes = np.array([[*a, 0.0], [*b, 0.0]])
    nodes, weights = kinked_rule(planes, level, dim)
    found = weights @ (np.maximum(nodes @ a, 0) * np.maximum(nodes @ b, 0))
    np.testing.assert_allclose(found, rectified(a, b), rtol=0, atol=(2e-8 if level == 0 else 1e-12) * np.linalg.norm(a) * np.linalg.norm(b))


def test_random_planes():
    """Any two planes through the origin, in the plane and in space."""
    rng = np.random.default_rng(5)
    for dim, count in ((2, 20), (3, 1)):
        for _ in range(count):
            a, b = rng.normal(size=(2, dim)) * 10.0 ** rng.uniform(-4, 0, size=(2, dim))
            a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
            nodes, weights = kinked_rule(np.array([[*a, 0.0], [*b, 0.0]]), 1, dim)
            found = weights @ (np.maximum(nodes @ a, 0) * np.maximum(nodes @ b, 0))
            assert abs(found - rectified(a, b)) < 1e-9


def test_planes_away_from_the_origin():
    """P(z_1 > k) and E relu(z_1 - k) for a plane that does not lean."""
    nodes, weights = kinked_rule(np.array([[1.0, 0.0, 0.7]]), 2, 2)
    density = np.exp(-0.245) / np.sqrt(2 * np.pi)
    tail = 0.24196365222307303
    assert abs(weights @ (nodes[:, 0] > 0.7) - tail) < 1e-12
    assert abs(weights @ np.maximum(nodes[:, 0] - 0.7, 0) - (density - 0.7 * tail)) < 1e-12


def test_many_planes_in_many_directions_are_too_many():
    with pytest.raises(TooMany):
        kinked_rule(np.random.default_rng(1).normal(size=(9, 5)), 5, 4)


def test_what_remains_of_a_series():
    """Changes that halve leave as much again; changes that grow say nothing."""
    assert _remaining(4e-9, 2e-9) == pytest.approx(4e-9)
    assert _remaining(1e-9, 2e-9) == np.inf
