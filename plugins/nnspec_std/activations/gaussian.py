"""The bump, a normal curve as an activation."""

from collections.abc import Iterable

from nnspec.plugin import Activation, Parameter, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array, kappa: float = 0.5) -> Array:
    r"""phi(u) = e^{-\kappa u^2}."""
    return jnp.exp(-kappa * u * u)


def _determinant(q11: Array, q12: Array, q22: Array, kappa: float) -> Array:
    r"""D = (1 + 2 \kappa q_{11})(1 + 2 \kappa q_{22}) - 4 \kappa^2 q_{12}^2, at least one for \kappa > 0."""
    return 1 + 2 * kappa * (q11 + q22) + 4 * kappa**2 * (q11 * q22 - q12 * q12)


def dual(q11: Array, q12: Array, q22: Array, kappa: float = 0.5) -> Array:
    r"""T = D^{-1/2}, a Gaussian integral [williams1997]; not a number where it diverges (\kappa < 0)."""
    return 1 / jnp.sqrt(_inside(q11, q22, _determinant(q11, q12, q22, kappa), kappa))


def dual_prime(q11: Array, q12: Array, q22: Array, kappa: float = 0.5) -> Array:
    r"""4 \kappa^2 q_{12} D^{-3/2}."""
    root = jnp.sqrt(_inside(q11, q22, _determinant(q11, q12, q22, kappa), kappa))
    return 4 * kappa**2 * q12 / (root * root * root)


def _inside(q11: Array, q22: Array, determinant: Array, kappa: float) -> Array:
    """D where both variances are small enough for a growing exponential (always for a falling one)."""
    converges = (1 + 4 * kappa * q11 > 0) & (1 + 4 * kappa * q22 > 0)
    return jnp.where(converges, determinant, jnp.nan)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `gaussian`."""
    yield Activation(
        name="gaussian",
        equation=r"\phi(u) = e^{-\kappa u^2}",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parameters=(Parameter(name="kappa", doc="inverse of twice the squared width", default=0.5),),
        parity="even",
        cite=("williams1997",),
    )
