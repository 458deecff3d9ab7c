"""Free propagators as two-point functions of networks: on infinite lattices, and a logarithm in a plane."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from families import NotComputable
from families.specs import correlators, formula, value

FAMILIES = ("lattice", "logkernel")
WIDTH = 5
ZONE = """
index i in N
input x in R^d
a[i] ~ Normal(0, 2/N)
{momenta}
b[i] ~ Uniform(-pi, pi)
phi(x) = sum_i a[i]*cos({phase} + b[i])/sqrt({action})
"""
ANNULUS = """
index i in N
input x in R
u[i] ~ Uniform(log(eps), log(Lam))
c[i] ~ Uniform(-pi, pi)
b[i] ~ Uniform(-pi, pi)
phi(x) = sqrt(2*log(Lam/eps)/N)*sum_i cos(exp(u[i])*cos(c[i])*x + b[i])
"""


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """One propagator."""
    inputs, kind = record["inputs"], record["id"].split(".")
    if kind[0] == "logkernel":
        let = {"N": WIDTH, "eps": inputs["eps"], "Lam": inputs["Lambda"]}
        return [_between(let, ANNULUS, [inputs["r"]], folder)]
    if kind[1] == "periodic":
        raise NotComputable("momenta of single values have no quadrature rule yet")
    d = int(kind[2].removeprefix("d"))
    n = inputs.get("n", 0)
    place = [float(each) for each in (n if isinstance(n, list) else [n, *[0] * (d - 1)])]
    let = {"N": WIDTH, "d": d, "m": inputs["m"]}
    return [_between(let, zone(d), place, folder)]


def _between(let: dict[str, Any], model: str, place: list[float], folder: Path) -> float:
    points = [[0.0] * len(place), list(map(float, place))]
    return float(value(formula("propagator", let, {"pts": points}, model, {"G": correlators(2)}), folder, "G")[0, 1])


def zone(d: int) -> str:
    """Momenta uniform on the Brillouin zone, and amplitudes that are their free propagator."""
    momenta = [f"k{j}" for j in range(1, d + 1)]
    return ZONE.format(
        momenta="\n".join(f"{k}[i] ~ Uniform(-pi, pi)" for k in momenta),
        phase=" + ".join(f"{k}[i]*x[{j}]" for j, k in enumerate(momenta, start=1)),
        action=" + ".join(["m^2", *(f"4*sin({k}[i]/2)^2" for k in momenta)]),
    )
