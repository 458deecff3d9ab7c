"""Labels of points: formulas of a point, of further coordinates, functions of the spec."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.run.data import labels, make_data
from nnspec.stages import SpecError, loads

SPEC = """
nnspec: 1
name: labelled
let: {{c: 3, m: 2}}
functions:
  target(x): exp(sin(pi*x[1]) + x[2]^2)
  line(u): m*u
data:
  base: circle(2, 5)
  t: {data}
model:
  inputs: {{x: R^2}}
  params: {{a: "Normal(0, 1)"}}
  field: phi(x)
  def: a*x[1]
observables: {{G: {{correlator: {{n: 2, at: base}}}}}}
"""


def made(data: str):
    checked = loads(SPEC.format(data=data)).check()
    experiment, words = checked.experiment, checked.spec.words
    sets = make_data(experiment, words)
    decl = next(each for each in experiment.data if each.name == "t")
    return sets["t"], labels(decl, sets, experiment.values, words)


ANGLES = np.linspace(0, np.pi, 5)
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("table(x=circle(2, 5), y=sin(c*angle))", np.sin(3 * ANGLES)),
        ("table(base, x[1]^2 - x.x)", CIRCLE[:, 0] ** 2 - 1),
        ("table(base, y=target)", np.exp(np.sin(np.pi * CIRCLE[:, 0]) + CIRCLE[:, 1] ** 2)),
        ("table(x=base, y=1 if x[2] > 0.5 else -1)", np.where(CIRCLE[:, 1] > 0.5, 1, -1)),
    ],
)
def test_labels_of_given_points(data, expected):
    points, found = made(data)
    np.testing.assert_allclose(points, CIRCLE, atol=1e-15)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_labels_of_numbers():
    points, found = made("table(linspace(0, 1, 3), line)")
    assert points.shape == (3, 1)
    np.testing.assert_allclose(found, [0, 1, 2])


def test_labels_of_random_points():
    points, found = made("sample(Box(-1, 1)^2, 50, seed=4, y=target)")
    assert points.shape == (50, 2)
    np.testing.assert_allclose(found, np.exp(np.sin(np.pi * points[:, 0]) + points[:, 1] ** 2))


def test_a_generator_that_labels_its_points():
    points, found = made("teacher(2, 40, seed=3)")
    assert points.shape == (40, 2)
    assert found.shape == (40,)
    assert 0.1 < np.std(found) < 10


def test_points_without_labels():
    assert made("sample(Ball(2, 1), 9)")[1] is None


@pytest.mark.parametrize(
    ("data", "code"),
    [("table(base)", "NN312"), ("table(base, y=phi(x))", "NN203"), ("table(base, y=angel)", "NN201"), ("table(nothing, y=1)", "NN201"),
     ("table(base, y=x)", "NN304"), ("table(c, y=1)", "NN606"), ("sample(R^2, 5)", "NN609"), ("sample(Box(0, 1), 5, y=K)", "NN201"),
     ("table(base, y=exp(x[3]))", "NN308"), ("normal(2, 5, seed=-1)", "NN315"), ("normal(2, 5, sede=1)", "NN312")],
)  # fmt: skip
def test_what_is_no_label(data, code):
    with pytest.raises(SpecError) as caught:
        loads(SPEC.format(data=data)).check()
    assert [each.code for each in caught.value.diagnostics] == [code]


def test_the_same_random_numbers_twice_is_a_warning():
    text = SPEC.format(data="normal(2, 5)").replace("  base: circle(2, 5)", "  base: normal(2, 9)")
    assert [each.code for each in loads(text).check().warnings] == ["NN494"]
    other = text.replace("normal(2, 5)", "normal(2, 5, seed=1)")
    assert not loads(other).check().warnings
