"""The anharmonic oscillator as a field theory in one dimension: chains of random modes on a circle.

Modes that are left out are treated as in `specs/anharmonic-oscillator.yaml`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import nnspec

from . import NotComputable

FAMILIES: tuple[str, ...] = ("aho",)
SLOW = True

SPEC = """\
nnspec: 1
name: oscillator
let: {{L: {L!r}, M: {M}, m2: {m2!r}, lambda: {coupling!r}, mu2: {mu2!r}, mu: sqrt(mu2), h: L/(2*M + 1)}}
data: {{ts: {ts}, x0: [0], all: "linspace(0, L - h, 2*M + 1)"}}
model:
  inputs: {{t: R}}
  indices: {{n: M}}
  params:
    z: Normal(0, 1/mu2)
    a[n]: Normal(0, 1/((2*pi*n/L)^2 + mu2))
    b[n]: Normal(0, 1/((2*pi*n/L)^2 + mu2))
  field: x(t)
  def: z/sqrt(L) + sqrt(2/L)*sum_n (a[n]*cos(2*pi*n*t/L) + b[n]*sin(2*pi*n*t/L))
  deform: exp(-integral(lambda/24*x^4 + (m2 - mu2 + lambda/2*tail(0, 0))/2*x^2, s in Interval(0, L)))
functions:
  tail(s, t): >-
    cosh(mu*(L/2 - abs(t - s)))/(2*mu*sinh(mu*L/2)) - 1/(L*mu2) - 2/L*sum_n cos(2*pi*n*(t - s)/L)/((2*pi*n/L)^2 + mu2)
sampler: {{hmc: {{chains: 64, warmup: 300, draws: 4000}}}}
numerics: {{integral: {{periodic: {{points: 4*M + 1}}}}}}
observables:
"""
SEPARATIONS = [0.0, 0.25, 0.5, 1.0, 2.0, 4.0]


def measure(record: dict[str, Any], folder: Path) -> tuple[list[float], list[float]]:
    """Propagators, connected four-point functions, and the gap, with errors."""
    inputs = record["inputs"]
    match record["id"].split(".lam")[1].lstrip("0123456789.").rstrip("0123456789."):
        case "G":
            return propagator(inputs, 0.0, SEPARATIONS, folder)
        case "beta":
            return propagator(inputs, inputs["beta"], [0.0, 1.0, inputs["beta"] / 2], folder)
        case "G4c":
            return four_points(inputs, folder)
        case "gap":
            return gap(inputs, folder)
    raise NotComputable("energies of single states and transition elements are no averages over the field")


def spec(inputs: dict[str, Any], length: float, ts: list[str]) -> str:
    """The model on a circle, long enough for the ground state where no length is given, without observables."""
    m2, coupling = inputs["m2"], inputs["lambda"]
    length, modes, mu2 = sizes(inputs, length)
    return SPEC.format(L=length, M=modes, m2=m2, coupling=coupling, mu2=mu2, ts=f"[{', '.join(ts)}]")


def sizes(inputs: dict[str, Any], length: float) -> tuple[float, int, float]:
    """The circle, the number of modes, and the square of the mass of the free ones."""
    m2, coupling = inputs["m2"], inputs["lambda"]
    slow = max(0.3, math.sqrt(max(0.1, m2 + coupling / 8)) if m2 >= 0 else 0.4)
    length = length or max(12.0, 12.0 / slow)
    return length, math.ceil(20 * length / (2 * math.pi)), max(0.5, m2 + coupling / 6)


def propagator(inputs: dict[str, Any], length: float, ts: list[float], folder: Path) -> tuple[list[float], list[float]]:
    """G at separations, with the share of the modes that are left out."""
    asked = (
        "  G: {correlator: {n: 2, from: x0, along: ts, shifts: all}}\n  T: {evaluate: {of: tail, from: x0, along: ts}}\n"
    )
    run = nnspec.loads(spec(inputs, length, list(map(str, ts))) + asked).run(folder, plots=False)
    return [*map(float, run["G"].value + run["T"].value)], [*map(float, run["G"].stderr)]


def four_points(inputs: dict[str, Any], folder: Path) -> tuple[list[float], list[float]]:
    r"""The connected part at (0, 0, 0, 0), (0, 0, 1, 1) and (0, 0.5, 1, 1.5).

    What the modes y above M do beyond a shift of the mass is of order S = \int T(t)^2 dt, T being their propagator. The
    other modes x feel -(lambda^2/16) S \int x^4, a coupling that is smaller by the factor 1 - 3 lambda S/2, and drive them,
    <y(t)^2> = T(0) - (lambda/2) S x(t)^2, so that each pair of coincident points adds -(lambda/2) S Cov(x(t)^2, ...): six
    pairs at (0, 0, 0, 0), which add -3 lambda S (G4c + 2 G(0)^2), and two at (0, 0, 1, 1). What remains is a tenth of that.
    """
    asked = (
        "  G4c: {correlator: {n: 4, connected: true, at: ts}}\n"
        "  G: {correlator: {n: 2, from: x0, along: ts, shifts: all}}\n  T: {evaluate: {of: tail, from: x0, along: ts}}\n"
    )
    coupling, share = inputs["lambda"], left_out(inputs)
    model = spec({**inputs, "lambda": coupling * (1 - 1.5 * coupling * share)}, 0.0, ["0", "0.5", "1", "1.5"])
    run = nnspec.loads(model + asked).run(folder, plots=False)
    places = [(0, 0, 0, 0), (0, 0, 2, 2), (0, 1, 2, 3)]
    value, error = ([float(part[at]) for at in places] for part in (run["G4c"].value, run["G4c"].stderr))
    pair = run["G"].value + run["T"].value
    value[0] -= 3 * coupling * share * (value[0] + 2 * float(pair[0]) ** 2)
    value[1] -= coupling * share * (value[1] + 2 * float(pair[2]) ** 2)
    return value, error


def left_out(inputs: dict[str, Any]) -> float:
    """S = (2/L) sum_n 1/(k_n^2 + mu^2)^2 over the modes above M."""
    length, modes, mu2 = sizes(inputs, 0.0)
    return sum(2 / length / ((2 * math.pi * n / length) ** 2 + mu2) ** 2 for n in range(modes + 1, 200 * modes))


def gap(inputs: dict[str, Any], folder: Path) -> tuple[list[float], list[float]]:
    """The effective mass where the excited states are gone and the missing modes are smallest."""
    asked = "  mass: {effective_mass: {from: x0, along: ts, shifts: all}}\n"
    far = round((3.0 if inputs["m2"] < 0 else 0.8) / (math.pi / 20))  # a double well has states close by
    found = nnspec.loads(spec(inputs, 0.0, [f"{far}*h", f"{2 * far}*h"]) + asked).run(folder, plots=False)["mass"]
    return [float(found.value[0])], [float(found.stderr[0])]
