r"""Correlators of a deformed model as a power series in its deformation.

With the weight e^{-V(\phi)} that `deform` gives, and means and joint cumulants under the undeformed density,

    \langle O \rangle = \sum_{k=0}^{order} \frac{(-1)^k}{k!} \langle O; V; \ldots; V \rangle_0,

where V stands k times. The first order is -\langle O V \rangle_0 + \langle O \rangle_0 \langle V \rangle_0. It is the power
series in t of <O e^{-t V}>_0 / <e^{-t V}>_0, at t = 1; a connected correlator is the cumulant of such series. All means
are over networks of the declared densities, so a width enters as it is, and not as a limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nnspec.numerics.partitions import cumulant_from_moments
from nnspec.plugin import Ask, Estimator, Field, Observable, Outer, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args
from nnspec_std.observables import correlator

HIGHEST = 4


def moments(ask: Ask, f: Array, log_deform: Array) -> Mapping[str, Array]:
    """What a correlator needs, times powers of V, and the powers themselves."""
    plain = correlator.moments(_plain(ask), f)
    found: dict[str, Array] = {}
    for k in range(ask["order"] + 1):
        power = (-log_deform) ** k
        found[f"v{k}"] = power
        found |= {f"{name}v{k}": _times(moment, power) for name, moment in plain.items()}
    return found


def _plain(ask: Ask) -> Ask:
    """The correlator that is expanded."""
    return Ask(name=ask.name, dim=ask.dim, options={**ask.options, "n": ask["n"], "connected": ask["connected"]})


def _times(moment: Any, power: Array) -> Any:
    return Outer(moment.left * power, moment.right) if isinstance(moment, Outer) else moment * power


@dataclass(frozen=True)
class Series:
    """A power series in t up to some order, whose coefficients are arrays of one rank."""

    terms: tuple[Any, ...]
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Series:
        """Term by term; a number has one term."""
        if not isinstance(other, Series):
            return Series((self.terms[0] + other, *self.terms[1:]))
        return Series(tuple(a + b for a, b in zip(self.terms, other.terms, strict=True)))

    __radd__ = __add__

    def __mul__(self, other: Any) -> Series:
        """The product up to the same order."""
        if not isinstance(other, Series):
            return Series(tuple(other * term for term in self.terms))
        n = len(self.terms)
        return Series(tuple(sum(self.terms[j] * other.terms[k - j] for j in range(k + 1)) for k in range(n)))

    __rmul__ = __mul__

    def over(self, other: Series) -> Series:
        """The quotient by a series of numbers that begins with 1."""
        found: list[Any] = []
        for k, term in enumerate(self.terms):
            found.append(term - sum(other.terms[k - j] * found[j] for j in range(k)))
        return Series(tuple(found))


def finish(ask: Ask, means: Mapping[str, Array]) -> Array:
    """The series at t = 1, or its last term."""
    order, n = ask["order"], ask["n"]
    weights = [(-1) ** k / math.factorial(k) for k in range(order + 1)]
    norm = Series(tuple(w * np.asarray(means[f"v{k}"]) for k, w in enumerate(weights)))

    def full(size: int) -> Series:
        """Full correlators of so many points, weighed by e^{-t V}."""
        options = _plain(ask).options | {"n": size, "connected": False}
        own = Ask(name=ask.name, dim=ask.dim, options=options)
        name = "pair" if "along" in ask else f"m{size}"
        values = [correlator.finish(own, {name: means[f"{name}v{k}"]}) for k in range(order + 1)]
        return Series(tuple(w * value for w, value in zip(weights, values, strict=True))).over(norm)

    if ask["connected"]:
        known = {size: full(size) for size in range(1, n + 1)}
        series = cumulant_from_moments(n, lambda block: _placed(known[len(block)], block, n))
    else:
        series = full(n)
    return np.asarray(series.terms[-1] if ask["term"] else sum(series.terms))


def _placed(series: Series, block: tuple[int, ...], n: int) -> Series:
    return Series(tuple(correlator.placed(term, block, n) for term in series.terms))


def refuse(options: Args, dim: int) -> tuple[str, str] | None:
    """Points or a line, as for a correlator; expansions are cut off early."""
    if options["order"] > HIGHEST:
        return "order", f"expansions go up to the order {HIGHEST}, and this is {options['order']}"
    return correlator.refuse(options, dim)


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`G2_1: {perturbation: {order: 1, from: x0, along: r}}`."""
    yield Observable(
        name="perturbation",
        doc="n-point function of a deformed model, expanded in the logarithm of the deformation",
        equation=r"G^{(n)} = \sum_{k=0}^{m} \frac{(-1)^k}{k!} \langle \phi(x_1) \cdots \phi(x_n); V; \ldots; V \rangle_0, "
        r"\quad V = -\log \mathrm{deform}",
        fields=(
            Field(name="order", type="count", doc="highest power of the deformation, 1 to 4", required=True),
            Field(name="term", type="flag", doc="the term of that order alone, and not the sum up to it", default="false"),
            Field(name="n", type="count", doc="number of points, 1 to 6", default="2"),
            Field(name="connected", type="flag", doc="the connected part (joint cumulant)", default="false"),
            Field(name="at", type="points", doc="points; the result has all combinations of them"),
            Field(name="from", type="point", doc="start of a line along the first axis"),
            Field(name="along", type="axis", doc="separations along the line"),
            correlator.SHIFTS,
            Field(name="density", type="word", doc="means are over the declared densities", default="undeformed",
                  choices=("undeformed",)),
        ),
        dims=correlator.dims,
        shape=correlator.shape,
        kind=Estimator(
            readings=("f", "log_deform"), points=correlator.points, moments=moments, finish=finish,
            methods=("monte_carlo", "direct"), precision="float64",
        ),
        refuse=refuse,
        coords=correlator.coords,
        example="{perturbation: {order: 1, at: xs, draws: 640}}",
        needs={"deform": "exp(-integral(phi(y)^2, y in Box(0, 1)^1)/10)"},
        cite=("demirtas2023",),
    )  # fmt: skip
