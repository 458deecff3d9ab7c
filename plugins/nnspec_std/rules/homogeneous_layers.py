r"""Correlators of deep networks with homogeneous activations and normal weights, exact at every width.

On one ray from the origin (everywhere, where all layers are linear) the field is Gaussian with the covariance Q G given
the number Q of the form, whose mean is one here, so that

.. math:: G_c(1 \ldots n) = \kappa_{n/2}(Q) \sum_{\text{pairings}} \prod G(x_i, x_j)

With the variance 2 of the weights of rectifiers \langle Q^2 \rangle = \prod_l (1 + 5/N_l), with linear layers
\prod_l (1 + 2/N_l). Moments of Q are exact fractions, so that nothing cancels however wide the network is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nnspec.lower.forms import HomogeneousLayers
from nnspec.lower.points import line, points_at
from nnspec.numerics import packed
from nnspec.numerics.partitions import pairings
from nnspec.numerics.sums import cumulants
from nnspec.plugin import Ask, Rule, hookimpl, np


def refuse_points(form: HomogeneousLayers, count: int, points: Callable[[], Any]) -> str | None:
    """Where the field is not Gaussian given Q."""
    if form.linear or count == 1:
        return None
    known = points()
    if known is None:
        return "that the points lie on one ray from the origin is not known before they are made"
    return form.straight(known)


def compute(form: HomogeneousLayers, ask: Ask) -> tuple[Any, float]:
    """G^(n) or G_c^(n) at all points, or along a line, and what rounding left."""
    if "along" in ask:
        start, rest = line(ask)
        value, error = correlator(form, np.concatenate([start[None, :], rest]), 2, connected=False)
        return value[1 : len(rest) + 1], error
    points, n = points_at(ask), int(ask["n"])
    value, error = correlator(form, points, n, connected=bool(ask["connected"]))
    return packed.unpacked(value, len(points), n), error


def correlator(form: HomogeneousLayers, points: Any, n: int, *, connected: bool) -> tuple[Any, float]:
    """Packed [tuple], and the error of rounding."""
    reason = form.straight(points)
    if reason is not None:
        raise ArithmeticError(reason)
    kernel, rounding = form.kernel(points)
    moments = form.moments(n // 2)
    if form.bias is None:  # one number in front of Wick's theorem
        factor = cumulants(moments)[-1] if connected else moments[-1]
        value = float(factor) * _paired(kernel, n) if n % 2 == 0 else np.zeros(packed.count(len(points), n))
        return value, (n / 2 + 1) * rounding * float(np.max(np.abs(value), initial=0.0))
    own = _cumulants_of(form, n)
    kappa = {k: np.full(packed.count(len(points), k), own[k]) for k in range(1, n + 1)}
    for k, q in enumerate(cumulants(moments)[1:], start=1):
        kappa[2 * k] = kappa[2 * k] + float(q) * _paired(kernel, 2 * k)
    value = kappa[n] if connected else packed.moment(n, len(points), kappa)
    size = max(float(np.max(np.abs(kappa[k]))) ** (n / k) for k in kappa)
    return value, (n + 1) * rounding * max(size, float(np.max(np.abs(value))))


def _paired(kernel: Any, n: int) -> Any:
    r"""\sum_{\text{pairings}} \prod G(x_i, x_j), packed [tuple]."""
    rows = packed.tuples(len(kernel), n)
    total = np.zeros(len(rows))
    for pairs in pairings(n):
        term = np.ones(len(rows))
        for i, j in pairs:
            term = term * kernel[rows[:, i], rows[:, j]]
        total = total + term
    return total


def _cumulants_of(form: HomogeneousLayers, n: int) -> dict[int, float]:
    """Cumulants 1 ... n of the readout's bias, of a number that is the same at all points."""
    assert form.bias is not None
    moments = {k: np.asarray([form.moment(form.bias, k)]) for k in range(1, n + 1)}
    return {k: float(packed.cumulant(k, 1, moments)[0]) for k in range(1, n + 1)}


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """`correlator` by `exact` of stacks of layers."""
    yield Rule(
        name="homogeneous_layers", observable="correlator", form="HomogeneousLayers", method="exact", compute=compute,
        refuse_points=refuse_points, traced=False, cite=("isserlis1918",),
        equation=r"G_c^{(n)}(x_1, \ldots, x_n) = \kappa_{n/2}(Q) \sum_{\mathrm{pairings}} \prod G(x_i, x_j), \quad "
        r"Q = \prod_l \Big(\sum_i \sigma_l(g_i)^2\Big)^{e_l}",
    )  # fmt: skip
