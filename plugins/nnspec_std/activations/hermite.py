"""A normalised Hermite polynomial; at variance one its dual is a power of the correlation."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, Parameter, hookimpl, jnp, lax
from nnspec.plugin.readings import Array

MOST = 40


def apply(u: Array, degree: int = 2) -> Array:
    r"""phi(u) = He_n(u) / \sqrt{n!}, by h_{k+1} = (u h_k - \sqrt k h_{k-1}) / \sqrt{k + 1}."""
    static = isinstance(degree, int)
    below, top = jnp.zeros_like(u), jnp.ones_like(u)
    found = jnp.where(jnp.asarray(degree) == 0, top, jnp.nan) if not static else top
    for k in range(degree if static else MOST):
        below, top = top, (u * top - math.sqrt(k) * below) / math.sqrt(k + 1)
        found = top if static else jnp.where(jnp.asarray(degree) == k + 1, top, found)
    return found


def dual(q11: Array, q12: Array, q22: Array, degree: int = 2) -> Array:
    r"""T by He_n(\sqrt q z) = \sum_j \frac{n!}{2^j j! (n - 2j)!} (q - 1)^j q^{n/2 - j} He_{n - 2j}(z) [odonnell2014].

    .. math:: T = \sum_j \frac{n!}{4^j j!^2 (n - 2j)!} [(q_{11} - 1)(q_{22} - 1)]^j q_{12}^{n - 2j}
    """
    shift = (q11 - 1) * (q22 - 1)
    total = jnp.zeros_like(q12 + shift)
    for j in range(degree // 2 + 1):
        weight = math.factorial(degree) / (4**j * math.factorial(j) ** 2 * math.factorial(degree - 2 * j))
        total = total + weight * lax.integer_pow(shift, j) * lax.integer_pow(q12, degree - 2 * j)
    return total


def dual_prime(q11: Array, q12: Array, q22: Array, degree: int = 2) -> Array:
    """N times the dual of h_(n-1), since h_n' = sqrt(n) h_(n-1)."""
    return degree * dual(q11, q12, q22, degree - 1)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `hermite`."""
    yield Activation(
        name="hermite",
        equation=r"\phi(u) = He_n(u) / \sqrt{n!}",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parameters=(Parameter(name="degree", type="int", doc="the order n, a whole number from 1", default=2),),
        cite=("odonnell2014",),
    )
