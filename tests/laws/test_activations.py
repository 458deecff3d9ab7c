"""Every activation obeys its laws, and the laws catch activations that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nnspec.numerics.lazy import jax, jnp
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_activation

WORDS = load_vocabulary(no_plugins=True).activations
NAMES = load_vocabulary(no_plugins=True).words("activations")

# by polar quadrature in mpmath with 20 digits, to twelve digits, at POINTS
VALUES = {
    "erf": ((0.216346895939, 0.175479656092, -0.297152043893), (0.450158158079, 0.450158158079, 0.356438642875)),
    "relu": ((0.304498890522, 0.265378091519, 0.0560334842579), (0.333333333333, 0.318864669159, 0.146230473669)),
    "cos": ((0.414830409931, 0.397704300018, 0.30416968163), (0.191700249782, 0.151107336076, -0.217876095131)),
    "sin": ((0.191700249782, 0.151107336076, -0.217876095131), (0.414830409931, 0.397704300018, 0.30416968163)),
    "exp": ((4.48168907034, 4.05519996684, 1.91554082901), (4.48168907034, 4.05519996684, 1.91554082901)),
    "gelu": ((0.227294915022, 0.188060676735, -0.0335126929067), (0.342267242459, 0.324817221804, 0.131008399544)),
    "linear": ((0.5, 0.4, -0.9), (1.0, 1.0, 1.0)),
}
POINTS = ((1.0, 0.5, 1.0), (1.3, 0.4, 0.7), (2.0, -0.9, 1.1))


def test_there_are_activations():
    assert len(NAMES) >= 11, f"saw {len(NAMES)} words"


@pytest.mark.parametrize("name", NAMES)
def test_laws(name):
    check_activation(WORDS[name])


@pytest.mark.parametrize("name", sorted(VALUES))
def test_duals_have_the_reference_values(name):
    a, c, b = (jnp.asarray(column) for column in zip(*POINTS, strict=True))
    for dual, want in zip((WORDS[name].dual, WORDS[name].dual_prime), VALUES[name], strict=True):
        assert jnp.allclose(dual(a, c, b), jnp.asarray(want), rtol=5e-12, atol=0)  # half of the twelfth digit


ELSEWHERE = {"abs", "gaussian", "heaviside", "hermite", "leaky_relu", "monomial", "normal_cdf", "polynomial", "rbf",
             "rectified_monomial", "sign", "wave"}  # fmt: skip
"""Compared with reference values in `tests/reference`, or with the quadrature of the law alone (polynomial, rbf)."""


def test_every_closed_form_is_in_the_table():
    assert {name for name in NAMES if WORDS[name].dual is not None} <= set(VALUES) | ELSEWHERE


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("leaky_relu", {"slope": -1.7}),
        ("monomial", {"degree": 1}),
        ("monomial", {"degree": 5}),
        ("rectified_monomial", {"degree": 1}),
        ("rectified_monomial", {"degree": 5}),
        ("hermite", {"degree": 1}),
        ("hermite", {"degree": 7}),
        ("wave", {"frequency": 1.3, "phase": 0.4}),
        ("gaussian", {"kappa": 3.0}),
        ("polynomial", {"c0": -0.3, "c1": 0.0, "c2": 1.0, "c3": -0.5, "c4": 0.1, "c5": 0.02, "c6": 0.01}),
    ],
)
def test_laws_with_other_options(name, options):
    record = WORDS[name]
    parameters = tuple(replace(each, default=options.get(each.name, each.default)) for each in record.parameters)
    check_activation(replace(record, parameters=parameters))


MUTANTS = {
    "a dual that is off by 1e-5": ("erf", {"dual": lambda a, c, b: WORDS["erf"].dual(a, c, b) * (1 + 1e-5)}, "dual of"),
    "a dual of another slope": (
        "relu",
        {"dual_prime": lambda a, c, b: WORDS["erf"].dual_prime(a, c, b)},
        "dual_prime of",
    ),
    "a dual that forgets b": ("linear", {"dual": lambda a, c, b: c * a / b}, "dual of"),
    "nan on the diagonal": (
        "relu",
        {"dual": lambda a, c, b: WORDS["relu"].dual(a, c, b) + 0 * jnp.sqrt(jnp.maximum(a * b - c * c, 0.0))},
        "gradient",
    ),
    "a parity that is not": ("gelu", {"parity": "odd"}, "said to be odd"),
    "a degree that is not": ("erf", {"degree": 1.0}, "of degree 1"),
    "a kink that is not told": ("relu", {"kinks": ()}, "kink at 0"),
    "float64 inside": ("sin", {"apply": lambda u: jnp.sin(u.astype(jnp.float64))}, "maps float32"),
    "a slope without its function": ("tanh", {"dual_prime": WORDS["erf"].dual_prime}, "none of itself"),
}


@pytest.mark.parametrize("what", sorted(MUTANTS))
def test_the_laws_catch(what):
    name, change, message = MUTANTS[what]
    with pytest.raises(AssertionError, match=message):
        check_activation(replace(WORDS[name], **change))


def test_gradients_of_relu_kernels_near_and_on_the_diagonal():
    """dT/dc is 1/2 on the diagonal and (pi - theta) / 2 pi just off it; both without NaN."""
    slope = jax.grad(WORDS["relu"].dual, argnums=1)
    assert float(slope(2.0, 2.0, 2.0)) == 0.5
    c = 2.0 * jnp.cos(1e-3)
    assert float(slope(2.0, float(c), 2.0)) == pytest.approx(0.5 - 1e-3 / (2 * jnp.pi), abs=1e-9)
