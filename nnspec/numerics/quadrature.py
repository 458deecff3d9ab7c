r"""Deterministic integration: nodes and weights on lines, balls, spheres and boxes, with certified errors.

A rule is a pair of float64 arrays, `nodes [node]` or `[node, in]` and `weights [node]`, with

.. math:: \int f(x) \, dx \approx \sum_i w_i f(x_i)

The *order* n of a rule is its number of Gauss points per direction: polynomials up to total degree
2 n - 1 are integrated exactly. Expectations over two correlated Gaussians have rules of their own.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.numerics.lazy import jnp, np, scipy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_DIMENSION = 6
_RADIUS = 15.0  # exp(-15^2 / 2) = 1e-49
_PERFECT = 4 * 2.0**-52  # q11 q22 - q12^2 this small, relatively, is rounding: the correlation is +-1


class Rule(NamedTuple):
    """Nodes `[node]` or `[node, in]` and weights `[node]`."""

    nodes: Any
    weights: Any


class Certified(NamedTuple):
    """An integral, the difference of the last two orders, and the last order."""

    value: Any
    error: float
    order: int


class NotConvergedError(ArithmeticError):
    """Two successive orders did not agree before the nodes ran out."""


def gauss_legendre(n: int, a: float = -1.0, b: float = 1.0) -> Rule:
    r"""Gauss points for \int_a^b f(x) dx [golub1969]; exact up to degree 2 n - 1."""
    t, w = _legendre(n)
    half = 0.5 * (b - a)
    return Rule(a + half * (t + 1.0), half * w)


def gauss_hermite(n: int) -> Rule:
    r"""Gauss points for E f(z) with z ~ N(0, 1), so that the weights sum to 1 [golub1969].

    .. math:: \frac{1}{\sqrt{2 \pi}} \int f(z) e^{-z^2/2} \, dz
    """
    z, w = _hermite(n)
    return Rule(z.copy(), w.copy())


def periodic_trapezoid(n: int, period: float = 2 * math.pi) -> Rule:
    r"""Trapezoid with n steps of one period; exact for harmonics below n, exponentially good for analytic f."""
    return Rule(np.arange(n) * (period / n), np.full(n, period / n))


def box(bounds: Sequence[tuple[float, float]], order: int) -> Rule:
    """Tensor Gauss-Legendre on the product of intervals; nodes `[node, in]`, order^in of them."""
    return _product([gauss_legendre(order, a, b) for a, b in bounds])


def sphere(d: int, radius: float, order: int) -> Rule:
    r"""Surface of the ball in R^d: \int_{|x| = R} f dS.

    Product of Gauss-Gegenbauer in the cosines of the polar angles and the trapezoid in the azimuth:
    dS = R^{d-1} (1 - t^2)^{(d-3)/2} dt dS_{d-1}. In d = 1 the surface is the two points +-R.
    Nodes `[node, in]`, 2 order^{d-1} of them; weights sum to 2 \pi^{d/2} R^{d-1} / \Gamma(d/2).
    """
    _check_dimension(d)
    nodes, weights = _unit_sphere(d, order)
    return Rule(radius * nodes, radius ** (d - 1) * weights)


def ball(d: int, radius: float, order: int) -> Rule:
    r"""Ball in R^d: \int_{|x| <= R} f dx = \int_0^R r^{d-1} dr \int_{S^{d-1}} f(r n) dn.

    Gauss-Jacobi for the weight r^{d-1} times `sphere`; in d = 1 Gauss-Legendre on [-R, R]. Nodes
    `[node, in]`; weights sum to \pi^{d/2} R^d / \Gamma(d/2 + 1).
    """
    _check_dimension(d)
    if d == 1:
        line = gauss_legendre(order, -radius, radius)
        return Rule(line.nodes[:, None], line.weights)
    r, w = scipy.special.roots_sh_jacobi(order, d, d)
    n, v = _unit_sphere(d, order)
    nodes = (radius * r)[:, None, None] * n[None, :, :]
    weights = radius**d * w[:, None] * v[None, :]
    return Rule(nodes.reshape(-1, d), weights.reshape(-1))


def certified(
    f: Callable[[Any], Any],
    rule_family: Callable[[int], Rule],
    tolerance: float,
    max_nodes: int,
    start: int = 4,
) -> Certified:
    r"""Integrate f, raising the order n -> 2 n + 1 until two successive values agree.

    They agree when max |I_n - I_m| <= tolerance * max(1, max |I_n|), over the entries of the value;
    the error that is reported is this difference, which is the error of the *previous* value and thus
    an upper bound as long as the rule converges. (n -> 2 n + 1 because orders that are powers of two
    alias alike.) `f` maps nodes to values `[node, ...]`; the value has the axes after `node`.

    Raises `NotConvergedError` instead of giving a number when the next rule would need more than
    `max_nodes` nodes, or when a value is not finite.
    """
    order, previous, error = start, None, math.inf
    while True:
        nodes, weights = rule_family(order)
        if weights.size > max_nodes:
            message = f"no agreement within {max_nodes} nodes: the last difference was {error:.2e}"
            raise NotConvergedError(message)
        values = np.asarray(f(nodes))
        value = np.tensordot(weights, values, axes=(0, 0))
        if not np.all(np.isfinite(value)):
            message = f"the integral is not finite at order {order}"
            raise NotConvergedError(message)
        if previous is not None:
            error = float(np.max(np.abs(value - previous)))
            if error <= tolerance * max(1.0, float(np.max(np.abs(value)))):
                return Certified(value, error, order)
        order, previous = 2 * order + 1, value


def gaussian_pair(
    f: Callable[[Any], Any],
    g: Callable[[Any], Any],
    q11: Any,
    q12: Any,
    q22: Any,
    *,
    angular: int = 120,
    radial: int = 240,
) -> Any:
    r"""E f(u) g(v) in polar coordinates, for f and g smooth except for kinks or jumps at zero.

    With \theta = \mathrm{atan2}(\sqrt{q_{11} q_{22} - q_{12}^2}, q_{12}), u = \sqrt{q_{11}} r \cos\varphi
    and v = \sqrt{q_{22}} r \cos(\varphi - \theta),

    .. math:: E f g = \frac{1}{2 \pi} \int_0^\infty r e^{-r^2/2} dr \oint d\varphi \, f(u) g(v)

    The circle is cut where u or v vanishes, with `angular` Gauss-Legendre points on each of the four arcs
    and `radial` points on [0, 15]: error about 1e-13 for f, g of ReLU type, and for smooth ones that vary
    slowly over distances of 0.1 and grow no faster than exp(7 r). Exact at perfect correlation, where two
    arcs have no length. q11, q12, q22 are scalars with q12^2 <= q11 q22 (violations by rounding are
    forgiven, larger ones give NaN); either variance may be zero. f and g act elementwise on arrays; with
    JAX functions everything works under `jit` and `vmap`.

    For the derivative in q12 integrate f' and g' (Price's theorem); automatic differentiation gives NaN
    at perfect correlation.
    """
    theta = _angle(q11, q12, q22)
    t, s, r, w = _polar_rule(angular, radial)
    quarter = jnp.full_like(theta, 0.5 * math.pi)
    start = jnp.stack([-quarter, theta - quarter, quarter, theta + quarter])  # the zeros of u and v
    length = jnp.stack([theta, math.pi - theta, theta, math.pi - theta])
    phi = (start[:, None] + length[:, None] * t[None, :]).reshape(-1)
    weight = (length[:, None] * s[None, :]).reshape(-1)
    u = jnp.sqrt(q11) * jnp.cos(phi)[:, None] * r[None, :]
    v = jnp.sqrt(q22) * jnp.cos(phi - theta)[:, None] * r[None, :]
    values = jnp.asarray(f(u)) * jnp.asarray(g(v))
    return jnp.einsum("ar,a,r->", values, weight, w)


def gaussian_pair_smooth(
    f: Callable[[Any], Any],
    g: Callable[[Any], Any],
    q11: Any,
    q12: Any,
    q22: Any,
    *,
    order: int = 64,
) -> Any:
    r"""E f(u) g(v) for smooth f and g by a tensor Gauss-Hermite rule [golub1969].

    u = \sqrt{q_{11}} z_1 and v = (q_{12} z_1 + \sqrt{q_{11} q_{22} - q_{12}^2} z_2) / \sqrt{q_{11}}, with order^2
    nodes. Exact for polynomials with deg f + deg g < 2 order; converges only algebraically when f or g has
    a kink (use `gaussian_pair`).
    """
    theta = _angle(q11, q12, q22)
    z, w = _hermite(order)
    u = jnp.sqrt(q11) * z
    v = jnp.sqrt(q22) * (jnp.cos(theta) * z[:, None] + jnp.sin(theta) * z[None, :])
    return jnp.einsum("a,ab,a,b->", jnp.asarray(f(u)), jnp.asarray(g(v)), w, w)


def _product(lines: Sequence[Rule]) -> Rule:
    """Tensor product of one-dimensional rules; the last coordinate runs fastest."""
    grids = np.meshgrid(*[line.nodes for line in lines], indexing="ij")
    weights = np.ones(())
    for line in lines:
        weights = weights[..., None] * line.weights
    return Rule(np.stack([g.reshape(-1) for g in grids], axis=-1), weights.reshape(-1))


def _check_dimension(d: int) -> None:
    if not 1 <= d <= MAX_DIMENSION:
        message = f"balls and spheres are tabulated for 1 <= d <= {MAX_DIMENSION}, not d = {d}"
        raise ValueError(message)


def _unit_sphere(d: int, order: int) -> Rule:
    if d == 1:
        return Rule(np.array([[-1.0], [1.0]]), np.ones(2))
    if d == 2:
        # the half step keeps the nodes off the axes, where integrands like to have kinks
        angle, w = periodic_trapezoid(2 * order)
        angle = angle + 0.5 * math.pi / order
        return Rule(np.stack([np.cos(angle), np.sin(angle)], axis=-1), w)
    t, w = scipy.special.roots_gegenbauer(order, 0.5 * d - 1.0)
    rest, v = _unit_sphere(d - 1, order)
    across = np.sqrt((1.0 - t) * (1.0 + t))[:, None, None] * rest[None, :, :]
    along = np.broadcast_to(t[:, None, None], (*across.shape[:2], 1))
    return Rule(np.concatenate([along, across], axis=-1).reshape(-1, d), (w[:, None] * v[None, :]).reshape(-1))


def _angle(q11: Any, q12: Any, q22: Any) -> Any:
    """The angle between u and v, whose cosine is their correlation, in [0, pi]."""
    product = jnp.asarray(q11, jnp.float64) * q22
    defect = product - jnp.asarray(q12, jnp.float64) ** 2
    sine = jnp.where(jnp.abs(defect) <= _PERFECT * product, 0.0, jnp.sqrt(defect))
    return jnp.arctan2(sine, q12)


@cache
def _polar_rule(angular: int, radial: int) -> tuple[Any, Any, Any, Any]:
    """Points and weights on [0, 1] for the angle, on [0, 15] for r e^{-r^2/2} / 2 pi."""
    t, s = scipy.special.roots_legendre(angular)
    x, w = scipy.special.roots_legendre(radial)
    r = 0.5 * _RADIUS * (x + 1.0)
    weight = 0.5 * _RADIUS * w * r * np.exp(-0.5 * r * r) / (2 * math.pi)
    return 0.5 * (t + 1.0), 0.5 * s, r, weight


@cache
def _legendre(n: int) -> tuple[Any, Any]:
    t, w = scipy.special.roots_legendre(n)
    return t, w


@cache
def _hermite(n: int) -> tuple[Any, Any]:
    z, w = scipy.special.roots_hermitenorm(n)
    return z, w / math.sqrt(2 * math.pi)
