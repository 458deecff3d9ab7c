"""A sine with a frequency and a phase."""

import math
from collections.abc import Iterable

from nnspec.numerics import trig
from nnspec.plugin import Activation, Parameter, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array, frequency: float = 1.0, phase: float = 0.0) -> Array:
    r"""phi(u) = \sin(\omega u + \beta)."""
    return trig.sin(frequency * u + phase)


def _parts(q11: Array, q12: Array, q22: Array, frequency: float) -> tuple[Array, Array]:
    r"""E \cos \omega(u - v) and E \cos \omega(u + v)."""
    half = frequency * frequency / 2
    return jnp.exp(-half * ((q11 - q12) + (q22 - q12))), jnp.exp(-half * ((q11 + q12) + (q22 + q12)))


def dual(q11: Array, q12: Array, q22: Array, frequency: float = 1.0, phase: float = 0.0) -> Array:
    r"""T = \frac12 (e^{-\omega^2 (q_{11} + q_{22} - 2 q_{12})/2} - \cos 2\beta \, e^{-\omega^2 (q_{11} + q_{22} + 2 q_{12})/2})."""
    difference, total = _parts(q11, q12, q22, frequency)
    return 0.5 * (difference - math.cos(2 * phase) * total)


def dual_prime(q11: Array, q12: Array, q22: Array, frequency: float = 1.0, phase: float = 0.0) -> Array:
    r"""\omega^2 times the dual of the cosine, with a plus between the parts."""
    difference, total = _parts(q11, q12, q22, frequency)
    return 0.5 * frequency * frequency * (difference + math.cos(2 * phase) * total)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `wave`."""
    yield Activation(
        name="wave",
        equation=r"\phi(u) = \sin(\omega u + \beta)",
        apply=apply,
        dual=dual,
        dual_prime=dual_prime,
        parameters=(
            Parameter(name="frequency", doc="angular frequency", default=1.0),
            Parameter(name="phase", doc="phase, in radians", default=0.0),
        ),
    )
