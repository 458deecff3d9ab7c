"""Parts of a deformed measure: coordinates, the deformation on a grid, affine fields, how chains are cut."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate

import nnspec
from nnspec.lower.affine import at_fixed_points, is_affine
from nnspec.lower.certify import certified_grid
from nnspec.lower.coordinates import Coordinates
from nnspec.lower.deformation import Grid, log_deform, spread
from nnspec.lower.ensemble import Measure
from nnspec.lower.field import environment, field, prior, traced_constants
from nnspec.lower.moving import Segments
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp

MODEL = """
nnspec: 1
name: demo
let: {{N: 4, L: 3, g: 0.5}}
data: {{xs: [0, 1]}}
model: |
{model}
observables:
  G2: {{correlator: {{n: 2, at: xs, density: undeformed}}}}
{more}
"""


def known(model: str, more: str = ""):
    """The experiment of a model block and its environment in double precision."""
    text = MODEL.format(model="\n".join(f"  {line}" for line in model.strip().splitlines()), more=more)
    checked = nnspec.loads(text).check()
    experiment, words = checked.experiment, checked.spec.words
    return experiment, words, environment(experiment, words, traced_constants(experiment), jnp.dtype("float64"))


SHAPES = """
index i in N
input x in R
s ~ Gamma(3, 2)
w[i] in R^2 ~ Uniform(Ball(2, 1.5))
(p[i], q[i]) ~ MvNormal([0, 1], [[1, 0.6], [0.6, 1]])
a[i] ~ 0.4*Normal(0, s) + 0.6*Laplace(1, 2)
b[i] ~ Uniform(-pi, pi)
t ~ StudentT(5)
phi(x) = t*s*sum_i a[i]*p[i]*q[i]*cos(w[i].w[i]*x + b[i])
"""


def test_coordinates_come_back():
    """theta(u(theta)) = theta for densities of all shapes; rtol: maps and their inverses in double precision."""
    experiment, _, env = known(SHAPES)
    draw, coordinates = prior(experiment.model, env), Coordinates.of(experiment.model, env)
    theta = jax.jit(draw)(streams.root_key(3))
    u = jax.jit(coordinates.of_theta)(theta)
    assert u.shape == (coordinates.dim,) == (len(coordinates.names),)
    again = jax.jit(coordinates.theta)(u)
    for name, array in theta.items():
        np.testing.assert_allclose(again[name], array, rtol=1e-9, atol=1e-12, err_msg=name)
    assert coordinates.names[:4] == ("s", "w[1, 1]", "w[1, 2]", "w[2, 1]")


@pytest.mark.parametrize("density", ["Gamma(2, 3)", "Uniform(-1, 2)", "0.3*Normal(1, 2) + 0.7*Laplace(0, 1)", "StudentT(3)"])
def test_the_density_of_a_coordinate_is_normalised(density):
    experiment, _, env = known(f"input x in R\na ~ {density}\nphi(x) = a*x")
    u = np.linspace(-60, 60, 24001)
    logs = jax.jit(jax.vmap(lambda one: Coordinates.of(experiment.model, env).log_prior(one[None])[1]))(jnp.asarray(u))
    total = float(np.sum(np.exp(np.asarray(logs))) * (u[1] - u[0]))
    assert total == pytest.approx(1, abs=1e-5)  # a kink costs the square of the step


def test_a_normal_density_is_white_in_its_coordinates():
    experiment, _, env = known("index i in N\ninput x in R\na[i] ~ Normal(2, 9)\nphi(x) = sum_i a[i]*x")
    measure = Measure.of(experiment, env, None)
    u = jnp.asarray([0.3, -1.0, 2.0, 0.5])
    np.testing.assert_allclose(jax.grad(measure.log_density)(u), -u, rtol=1e-12)


@pytest.mark.parametrize(
    ("body", "affine"),
    [
        ("sum_i a[i]*cos(i*x)", True), ("2 - sum_i (a[i] - a[i]/3)*exp(-x)", True), ("sum_i a[i]*a[i]*x", False),
        ("sum_i cos(a[i]*x)", False), ("sum_i i*x/(2 + a[i])", False), ("(sum_i a[i])*(sum_i a[i]) + x", False),
        ("[x, 1].[sum_i a[i], 3]", True),
    ],
)  # fmt: skip
def test_affine_fields_are_seen_and_read_as_products(body, affine):
    experiment, _, env = known(f"index i in N\ninput x in R\na[i] ~ Normal(1, 1)\nphi(x) = {body}")
    assert is_affine(experiment.model) is affine
    points = jnp.asarray([[0.2], [1.7], [-3.0]])
    theta = jax.jit(prior(experiment.model, env))(streams.root_key(1))
    fast = jax.jit(lambda t: at_fixed_points(experiment.model, env, points)(t))(theta)
    np.testing.assert_allclose(fast, jax.jit(field(experiment.model, env))(theta, points), rtol=1e-12)


MODES = """
index n in N
input x in R
z ~ Normal(0, 1)
a[n] ~ Normal(0, 1)
phi(x) = z + sum_n a[n]*cos(2*pi*n*x/L)
"""


def test_integrals_of_the_deformation():
    """Against SciPy, with a derivative, a function of the spec, and a field at a point in it; rtol: both converge."""
    deform = "P *= exp(-g*integral(phi^4 + d(phi(y), y)^2 + f(phi(y)), y in Interval(0, L)))^2*exp(-phi(1)^2)/2"
    experiment, _, env = known(MODES + deform, "functions:\n  f(y): sin(y)")
    amplitudes = np.array([0.5, -0.2, 0.1, 0.4])
    theta = {"z": jnp.asarray(0.3), "a": jnp.asarray(amplitudes)}

    def phi(x, slope=False):
        k = 2 * math.pi * np.arange(1, 5) / 3
        return -np.sum(amplitudes * k * np.sin(k * x)) if slope else 0.3 + np.sum(amplitudes * np.cos(k * x))

    whole = integrate.quad(lambda x: phi(x) ** 4 + phi(x, slope=True) ** 2 + math.sin(phi(x)), 0, 3, epsabs=1e-12, limit=200)[0]
    exact = -2 * 0.5 * whole - phi(1.0) ** 2 - math.log(2)
    for grid in (Grid(80), Grid(80, periodic=True)):
        found = jax.jit(lambda t, grid=grid: log_deform(experiment.model, env, grid)(t))(theta)
        assert float(found) == pytest.approx(exact, rel=1e-10)


def test_a_periodic_rule_is_exact_from_the_number_of_harmonics_on():
    """Four modes to the fourth power have harmonics up to 16: 17 points are exact, 16 are not."""
    experiment, _, env = known(MODES + "P *= exp(-g*integral(phi^4, y in Interval(0, L)))")
    theta = jax.jit(prior(experiment.model, env))(streams.root_key(2))
    values = {n: float(jax.jit(lambda t, n=n: log_deform(experiment.model, env, Grid(n, periodic=True))(t))(theta))
              for n in (16, 17, 40)}
    assert values[17] == pytest.approx(values[40], rel=1e-13)
    assert abs(values[16] - values[40]) > 1e-6


@pytest.mark.parametrize(("domain", "periodic"), [("Interval(0, L)", True), ("Interval(0, 1)", False)])
def test_grids_are_found(domain, periodic):
    """A circle gets equispaced points, an interval of another length Gauss points, fine enough by their own measure."""
    experiment, words, env = known(MODES + f"P *= exp(-g*integral(phi^4, y in {domain}))")
    grid = certified_grid(experiment, words)
    assert grid.periodic is periodic
    draw, key = prior(experiment.model, env), streams.root_key(9)
    draws = jax.jit(jax.vmap(lambda k: draw(streams.draw_key(key, k))))(jnp.arange(8))
    assert float(jax.jit(lambda t: spread(experiment.model, env, grid, t))(draws)) < 1e-3


def test_logarithms_do_not_overflow():
    """exp(-10^4) is zero as a number, and an ordinary logarithm."""
    experiment, _, env = known("input x in R\na ~ Normal(0, 1)\nphi(x) = a*x\nP *= exp(-10000*phi(1)^2)*exp(5*phi(2))")
    assert float(log_deform(experiment.model, env, Grid(1))({"a": jnp.asarray(1.0)})) == pytest.approx(-9990)


@pytest.mark.parametrize(("chains", "draws"), [(1, 32), (4, 2000), (4, 1009), (7, 100), (64, 4000), (128, 50), (1000, 33)])
def test_chains_are_cut_evenly(chains, draws):
    cut = Segments.of(chains, draws)
    assert draws <= cut.steps <= 1.35 * draws + 16
    assert 16 <= cut.segments <= 32
    assert cut.groups * cut.abreast == chains
    assert cut.segments * cut.bins >= 16


def test_records_of_one_to_three_modes_agree(tmp_path: Path) -> None:
    """The reference values of phi^4 at a point, through the public interface."""
    records = json.loads((Path(__file__).parents[2] / "reference" / "physics_values.json").read_text())
    record = next(each for each in records if each["id"] == "phi4.d0.lam10.0")
    text = (
        "nnspec: 1\nname: point\ndata: {xs: [0]}\nmodel: |\n  input x in R\n  a ~ Normal(0, 1)\n  phi(x) = a + 0*x\n"
        "  P *= exp(-10/24*phi(0)^4)\nobservables:\n  G2: {correlator: {n: 2, at: xs}}\n"
    )
    found = nnspec.loads(text).run(tmp_path)["G2"]
    assert float(found.value[0, 0]) == pytest.approx(record["value"][1], rel=1e-12)
