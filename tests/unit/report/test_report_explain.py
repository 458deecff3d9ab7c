"""`nnspec explain`: the levels of a spec, and its parts by their paths."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nnspec import cli
from nnspec.report.explain import emit
from nnspec.stages import Checked, load, loads
from nnspec.text.diagnostic import SpecError

ROOT = Path(__file__).resolve().parents[3]
COSNET, MLP = (ROOT / "specs" / f"{name}.yaml" for name in ("cosnet-free-scalar", "relu-mlp-kernels"))


@pytest.fixture(scope="module")
def cosnet() -> Checked:
    return load(COSNET, no_plugins=True).check()


@pytest.fixture(scope="module")
def mlp() -> Checked:
    return load(MLP, no_plugins=True).check()


def test_a_part_of_the_tree_keeps_its_path(cosnet: Checked, mlp: Checked) -> None:
    assert emit(mlp, "tree", "model.layers[1].dense") == (
        "model.layers[1].dense.width: 1\nmodel.layers[1].dense.weight: Normal(0, 1)"
    )
    assert emit(cosnet, "tree", "let.N") == "let.N: 1000"
    whole = emit(cosnet, "tree").splitlines()
    assert set(emit(cosnet, "tree", "observables").splitlines()) < set(whole)


def test_a_part_of_the_formulas(cosnet: Checked) -> None:
    assert emit(cosnet, "ast", "model.params") == (
        "model.params.a[i]: Normal(0, s2/N)\nmodel.params.w[i] in R^d: Uniform(Ball(d, Lam))\nmodel.params.b[i]: Uniform(-pi, pi)"
    )


def test_statements_of_a_block_are_formulas() -> None:
    block = "nnspec: 1\nname: a\nmodel: |\n  input x in R\n  a ~ Normal(0,1)\n  phi(x) = a*x\nobservables: {G: {correlator: {n: 2, at: [0]}}}\n"
    lines = emit(loads(block).check(), "ast", "model").splitlines()
    assert lines == ["model: input x in R", "model: a ~ Normal(0, 1)", "model: phi(x) = a*x"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("model.layers[1].dense", "LayerNode"), ("model.layers[0]", None), ("observables.K_mc", "Observable"),
        ("let.sw2", "Constant"), ("checks[1]", "Check"), ("data.xs", "DataDecl"), ("model", "Model"),
    ],
)  # fmt: skip
def test_the_meaning_of_a_part(mlp: Checked, path: str, kind: str | None) -> None:
    found = json.loads(emit(mlp, "ir", path))
    if kind is None:
        assert [each["name"] for each in found] == ["dense", "act"]
    else:
        assert found["is"] == kind


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ('model.params."w[i] in R^d"', r"w_{i} \sim \mathcal{U}"),
        ("model.params.b[i]", r"b_{i} \sim"),
        ("model.def", r"\phi\left( x \right) = "),
        ("model", r"\begin{aligned}"),
        ("checks", r"< 5"),
        ("functions", r"\int"),
        ("let.N", "% let.N has no formula"),
    ],
)
def test_the_mathematics_of_a_part(cosnet: Checked, path: str, wanted: str) -> None:
    if path == "model.params.b[i]":
        path = 'model.params."b[i]"'
    assert wanted in emit(cosnet, "latex", path)


def test_a_repeated_layer_is_written_once(mlp: Checked) -> None:
    assert emit(mlp, "latex", "model.layers[0]").count(r"\mapsto") == 1


@pytest.mark.parametrize("level", ["tree", "ast", "ir", "latex"])
def test_a_wrong_path_is_told(cosnet: Checked, level: str) -> None:
    with pytest.raises(SpecError) as caught:
        emit(cosnet, level, "observables.Gfre")
    (found,) = caught.value.diagnostics
    assert (found.code, found.helps) == ("NN801", ("did you mean `observables.Gfree`?",))


@pytest.mark.parametrize(("which", "arrays"), [("cosnet", 3), ("mlp", 7)])
def test_the_program_names_its_arguments(which: str, arrays: int, request: pytest.FixtureRequest) -> None:
    checked: Checked = request.getfixturevalue(which)
    first, *others = emit(checked, "jaxpr").splitlines()
    named = dict(pair.split(" = ") for pair in first.removeprefix("# ").split(", "))
    traced = [each.name for each in checked.experiment.constants if not each.static]
    assert len(named) == len(traced) + arrays + 1
    assert set(traced) <= set(named.values())
    assert "the point x" in named.values()
    assert all(re.search(rf"\b{letter}:f32\[", "\n".join(others)) for letter in named)


# ---------------------------------------------------------------- the command
def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = cli.main(["explain", *words, "--no-plugins"])
    return status, *capsys.readouterr()


def test_a_path_shows_the_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, str(COSNET), "let.N") == (0, "let.N: 1000\n", "")


def test_a_path_does_not_go_with_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, str(COSNET), "let.N", "--emit", "plan")
    assert (status, out) == (2, "")
    assert "a path goes with --emit tree, ast, ir, latex" in err


def test_the_formula_form_is_a_spec(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, str(MLP), "--emit", "formula")
    assert (status, err) == (0, "")
    assert loads(out).tree.get("model").get("def") is not None


def test_layers_without_a_formula_are_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = 'nnspec: 1\nname: a\nmodel: {inputs: {x: R}, layers: [{dense: {width: 2, weight: "Normal(0, 1)"}}]}\n'
    (tmp_path / "a.yaml").write_text(f"{text}observables: {{G: {{correlator: {{n: 2, at: [0]}}}}}}\n")
    status, out, err = run(capsys, str(tmp_path / "a.yaml"), "--emit", "formula")
    assert (status, out) == (1, "")
    assert "error[NN507]" in err


def test_the_schema_is_that_of_the_words(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, str(COSNET), "--emit", "schema")
    assert status == 0
    cli.main(["schema", "--no-plugins"])
    assert out == capsys.readouterr().out
