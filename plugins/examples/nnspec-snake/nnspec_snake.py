"""The snake, a linear activation with a periodic part: `- act: snake` or `- act: {snake: {beta: 2}}`."""

from collections.abc import Iterable

from nnspec.plugin import Activation, Parameter, hookimpl, jnp
from nnspec.plugin.readings import Array

NNSPEC_API = ">=1,<2"


def apply(u: Array, beta: float = 1.0) -> Array:
    r"""phi(u) = u + \sin^2(\beta u) / \beta."""
    return u + jnp.sin(beta * u) ** 2 / beta


def dual(q11: Array, q12: Array, q22: Array, beta: float = 1.0) -> Array:
    r"""T of the snake, from \sin^2 = (1 - \cos) / 2; what is odd in u or v alone drops out.

    .. math:: T = q_{12} + \frac{1}{4 \beta^2} \left[ (1 - e^{-k q_{11} / 2}) (1 - e^{-k q_{22} / 2})
              + e^{-k (q_{11} + q_{22}) / 2} (\cosh k q_{12} - 1) \right], \qquad k = 4 \beta^2
    """
    k = 4 * beta**2
    size = k * jnp.where(q12 < 0, -q12, q12)
    damped = 0.5 * jnp.exp(size - k * (q11 + q22) / 2) * jnp.expm1(-size) ** 2  # without overflow
    return q12 + (jnp.expm1(-k * q11 / 2) * jnp.expm1(-k * q22 / 2) + damped) / k


def dual_prime(q11: Array, q12: Array, q22: Array, beta: float = 1.0) -> Array:
    r"""1 + e^{-k (q_{11} + q_{22}) / 2} \sinh k q_{12}, since \phi' = 1 + \sin 2 \beta u."""
    k = 4 * beta**2
    mean = k * (q11 + q22) / 2
    return 1 + 0.5 * (jnp.exp(k * q12 - mean) - jnp.exp(-k * q12 - mean))


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `snake`."""
    yield Activation(
        name="snake",
        equation=r"\phi(u) = u + \sin^2(\beta u) / \beta",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parameters=(Parameter(name="beta", doc="frequency of the periodic part", default=1.0, positive=True),),
        cite=("ziyin2020",),
    )
