"""What holds for every activation: claims about phi, and its duals against a quadrature that knows nothing of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from nnspec.numerics.lazy import jax, jnp, np
from nnspec.numerics.quadrature import gaussian_pair
from nnspec.plugin.records import Activation
from nnspec.testing.close import assert_close

Dual = Callable[..., Any]
_RTOL = 1e-9
"""Rounding, and the quadrature's error for functions of ReLU type and for smooth ones."""
_RTOL_WIDE = 1e-6
"""Beyond a variance of four: the quadrature cuts the radius at 15, which a growth like e^{5 r} feels."""


def check_activation(record: Activation) -> None:
    r"""Check an activation: shapes, parity, degree, and E \phi(u) \phi(v) and E \phi'(u) \phi'(v) if they are given.

    The duals are compared with `gaussian_pair` at random correlations, perfect ones included, for variances up to 25,
    and checked for symmetry, positive kernels, Price's theorem \dot T = \partial T / \partial q_{12}, and gradients
    that are finite and right along the diagonal q_{11} = q_{12} = q_{22}.
    """
    options = {parameter.name: parameter.default for parameter in record.parameters}
    missing = [name for name, default in options.items() if default is None]
    assert not missing, f"parameters of an activation have defaults; these have none: {', '.join(missing)}"
    phi = partial(record.apply, **options)
    _check_function(record, phi, record.degree_at(**options))
    if record.dual is None:
        assert record.dual_prime is None, f"'{record.name}' has a dual of its derivative, but none of itself"
        return
    _check_dual(record, phi, partial(record.dual, **options))
    if record.dual_prime is not None:
        dual, prime = partial(record.dual, **options), partial(record.dual_prime, **options)
        _check_values(record, f"dual_prime of '{record.name}'", derivative(phi), prime)
        _check_symmetry(record.name, prime)
        _check_price(record.name, dual, prime)


