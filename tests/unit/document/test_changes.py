"""Paths into a spec: `--set`, `Spec.set`, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.cli import main
from nnspec.document.paths import find, steps
from nnspec.ir.digest import digest
from nnspec.stages import SpecError, load, loads
from nnspec.syntax.tree import Leaf

SPECS = Path(__file__).parents[3] / "specs"
KERNELS = SPECS / "relu-mlp-kernels.yaml"


def meaning(*changes):
    return load(KERNELS, changes=tuple(changes)).check().experiment


def test_a_constant_is_set():
    found = meaning(("let.n", "64"), ("let.sw2", "1.5"))
    assert found.values["n"] == 64
    assert found.model.stack.layers[0]["width"] == 64
    assert found.values["sw2"] == 1.5


@pytest.mark.parametrize(
    ("path", "value", "look", "expected"),
    [
        ("model.parameterization", "standard", lambda e: e.model.stack.parameterization, "standard"),
        ("model.layers[0].of[1].act", "tanh", lambda e: e.model.stack.layers[1]["function"][0], "tanh"),
        ("model.layers[1].dense.width", "2*1", lambda e: e.model.stack.layers[-1]["width"], 2),
        ("observables.K_mc.correlator.draws", "1e3", lambda e: e.observables[2].option("draws"), 1000),
        ("observables.K_mc.correlator.connected", "true", lambda e: e.observables[2].option("connected"), True),
        ("numerics.seed", "7", lambda e: e.numerics.seed, 7),
        ("checks", "[max(K) < 9]", lambda e: [c.text for c in e.checks], ["max(K) < 9"]),
        ("data.xs", "circle(d, 5)", lambda e: e.data[0].shape, (5, 10)),
    ],
)  # fmt: skip
def test_values_anywhere(path, value, look, expected):
    assert look(meaning((path, value))) == expected


def test_a_value_is_read_as_in_the_file():
    text = KERNELS.read_text().replace("sw2: 2  ", "sw2: 1e-3")
    assert digest(loads(text).check().experiment) == digest(meaning(("let.sw2", "1e-3")))


def test_values_from_python():
    spec = load(KERNELS)
    assert spec.set("let.n", 64).check().experiment.values["n"] == 64
    points = spec.set("data.xs", [[1.0] * 10, [0.5] * 10]).check().experiment
    assert points.data[0].shape == (2, 10)
    assert spec.check().experiment.values["n"] == 512, "the spec itself is not changed"


def fault(*changes):
    with pytest.raises(SpecError) as caught:
        meaning(*changes)
    (found,) = caught.value.diagnostics
    return found


@pytest.mark.parametrize(
    ("path", "help_"),
    [
        ("let.m", "keys here"), ("let.dept", "did you mean `let.depth`?"), ("lett.n", "did you mean `let`?"),
        ("model.layers[0].of[0].dense.widht", "did you mean"), ("model.layers[7].act", "items are numbered 0..1"),
        ("observables.Kmc.correlator.draws", "did you mean `observables.K_mc`?"), ("let.n.x", ""), ("data.ys", "`xs`"),
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere(path, help_):
    found = fault((path, "1"))
    assert found.code in ("NN801", "NN011")
    assert help_ in " ".join(found.helps)
    assert found.span.source.name == "command line"


@pytest.mark.parametrize("path", ["", ".", "let.", ".let", "[0]", "let[0]x", 'let."n', "let..n"])
def test_what_is_no_path(path):
    with pytest.raises(SpecError) as caught:
        load(KERNELS, changes=((path, "1"),)).check()
    assert {each.code for each in caught.value.diagnostics} == {"NN801"}


def test_a_wrong_value_is_shown_on_the_command_line():
    found = fault(("let.n", "1.5"))
    assert found.code == "NN315"


def test_find_gives_the_part():
    tree = load(SPECS / "cosnet-free-scalar.yaml").tree
    assert find(tree, 'model.params."w[i] in R^d"').text == "Uniform(Ball(d, Lam))"
    assert find(tree, 'model.params."w[i]   in R^d"').text == "Uniform(Ball(d, Lam))"
    assert isinstance(find(tree, "checks[0]"), Leaf)
    assert [text for text, _, _ in steps('a.b[3]."c d".e')] == ["a", "b", "[3]", "c d", "e"]


def test_the_command_line(capsys):
    assert main(["check", "--set", "let.n=64", "--set", "let.depth=1", str(KERNELS)]) == 0
    assert main(["check", "--set", "let.nn=64", str(KERNELS)]) == 1
    printed = capsys.readouterr().err
    assert "error[NN801]: the spec has no `let.nn`" in printed
    assert "command line" in printed
    with pytest.raises(SystemExit) as caught:
        main(["check", "--set", "let.n", str(KERNELS)])
    assert caught.value.code == 2
