"""Correlators with normal amplitudes integrated out, against exact ones, and against sampling where there are none.

Each comparison raises a false alarm for one key in 10^6, and misses an error of `detect` for one in 10^3.
"""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.plugin import Ask
from nnspec.testing import assert_agree
from nnspec_std.observables import correlator

CASES = ((2, False, 0.2), (3, True, 1.0), (4, True, 2.0), (4, False, 4.0), (5, True, 8.0), (6, True, 20.0))
HEAD = "nnspec: 1\nname: features\n"
COSINE = HEAD + """let: {{N: {width}}}
data: {{xs: [0.9, 0.4, -0.7]}}
model: |
  index i in N
  input x in R
  a[i] ~ Normal({mean}, 1/N)
  w[i] ~ Normal(0, 1)
  c ~ Normal(0.2, 0.5)
  phi(x) = sum_i a[i]*cos(w[i]*x + 0.3) + c + x*{rest}
observables:
"""
DEEP = HEAD + """data: {xs: [[1, 0.3], [-0.4, 0.9]]}
model:
  inputs: {x: R^2}
  parameterization: ntk
  layers:
    - dense: {width: 16, weight: "Normal(0, 1.5)", bias: "Normal(0, 0.1)"}
    - act: tanh
    - dense: {width: 16, weight: "Normal(0, 1.5)"}
    - act: relu
    - dense: {width: 1, weight: "Normal(0, 1)", bias: "Normal(0, 0.2)"}
observables:
"""


def ask(name: str, n: int, method: str, draws: int, connected: bool = True) -> str:
    return f"  {name}: {{correlator: {{n: {n}, at: xs, connected: {str(connected).lower()}, method: {method}, draws: {draws}}}}}\n"


@pytest.mark.parametrize(("mean", "rest"), [(0, "0"), (0.3, "x")])
def test_all_orders_agree_with_the_exact_ones(mean, rest, compute):
    """Centred amplitudes, and ones with a mean; N = 3, the orders 2 to 6, full and connected."""
    text = COSINE.format(width=3, mean=mean, rest=rest)
    for n, connected, detect in CASES:
        found = compute(text + ask("G", n, "[exact, rao_blackwell]", 4000, connected))
        assert_agree(found["G.rao_blackwell"], found["G.exact"].value, false_alarm=1e-6, detect=detect, tolerance=1e-5)


def test_a_deep_network_agrees_with_sampling_and_has_smaller_errors(compute):
    """The connected four-point function of two hidden layers, 16 wide; an error of 1.5 is missed, sampled G4c is 1."""
    found = compute(DEEP + ask("G2", 2, "[monte_carlo, rao_blackwell]", 8000) + ask("G4", 4, "[monte_carlo, rao_blackwell]", 8000))
    for name, detect in (("G2", 0.2), ("G4", 3.0)):
        sampled, better = found[f"{name}.monte_carlo"], found[f"{name}.rao_blackwell"]
        assert_agree(sampled, better, false_alarm=1e-6, detect=detect)
        assert np.max(better.stderr) < 0.5 * np.max(sampled.stderr)


def test_an_error_of_one_part_in_ten_of_a_small_cumulant_is_seen(compute):
    """Width 200, where G_c4 is 1/130 of G2^2: sampling would need 10^9 networks."""
    text = COSINE.format(width=200, mean=0, rest="0")
    found = compute(text + ask("G", 4, "[exact, rao_blackwell]", 6000))
    exact = found["G.exact"].value
    assert_agree(found["G.rao_blackwell"], exact, false_alarm=1e-6, detect=0.25 * float(np.max(np.abs(exact))))
    with pytest.raises(AssertionError, match="is not"):
        assert_agree(found["G.rao_blackwell"], 1.3 * exact, false_alarm=1e-6, detect=0.25 * float(np.max(np.abs(exact))))


@pytest.mark.parametrize("n", range(1, 7))
@pytest.mark.parametrize("centred", [True, False])
def test_what_a_gaussian_field_contributes_is_the_mean_of_what_fields_do(n, centred):
    """Monomials of a Gaussian vector by a product of Gauss rules, exact for these degrees."""
    root = np.array([[1.0, 0.0], [0.4, 0.8]])
    mean = np.zeros(2) if centred else np.array([0.3, -0.5])
    request = Ask(name="G", dim=1, options={"n": n, "connected": False, "at": np.zeros((2, 1))})
    z, w = np.polynomial.hermite_e.hermegauss(8)
    weights = np.outer(w, w).reshape(-1) / np.sum(w) ** 2
    fields = mean + np.stack(np.meshgrid(z, z, indexing="ij"), -1).reshape(-1, 2) @ root.T
    direct = 0.0
    for weight, f in zip(weights, fields, strict=True):
        (found,) = correlator.moments(request, f=np.asarray(f)[:, None]).values()
        whole = np.asarray(found) if not hasattr(found, "left") else np.outer(found.left, found.right)
        direct = direct + weight * whole
    given = correlator.gaussian_moments(request, None if centred else mean, root @ root.T)
    plain = {k: np.asarray(v) if not hasattr(v, "left") else np.outer(v.left, v.right) for k, v in given.items()}
    found = np.asarray(correlator.gaussian_means(request, plain)[f"m{n}"])
    np.testing.assert_allclose(np.broadcast_to(found, np.shape(direct)), direct, atol=1e-12)
