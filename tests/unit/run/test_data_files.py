"""Points and labels from files: texts with columns, archives of arrays, and everything that can be wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.cli import main
from nnspec.run import workers
from nnspec.run.data import labels, make_data
from nnspec.run.execute import ComputingError
from nnspec.stages import SpecError, run

SPEC = """\
nnspec: 1
name: from-a-file
data:
  toy: '{toy}'
  X: [[0.5, 0.5]]
model:
  inputs: {{x: R^2}}
  params: {{w in R^2: "Normal(0, 1)"}}
  field: phi(x)
  def: w.x
observables:
  fit: {{train: {{data: toy, optimizer: {{sgd: {{lr: 0.2}}}}, steps: 5, record: {{at: X}}, draws: 2}}}}
  K:   {{nngp: {{at: toy}}}}
"""
POINTS = np.array([[1.0, 0.0], [0.3, 0.8], [-0.6, 0.5]])
Y = np.array([1.5, -0.5, 0.7])
LINES = "x1,x2,y\n1,0,1.5\n0.3,0.8,-0.5\n-0.6,0.5,0.7\n"


def spec(folder: Path, toy: str) -> nnspec.Spec:
    path = folder / "spec.yaml"
    path.write_text(SPEC.format(toy=toy), encoding="utf-8")
    return nnspec.load(path)


def known(folder: Path, toy: str):
    checked = spec(folder, toy).check()
    data = make_data(checked.experiment, checked.spec.words)
    return data["toy"], labels(checked.experiment.data[0], data, {}, checked.spec.words)


def refused(folder: Path, toy: str) -> str:
    with pytest.raises(SpecError) as caught:
        spec(folder, toy).check()
    first = caught.value.diagnostics[0]
    assert first.code in ("NN609", "NN618", "NN304")
    return f"{first.code} {first.message}; {first.label}"


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        "\ufeff# drawn by hand\n\nx1; x2; y\n1; 0; 1.5\n0.3; 8e-1; -0.5  # a comment\n-0.6; 0.5; 0.7",
        "y\tx1\tx2\r\n1.5\t1\t0\r\n-.5\t.3\t.8\r\n0.7\t-0.6\t0.5\r\n",
        "x1 x2   y\n1 0 1.5\n 0.3 0.8 -0.5\n-0.6 0.5 0.7\n",
        '"x1","x2","y"\n"1","0","1.5"\n0.3,0.8,-0.5\n-0.6,0.5,0.7\n',
    ],
    ids=["commas", "semicolons", "tabs", "blanks", "quotes"],
)
def test_a_text_gives_points_and_labels(tmp_path, text):
    (tmp_path / "toy.csv").write_bytes(text.encode())
    points, values = known(tmp_path, 'file("toy.csv")')
    np.testing.assert_array_equal(points, POINTS)
    np.testing.assert_array_equal(values, Y)


def test_an_archive_gives_points_and_labels(tmp_path):
    np.savez_compressed(tmp_path / "toy.npz", x=POINTS.astype("f4"), y=Y, other=np.array(["a"]), z=Y[:, None] * 2)
    points, values = known(tmp_path, 'file("toy.npz")')
    np.testing.assert_array_equal(points, POINTS.astype("f4").astype("f8"))
    np.testing.assert_array_equal(values, Y)
    np.testing.assert_array_equal(known(tmp_path, 'file("toy.npz", y="z")')[1], 2 * Y)


def test_plain_columns_are_points_and_a_formula_labels_them(tmp_path):
    (tmp_path / "plain.txt").write_text("1 0\n0.3 0.8\n-0.6 0.5\n")
    points, values = known(tmp_path, 'table(file("plain.txt"), x[1] - x[2])')
    np.testing.assert_array_equal(points, POINTS)
    np.testing.assert_allclose(values, POINTS[:, 0] - POINTS[:, 1], rtol=1e-15)


def test_what_is_in_a_file_is_part_of_the_meaning_and_its_place_is_not(tmp_path):
    """The same numbers elsewhere are the same run; other numbers in the same place are another one."""
    names = []
    for place, text in (("a", LINES), ("b", LINES), ("b", LINES.replace("0.7", "0.8"))):
        folder = tmp_path / place
        folder.mkdir(exist_ok=True)
        (folder / "toy.csv").write_text(text)
        done = spec(folder, 'file("toy.csv")').run(tmp_path / "runs")
        names.append(done.path.name)
        np.testing.assert_allclose(done["K"].value, POINTS @ POINTS.T, rtol=1e-12)
    assert names[0] == names[1] != names[2]


def test_a_file_that_changes_after_the_check_is_not_used(tmp_path):
    (tmp_path / "toy.csv").write_text(LINES)
    np.savez(tmp_path / "toy.npz", x=POINTS, y=Y)
    checked = spec(tmp_path, 'file("toy.npz")').check()
    np.savez(tmp_path / "toy.npz", x=2 * POINTS, y=Y)
    with pytest.raises(ComputingError) as caught:
        run(checked, tmp_path / "runs")
    assert caught.value.diagnostic.code == "NN704"
    assert "has changed since the spec was checked" in caught.value.diagnostic.notes[0]


def test_further_folders_are_looked_through(tmp_path, monkeypatch):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "toy.csv").write_text(LINES)
    assert "there is no data file" in refused(tmp_path, 'file("toy.csv")')
    monkeypatch.setenv("NNSPEC_DATA", f"{tmp_path}/nothing:{tmp_path}/far")
    np.testing.assert_array_equal(known(tmp_path, 'file("toy.csv")')[0], POINTS)


def test_points_of_a_sweep_find_their_file(tmp_path, monkeypatch):
    (tmp_path / "toy.csv").write_text(LINES)
    text = SPEC.format(toy='file("toy.csv")').replace("data:\n", "let: {s: 1}\ndata:\n", 1).replace("Normal(0, 1)", "Normal(0, s)")
    (tmp_path / "spec.yaml").write_text(text + "sweep: {grid: {let.s: [1, 2]}, workers: 2}\n")
    monkeypatch.chdir("/")
    started, start = [], workers._start
    monkeypatch.setattr(workers, "_start", lambda *args: started.append(start(*args)) or started[-1])
    assert main(["run", str(tmp_path / "spec.yaml"), "--out", str(tmp_path / "runs"), "--quiet"]) == 0
    assert [each.returncode for each in started] == [0, 0], "processes of the points find it too"


@pytest.mark.parametrize(
    ("name", "content", "call", "said"),
    [
        ("toy.csv", None, 'file("toi.csv")', "no data file"),
        ("toy.csv", None, 'file(toy)', "in quotes"),
        ("toy.csv", b"", 'file("toy.csv")', "no numbers"),
        ("toy.csv", b"x,y\n", 'file("toy.csv")', "names of columns and no numbers"),
        ("toy.csv", b"x,y\n1,2\n3\n", 'file("toy.csv")', "line 3 has 1 entries where 2"),
        ("toy.csv", b"x,y\n1,2\n3,nan\n", 'file("toy.csv")', "line 3 has `nan` in the column `y`"),
        ("toy.csv", b"x,y\n1,two\n", 'file("toy.csv")', "line 2 has `two`"),
        ("toy.csv", b"x,x\n1,2\n", 'file("toy.csv")', "two columns are called `x`"),
        ("toy.csv", b"y\n1\n", 'file("toy.csv")', "at least one column"),
        ("toy.csv", b"1,2\n", 'file("toy.csv", y="x3")', "no names"),
        ("toy.csv", b"\xff\xfe\x00", 'file("toy.csv")', "UTF-8"),
        ("toy.csv", None, 'file("toy.csv", y="z")', "no column `z`; there are `x1`, `x2`, `y`"),
        ("toy.csv", None, 'file("toy.csv", x="x1")', "names an array"),
        ("toy.npz", b"PK nothing", 'file("toy.npz")', "not an NPZ file"),
        ("toy.npz", {"points": POINTS}, 'file("toy.npz")', "no array of numbers `x`; there are `points`"),
        ("toy.npz", {"x": POINTS, "y": Y[:2]}, 'file("toy.npz")', "3 labels are needed"),
        ("toy.npz", {"x": POINTS[None], "y": Y}, 'file("toy.npz")', "shape (1, 3, 2)"),
        ("toy.npz", {"x": np.array([{}], dtype=object)}, 'file("toy.npz")', "no array of numbers `x`"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(tmp_path, name, content, call, said):
    path = tmp_path / name
    if isinstance(content, dict):
        np.savez(path, **content)
    else:
        path.write_bytes(LINES.encode() if content is None else content)
    assert said in refused(tmp_path, call)


def test_an_array_that_is_not_finite_is_refused_when_it_is_read(tmp_path):
    np.savez(tmp_path / "toy.npz", x=np.array([[1.0, 2.0], [np.nan, 0.0]]), y=Y[:2])
    with pytest.raises(ComputingError) as caught:
        spec(tmp_path, 'file("toy.npz")').run(tmp_path / "runs")
    assert "entry (2, 1) of `x` in toy.npz is not finite" in caught.value.diagnostic.notes[0]
