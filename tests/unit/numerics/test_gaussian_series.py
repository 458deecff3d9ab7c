"""E f(u) f(v) by expansion and in the plane: against closed forms, and the bound is kept or nothing is said."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnspec.numerics import gaussian_series
from nnspec.numerics.lazy import jax, jnp
from nnspec.plugin.vocabulary import load_vocabulary

WORDS = load_vocabulary(no_plugins=True).activations
FUNCTIONS = {name: jax.jit(WORDS[name].apply) for name in ("relu", "erf", "sign", "gelu", "exp", "cos")}
FAST = jax.jit(lambda u: jnp.sin(20 * u))
NARROW = jax.jit(lambda u: jnp.exp(-1e4 * u * u))


def fast_dual(a: float, c: float, b: float) -> float:
    return 0.5 * (math.exp(-200 * (a - 2 * c + b)) - math.exp(-200 * (a + 2 * c + b)))


def narrow_dual(a: float, c: float, b: float) -> float:
    return 1 / math.sqrt(1 + 2e4 * (a + b) + 4e8 * (a * b - c * c))


def both(f, a, rho, b, kinks=()):
    """The expansion with its bound, and the integral over the plane, in units of the Cauchy-Schwarz bound."""
    cuts = [gaussian_series.panels(f, q, kinks) for q in (a, b)]
    series = [gaussian_series.expand(cut, 512) for cut in cuts]
    value, bound = gaussian_series.pair(*series, np.asarray(rho))
    size = math.sqrt(series[0].norm * series[1].norm)
    return float(value) / size, float(bound) / size, gaussian_series.plane(f, (a, b), tuple(cuts), rho) / size, size


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize(
    ("a", "rho", "b"),
    [(1.0, 0.6, 2.0), (25.0, 0.55, 16.0), (1e-8, -0.999, 25.0), (25.0, 1 - 1e-6, 25.0), (1.0, 1.0, 4.0), (25.0, -1.0, 25.0), (1.0, 1 - 1e-15, 1.0)],
)  # fmt: skip
def test_the_bound_is_kept_and_the_plane_is_exact(name, a, rho, b):
    """The plane to 1e-12 of the Cauchy-Schwarz bound; sign to 1e-7, whose angle at 1 - 1e-15 has only half of the digits."""
    series, bound, plane, size = both(FUNCTIONS[name], a, rho, b)
    want = float(WORDS[name].dual(*map(jnp.asarray, (a, rho * math.sqrt(a * b), b)))) / size
    rounding = 3e-8 if abs(rho) > 1 - 1e-9 else 1e-12
    assert abs(series - want) <= bound + rounding
    assert plane == pytest.approx(want, abs=rounding)


@pytest.mark.parametrize("rho", [0.3, 0.999, 1.0, -1.0])
def test_oscillations_and_peaks(rho):
    for f, dual, a, b in ((FAST, fast_dual, 1.0, 1.0), (FAST, fast_dual, 4.0, 1.0), (NARROW, narrow_dual, 1.0, 2.0)):
        series, bound, plane, size = both(f, a, rho, b)
        want = dual(a, rho * math.sqrt(a * b), b) / size
        assert abs(series - want) <= bound + 1e-12
        assert plane == pytest.approx(want, abs=2e-11)


def test_kinks_away_from_zero_are_found():
    """A ramp from 0.3 to 1.7 told about its kinks, and not told."""
    ramp = jax.jit(lambda u: jnp.clip(u, 0.3, 1.7))
    told, untold = (both(ramp, 2.0, 0.9, 1.0, kinks) for kinks in ((0.3, 1.7), ()))
    assert told[0] == pytest.approx(untold[0], abs=1e-12)
    assert told[2] == pytest.approx(untold[2], abs=1e-12)
    assert abs(told[0] - told[2]) <= told[1]


@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (lambda u: jnp.exp(u * u), "no finite mean"),
        (lambda u: jnp.log(u), "not finite at"),
        (lambda u: 1 / u, "varies too fast|no finite|not finite"),
        (lambda u: jnp.floor(1e5 * u), "varies too fast"),
    ],
)
def test_what_has_no_dual_is_refused(f, reason):
    with pytest.raises(ArithmeticError, match=reason):
        both(jax.jit(f), 1.0, 0.5, 1.0)
