"""The mean-field parameterization: outputs are averages over neurons."""

from collections.abc import Iterable

from nnspec.plugin import Exponents, Parameterization, hookimpl
from nnspec.plugin.records import Role


def exponents(role: Role, optimizer: str) -> Exponents:
    r"""W = n^{-a} w, Var w = \sigma^2 and a rate \eta n^{-c}; the input layer is divided by \sqrt d too.

    =======  ======  =======  =========
    .        input   hidden   readout
    =======  ======  =======  =========
    a        0       1/2      1
    b        0       0        0
    c, SGD   -1      -1       -1
    c, Adam  0       1/2      0
    =======  ======  =======  =========

    With one hidden layer it is the average \frac1n \sum_i v_i \sigma(w_i \cdot x / \sqrt d) [mei2018]; for deep networks see
    [bordelon2022]. It is `mup` with a + 1/2, b - 1/2 and c - 1 (Adam: c - 1/2) in each layer, which leaves the
    function and its training unchanged [yang2021].
    """
    adam = optimizer == "adam"
    match role:
        case "input":
            return Exponents(c=0.0 if adam else -1.0, a_in=0.5)
        case "hidden":
            return Exponents(a=0.5, c=0.5 if adam else -1.0)
        case "readout":
            return Exponents(a=1.0, c=0.0 if adam else -1.0)


@hookimpl
def nnspec_parameterizations() -> Iterable[Parameterization]:
    """Teach `mean_field`."""
    yield Parameterization(
        name="mean_field",
        doc="outputs are averages over neurons of O(1) weights: W = w/n in the readout, and a rate that grows as n",
        exponents=exponents,
        cite=("mei2018", "bordelon2022", "yang2021"),
    )
