"""Symmetric matrices of plain numbers, judged without arrays: a spec is checked before any are loaded."""

import math
from collections.abc import Sequence

Matrix = Sequence[Sequence[float]]
_ROUNDING = 1e-13
"""Relative to the largest entry: below it a pivot or an eigenvalue is rounding."""


def is_positive_definite(matrix: Matrix) -> bool:
    r"""Whether all pivots of A = L L^T are positive, a_jj - \sum_k l_jk^2 > 0, and not by rounding alone."""
    size = len(matrix)
    least = _ROUNDING * _largest(matrix)
    rows: list[list[float]] = []
    for i in range(size):
        row: list[float] = []
        for j in range(i):
            row.append((matrix[i][j] - sum(a * b for a, b in zip(row, rows[j], strict=False))) / rows[j][j])
        pivot = matrix[i][i] - sum(a * a for a in row)
        if not pivot > least:
            return False
        rows.append([*row, math.sqrt(pivot)])
    return True


def smallest_eigenvalue(matrix: Matrix) -> float:
    """The smallest eigenvalue of a symmetric matrix by Jacobi's rotations; what is rounding is zero."""
    a = [list(map(float, row)) for row in matrix]
    size, least = len(a), _ROUNDING * _largest(matrix)
    for _ in range(100):
        largest = max((abs(a[p][q]) for p in range(size) for q in range(p)), default=0.0)
        if largest <= least * 1e-3:
            break
        for p in range(size):
            for q in range(p):
                _rotate(a, p, q)
    found = min(a[k][k] for k in range(size))
    return 0.0 if abs(found) <= least else found


def _largest(matrix: Matrix) -> float:
    return max(abs(entry) for row in matrix for entry in row)


def _rotate(a: list[list[float]], p: int, q: int) -> None:
    r"""A plane rotation after which a_pq is zero: t^2 + 2 \theta t - 1 = 0 with \theta = (a_qq - a_pp) / 2 a_pq."""
    if a[p][q] == 0:
        return
    theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
    t = math.copysign(1.0, theta) / (abs(theta) + math.hypot(theta, 1.0))
    c = 1 / math.hypot(t, 1.0)
    s = t * c
    for row in a:
        row[p], row[q] = c * row[p] - s * row[q], s * row[p] + c * row[q]
    a[p], a[q] = (
        [c * x - s * y for x, y in zip(a[p], a[q], strict=True)],
        [s * x + c * y for x, y in zip(a[p], a[q], strict=True)],
    )
