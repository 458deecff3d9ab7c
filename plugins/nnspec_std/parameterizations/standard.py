"""The standard parameterization: all powers of the width in the initial variance."""

from collections.abc import Iterable

from nnspec.plugin import Exponents, Parameterization, hookimpl
from nnspec.plugin.records import Role


def exponents(role: Role, optimizer: str) -> Exponents:  # noqa: ARG001
    r"""W = w with Var w = \sigma^2 / \mathrm{fan\ in}; the rate is not scaled.

    With a constant rate the outputs grow with the width; a rate proportional to 1/n is stable.
    """
    return Exponents(b_in=0.5) if role == "input" else Exponents(b=0.5)


@hookimpl
def nnspec_parameterizations() -> Iterable[Parameterization]:
    """Teach `standard`."""
    yield Parameterization(
        name="standard",
        doc="W = w, Var w = s/fan_in, and a rate that does not depend on the width",
        exponents=exponents,
    )
