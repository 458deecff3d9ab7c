"""Moments of sums against laws that are known, and cumulants against moments of partitions."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from nnspec.numerics.partitions import moment_from_cumulants
from nnspec.numerics.sums import cumulants, moments_of_sum


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_sum_of_coins_is_binomial(count):
    p = Fraction(1, 3)
    found = moments_of_sum([Fraction(1), *([p] * 8)], count)
    for m, moment in enumerate(found):
        assert moment == sum(math.comb(count, k) * p**k * (1 - p) ** (count - k) * k**m for k in range(count + 1))


def test_a_sum_of_squares_of_normal_numbers_is_chi_squared():
    """E S^m = N (N + 2) ... (N + 2 m - 2), at a width at which floats would lose all of the variance."""
    count = 10**12
    found = moments_of_sum([Fraction(math.prod(range(2 * r - 1, 0, -2))) for r in range(7)], count)
    assert found == [Fraction(math.prod(count + 2 * j for j in range(m))) for m in range(7)]


def test_cumulants_of_a_poisson_number_are_all_alike():
    mean = Fraction(5, 2)
    bell = [1, 1]
    for n in range(2, 9):
        bell.append(sum(math.comb(n - 1, k) * bell[k] for k in range(n)))
    moments = [float(moment_from_cumulants(n, lambda _: float(mean))) for n in range(1, 7)]
    found = cumulants([Fraction(1), *(Fraction(each) for each in moments)])
    assert [float(each) for each in found[1:]] == pytest.approx([float(mean)] * 6)
    assert cumulants([Fraction(each) for each in bell])[1:] == [1] * 8
