r"""E f(u) f(v) for a Gaussian pair and any function of one number, with a bound on the error.

In Hermite functions f(\sqrt{q} z) = \sum_n a_n(q) h_n(z), and by Mehler's formula [mehler1866]

.. math:: E f(u) f(v) = \sum_n a_n(q_{11}) a_n(q_{22}) \rho^n, \qquad \rho = q_{12} / \sqrt{q_{11} q_{22}}

What is left out after N terms is at most |\rho|^{N+1} \sqrt{t_{11} t_{22}} with t = E f^2 - \sum_{n \leq N} a_n^2. The
coefficients are integrals over a line that is cut into panels until f is a polynomial on each of them, which finds kinks,
jumps and narrow peaks. Where the bound is too large (kinks at almost perfect correlation), the pair is integrated in the
plane, on the panels of f.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from nnspec.numerics.lazy import np
from nnspec.numerics.quadrature import gauss_legendre

Function = Callable[[Any], Any]
ORDER = 16
FAR = 38.0
"""exp(-38^2 / 2) is the smallest number."""
DEEPEST = 46
"""Halvings of a panel; a jump is then known to 14 digits of the deviation."""
SMALL, BATCH = 1 << 12, 1 << 16
MOST = 40_000
"""Panels that are cut further at one time."""
MANY = 64
"""Rough places beyond which the outer integral is cut evenly."""


class NotResolvedError(ArithmeticError):
    """A function that is not finite, has no variance, or varies faster than panels can follow."""


class Panels(NamedTuple):
    """Nodes z and weights `[node]` of the standard normal law, f there, the ends of the panels, the error of integrals.

    `rough` are the places around which panels had to be small.
    """

    z: Any
    weight: Any
    f: Any
    ends: Any
    rough: Any
    error: float


class Series(NamedTuple):
    """Coefficients a_n [n], E f^2, and the error of each coefficient."""

    a: Any
    norm: float
    error: float


def panels(f: Function, q: float, kinks: tuple[float, ...] = (), start: int = 128) -> Panels:
    r"""Cut the line of z so that f(\sqrt q z) is a polynomial of degree 15 on each panel, as far as its weight is felt.

    Raises:
        NotResolvedError: when f is not finite where the normal law has weight, E f^2 is infinite, or there is no end of
            cutting.
    """
    root = math.sqrt(q)
    left, right, cuts = _begun(f, root, kinks, start)
    t, w = gauss_legendre(ORDER, 0.0, 1.0)
    found: list[tuple[Any, Any, Any, Any]] = []
    rough: list[Any] = []
    error, norm = 0.0, 0.0
    at = _values(f, root * (left[:, None] + (right - left)[:, None] * t[None, :]))
    for depth in range(DEEPEST + 1):
        width = right - left
        z, middle = left[:, None] + width[:, None] * t[None, :], left + 0.5 * width
        inner = np.stack([left, middle], axis=1)[:, :, None] + 0.5 * width[:, None, None] * t[None, None, :]
        fine = _values(f, root * inner)
        off = np.max(np.abs(fine - np.einsum("pk,hjk->phj", at, _to_halves())), axis=(1, 2))
        if depth == 0:  # a peak between the nodes shows among 256 points
            many = _values(f, root * (left[:, None] + width[:, None] * _many()[None, :]))
            off = np.maximum(off, np.max(np.abs(many - at @ _to_many().T), axis=1))
        # |h_n(z)| phi(z) <= e^{-z^2/4} by Cramer's inequality; at the end nearest to zero it is largest
        felt = width * np.exp(-0.25 * np.where(left * right > 0, np.minimum(np.abs(left), np.abs(right)), 0.0) ** 2)
        off = off * felt
        normal = w[None, :] * width[:, None] * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        norm = max(norm, math.sqrt(float(np.sum(at**2 * normal))))
        good = off <= 1e-16 * norm + 4e-16 * felt * np.max(np.abs(at), axis=1) + 1e-300
        done = good if depth < DEEPEST else np.ones_like(good)
        error += float(np.sum(off[done & (off > 1e-16 * norm)]))
        rough.append(middle[~good])
        found.append((z[done], width[done, None] * w[None, :], at[done], np.stack([left[done], right[done]], axis=1)))
        if np.all(done):
            break
        if np.sum(~done) > MOST:
            message = "the activation varies too fast: no number of panels follows it"
            raise NotResolvedError(message)
        left, right = np.stack([left, middle], 1)[~done].reshape(-1), np.stack([middle, right], 1)[~done].reshape(-1)
        at = fine[~done].reshape(-1, ORDER)
    z, width, value = (np.concatenate([each[k].reshape(-1) for each in found]) for k in range(3))
    weight = width * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    ends = np.unique(np.concatenate([each[3].reshape(-1) for each in found]))
    places = np.unique(np.concatenate([*rough[2:], np.array(cuts, dtype=float)]))
    return Panels(z, weight, value, ends, _apart(places), error)


def expand(cut: Panels, terms: int = 1024) -> Series:
    """The first coefficients of f, at most `terms`; fewer when nothing is left."""
    norm = float(np.sum(cut.weight * cut.f**2))
    a = np.zeros(terms)
    for start in range(0, len(cut.z), 4096):  # what fits into a core's cache
        some = slice(start, start + 4096)
        z, scale = cut.z[some], np.exp(-0.25 * cut.z[some] ** 2)
        rest = cut.weight[some] / scale * cut.f[some]
        below, top = np.zeros_like(z), scale
        for n in range(terms):
            a[n] += np.dot(rest, top)
            below, top = top, (z * top - math.sqrt(n) * below) / math.sqrt(n + 1)
    left = norm - np.cumsum(a * a)
    enough = np.nonzero(left <= 4e-16 * norm)[0]
    return Series(a[: enough[0] + 1] if len(enough) else a, norm, cut.error)


def pair(first: Series, second: Series, rho: Any) -> tuple[Any, Any]:
    r"""\sum_n a_n b_n \rho^n for correlations `[...]`, and a bound on its error."""
    n = min(len(first.a), len(second.a))
    product = first.a[:n] * second.a[:n]
    total = np.polynomial.polynomial.polyval(rho, product)
    tails = [max(each.norm - float(np.sum(each.a[:n] ** 2)), 4e-16 * each.norm) for each in (first, second)]
    rounding = 1e-15 * math.sqrt(first.norm * second.norm)
    wrong = first.error * math.sqrt(second.norm) + second.error * math.sqrt(first.norm)
    return total, np.abs(rho) ** n * math.sqrt(tails[0] * tails[1]) + 4 * wrong * math.sqrt(n) + rounding


def plane(f: Function, q: tuple[float, float], cuts: tuple[Panels, Panels], rho: float, order: int = ORDER) -> float:
    r"""E f(u) f(v) with u = \sqrt{q_{11}} z and v = \sqrt{q_{22}} (\rho z + \sqrt{1 - \rho^2} y), panel by panel.

    The inner integral over y is cut where v meets an end of a panel of f; the outer one at the ends of the panels of u, and
    around the images of the rough places of v, where the inner integral varies over \sqrt{1 - \rho^2}.
    """
    first, second = cuts
    sine = math.sqrt(max(0.0, 1.0 - rho * rho))
    steps = np.array([-8.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0]) * sine
    layers = (second.rough[:, None] / rho + steps[None, :] / abs(rho)).reshape(-1)
    if len(second.rough) > MANY:
        layers = np.arange(first.ends[0], first.ends[-1], max(sine, 1e-3))
    images = second.ends / rho
    edges = np.unique(np.concatenate([first.ends, layers, images]))
    edges = edges[(edges >= first.ends[0]) & (edges <= first.ends[-1])]
    t, w = gauss_legendre(order, 0.0, 1.0)
    keep = np.diff(edges) > 0
    left, width = edges[:-1][keep], np.diff(edges)[keep]
    z = (left[:, None] + width[:, None] * t[None, :]).reshape(-1)
    weight = (width[:, None] * w[None, :]).reshape(-1) * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    z, weight = z[weight > 0], weight[weight > 0]
    outer = weight * _values(f, math.sqrt(q[0]) * z)
    if sine == 0.0:
        return float(np.sum(outer * _values(f, math.sqrt(q[1]) * rho * z)))
    total = 0.0
    far = float(max(9.0, abs(second.ends[0]), abs(second.ends[-1])))  # v grows with y more slowly than with z
    fixed = np.linspace(-far, far, 2 * math.ceil(far / 1.5) + 1)
    for start in range(0, len(z), 512):
        mine = z[start : start + 512]
        cut = np.clip((second.ends[None, :] - rho * mine[:, None]) / sine, -far, far)
        inner = np.sort(np.concatenate([cut, np.broadcast_to(fixed, (len(mine), len(fixed)))], axis=1), axis=1)
        wide = np.diff(inner, axis=1)
        row, column = np.nonzero(wide)
        low, wide = inner[row, column][:, None], wide[row, column][:, None]
        y = low + wide * t[None, :]
        normal = wide * w[None, :] * np.exp(-0.5 * y * y) / math.sqrt(2 * math.pi)
        value = _values(f, math.sqrt(q[1]) * (rho * mine[row][:, None] + sine * y))
        total += float(np.dot(outer[start : start + 512][row], np.sum(normal * value, axis=1)))
    return total


def _begun(f: Function, root: float, kinks: tuple[float, ...], start: int) -> tuple[Any, Any, list[float]]:
    """The first panels, from ends that no round number is by chance, so that every kink shows."""
    far = _range(f, root)
    cuts = [kink / root for kink in kinks if root > 0 and abs(kink) < far * root]
    edges = np.unique(np.concatenate([np.linspace(-far, far * 1.0137, start + 1), np.array(cuts, dtype=float)]))
    return edges[:-1], edges[1:], cuts


def _range(f: Function, root: float) -> float:
    r"""Beyond it f(\sqrt q z)^2 e^{-z^2/2} adds nothing."""
    z = np.linspace(-FAR, FAR, 8 * 1024 + 1)
    with np.errstate(all="ignore"):
        value = np.abs(_evaluated(f, root * z))
        log = 2 * np.log(np.where(value > 0, value, 1e-300)) - 0.5 * z * z
    inside = np.abs(z) <= 9.0
    if not np.all(np.isfinite(value[inside])):
        place = float(root * z[inside][~np.isfinite(value[inside])][0])
        message = f"the activation is not finite at {place:.3g}"
        raise NotResolvedError(message)
    if not np.all(np.isfinite(log)):
        message = "the activation grows so fast that its square has no finite mean"
        raise NotResolvedError(message)
    felt = np.abs(z[log > np.max(log) - 75.0])
    if felt.max() >= FAR - 0.1:
        message = "the activation grows so fast that its square has no finite mean"
        raise NotResolvedError(message)
    return float(max(9.0, felt.max() + 0.1))


def _values(f: Function, u: Any) -> Any:
    found = _evaluated(f, u)
    if not np.all(np.isfinite(found)):
        message = f"the activation is not finite at {float(u[~np.isfinite(found)].reshape(-1)[0]):.6g}"
        raise NotResolvedError(message)
    return found


def _evaluated(f: Function, u: Any) -> Any:
    """F on an array of any size, in batches of two sizes, so that few shapes are compiled."""
    flat = np.ascontiguousarray(u, dtype=np.float64).reshape(-1)
    parts: list[Any] = []
    for start in range(0, max(len(flat), 1), BATCH):
        piece = flat[start : start + BATCH]
        size = SMALL if len(piece) <= SMALL else BATCH
        padded = np.concatenate([piece, np.zeros(size - len(piece))])
        parts.append(np.asarray(f(padded), dtype=np.float64)[: len(piece)])
    return np.concatenate(parts).reshape(np.shape(u))


def _apart(places: Any) -> Any:
    """One place of each cluster."""
    if len(places) < 2:
        return places
    return places[np.concatenate([[True], np.diff(places) > 1e-4])]


def _many() -> Any:
    return (np.arange(256) + 0.5) / 256


@cache
def _to_many() -> Any:
    return _interpolation(_many())


@cache
def _to_halves() -> Any:
    """Interpolation from the nodes of a panel to those of its halves, [half, node, node]."""
    t, _ = gauss_legendre(ORDER, 0.0, 1.0)
    return np.stack([_interpolation(0.5 * t + 0.5 * half) for half in range(2)])


def _interpolation(x: Any) -> Any:
    """The polynomial through the nodes of [0, 1] at points x, by the barycentric formula, [point, node]."""
    t, _ = gauss_legendre(ORDER, 0.0, 1.0)
    weights = np.array([1.0 / np.prod(8.0 * (t[k] - np.delete(t, k))) for k in range(ORDER)])
    terms = weights[None, :] / (x[:, None] - t[None, :])
    return terms / np.sum(terms, axis=1, keepdims=True)
