"""The logarithm of the hyperbolic cosine, a smooth absolute value."""

import math
from collections.abc import Iterable

from nnspec.plugin import Activation, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array) -> Array:
    """phi(u) = log cosh u, without overflow."""
    return jnp.logaddexp(u, -u) - math.log(2)


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `log_cosh`."""
    yield Activation(
        name="log_cosh",
        equation=r"\phi(u) = \log \cosh u",
        apply=apply,
        parity="even",
    )
