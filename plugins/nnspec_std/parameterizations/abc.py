"""Any parameterization, by its exponents."""

from collections.abc import Iterable

from nnspec.plugin import Exponents, Field, Parameterization, hookimpl
from nnspec.plugin.records import Role

Triple = tuple[float, float, float]
ROLES: tuple[Role, ...] = ("input", "hidden", "readout")


def exponents(role: Role, optimizer: str, a: Triple, b: Triple, c: Triple) -> Exponents:  # noqa: ARG001
    r"""W = n^{-a} w, Var w = \sigma^2 n^{-2b} and a rate \eta n^{-c}, by role [yang2021], for every optimizer.

    n is the hidden width. The dimension d of the input has no exponent of its own: the input layer is divided by
    \sqrt d in front, W = n^{-a} d^{-1/2} w, as under `ntk`, `mup` and `mean_field`. (`standard` has that power in the
    variance of w: the same function, but under SGD its input layer learns d times faster.)
    """
    k = ROLES.index(role)
    return Exponents(a=a[k], b=b[k], c=c[k], a_in=0.5 if role == "input" else 0.0)


@hookimpl
def nnspec_parameterizations() -> Iterable[Parameterization]:
    """`parameterization: {a: [0, 0.5, 1], b: 0, c: -1}`."""
    each = "one number, or one each for input, hidden and readout layers"
    yield Parameterization(
        name="abc",
        doc="W = n^-a w, Var w = s n^-2b, rate n^-c; the input layer is divided by sqrt(d) too",
        exponents=exponents,
        fields=(
            Field(name="a", type="axis", doc=f"power of 1/n in front of the weights: {each}", required=True),
            Field(name="b", type="axis", doc=f"power of 1/n in their deviation at the start: {each}", required=True),
            Field(name="c", type="axis", doc=f"power of 1/n in the rate of training: {each}", required=True),
        ),
        cite=("yang2021",),
    )
