"""Every density obeys its laws, and the laws catch densities that do not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from nnspec.numerics.lazy import jnp, np
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_density

WORDS = load_vocabulary(no_plugins=True).densities
NAMES = load_vocabulary(no_plugins=True).words("densities")
CASES = [(name, number) for name in NAMES for number in range(len(WORDS[name].examples))]
NORMAL = replace(WORDS["Normal"], examples=({"mean": -0.7, "variance": 2.5},))
MAP = NORMAL.transform
PAIR = replace(WORDS["MvNormal"], examples=({"mean": (-0.7, 2.0), "cov": ((2.5, -0.4), (-0.4, 0.3))},))
SPHERE = {"domain": SimpleNamespace(shape="sphere", dim=3, args=(1.5,))}
BALL = {"domain": SimpleNamespace(shape="ball", dim=3, args=(1.5,))}


def test_there_are_densities():
    assert len(NAMES) >= 2, f"saw {len(NAMES)} words"


@pytest.mark.parametrize(("name", "number"), [pytest.param(*case, marks=[pytest.mark.slow] if case[1] else []) for case in CASES])
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
    "samples of the ball, not of its sphere": (
        replace(WORDS["Uniform"], examples=(SPHERE,), sample=lambda key, args, shape, dtype: (
            WORDS["Uniform"].sample(key, BALL, shape, dtype))), "no density"),
    "a sphere that is lopsided": (
        replace(WORDS["Uniform"], examples=(SPHERE,), sample=lambda key, args, shape, dtype: (
            lambda x: 1.5 * x / jnp.linalg.norm(x, axis=-1, keepdims=True))(
                WORDS["Uniform"].sample(key, BALL, shape, dtype).at[..., 2].multiply(1.2))),
        "d log p"),
    "a sphere whose coordinates have the volume of the ball": (
        replace(WORDS["Uniform"], examples=(SPHERE,), transform=replace(
            WORDS["Uniform"].transform, log_det=lambda u, args: WORDS["Uniform"].transform.log_det(u, args) + 0.1)),
        "density of the coordinates"),
    "samples outside": (replace(scaled(WORDS["Uniform"], 1.1), examples=({"lo": -1.0, "hi": 2.0},)), "no density"),
    "a log_det of the wrong sign": (
        replace(NORMAL, transform=replace(MAP, log_det=lambda u, args: -MAP.log_det(u, args))),
        "log_det of"),
    "samples that are not correlated": (
        replace(PAIR, sample=lambda key, args, shape, dtype: PAIR.sample(
            key, {**args, "cov": ((2.5, 0.0), (0.0, 0.3))}, shape, dtype)), "characteristic function"),
    "the moments of the first component for all": (
        replace(PAIR, moment=lambda args, k: jnp.full(2, PAIR.moment(args, k)[0])), "E x"),
    "arguments of no signature": (replace(NORMAL, examples=({"mean": 0.0, "std": 1.0},)), "no signature"),
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
        ("Uniform", domain("sphere", -1.0, dim=2), "radius must be positive"),
        ("Cauchy", {"location": 0.0, "scale": 0.0}, "scale must be positive"),
        ("MvNormal", {"mean": (0, 0), "cov": ((1, 0, 0), (0, 1, 0))}, "must be 2 x 2: it is 2 x 3"),
        ("MvNormal", {"mean": (0, 0, 0), "cov": ((1, 0), (0, 1))}, "must be 3 x 3: it is 2 x 2"),
        ("MvNormal", {"mean": (0, 0), "cov": ((1, 0), (0,))}, "2 rows of different lengths"),
        ("MvNormal", {"mean": (0, 0), "cov": ((1, 0.5), (0.6, 1))}, "row 1, column 2 is 0.5, row 2, column 1 is 0.6"),
        ("MvNormal", {"mean": (0, 0), "cov": ((1, 2), (2, 1))}, "positive definite: its smallest eigenvalue is -1"),
        ("MvNormal", {"mean": (0, 0), "cov": ((1, 0.1), (0.1, 0.01))}, "its smallest eigenvalue is 0"),
        ("MvNormal", {"mean": (0, 0), "cov": ((1, float("inf")), (float("inf"), 1))}, "must be finite"),
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


@pytest.mark.parametrize("dim", [1, 2, 5, 400])
def test_moments_on_a_sphere(dim):
    r"""<x_1^2> = R^2/d, <x_1^4> = 3 R^4/(d (d + 2)), <x_1 x_2> = 0, <x_1^2 x_2^2> = R^4/(d (d + 2)); all |x| = R.

    Means of 40,000 draws within 5 standard errors (false alarm 6e-7 for each of them).
    """
    from nnspec.numerics.streams import root_key

    args, radius = {"domain": SimpleNamespace(shape="sphere", dim=dim, args=(2.0,))}, 2.0
    x = np.asarray(WORDS["Uniform"].sample(root_key(5), args, (40_000,), jnp.float64))
    assert np.allclose(np.linalg.norm(x, axis=-1), radius, rtol=1e-14)
    fourth = radius**4 / (dim * (dim + 2))
    assert WORDS["Uniform"].moment(args, 2) == pytest.approx(radius**2 / dim, rel=1e-14)
    assert WORDS["Uniform"].moment(args, 4) == pytest.approx(3 * fourth, rel=1e-14)
    assert WORDS["Uniform"].moment(args, 3) == 0
    pairs = [(x[:, 0] ** 2, radius**2 / dim), (x[:, 0] ** 4, 3 * fourth)]
    pairs += [(x[:, 0] * x[:, -1], 0.0), (x[:, 0] ** 2 * x[:, -1] ** 2, fourth)] if dim > 1 else []
    for found, want in pairs:
        assert abs(found.mean() - want) <= 5 * found.std() / 200 + 1e-12


def test_a_cauchy_variable_has_no_moments():
    args = {"location": 0.5, "scale": 2.0}
    assert WORDS["Cauchy"].moment(args, 0) == 1
    assert WORDS["Cauchy"].moment(args, 2) == float("inf")
    assert np.isnan(WORDS["Cauchy"].moment(args, 1))
    assert not WORDS["Cauchy"].centred({"location": 0.0, "scale": 1.0})


def test_the_tails_of_cauchy_samples_are_alike_in_both_precisions():
    """P(|x| > 10^4) is 6.4e-5 on either side together, so 10^6 draws have 64 +- 8; six of those are allowed (2e-9)."""
    from nnspec.numerics.streams import root_key

    for dtype in (jnp.float32, jnp.float64):
        x = np.asarray(WORDS["Cauchy"].sample(root_key(3), {"location": 0.0, "scale": 1.0}, (1_000_000,), dtype))
        assert np.all(np.isfinite(x))
        for side in (x > 1e4, x < -1e4):
            assert abs(side.sum() - 31.8) < 6 * 5.7


def test_the_covariance_of_samples():
    """Entries of the sample covariance of 40,000 draws have the error sqrt((C_ii C_jj + C_ij^2) / n); five are allowed."""
    from nnspec.numerics.streams import root_key

    (args,) = PAIR.examples
    x, cov = np.asarray(PAIR.sample(root_key(8), args, (40_000,), jnp.float64)), np.array(args["cov"])
    error = np.sqrt((np.outer(np.diag(cov), np.diag(cov)) + cov**2) / 40_000)
    assert np.all(np.abs(np.cov(x.T) - cov) < 5 * error)


def test_smallest_eigenvalues_are_those_of_the_library():
    """Rotations in plain Python against LAPACK: both are exact to rounding, 1e-12 of the largest entry."""
    from nnspec_std.densities._symmetric import is_positive_definite, smallest_eigenvalue

    rng = np.random.default_rng(4)
    for size in (1, 2, 3, 7, 20):
        for shift in (0.0, 3.0):
            a = rng.normal(size=(size, size))
            a = a + a.T + shift * size * np.eye(size)
            want = np.linalg.eigvalsh(a)[0]
            assert smallest_eigenvalue(a.tolist()) == pytest.approx(want, abs=1e-12 * np.abs(a).max())
            assert is_positive_definite(a.tolist()) == (want > 0)


def test_a_centred_vector_has_the_mean_zero():
    cov = ((1.0, 0.6), (0.6, 1.0))
    assert WORDS["MvNormal"].centred({"mean": (0, 0), "cov": cov})
    assert not WORDS["MvNormal"].centred({"mean": (0, 1), "cov": cov})
