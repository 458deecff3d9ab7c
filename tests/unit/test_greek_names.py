"""Greek letters name everything: observables, functions, data, plot axes, and formulas that refer to them."""

from __future__ import annotations

from nnspec.stages import loads

SPEC = """\
nnspec: 1
name: greek
data: {ρ: "linspace(0, 1, 3)", x0: [0]}
model:
  inputs: {x: R^1}
  indices: {i: 100}
  params:
    a[i]: Normal(0, 1/100)
  field: φ(x)
  def: sum_i a[i]*cos(x[1])
functions:
  Δ(x, y): cos(x[1])*cos(y[1])
observables:
  Γ2: {correlator: {n: 2, from: x0, along: ρ, draws: 1000}}
  γ: {evaluate: {of: Δ, from: x0, along: ρ}}
checks:
  - max(abs(Γ2 - γ)) < 5*max(se(Γ2))
plots:
  p: {lines: {x: ρ, y: [Γ2, γ]}}
"""


def test_names_are_one_however_they_are_written() -> None:
    greek = loads(SPEC).check().experiment
    spelt = SPEC
    for letter, word in (("ρ", "rho"), ("φ", "phi"), ("Δ", "Delta"), ("Γ2", "Gamma2"), ("γ", "gamma")):
        spelt = spelt.replace(letter, word)
    assert loads(spelt).check().experiment == greek
    assert [asked.name for asked in greek.observables] == ["Gamma2", "gamma"]
