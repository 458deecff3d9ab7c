"""Bounds of formulas hold: at random points of random boxes no value lies outside, and small boxes have close bounds."""

from __future__ import annotations

import math
import random

import pytest

from nnspec.ir import expr as ir
from nnspec.ir.bounds import bounds, log_bounds
from nnspec.ir.evaluate import evaluate
from nnspec.ir.walk import walk
from nnspec.numerics.intervals import Arrays, Interval, NoBounds
from nnspec.numerics.lazy import np
from nnspec.stages import loads

FORMULAS = [
    "exp(-u^2)", "u^3 - 2*u + 1", "u*u", "1/(1 + u^2)", "sin(3*u)", "cos(u)^2", "tan(u/4)", "abs(u) + sign(u)", "tanh(u) + sinh(u)/cosh(u)",
    "erf(u)", "relu(u - 1)", "gelu(u)", "floor(u)", "mod(u, 2)", "min(u, 1) + max(u, -1, 0.5)", "sqrt(abs(u))", "log(2 + cos(u))",
    "where(u > 0.5, u, -u)", "(1 if 0 < u < 1 or u > 2 else 2)", "(1 if not (u >= 0) else 3)", "abs(u)^1.5", "u^-2", "2^u", "[u, u^2].[1, -u]",
    "f(u, 2)", "exp(u)^3*exp(-u^4)/(1 + u^2)", "-u/3", "[1, u][2]", "(u if u == 1 else 0) + (1 if u != 0 else 5)",
]  # fmt: skip


def formula(text):
    spec = f"""
nnspec: 1
name: demo
functions: {{"f(u, v)": "u^2*v - u"}}
model:
  inputs: {{x: R}}
  params: {{a: "Density(exp({text}), u in Interval(-3, 3))"}}
  field: phi(x)
  def: a*x
observables: {{G2: {{correlator: {{n: 2, at: [1.0], draws: 64}}}}}}
"""
    (law,) = (part for part in walk(loads(spec).check().experiment.model.params) if isinstance(part, ir.Unnormalised))
    return law.body.args[0], law.var


@pytest.mark.parametrize("text", FORMULAS)
def test_values_lie_between_the_bounds(text):
    body, var = formula(text)
    rng = random.Random(3)
    boxes = [(c := rng.uniform(-3, 3), c + 10 ** rng.uniform(-6, 0.5)) for _ in range(200)] + [(-1.0, 1.0), (0.0, 1.0), (-2.0, 0.0)]
    lo, hi = np.array(boxes).T
    many = bounds(body, {var: Interval(lo, hi)}, Arrays)
    for k, (a, b) in enumerate(boxes):
        found = bounds(body, {var: Interval(a, b)})
        assert found.lo == pytest.approx(float(np.broadcast_to(many.lo, lo.shape)[k]), rel=1e-12, abs=1e-300)
        assert found.hi == pytest.approx(float(np.broadcast_to(many.hi, lo.shape)[k]), rel=1e-12, abs=1e-300)
        for _ in range(5):
            try:
                value = evaluate(body, {var: min(max(rng.uniform(a, b), a), b)})
            except (ValueError, ZeroDivisionError, OverflowError):
                continue
            slack = 1e-12 * max(1.0, abs(value))
            assert found.lo - slack <= value <= found.hi + slack, (text, a, b)


@pytest.mark.parametrize("text", ["exp(-u^2)", "1/(1 + u^2)", "sin(3*u)", "u*u", "gelu(u)", "f(u, 2)", "abs(u)^1.5", "[u, u^2].[1, -u]"])
def test_small_boxes_have_close_bounds(text):
    body, var = formula(text)
    for c in (-2.3, -0.7, 0.4, 1.9):
        found = bounds(body, {var: Interval(c, c + 1e-6)})
        assert 0 <= found.hi - found.lo < 1e-4


def test_logarithms_never_overflow():
    body, var = formula("-1e6*u^2 + 3")
    found = log_bounds(ir.Apply(fn="exp", args=(body,)), {var: Interval(100.0, 101.0)})
    assert found.hi == pytest.approx(-1e10 + 3)
    assert math.isfinite(found.lo)


def test_what_has_no_bounds():
    body, var = formula("swish(u)")
    with pytest.raises(NoBounds):
        bounds(body, {var: Interval(0.0, 1.0)})
