"""A power of the rectifier, whose dual is an arc-cosine kernel."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, Parameter, hookimpl, jnp, lax
from nnspec.plugin.readings import Array
from nnspec_std.activations._angles import arcs, homogeneous, pairings, sine_and_angle


def apply(u: Array, degree: int = 2) -> Array:
    """phi(u) = max(u, 0)^degree."""
    positive = jnp.where(u > 0, u, 0.0)
    return lax.integer_pow(positive, degree) if isinstance(degree, int) else positive**degree


def dual(q11: Array, q12: Array, q22: Array, degree: int = 2) -> Array:
    r"""T = (S A_n + (\pi - \theta) B_n) / 2\pi, half of k_n of [chosaul2009]; A_n and B_n as in `_angles`."""
    # in one order, so that what is left of cancelled digits near antiparallel inputs is symmetric too
    sine, angle = sine_and_angle(jnp.minimum(q11, q22), q12, jnp.maximum(q11, q22))
    product = q11 * q22
    smooth = homogeneous(pairings(degree), degree, q12, product)
    return (sine * homogeneous(arcs(degree), degree - 1, q12, product) + (math.pi - angle) * smooth) / (2 * math.pi)


def dual_prime(q11: Array, q12: Array, q22: Array, degree: int = 2) -> Array:
    """n^2 times the dual of the power n - 1."""
    if degree == 1:
        return (math.pi - sine_and_angle(q11, q12, q22)[1]) / (2 * math.pi)
    return degree**2 * dual(q11, q12, q22, degree - 1)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `rectified_monomial`."""
    yield Activation(
        name="rectified_monomial",
        equation=r"\phi(u) = \max(u, 0)^n",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parameters=(Parameter(name="degree", type="int", doc="the power n, a whole number from 1", default=2),),
        degree=lambda degree=2: float(degree),
        kinks=(0.0,),
        cite=("chosaul2009",),
    )
