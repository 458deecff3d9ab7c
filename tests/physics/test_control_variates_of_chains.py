"""Control variates of chains: exact where the theory is free, right where it interacts, and none where a density jumps.

Fixed seeds. False alarms: 1e-6 for each comparison over seeds; differences of the size `detect` are missed with at most 1e-3.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from nnspec.testing import assert_agree
from nnspec_std.backends import _controls

CIRCLE = """
nnspec: 1
name: circle
let: {L: 4, M: 4, m2: 1, h: L/9}
data: {xs: [0, 0.5, 1], all: "linspace(0, L - h, 9)"}
model:
  inputs: {t: R}
  indices: {n: M}
  params:
    z:    Normal(0, 1/m2)
    a[n]: Normal(0, 1/((2*pi*n/L)^2 + m2))
    b[n]: Normal(0, 1/((2*pi*n/L)^2 + m2))
  field: x(t)
  def: z/sqrt(L) + sqrt(2/L)*sum_n (a[n]*cos(2*pi*n*t/L) + b[n]*sin(2*pi*n*t/L))
  DEFORM
sampler: {SAMPLER: {chains: 8, warmup: 300, draws: STEPS, controls: CONTROLS}}
observables:
  G:    {correlator: {n: 2, from: [0], along: xs, shifts: all, method: monte_carlo}}
  G2:   {correlator: {n: 2, at: xs, method: monte_carlo}}
  G4c:  {correlator: {n: 4, connected: true, at: [0], method: monte_carlo}}
"""


def circle(compute, controls, deform="", steps=1000, sampler="hmc"):
    words = {"DEFORM": deform, "CONTROLS": controls, "STEPS": str(steps), "SAMPLER": sampler}
    text = CIRCLE
    for word, value in words.items():
        text = text.replace(word, value)
    return compute(text)


@pytest.mark.parametrize("sampler", ["hmc", "nuts"])
def test_a_free_propagator_is_exact(sampler, compute):
    """rtol: rounding of means over 8,000 draws. The fourth moment is no quadratic function of the modes and keeps an error."""
    found = circle(compute, "schwinger_dyson", sampler=sampler)
    k = 2 * np.pi * np.arange(-4, 5) / 4
    xs = np.array([0, 0.5, 1])
    exact = np.array([np.sum(np.cos(k * x) / (k * k + 1)) / 4 for x in xs])
    np.testing.assert_allclose(found["G"].value, exact, rtol=1e-12)
    np.testing.assert_allclose(found["G2"].value[0], exact, rtol=1e-12)
    assert np.all(np.abs(found["G"].value - exact) < 10 * found["G"].stderr + 1e-14)
    assert np.max(found["G"].diagnostics["variance_left"]) < 1e-20
    assert found["G"].diagnostics["note"].startswith("control variates")
    assert {"assaraf1999", "mira2013"} <= set(found["G"].cite)
    assert_agree(found["G4c"], np.zeros((1, 1, 1, 1)), false_alarm=1e-6, detect=0.15)


def test_an_interacting_propagator_has_a_smaller_error_and_the_same_value(compute):
    """x^4 at lambda = 24: the plain run has 16 times as many draws, and still the larger error."""
    deform = "deform: exp(-integral(x^4, s in Interval(0, L)))"
    plain, better = circle(compute, "none", deform, 8000), circle(compute, "schwinger_dyson", deform, 500)
    assert "variance_left" not in plain["G"].diagnostics
    assert np.max(better["G"].diagnostics["variance_left"]) < 0.1
    assert np.max(better["G2"].diagnostics["variance_left"]) < 0.5
    assert np.all(better["G"].stderr < plain["G"].stderr)
    for name in ("G", "G2", "G4c"):
        error = np.hypot(plain[name].stderr, better[name].stderr)
        gap = type(plain[name])(**{**vars(plain[name]), "value": plain[name].value - better[name].value, "stderr": error})
        assert_agree(gap, np.zeros_like(gap.value), false_alarm=1e-6, detect=0.05)


JUMP = """
nnspec: 1
name: jump
data: {xs: [0]}
model:
  inputs: {x: R}
  params: {a: "Normal(0, 1)"}
  field: phi(x)
  def: a + 0*x
  deform: exp(-where(phi(0) > 0.5, 2, 0))
sampler: {hmc: {chains: 8, warmup: 200, draws: 2000}}
observables:
  one: {correlator: {n: 1, at: xs, method: monte_carlo}}
  G2:  {correlator: {n: 2, at: xs, method: monte_carlo}}
"""


def test_a_density_that_jumps_has_no_identities(compute, monkeypatch):
    """<phi> = -(1 - e^-2) p(1/2) / Z for Z = P(a < 1/2) + e^-2 P(a > 1/2); with identities it would come out as zero.

    Of the identity <d log p> = 0 the jump takes away a boundary term; -d log p is the field itself here.
    """
    below, cut = norm.cdf(0.5), math.exp(-2)
    exact = np.array([-(1 - cut) * norm.pdf(0.5) / (below + cut * (1 - below))])
    found = compute(JUMP)
    assert "note" not in found["one"].diagnostics
    assert_agree(found["one"], exact, false_alarm=1e-6, detect=0.1)
    monkeypatch.setattr(_controls, "jump", lambda *_: None)
    wrong = compute(JUMP)["one"]
    assert abs(wrong.value[0] - exact[0]) > 20 * wrong.stderr[0]
