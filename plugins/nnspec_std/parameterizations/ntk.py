"""The NTK parameterization: variables of order one, and all powers of the width in front of them."""

from collections.abc import Iterable

from nnspec.plugin import Exponents, Parameterization, hookimpl
from nnspec.plugin.records import Role


def exponents(role: Role, optimizer: str) -> Exponents:  # noqa: ARG001
    r"""W = w / \sqrt{\mathrm{fan\ in}} with Var w = \sigma^2 [jacot2018]; the rate is not scaled."""
    return Exponents(a_in=0.5) if role == "input" else Exponents(a=0.5)


@hookimpl
def nnspec_parameterizations() -> Iterable[Parameterization]:
    """Teach `ntk`."""
    yield Parameterization(
        name="ntk",
        doc="W = sqrt(s/fan_in) w, Var w = 1: training of wide networks is kernel regression",
        exponents=exponents,
        unit_variance=True,
        cite=("jacot2018",),
    )
