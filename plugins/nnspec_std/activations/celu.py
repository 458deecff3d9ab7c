"""The exponential linear unit with a continuous slope."""

from collections.abc import Iterable

from nnspec.plugin import Activation, Parameter, hookimpl, jnp
from nnspec.plugin.readings import Array


def apply(u: Array, alpha: float = 1.0) -> Array:
    r"""phi(u) = u for u > 0, \alpha (e^{u / \alpha} - 1) below."""
    return jnp.where(u > 0, u, alpha * jnp.expm1(jnp.where(u > 0, 0.0, u) / alpha))


@hookimpl
def nnspec_activations() -> Iterable[Activation]:
    """Teach `celu`."""
    yield Activation(
        name="celu",
        equation=r"\phi(u) = u \text{ for } u > 0, \quad \alpha (e^{u/\alpha} - 1) \text{ for } u < 0",
        apply=apply,
        parameters=(Parameter(name="alpha", doc="limit far below zero, with a minus sign", default=1.0),),
        kinks=(0.0,),
        cite=("barron2017",),
    )
