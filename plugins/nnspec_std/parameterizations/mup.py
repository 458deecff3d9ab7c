"""The maximal update parametrization: features move as much as they can, at every width."""

from collections.abc import Iterable

from nnspec.plugin import Exponents, Parameterization, hookimpl
from nnspec.plugin.records import Role


def exponents(role: Role, optimizer: str) -> Exponents:
    r"""W = n^{-a} w, Var w = \sigma^2 n^{-2b} and a rate \eta n^{-c}; the input layer is divided by \sqrt d too.

    =======  ======  =======  =========
    .        input   hidden   readout
    =======  ======  =======  =========
    a        -1/2    0        1/2
    b        1/2     1/2      1/2
    c, SGD   0       0        0
    c, Adam  1/2     1       1/2
    =======  ======  =======  =========

    [yang2021] for SGD; for Adam, which sees the sign of the gradient alone, a + c is 0, 1, 1 by layers
    [yang2022]. Outputs are of order n^{-1/2} at the start.
    """
    adam = optimizer == "adam"
    match role:
        case "input":
            return Exponents(a=-0.5, b=0.5, c=0.5 if adam else 0.0, a_in=0.5)
        case "hidden":
            return Exponents(a=0.0, b=0.5, c=1.0 if adam else 0.0)
        case "readout":
            return Exponents(a=0.5, b=0.5, c=0.5 if adam else 0.0)


@hookimpl
def nnspec_parameterizations() -> Iterable[Parameterization]:
    """Teach `mup`."""
    yield Parameterization(
        name="mup",
        doc="features and outputs move by O(1) in training at every width, so the best rate does not depend on it",
        exponents=exponents,
        cite=("yang2021", "yang2022"),
    )
