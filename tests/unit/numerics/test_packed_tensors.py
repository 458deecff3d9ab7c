"""Packed symmetric tensors against the whole ones."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.numerics import packed, partitions

VALUES = np.random.default_rng(3).normal(size=(60, 4)) + np.array([0.5, 0.0, -1.0, 2.0])
MOMENTS = {k: np.mean(np.prod(VALUES[:, packed.tuples(4, k)], axis=2), axis=0) for k in range(1, 7)}


@pytest.mark.parametrize(("points", "k"), [(1, 6), (5, 1), (5, 4), (3, 6), (16, 2), (16, 3)])
def test_the_place_of_a_tuple(points: int, k: int) -> None:
    rows = packed.tuples(points, k)
    assert len(rows) == packed.count(points, k)
    np.testing.assert_array_equal(packed.rank(rows, points), np.arange(len(rows)))


@pytest.mark.parametrize("n", range(1, 7))
def test_cumulants_are_those_of_whole_tensors(n: int) -> None:
    whole = {k: packed.unpacked(MOMENTS[k], 4, k) for k in MOMENTS}
    found = packed.unpacked(packed.cumulant(n, 4, MOMENTS), 4, n)
    expected = partitions.cumulant_tensor(n, whole)
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.max(np.abs(whole[n])))


@pytest.mark.parametrize("n", range(1, 7))
def test_there_and_back(n: int) -> None:
    cumulants = {k: packed.cumulant(k, 4, MOMENTS) for k in MOMENTS}
    np.testing.assert_allclose(packed.moment(n, 4, cumulants), MOMENTS[n], rtol=1e-11)


def test_further_axes_are_carried_along() -> None:
    twice = {k: np.stack([array, 2.0**k * array], axis=1) for k, array in MOMENTS.items()}
    found = packed.cumulant(4, 4, twice)
    np.testing.assert_allclose(found[:, 1], 16 * found[:, 0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found[:, 0], packed.cumulant(4, 4, MOMENTS), rtol=1e-12, atol=1e-12)


def test_an_unpacked_tensor_is_symmetric() -> None:
    whole = packed.unpacked(np.arange(packed.count(3, 4), dtype=float), 3, 4)
    for order in ((1, 0, 2, 3), (3, 1, 2, 0), (2, 3, 0, 1)):
        np.testing.assert_array_equal(whole, whole.transpose(order))