def derivative(phi: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The derivative of phi, on arrays."""
    return lambda u: jax.vmap(jax.grad(phi))(u.reshape(-1)).reshape(u.shape)


def covariances() -> Any:
    """[case, 3] of (q11, q12, q22): fixed corners, then random ones; the last are of large variance."""
    fixed = [(1.0, 0.5, 1.0), (1.3, 0.4, 0.7), (2.0, -0.9, 1.1), (1.0, 0.0, 3.0), (1.0, 1.0, 1.0), (0.3, -0.3, 0.3),
             (4.0, 2.0, 1.0), (1.0, -2.0, 4.0), (0.0, 0.0, 0.0)]  # fmt: skip
    rng = np.random.default_rng(7)
    a, b = np.exp(rng.uniform(np.log(0.05), np.log(4.0), size=(2, 8)))
    near = np.stack([a, rng.uniform(-1, 1, size=8) * np.sqrt(a * b), b], axis=1)
    wide = [(25.0, 10.0, 9.0), (16.0, -11.0, 25.0), (25.0, 25.0, 25.0), (25.0, -25.0, 25.0), (25.0, 0.1, 0.04)]
    return np.concatenate([np.array(fixed), near, np.array(wide)])


def _check_function(record: Activation, phi: Callable[[Any], Any], degree: float | None) -> None:
    u = np.linspace(-6.0, 6.0, 121) + 0.013
    for dtype in (jnp.float32, jnp.float64):
        x = jnp.asarray(u, dtype).reshape(11, 11)
        y = phi(x)
        same = (y.shape, y.dtype) == (x.shape, x.dtype)
        assert same, f"'{record.name}' maps {x.dtype}{x.shape} to {y.dtype}{y.shape}"
        assert bool(jnp.all(jnp.isfinite(y))), f"'{record.name}' is not finite between -6 and 6"
    x = jnp.asarray(u)
    assert_close(f"'{record.name}' on an array", jax.vmap(phi)(x), phi(x), 1e-12)
    sign = {"odd": -1.0, "even": 1.0}.get(record.parity)
    if sign is not None:
        assert_close(f"'{record.name}', said to be {record.parity},", phi(-x), sign * phi(x), 1e-12)
    if degree is not None:
        assert_close(f"'{record.name}' of degree {degree:g}", phi(3.0 * x), 3.0**degree * phi(x), 1e-12)
    slope = derivative(phi)(x)
    jumps = np.abs(np.diff(np.asarray(derivative(phi)(jnp.asarray([-1e-7, 1e-7])))))
    assert bool(jnp.all(jnp.isfinite(slope))), f"the derivative of '{record.name}' is not finite"
    kinked = 0.0 in record.kinks
    assert kinked or float(jumps[0]) < 1e-3, f"'{record.name}' has a kink at 0 that `kinks` does not name"


def _check_dual(record: Activation, phi: Callable[[Any], Any], dual: Dual) -> None:
    _check_values(record, f"dual of '{record.name}'", phi, dual)
    _check_symmetry(record.name, dual)
    _check_gradient(record.name, dual)
    rng = np.random.default_rng(11)
    x = rng.normal(size=(7, 3))
    x[3], x[4], x[5] = x[0], -x[1], 2 * x[2]
    kernel = jnp.asarray(x @ x.T / 3)
    variance = jnp.diagonal(kernel)
    rows, columns = (jnp.broadcast_to(v, kernel.shape) for v in (variance[:, None], variance[None, :]))
    least, largest = np.linalg.eigvalsh(np.asarray(dual(rows, kernel, columns)))[[0, -1]]
    assert least >= -_RTOL * largest, f"the dual of '{record.name}' makes a kernel with the eigenvalue {least:.3g}"


def _check_values(record: Activation, what: str, phi: Callable[[Any], Any], dual: Dual) -> None:
    """The dual and the quadrature, relative to the Cauchy-Schwarz bound of the dual."""
    cases = covariances()
    smooth = all(kink == 0.0 for kink in record.kinks)
    if record.kinks:
        cases = cases[cases[:, 0] * cases[:, 2] > 0]  # phi' at the kink itself is a convention
    for rtol, part in ((_RTOL, cases[cases.max(axis=1) <= 4]), (_RTOL_WIDE, cases[cases.max(axis=1) > 4])):
        a, c, b = (jnp.asarray(column) for column in part.T)
        pair = jax.jit(jax.vmap(partial(gaussian_pair, phi, phi)))
        scale = jnp.sqrt(pair(a, a, a) * pair(b, b, b))
        # a kink away from zero makes the quadrature converge only like the square of its step
        names = [f"{what} at (q11, q12, q22) = ({', '.join(f'{q:.4g}' for q in case)})" for case in part]
        want = pair(a, c, b)
        assert_close(names, dual(a, c, b), want, rtol if smooth else 1e-3, scale)
        assert_close(names, jax.jit(jax.vmap(dual))(a, c, b), want, rtol if smooth else 1e-3, scale)
        single = dual(*(column.astype(jnp.float32) for column in (a, c, b)))
        assert single.dtype == jnp.float32, f"the {what} maps float32 to {single.dtype}"
        finite = jnp.isfinite(single) | (scale > 1e30)
        assert bool(jnp.all(finite)), f"the {what} is not finite in float32"


def _check_symmetry(name: str, dual: Dual) -> None:
    a, c, b = (jnp.asarray(column) for column in covariances().T)
    want = dual(a, c, b)
    assert_close(f"a dual of '{name}' with u and v exchanged", dual(b, c, a), want, 1e-12, jnp.abs(want))


def _check_price(name: str, dual: Dual, prime: Dual) -> None:
    r"""\dot T = \partial T / \partial q_{12} [price1958], where q_{12}^2 < q_{11} q_{22}."""
    cases = covariances()
    inside = cases[(cases[:, 1] ** 2 < 0.95 * cases[:, 0] * cases[:, 2]) & (cases.max(axis=1) <= 4)]
    a, c, b = (jnp.asarray(column) for column in inside.T)
    slope = jax.vmap(jax.grad(dual, argnums=1))(a, c, b)
    scale = jnp.sqrt(prime(a, a, a) * prime(b, b, b))
    assert_close(f"d dual/d q12 of '{name}' against dual_prime (Price)", slope, prime(a, c, b), _RTOL, scale)


def _check_gradient(name: str, dual: Dual) -> None:
    """Gradients at perfect correlation are finite, and right along it."""
    corners = ((1.0, 1.0, 1.0), (0.7, -0.7, 0.7), (4.0, 2.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 1.0))
    slopes = jax.jit(jax.vmap(jax.grad(lambda q: dual(q[0], q[1], q[2]))))(jnp.asarray(corners))
    for corner, slope in zip(corners, slopes, strict=True):
        assert bool(jnp.all(jnp.isfinite(slope))), f"the gradient of the dual of '{name}' at {corner} is {slope}"
    q = jnp.asarray((0.3, 1.0, 4.0))
    for sign in (1.0, -1.0):

        def along(t: Any, sign: float = sign) -> Any:
            return dual(t, sign * t, t)

        step = 1e-4 * q  # the central difference is right to (step / q)^2
        finite = (along(q + step) - along(q - step)) / (2 * step)
        names = [f"d/dq dual(q, {sign:g} q, q) of '{name}' at q = {each:g}" for each in np.asarray(q)]
        scale = jnp.abs(along(q)) / q + jnp.abs(finite)
        assert_close(names, jax.jit(jax.vmap(jax.grad(along)))(q), finite, 1e-6, scale)
