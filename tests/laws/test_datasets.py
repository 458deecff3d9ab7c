"""Every generator of numbers keeps its promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nnspec.numerics.lazy import np
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_dataset

WORDS = load_vocabulary(no_plugins=True).datasets
NAMES = load_vocabulary(no_plugins=True).words("datasets")


def test_there_are_datasets():
    assert len(NAMES) >= 2, f"saw {len(NAMES)} words"


@pytest.mark.parametrize("name", NAMES)
def test_laws(name):
    check_dataset(WORDS[name])


def test_the_law_catches_a_shape_that_is_not_kept():
    with pytest.raises(AssertionError, match="not \\(7,\\)"):
        check_dataset(replace(WORDS["linspace"], shape=lambda args: (7,)))


def test_linspace_includes_both_ends():
    assert WORDS["linspace"].make({"a": 0, "b": 4, "n": 5}).tolist() == [0, 1, 2, 3, 4]
    assert WORDS["linspace"].make({"a": 2, "b": 4, "n": 1}).tolist() == [2]
    assert WORDS["linspace"].refuse({"a": 0, "b": 1, "n": 0}) is not None


def test_circle_has_all_angles_from_its_first_point():
    points = WORDS["circle"].make({"d": 4, "n": 7})
    assert points.shape == (7, 4)
    assert np.allclose(points[0], [1, 0, 0, 0], atol=0)
    assert np.allclose(np.arccos(np.clip(points @ points[0], -1, 1)), np.linspace(0, np.pi, 7), atol=1e-12)
    assert np.allclose(np.linalg.norm(points, axis=1), 1, atol=1e-15)
    assert "two dimensions" in WORDS["circle"].refuse({"d": 1, "n": 3})
    assert "at least one" in WORDS["circle"].refuse({"d": 2, "n": 0})
