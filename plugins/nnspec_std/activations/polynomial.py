"""A polynomial of degree six at most; its dual is a polynomial."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, Parameter, hookimpl, jnp, lax
from nnspec.plugin.readings import Array
from nnspec_std.activations._angles import double_factorial

NAMES = tuple(f"c{k}" for k in range(7))


def apply(u: Array, **c: float) -> Array:
    r"""phi(u) = \sum_k c_k u^k, by Horner's rule."""
    total = jnp.zeros_like(u)
    for name in reversed(NAMES):
        total = total * u + c.get(name, float(name == "c1"))
    return total


def dual(q11: Array, q12: Array, q22: Array, **c: float) -> Array:
    r"""T = \sum_{jk} c_j c_k E u^j v^k, with Wick's theorem for m pairs of one u and one v [isserlis1918].

    .. math:: E u^j v^k = \sum_m \binom{j}{m} \binom{k}{m} m! (j - m - 1)!! (k - m - 1)!!
              q_{11}^{(j - m)/2} q_{12}^m q_{22}^{(k - m)/2}
    """
    given = [c.get(name, float(name == "c1")) for name in NAMES]
    return _dual(given, q11, q12, q22)


def dual_prime(q11: Array, q12: Array, q22: Array, **c: float) -> Array:
    """The dual of the derivative, with the coefficients (k + 1) c_(k+1)."""
    given = [k * c.get(name, float(name == "c1")) for k, name in enumerate(NAMES)]
    return _dual(given[1:], q11, q12, q22)


def _dual(c: list[float], q11: Array, q12: Array, q22: Array) -> Array:
    total = jnp.zeros_like(q11 + q12 + q22)
    for j, left in enumerate(c):
        for k, right in enumerate(c):
            if (j + k) % 2 == 0:
                total = total + left * right * _moment(j, k, q11, q12, q22)
    return total


def _moment(j: int, k: int, q11: Array, q12: Array, q22: Array) -> Array:
    total = jnp.zeros_like(q11 + q12 + q22)
    for m in range(j % 2, min(j, k) + 1, 2):
        count = math.comb(j, m) * math.comb(k, m) * math.factorial(m)
        count *= double_factorial(j - m - 1) * double_factorial(k - m - 1)
        powers = lax.integer_pow(q11, (j - m) // 2) * lax.integer_pow(q22, (k - m) // 2)
        total = total + count * powers * lax.integer_pow(q12, m)
    return total


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `polynomial`."""
    yield Activation(
        name="polynomial",
        equation=r"\phi(u) = c_0 + c_1 u + \dots + c_6 u^6",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parameters=tuple(
            Parameter(name=name, doc=f"coefficient of u^{k}", default=float(k == 1)) for k, name in enumerate(NAMES)
        ),
        cite=("isserlis1918",),
    )
