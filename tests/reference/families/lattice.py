"""phi^4 on a periodic chain of sites, by chains of its lattice modes; the potential is a sum over the sites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nnspec

FAMILIES: tuple[str, ...] = ("lat1",)
SLOW = True

SPEC = """\
nnspec: 1
name: lattice
let: {{N: {N}, H: N/2 - 1, h: {a!r}, m2: {m2!r}, lambda: {coupling!r}}}
data: {{x0: [0], one: [0, 1, 2, N/2], all: "linspace(0, N - 1, N)"}}
model: |
  index n in H
  index s in N
  input x in R
  z ~ Normal(0, 1/(h*m2))
  a[n] ~ Normal(0, 1/(h*m2 + 4/h*sin(pi*n/N)^2))
  b[n] ~ Normal(0, 1/(h*m2 + 4/h*sin(pi*n/N)^2))
  c ~ Normal(0, 1/(h*m2 + 4/h))
  phi(x) = (z + c*cos(pi*x))/sqrt(N) + sqrt(2/N)*sum_n (a[n]*cos(2*pi*n*x/N) + b[n]*sin(2*pi*n*x/N))
  P *= exp(-h*lambda/24*sum_s phi(s)^4)
sampler: {{hmc: {{chains: 32, draws: 4000}}}}
observables:
  G2: {{correlator: {{n: 2, from: [0], along: one, shifts: all}}}}
  G4: {{correlator: {{n: 4, at: x0}}}}
"""


def measure(record: dict[str, Any], folder: Path) -> tuple[list[float], list[float]]:
    """<phi^2>, G(1), G(2), G(N/2) and <phi^4>, with errors."""
    inputs = record["inputs"]
    text = SPEC.format(N=inputs["N"], a=inputs["a"], m2=inputs["m2"], coupling=inputs["lambda"])
    run = nnspec.loads(text).run(folder, plots=False)
    pair, fourth = run["G2"], run["G4"]
    return [*map(float, pair.value), float(fourth.value.ravel()[0])], [*map(float, pair.stderr), float(fourth.stderr.ravel()[0])]
