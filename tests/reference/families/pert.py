"""First orders in the quartic coupling: integrals of free propagators, and expansions of networks of finite width."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import nnspec

from . import NotComputable

FAMILIES: tuple[str, ...] = ("pert",)
SLOW = True

HEAD = "nnspec: 1\nname: first-order\n"
NOTHING = "model: {inputs: {x: R}, params: {a: 'Normal(0, 1)'}, field: phi(x), def: a*cos(x)}\n"
FAR = 40
"""Where exp(-t) is below rounding."""
COSNET = """\
nnspec: 1
name: cosnet
let: {{N: {N}, s0: {s0!r}, s1: {s1!r}, B: {box!r}}}
data: {{x0: [0]}}
model:
  inputs: {{x: R}}
  indices: {{i: N}}
  params:
    w[i]: Normal(0, s0)
    b[i]: Uniform(-pi, pi)
    a[i]: Normal(0, s1/N)
  field: phi(x)
  def: sum_i a[i]*cos(w[i]*x + b[i])
  deform: exp(-integral(phi^4, y in Interval(-B/2, B/2))/24)
observables:
  first: {{perturbation: {{order: 1, term: true, at: x0, draws: 4000000}}}}
"""


def measure(record: dict[str, Any], folder: Path) -> list[float] | tuple[list[float], list[float]]:
    """One number, with an error where it is sampled."""
    name, inputs = record["id"], record["inputs"]
    if name.startswith("pert.dm2"):
        return [_evaluated(_tadpole(inputs), folder)]
    if name.startswith("pert.d1.dG"):
        body = _pieces("G0(0)*G0(z)*G0(z - T)", [0.0, inputs["tau"]])
        return [_evaluated(_line(inputs["m"], f"-({body})/2", inputs["tau"]), folder)]
    if name.startswith("pert.d1.G4c"):
        times = [float(digit) for digit in name.rsplit(".", 1)[1]]
        product = "*".join(f"G0(z - {t!r})" for t in times)
        return [_evaluated(_line(inputs["m"], f"-({_pieces(product, times)})", 0.0), folder)]
    if name.startswith("pert.d2"):
        if "points" in inputs:
            raise NotComputable("an integrand that is infinite at several points of a plane has no quadrature rule")
        return [_evaluated(_plane(inputs["m"]), folder)]
    if inputs["N"] == "inf":
        raise NotComputable("expansions are in networks of finite width")
    found = nnspec.loads(COSNET.format(**inputs)).run(folder, plots=False)["first"]
    return [float(found.value.ravel()[0])], [float(found.stderr.ravel()[0])]


def _line(m: float, body: str, far: float) -> str:
    """A function of nothing but constants, at the point 0: `T` is the separation."""
    return (
        f"{HEAD}let: {{m: {m!r}, T: {far!r}}}\ndata: {{x0: [0]}}\n{NOTHING}"
        f"functions:\n  G0(t): exp(-m*abs(t))/(2*m)\n  F(t): {body}\nobservables:\n  F0: {{evaluate: {{of: F, at: x0}}}}\n"
    )


def _plane(m: float) -> str:
    """Four free propagators between two points of a plane, over all distances e^v/m of these."""
    return (
        f"{HEAD}let: {{m: {m!r}}}\ndata: {{x0: [0]}}\n{NOTHING}functions:\n"
        "  G0(r): integral(exp(-m*r*cosh(u)), u in Interval(0, 30))/(2*pi)\n"
        "  F(x): -integral(2*pi*(exp(v)/m)^2*G0(exp(v)/m)^4, v in Interval(-22, 4))\n"
        "observables:\n  F0: {evaluate: {of: F, at: x0}}\n"
    )


def _pieces(integrand: str, kinks: list[float]) -> str:
    """An integral over the line, cut where the integrand has kinks."""
    ends = [f"-{FAR}/m", *map(repr, sorted(set(kinks))), f"{FAR}/m"]
    return " + ".join(f"integral({integrand}, z in Interval({a}, {b}))" for a, b in pairwise(ends))


def _tadpole(inputs: dict[str, Any]) -> str:
    """Half of the free propagator at zero, cut off in momentum."""
    return (
        f"{HEAD}let: {{d: {inputs['d']}, m: {inputs['m']!r}, Lam: {inputs['Lambda']!r}}}\ndata: {{x0: [0]}}\n{NOTHING}"
        "functions:\n  F(t): d*vol(Ball(d, 1))*integral(k^(d - 1)/(k^2 + m^2), k in Interval(0, Lam))/(2*(2*pi)^d)\n"
        "observables:\n  F0: {evaluate: {of: F, at: x0}}\n"
    )


def _evaluated(text: str, folder: Path) -> float:
    return float(nnspec.loads(text).run(folder, plots=False)["F0"].value.ravel()[0])
