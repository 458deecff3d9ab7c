"""Specs that change others: what is merged, what is replaced, what may be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.cli import main
from nnspec.ir.digest import digest
from nnspec.stages import SpecError, load, loads, resolved, run

BASE = """
nnspec: 1
name: base
let: {N: 20, s: 1}
data: {xs: "linspace(0, 1, 3)"}
model:
  inputs: {x: R}
  indices: {i: N}
  params:
    a[i]: Normal(0, s/N)
    w[i] in R^1: Normal(0, 1)
  field: phi(x)
  def: sum_i a[i]*cos(w[i][1]*x)
functions: {"K(x, y)": exp(-(x - y)^2)}
sampler: {iid: {}}
observables:
  G: {correlator: {n: 2, at: xs, draws: 640}}
  F: {evaluate: {of: K, at: xs}}
checks: [max(G) < 2, min(G) > -2]
plots: {p: {lines: {x: point, y: [F], color: point_2}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def child(folder: Path, text: str, name: str = "child.yaml") -> Path:
    path = folder / name
    path.write_text(f"nnspec: 1\nname: child\nextends: base.yaml\n{text}")
    return path


def meaning(path: Path):
    return load(path).check().experiment


def test_mappings_are_merged_key_by_key(folder):
    found = meaning(child(folder, "let: {N: 40}\n"))
    assert found.values == {"N": 40, "s": 1}
    assert found.name == "child"
    assert [each.name for each in found.observables] == ["G", "F"]


def test_observables_are_replaced_by_name_and_never_merged_inside(folder):
    found = meaning(child(folder, "observables: {G: {correlator: {n: 4, at: xs}}}\n"))
    by_name = {each.name: each for each in found.observables}
    assert by_name["G"].option("n") == 4
    assert by_name["G"].option("draws") == 10_000, "the draws of the old G are gone"
    assert "F" in by_name


def test_lists_are_replaced_whole(folder):
    assert [each.text for each in meaning(child(folder, "checks: [max(G) < 3]\n")).checks] == ["max(G) < 3"]


@pytest.mark.parametrize("key", ["w[i] in R^1", "w[i]", '"w[ i ]  in R"'])
def test_a_parameter_is_the_same_however_it_is_declared(folder, key):
    text = f"model:\n  params:\n    {key}: Laplace(0, 1)\n  def: sum_i a[i]*cos(w[i]{'[1]' if '^' in key else ''}*x)\n"
    params = {each.name: each.density.name for each in meaning(child(folder, text)).model.params}
    assert params == {"a": "Normal", "w": "Laplace"}


def test_a_function_is_the_same_however_its_arguments_are_called(folder):
    found = meaning(child(folder, "functions: {\"K(u,v)\": u*v}\n"))
    assert found.observables[1].option("of").names == ("u", "v")


def test_a_choice_is_replaced_by_another_word(folder):
    assert meaning(child(folder, "sampler: {hmc: {chains: 2}}\n")).sampler == "hmc"


def test_parts_can_be_dropped(folder):
    found = meaning(child(folder, "drop: [plots, observables.F, 'checks[1]']\n"))
    assert (found.plots, [o.name for o in found.observables], len(found.checks)) == ((), ["G"], 1)


def test_a_chain_of_specs(folder):
    child(folder, "let: {N: 40}\n", "middle.yaml")
    last = folder / "last.yaml"
    last.write_text("nnspec: 1\nname: last\nextends: middle.yaml\nlet: {s: 2}\n")
    assert meaning(last).values == {"N": 40, "s": 2}


def test_the_resolved_text_stands_alone_and_means_the_same(folder):
    spec = load(child(folder, "let: {N: 40}\ndrop: [plots]\n"))
    alone = loads(resolved(spec)).check().experiment
    assert digest(alone) == digest(spec.check().experiment)


def test_a_run_keeps_the_spec_and_what_it_means(folder):
    done = run(load(child(folder, "let: {N: 4}\n")).check(), folder / "runs")
    assert (done.path / "spec.yaml").read_text().startswith("nnspec: 1\nname: child\nextends:")
    assert load(done.path / "resolved.yaml").check().experiment.values["N"] == 4


def test_complaints_point_into_the_file_where_the_fault_is(folder):
    (folder / "base.yaml").write_text(BASE.replace("s/N", "t/N"))
    with pytest.raises(SpecError) as caught:
        load(child(folder, "let: {N: 40}\n")).check()
    (fault,) = caught.value.diagnostics
    assert fault.span.source.name.endswith("base.yaml")
    assert fault.path == 'model.params."a[i]"'


def test_a_name_of_the_base_that_is_misspelt_in_the_child(folder):
    with pytest.raises(SpecError) as caught:
        load(child(folder, "observables: {H: {evaluate: {of: L, at: xs}}}\n")).check()
    assert [each.code for each in caught.value.diagnostics] == ["NN203"]


# ---------------------------------------------------------------- what is refused
def codes(path: Path, **options) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load(path, **options).check()
    return [each.code for each in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("extends: nothing.yaml\n", "NN812"), ("extends: []\n", "NN014"), ("extends: .\n", "NN812"),
        ("extends: base.yaml\ndrop: [plots.q]\n", "NN813"), ("extends: base.yaml\ndrop: [[1]]\n", "NN014"),
        ("drop: [plots]\n", "NN813"), ("extends: base.yaml\nmodel: |\n  phi(x) = x\n", "NN017"),
        ("extends: self.yaml\n", "NN811"),
    ],
)  # fmt: skip
def test_what_cannot_be_extended(folder, text, code):
    path = folder / "self.yaml"
    path.write_text(f"nnspec: 1\nname: self\n{text}")
    assert codes(path) == [code]


def test_a_circle_of_specs(folder):
    (folder / "a.yaml").write_text("nnspec: 1\nname: a\nextends: b.yaml\n")
    (folder / "b.yaml").write_text("nnspec: 1\nname: b\nextends: a.yaml\n")
    assert codes(folder / "a.yaml") == ["NN811"]


def test_nothing_is_read_outside_of_the_folder_unless_it_is_allowed(folder):
    inner = folder / "inner"
    inner.mkdir()
    path = inner / "child.yaml"
    path.write_text("nnspec: 1\nname: child\nextends: ../base.yaml\n")
    assert codes(path) == ["NN810"]
    (inner / "link.yaml").symlink_to(folder / "base.yaml")
    path.write_text("nnspec: 1\nname: child\nextends: link.yaml\n")
    assert codes(path) == ["NN810"], "a link leads outside as well"
    assert load(path, allow=(str(folder),)).check().experiment.name == "child"
    assert main(["check", "--allow-path", str(folder), str(path)]) == 0


def test_a_faulty_base_is_reported_where_it_is(folder):
    (folder / "base.yaml").write_text(BASE + "let: {N: 3}\n")
    path = child(folder, "")
    assert codes(path) == ["NN002"]
