"""phi^4 with one to three random modes, on a grid of them, and the effective share of draws with weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import nnspec

FAMILIES: tuple[str, ...] = ("phi4", "modes", "modes0", "ess")
SLOW = True

POINT = """\
nnspec: 1
name: zero-dimensional
let: {{lambda: {coupling!r}, g: {g!r}}}
data: {{xs: [0]}}
model: |
  input x in R
  a ~ Normal(0, 1)
  phi(x) = a + 0*x
  weight(x) = exp(-lambda/24*a^4) + 0*x
  P *= exp(-g*phi(0)^4)
"""
CIRCLE = """\
nnspec: 1
name: circle
let: {{L: {L!r}, m2: {m2!r}, lambda: {coupling!r}}}
data: {{xs: [0, L/4, L/2], x0: [0]}}
model: |
  input t in R
  z ~ Normal(0, 1/m2)
  a ~ Normal(0, 1/((2*pi/L)^2 + m2))
  b ~ Normal(0, 1/((2*pi/L)^2 + m2))
  phi(t) = z/sqrt(L) + sqrt(2/L)*(a*cos(2*pi*t/L) + b*sin(2*pi*t/L))
  mode0(t) = z + 0*t
  mode1(t) = a + 0*t
  P *= exp(-lambda/24*integral(phi^4, y in Interval(0, L)))
observables:
  G2: {{correlator: {{n: 2, at: xs, field: phi}}}}
  G4: {{correlator: {{n: 4, at: x0, field: phi}}}}
  z2: {{correlator: {{n: 2, at: x0, field: mode0}}}}
  a2: {{correlator: {{n: 2, at: x0, field: mode1}}}}
"""
ZERO_MODE = """\
nnspec: 1
name: zero-mode
let: {{L: {L!r}, m2: {m2!r}, lambda: {coupling!r}}}
data: {{x0: [0]}}
model: |
  input t in R
  z ~ Normal(0, 1/m2)
  phi(t) = z/sqrt(L) + 0*t
  P *= exp(-lambda/24*integral(phi^4, y in Interval(0, L)))
observables:
  G2: {{correlator: {{n: 2, at: x0}}}}
  G4: {{correlator: {{n: 4, at: x0}}}}
"""


def measure(record: dict[str, Any], folder: Path) -> list[float] | tuple[list[float], list[float]]:
    """The numbers of a record in its order; of sampled ones with their errors."""
    inputs = record["inputs"]
    if record["id"].startswith("ess"):
        return share(inputs["lambda"], folder)
    if record["id"].startswith("phi4"):
        return point(inputs["lambda"], folder)
    text = CIRCLE if inputs["n_max"] else ZERO_MODE
    run = nnspec.loads(text.format(L=inputs["L"], m2=inputs["m2"], coupling=inputs["lambda"])).run(folder, plots=False)
    fourth = float(run["G4"].value[0, 0, 0, 0])
    if not inputs["n_max"]:
        return [float(run["G2"].value[0, 0]), fourth]
    return [*map(float, run["G2"].value[0]), fourth, float(run["z2"].value[0, 0]), float(run["a2"].value[0, 0])]


def point(coupling: float, folder: Path) -> list[float]:
    """Z over its free value, <phi^2>, <phi^4> and the fourth cumulant: the first is the mean weight of free draws."""
    free = POINT.format(coupling=coupling, g=0) + "observables:\n  Z: {correlator: {n: 1, at: xs, field: weight}}\n"
    asked = "".join(
        f"  {name}: {{correlator: {{n: {n}, at: xs, field: phi, connected: {connected}}}}}\n"
        for name, n, connected in (("G2", 2, "false"), ("G4", 4, "false"), ("G4c", 4, "true"))
    )
    deformed = nnspec.loads(POINT.format(coupling=coupling, g=coupling / 24) + "observables:\n" + asked).run(folder, plots=False)
    whole = nnspec.loads(free).run(folder, plots=False)["Z"]
    return [float(np.ravel(each.value)[0]) for each in (whole, *(deformed[name] for name in ("G2", "G4", "G4c")))]


def share(coupling: float, folder: Path) -> tuple[list[float], list[float]]:
    """The effective share of a million draws."""
    asked = "observables:\n  G2: {correlator: {n: 2, at: xs, field: phi, draws: 1000000}}\n  diag: {diagnostics: {}}\n"
    text = POINT.format(coupling=coupling, g=coupling / 24) + "sampler: {reweight: {}}\n" + asked
    found = nnspec.loads(text).run(folder, plots=False)["diag.share"]
    return [float(found.value)], [float(found.stderr)]
