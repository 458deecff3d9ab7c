"""Every generator of numbers keeps its promises."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import pytest

from nnspec.ir.evaluate import DomainValue
from nnspec.ir.expr import DataRef
from nnspec.ir.types import data
from nnspec.numerics import streams
from nnspec.numerics.lazy import jnp, np
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_dataset

WORDS = load_vocabulary(no_plugins=True).datasets
NAMES = load_vocabulary(no_plugins=True).words("datasets")


def test_there_are_datasets():
    assert len(NAMES) >= 9, f"saw {len(NAMES)} words"


@pytest.mark.parametrize("name", NAMES)
def test_laws(name):
    check_dataset(WORDS[name])


def test_the_law_catches_a_shape_that_is_not_kept():
    with pytest.raises(AssertionError, match="not \\(7,\\)"):
        check_dataset(replace(WORDS["linspace"], shape=lambda args: (7,)))


def test_linspace_includes_both_ends():
    assert WORDS["linspace"].make({"a": 0, "b": 4, "n": 5}).tolist() == [0, 1, 2, 3, 4]
    assert WORDS["linspace"].make({"a": 2, "b": 4, "n": 1}).tolist() == [2]
    assert WORDS["linspace"].refuse({"a": 0, "b": 1, "n": 0}) is not None


def test_circle_has_all_angles_from_its_first_point():
    points = WORDS["circle"].make({"d": 4, "n": 7})
    assert points.shape == (7, 4)
    assert np.allclose(points[0], [1, 0, 0, 0], atol=0)
    assert np.allclose(np.arccos(np.clip(points @ points[0], -1, 1)), np.linspace(0, np.pi, 7), atol=1e-12)
    assert np.allclose(np.linalg.norm(points, axis=1), 1, atol=1e-15)
    assert "two dimensions" in WORDS["circle"].refuse({"d": 1, "n": 3})
    assert "at least one" in WORDS["circle"].refuse({"d": 2, "n": 0})


def domain(shape, *args, dim=1):
    return DomainValue(shape, dim, args)


SQUARE = domain("product", domain("interval", -1.0, 1.0), domain("interval", 0.0, 3.0), dim=2)
MIXED = domain("product", domain("ball", 2.0, dim=2), domain("product", SQUARE, domain("sphere", 1.0, dim=3), dim=5), dim=7)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("sample", {"domain": domain("interval", -1.0, 2.0), "n": 5, "seed": 0, "y": ""}),
        ("sample", {"domain": domain("ball", 0.5, dim=1), "n": 5, "seed": 0, "y": None}),
        ("sample", {"domain": domain("sphere", 0.5, dim=3), "n": 5, "seed": 2**63 - 2}),
        ("sample", {"domain": MIXED, "n": 5, "seed": 1}),
        ("normal", {"d": 1, "n": 1, "seed": 7}),
        ("grid", {"domain": domain("interval", -1.0, 2.0), "n": 4}),
        ("grid", {"domain": SQUARE, "n": 2}),
        ("geomspace", {"a": -8, "b": -1, "n": 4}),
        ("table", {"x": np.arange(3.0), "y": ""}),
        ("corners", {"d": 20, "r": 1}),
    ],
)
def test_laws_for_other_arguments(name, args):
    check_dataset(WORDS[name], args)


MUTANTS = {
    "a seed that is ignored": (replace(WORDS["normal"], make=lambda args: WORDS["normal"].make({**args, "seed": 0})), "`seed`"),
    "labels for another number of points": (replace(WORDS["teacher"], label=lambda args, x: x[1:, 0]), "labels of"),
    "labels that are no numbers": (replace(WORDS["teacher"], label=lambda args, x: x[:, 0] / 0.0), "not all finite"),
    "a coordinate without values": (replace(WORDS["circle"], coordinate=None), "gives no values"),
    "a coordinate of the wrong precision": (
        replace(WORDS["circle"], coordinate=lambda args, name: np.zeros(args["n"], np.float32)), "`angle` of 'circle'"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("what", sorted(MUTANTS))
def test_the_law_catches(what):
    record, message = MUTANTS[what]
    with pytest.raises(AssertionError, match=message):
        check_dataset(record)


def test_geomspace_has_a_constant_ratio_and_exact_ends():
    assert WORDS["geomspace"].make({"a": 1, "b": 8, "n": 4}).tolist() == pytest.approx([1, 2, 4, 8], rel=1e-15)
    down = WORDS["geomspace"].make({"a": 0.1, "b": 1e-4, "n": 7})
    assert (down[0], down[-1]) == (0.1, 1e-4)
    assert np.allclose(down[1:] / down[:-1], 10**-0.5, rtol=1e-14)
    assert WORDS["geomspace"].make({"a": 2, "b": 4, "n": 1}).tolist() == [2]


def test_grid_has_its_ends_and_the_last_axis_runs_fastest():
    assert WORDS["grid"].make({"domain": SQUARE, "n": 3}).tolist() == [
        [-1, 0], [-1, 1.5], [-1, 3], [0, 0], [0, 1.5], [0, 3], [1, 0], [1, 1.5], [1, 3]
    ]  # fmt: skip
    assert WORDS["grid"].make({"domain": domain("interval", 0.0, 1.0), "n": 2}).tolist() == [[0], [1]]


def test_corners_begin_with_minus_and_the_last_axis_runs_fastest():
    assert WORDS["corners"].make({"d": 2, "r": 0.5}).tolist() == [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]]
    assert WORDS["corners"].make({"d": 1, "r": 3}).tolist() == [[-3], [3]]


def test_a_table_has_the_points_of_its_data_set():
    assert WORDS["table"].make({"x": np.array([[1, 2], [3, 4]])}).tolist() == [[1, 2], [3, 4]]
    assert WORDS["table"].make({"x": np.array([1.0, 2.0])}).tolist() == [[1], [2]]
    assert WORDS["table"].shape({"x": DataRef(name="xs", type=data((5, 2)))}) == (5, 2)
    assert WORDS["table"].shape({"x": DataRef(name="r", type=data((5,)))}) == (5, 1)
    x, y = WORDS["table"].parameters
    assert (x.type, y.type, y.default) == ("data", "target", None)


def test_the_angles_of_a_circle_are_a_coordinate():
    args = {"d": 3, "n": 5}
    angles = WORDS["circle"].coordinate(args, "angle")
    points = WORDS["circle"].make(args)
    assert np.allclose(np.stack([np.cos(angles), np.sin(angles)], axis=1), points[:, :2], atol=0)


# ---------------------------------------------------------------- random ones
def off(numbers, cumulated):
    """The Kolmogorov-Smirnov distance of numbers from a distribution function."""
    at = cumulated(np.sort(np.ravel(numbers)))
    ranks = np.arange(at.size + 1) / at.size
    return max(np.max(ranks[1:] - at), np.max(at - ranks[:-1]))


LIMIT = math.sqrt(math.log(2 / 1e-6) / (2 * 20_000))  # 0.019 for 20,000 numbers, at 1e-6 over seeds [massart1990]


def normal_cdf(x):
    return 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def test_normal_points_are_normal_and_independent():
    """False alarm 1e-6 over seeds each; a distribution that is 0.04 off is missed with less than 1e-6.

    Products of two components have mean zero and variance one: five errors are 0.05.
    """
    x = WORDS["normal"].make({"d": 2, "n": 10_000, "seed": 5})
    assert off(x, normal_cdf) < LIMIT
    assert abs(np.mean(x[:, 0] * x[:, 1])) < 0.05
    assert abs(np.mean(x[1:, 0] * x[:-1, 0])) < 0.05


@pytest.mark.parametrize(
    ("shape", "radii"), [("ball", lambda r: np.clip(r / 2, 0, 1) ** 3), ("sphere", None)], ids=["ball", "sphere"]
)
def test_points_in_a_ball_are_uniform(shape, radii):
    """Radii have r^3 uniform, and x_k/r is uniform for each axis (Archimedes); false alarm 1e-6 each, 0.04 is seen."""
    x = WORDS["sample"].make({"domain": domain(shape, 2.0, dim=3), "n": 20_000, "seed": 3})
    r = np.linalg.norm(x, axis=1)
    if radii is None:
        assert np.allclose(r, 2.0, rtol=1e-14)
    else:
        assert off(r, radii) < LIMIT
    for axis in range(3):
        assert off(x[:, axis] / r, lambda u: (u + 1) / 2) < LIMIT


def test_points_of_a_product_are_uniform_in_each_factor_and_independent():
    """False alarm 1e-6 for each factor; correlations of 20,000 pairs have the error 0.007, and six are allowed."""
    square = domain("product", domain("interval", -1.0, 1.0), domain("interval", -1.0, 1.0), dim=2)
    x = WORDS["sample"].make({"domain": square, "n": 20_000, "seed": 0})
    for axis in range(2):
        assert off(x[:, axis], lambda u: (u + 1) / 2) < LIMIT
    assert abs(np.corrcoef(x.T)[0, 1]) < 0.042


def test_the_seed_and_the_word_alone_decide():
    """These numbers are a promise: they must not change between versions; 1e-13 is the rounding of log and sine."""
    normal = WORDS["normal"].make({"d": 2, "n": 2, "seed": 2})
    teacher = WORDS["teacher"].make({"d": 2, "n": 2, "seed": 2, "width": 4})
    sample = WORDS["sample"].make({"domain": SQUARE, "n": 2, "seed": 2})
    label = WORDS["teacher"].label({"d": 2, "n": 2, "seed": 2, "width": 4}, np.ones((1, 2)))
    found = {"normal": normal, "teacher": teacher, "sample": sample, "label": label}
    for name, value in found.items():
        assert np.allclose(np.ravel(value), PROMISED[name], rtol=1e-13, atol=0), name
    assert not np.any(normal == teacher)


PROMISED = {
    "normal": [0.9210174902651699, 1.5977431480593007, -1.2503540714439756, -1.5252375383686498],
    "teacher": [0.70243586171788, 1.1563249272007499, 0.4079808213826619, 0.36407019998750245],
    "sample": [0.27932147066118485, 1.2458378264033274, -0.2724600441178817, 0.7555430299396638],
    "label": [-1.4345806298403847],
}


def test_a_teacher_is_the_network_that_it_says_it_is():
    args = {"d": 3, "n": 4, "seed": 1, "width": 5}
    x = WORDS["teacher"].make(args)
    key = streams.root_key(1)
    w = np.asarray(streams.normal(streams.stream(key, "data/teacher/w"), (5, 3), jnp.float64))
    v = np.asarray(streams.normal(streams.stream(key, "data/teacher/v"), (5,), jnp.float64))
    by_hand = [sum(v[j] * math.sqrt(2) * max(0.0, sum(w[j] * p) / math.sqrt(3)) for j in range(5)) / math.sqrt(5) for p in x]
    assert np.allclose(WORDS["teacher"].label(args, x), by_hand, rtol=1e-12)
    more = WORDS["teacher"].label({**args, "n": 100}, x)
    assert np.array_equal(WORDS["teacher"].label(args, x), more)


def test_teachers_have_the_variance_that_they_say_they_have():
    """E y(x)^2 = |x|^2/d over seeds; the error is estimated from 200 of them, and five are allowed (false alarm 1e-6).

    A variance that is twice or half of it is missed with less than 1e-3.
    """
    x = np.array([[1.0, -2.0, 0.5, 0.0]])
    y2 = np.array([WORDS["teacher"].label({"d": 4, "n": 1, "seed": s, "width": 64}, x)[0] ** 2 for s in range(200)])
    error = y2.std(ddof=1) / math.sqrt(200)
    assert error < 0.16
    assert abs(y2.mean() - 5.25 / 4) < 5 * error


@pytest.mark.parametrize(
    ("name", "args", "reason"),
    [
        ("geomspace", {"a": 0, "b": 1, "n": 3}, "must both be positive or both negative: they are 0 and 1"),
        ("geomspace", {"a": -1, "b": 1, "n": 3}, "both negative"),
        ("geomspace", {"a": 1, "b": 2, "n": 0}, "at least one"),
        ("normal", {"d": 2, "n": 0, "seed": 0}, "at least one point"),
        ("normal", {"d": 0, "n": 2, "seed": 0}, "at least one dimension"),
        ("normal", {"d": 2, "n": 2, "seed": -1}, "whole number from 0"),
        ("normal", {"d": 2, "n": 2, "seed": 2**63}, "whole number from 0"),
        ("teacher", {"d": 2, "n": 2, "seed": 0, "width": 0}, "at least one neuron"),
        ("sample", {"domain": domain("reals", dim=2), "n": 2, "seed": 0}, "bounded"),
        ("sample", {"domain": domain("interval", 0.0, math.inf), "n": 2, "seed": 0}, "bounded"),
        ("sample", {"domain": domain("interval", 1.0, 1.0), "n": 2, "seed": 0}, "1 is not below 1"),
        ("sample", {"domain": domain("product", domain("ball", -1.0, dim=2), dim=2), "n": 2, "seed": 0}, "radius"),
        ("sample", {"domain": SQUARE, "n": 0, "seed": 0}, "at least one point"),
        ("grid", {"domain": domain("ball", 1.0, dim=2), "n": 3}, "product of intervals: this is a ball"),
        ("grid", {"domain": domain("reals", dim=2), "n": 3}, "this is unbounded"),
        ("grid", {"domain": SQUARE, "n": 1}, "at least two points"),
        ("grid", {"domain": SQUARE, "n": 10_000}, "at most 10,000,000 points: this one has 10000^2"),
        ("grid", {"domain": domain("product", *[domain("interval", 0.0, 1.0)] * 900, dim=900), "n": 10**9}, "at most"),
        ("grid", {"domain": domain("interval", 2.0, 1.0), "n": 3}, "2 is not below 1"),
        ("corners", {"d": 21, "r": 1}, "1 to 20 dimensions"),
        ("corners", {"d": 2, "r": 0}, "half the side must be positive"),
    ],
)
def test_what_gives_no_points_is_refused(name, args, reason):
    assert reason in WORDS[name].refuse(args)


@pytest.mark.parametrize("ending", ["csv", "npz"])
def test_what_a_check_asks_for_loads_no_arrays(tmp_path, ending):
    """Shapes and refusals are plain Python, of data sets and of covariances."""
    code = """
import sys
from pathlib import Path
from nnspec.ir.evaluate import DomainValue
from nnspec.ir.files import FileValue
from nnspec.plugin.vocabulary import load_vocabulary
words = load_vocabulary(no_plugins=True)
side = DomainValue("interval", 1, (0.0, 1.0))
args = {"a": 1, "b": 2, "d": 2, "n": 3, "r": 1, "seed": 0, "width": 4, "domain": side, "x": (side, side), "y": ""}
file = FileValue.of(Path(sys.argv[1]))
for name in words.words("datasets"):
    given = {"path": file, "x": "", "y": ""} if name == "file" else args
    assert words.datasets[name].refuse(given) is None, name
    name == "table" or words.datasets[name].shape(given)
assert words.densities["MvNormal"].refuse({"mean": (0, 0), "cov": ((1, 2), (2, 1))})
print(*sorted({"jax", "numpy"} & set(sys.modules)))
"""
    path = tmp_path / f"points.{ending}"
    np.savez(tmp_path / "points.npz", x=np.ones((3, 2)), y=np.ones(3))
    (tmp_path / "points.csv").write_text("a,y\n1,2\n")
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
