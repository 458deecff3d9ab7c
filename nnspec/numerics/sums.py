r"""Moments of sums of independent numbers that are alike, as exact fractions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction


def moments_of_sum(single: Sequence[Fraction], count: int) -> list[Fraction]:
    r"""E (s_1 + ... + s_N)^m for m = 0, 1, ..., from \mu_m = E s^m with \mu_0 = 1, and N = `count`.

    .. math:: E S^m = m! \, [t^m] \Big(\sum_r \frac{\mu_r}{r!} t^r\Big)^N

    The coefficients c_m of the power follow from m c_m = \sum_{k = 1}^m (k (N + 1) - m) a_k c_{m - k}, since a = 1 + ...
    """
    a = [Fraction(each) / math.factorial(r) for r, each in enumerate(single)]
    assert a[0] == 1
    c = [Fraction(1)]
    for m in range(1, len(a)):
        c.append(sum(((k * (count + 1) - m) * a[k] * c[m - k] for k in range(1, m + 1)), start=Fraction(0)) / m)
    return [each * math.factorial(m) for m, each in enumerate(c)]


def cumulants(moments: Sequence[Fraction]) -> list[Fraction]:
    r"""\kappa_0 = 0, \kappa_1, \kappa_2, ... of a number from its moments: M_m = \sum_j \binom{m - 1}{j - 1} \kappa_j M_{m - j}."""
    found = [Fraction(0)]
    for m in range(1, len(moments)):
        rest = sum((math.comb(m - 1, j - 1) * found[j] * moments[m - j] for j in range(1, m)), start=Fraction(0))
        found.append(moments[m] - rest)
    return found
