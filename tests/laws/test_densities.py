"""Every density obeys its laws, and the laws catch densities that do not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from nnspec.numerics.lazy import jnp
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_density

WORDS = load_vocabulary(no_plugins=True).densities
NAMES = load_vocabulary(no_plugins=True).words("densities")
CASES = [(name, number) for name in NAMES for number in range(len(WORDS[name].examples))]
NORMAL = replace(WORDS["Normal"], examples=({"mean": -0.7, "variance": 2.5},))
MAP = NORMAL.transform
BALL = {"domain": SimpleNamespace(shape="ball", dim=3, args=(1.5,))}


def test_there_are_densities():
    assert len(NAMES) >= 2, f"saw {len(NAMES)} words"


@pytest.mark.parametrize(("name", "number"), CASES)
def test_laws(name, number):
    """False alarm <= 1e-6 over keys for each case."""
    check_density(replace(WORDS[name], examples=WORDS[name].examples[number : number + 1]))


def test_a_density_without_examples_is_not_tested_in_silence():
    with pytest.raises(AssertionError, match="no `examples`"):
        check_density(replace(NORMAL, examples=()))


def scaled(record, by):
    """A record whose samples are too wide."""
    return replace(record, sample=lambda key, args, shape, dtype: by * record.sample(key, args, shape, dtype))


MUTANTS = {
    "a density that is not normalised": (
        replace(NORMAL, log_prob=lambda x, args: NORMAL.log_prob(x, args) + 1e-4), "the integral of"),
    "a moment that is not": (replace(NORMAL, moment=lambda args, k: NORMAL.moment(args, k) * 1.001), "E x"),
    "samples that are too wide": (scaled(NORMAL, 1.1), "off its distribution"),
    "samples of a sphere, not of the ball": (
        replace(WORDS["Uniform"], examples=(BALL,), sample=lambda key, args, shape, dtype: (
            lambda x: x / jnp.linalg.norm(x, axis=-1, keepdims=True) * 1.4)(
                WORDS["Uniform"].sample(key, args, shape, dtype))), "characteristic function"),
    "samples outside": (replace(scaled(WORDS["Uniform"], 1.1), examples=({"lo": -1.0, "hi": 2.0},)), "no density"),
    "a log_det of the wrong sign": (
        replace(NORMAL, transform=replace(MAP, log_det=lambda u, args: -MAP.log_det(u, args))),
        "log_det of"),
    "one precision for all": (
        replace(NORMAL, sample=lambda key, args, shape, dtype: NORMAL.sample(key, args, shape, jnp.float64)),
        "draws float64"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(MUTANTS))
def test_the_laws_catch(what):
    record, message = MUTANTS[what]
    with pytest.raises(AssertionError, match=message):
        check_density(record)


def domain(shape, *args, dim=1):
    return {"domain": SimpleNamespace(shape=shape, dim=dim, args=args)}


@pytest.mark.parametrize(
    ("name", "args", "reason"),
    [
        ("Normal", {"mean": 0.0, "variance": 0.0}, "variance must be positive"),
        ("Normal", {"mean": 0.0, "variance": -1.0}, "variance must be positive"),
        ("Uniform", {"lo": 1.0, "hi": 1.0}, "1 is not below 1"),
        ("Uniform", domain("ball", -2.0, dim=3), "radius must be positive"),
        ("Uniform", domain("interval", 3.0, 1.0), "3 is not below 1"),
        ("Uniform", domain("product", domain("interval", 3.0, 1.0)["domain"]), "3 is not below 1"),
        ("Uniform", domain("reals", dim=2), "unbounded"),
        ("Uniform", domain("sphere", 1.0, dim=2), "no volume"),
    ],
)
def test_what_is_no_density_is_refused(name, args, reason):
    assert reason in WORDS[name].refuse(args)


@pytest.mark.parametrize("dim", [2, 7, 400])
def test_radii_in_a_ball(dim):
    """r^d is uniform: its mean is 1/2 with the error 1/sqrt(12 n); 5 sigma at n = 10^4 is 0.0145."""
    from nnspec.numerics.streams import root_key

    args = {"domain": SimpleNamespace(shape="ball", dim=dim, args=(2.0,))}
    x = WORDS["Uniform"].sample(root_key(5), args, (10_000,), jnp.float64)
    shells = (jnp.linalg.norm(x, axis=-1) / 2) ** dim
    assert abs(float(shells.mean()) - 0.5) < 0.0145
    assert abs(float((shells**2).mean()) - 1 / 3) < 0.0145
