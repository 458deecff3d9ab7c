"""Partitions, pairings, and moments <-> cumulants."""

import math
from itertools import product

import numpy as np
import pytest

from nnspec.numerics import partitions as p


def test_counts_are_bell_numbers_and_double_factorials():
    assert [len(p.set_partitions(n)) for n in range(7)] == [1, 1, 2, 5, 15, 52, 203]
    assert [len(p.pairings(n)) for n in range(9)] == [1, 0, 1, 0, 3, 0, 15, 0, 105]
    assert [len(p.set_partitions(n, even=True)) for n in (2, 3, 4, 6)] == [1, 0, 4, 31]


@pytest.mark.parametrize("n", range(1, 7))
def test_every_partition_covers_every_point_once(n):
    for found in (p.set_partitions(n), p.pairings(n)):
        assert len({frozenset(x) for x in found}) == len(found)
        for partition in found:
            assert sorted(i for block in partition for i in block) == list(range(n))
            assert all(list(block) == sorted(block) for block in partition)


@pytest.mark.parametrize(
    ("moment", "cumulants"),
    [
        (lambda k: math.factorial(k) / 2 ** (k // 2) if k % 2 == 0 else 0, [0, 1, 0, 3, 0, 30]),  # Laplace
        (lambda k: 3 ** (k / 2) / (k + 1) if k % 2 == 0 else 0, [0, 1, 0, -1.2, 0, 48 / 7]),  # uniform
        (lambda k: [1, 2, 6, 22, 94, 454, 2430][k], [2, 2, 2, 2, 2, 2]),  # Poisson of mean 2
        (lambda k: math.factorial(k), [1, 1, 2, 6, 24, 120]),  # exponential
    ],
)
def test_cumulants_of_known_laws(moment, cumulants):
    for order, exact in enumerate(cumulants, start=1):
        assert p.cumulant_from_moments(order, lambda block: moment(len(block))) == pytest.approx(exact, abs=1e-12)
        back = p.moment_from_cumulants(order, lambda block: cumulants[len(block) - 1])
        assert back == pytest.approx(moment(order), abs=1e-12)


def moments_of(sample, order):
    letters = "abcdef"[:order]
    return np.einsum(",".join("n" + x for x in letters) + "->" + letters, *[sample] * order) / len(sample)


def test_tensors_make_the_round_trip():
    sample = np.random.default_rng(1).exponential(size=(50, 3))
    moments = {k: moments_of(sample, k) for k in range(1, 7)}
    cumulants = {k: p.cumulant_tensor(k, moments) for k in range(1, 7)}
    for k in range(1, 7):
        np.testing.assert_allclose(p.moment_tensor(k, cumulants), moments[k], rtol=1e-11)
    np.testing.assert_allclose(cumulants[2], np.cov(sample.T, ddof=0), rtol=1e-12)


def test_tensor_entries_are_the_scalar_cumulants_of_their_points():
    sample = np.random.default_rng(2).gamma(2.0, size=(40, 2))
    moments = {k: moments_of(sample, k) for k in range(1, 5)}
    tensor = p.cumulant_tensor(4, moments)
    for points in product(range(2), repeat=4):
        entry = p.cumulant_from_moments(
            4, lambda block, at=points: np.mean(np.prod(sample[:, [at[i] for i in block]], axis=1))
        )
        assert tensor[points] == pytest.approx(entry, rel=1e-11)


def test_even_is_the_formula_of_four_points_and_of_six():
    """G_c6 = G6 - sum_15 G2 G4 + 2 sum_15 G2 G2 G2."""
    sample = np.random.default_rng(3).laplace(size=(30, 2))
    sample = np.concatenate([sample, -sample])
    m = {k: moments_of(sample, k) for k in (2, 4, 6)}
    g2, g4, g6 = m[2][0, 1], m[4], m[6]
    four = g4[0, 0, 1, 1] - m[2][0, 0] * m[2][1, 1] - 2 * g2**2
    assert p.cumulant_tensor(4, m, even=True)[0, 0, 1, 1] == pytest.approx(four, rel=1e-12)
    six = g6[(0,) * 6] - 15 * m[2][0, 0] * g4[0, 0, 0, 0] + 30 * m[2][0, 0] ** 3
    assert p.cumulant_tensor(6, m, even=True)[(0,) * 6] == pytest.approx(six, rel=1e-11)
    full = p.cumulant_tensor(6, {k: moments_of(sample, k) for k in range(1, 7)})
    np.testing.assert_allclose(p.cumulant_tensor(6, m, even=True), full, atol=1e-9)


def test_moments_are_asked_for_once_per_block():
    asked = []
    p.cumulant_from_moments(5, lambda block: asked.append(block) or 1.0)
    assert len(asked) == len(set(asked)) == 31


def test_wrong_orders_and_ranks_are_refused():
    with pytest.raises(ValueError, match="not 0"):
        p.cumulant_from_moments(0, lambda block: 1.0)
    with pytest.raises(ValueError, match="has 2 axes, not 1"):
        p.cumulant_tensor(2, {1: np.zeros(3), 2: np.zeros(3)})
