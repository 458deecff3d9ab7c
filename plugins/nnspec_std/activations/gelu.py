"""The Gaussian error linear unit, with the normal distribution function itself and not its tanh imitation."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jax, jnp
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    r"""phi(u) = u \Phi(u)."""
    return jax.nn.gelu(u, approximate=False)


def _parts(q11: Array, q12: Array, q22: Array) -> tuple[Array, Array, Array]:
    r"""The dual of \Phi, the root of D = (1 + q11)(1 + q22) - q12^2 >= 1, and q11 q22 - q12^2."""
    minor = q11 * q22 - q12 * q12
    root = jnp.sqrt(1 + q11 + q22 + minor)
    return 0.25 + jnp.arctan2(q12, root) / (2 * math.pi), root, minor


def dual(q11: Array, q12: Array, q22: Array) -> Array:
    r"""T of GELU; both lines follow from E u g(u, v) = q_{11} E \partial_u g + q_{12} E \partial_v g, used twice.

    .. math:: T = q_{12} P + \frac{1}{2\pi\sqrt D} \left( q_{11} q_{22} - q_{12}^2
              + \frac{q_{12}^2}{1 + q_{11}} + \frac{q_{12}^2}{1 + q_{22}} \right), \qquad
              P = \frac14 + \frac{1}{2\pi} \arcsin \frac{q_{12}}{\sqrt{(1 + q_{11})(1 + q_{22})}}
    """
    cdf, root, minor = _parts(q11, q12, q22)
    return q12 * cdf + (minor + q12 * q12 * (1 / (1 + q11) + 1 / (1 + q22))) / (2 * math.pi * root)


def dual_prime(q11: Array, q12: Array, q22: Array) -> Array:
    r"""P + \frac{q_{12}}{2\pi\sqrt D} \left( \frac{1}{1 + q_{11}} + \frac{1}{1 + q_{22}} + \frac1D \right)."""
    cdf, root, _ = _parts(q11, q12, q22)
    return cdf + q12 * (1 / (1 + q11) + 1 / (1 + q22) + 1 / root**2) / (2 * math.pi * root)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `gelu`."""
    yield Activation(
        name="gelu",
        equation=r"\phi(u) = \frac{u}{2} (1 + \mathrm{erf}(u / \sqrt 2))",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        cite=("hendrycks2016",),
    )
