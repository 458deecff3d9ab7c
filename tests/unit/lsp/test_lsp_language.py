"""The whole language in an editor: several fields, joint declarations, sweeps, specs that extend others."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.lsp.rename import rename
from nnspec.lsp.sheet import Sheet
from nnspec.stages import loads

ROOT = Path(__file__).parents[3]
CURSOR = "¦"

FIELDS = """\
nnspec: 1
name: fields
let: {N: 10, d: 2, L: 3}
data:
  ring: circle(d, 12)
  toy: table(x=circle(d, 12), y=sin(3*angle) + x[1])
functions:
  f(y): exp(-y^2)
model:
  inputs: {x: R^d}
  indices: {i: N, c: 2}
  params:
    s: Gamma(2, 1)
    (a[i], b[i]): MvNormal([0, 0], [[1, 1/2], [1/2, 1]])
    w[i] in R^d: 0.3*Normal(0, 1) + 0.7*truncate(Normal(0, 2), Interval(-1, 1))
    v[c, i]: Density(f(u), u in Interval(-2, 2))
  def:
    phi[c](x): sum_i v[c, i]*cos(w[i].x + b[i])
    psi(x): sum_i a[i]*phi[1](x)*s + d(phi[2](x), x[1])
  deform: exp(-E[psi([0, 0])]*integral(phi[1]^2, x in Box(-L, L)^d))
observables:
  fit: {train: {data: toy, optimizer: {sgd: {lr: 1/N}}, steps: 10, record: {at: ring}}}
  T: {ntk: {at: ring, along: fit, field: "phi[1]"}}
sweep:
  grid:
    let.N: [10, 20]
    let.L: linspace(1, 2, 3)
  checks:
    - min(argmin(fit.final_loss, over="let.N")) > 0
checks:
  - fit.final_loss < 1
"""


def typed(page, old: str, new: str) -> list[str]:
    text = page.text.replace(old, new, 1)
    assert text != page.text
    page.ask("documentSymbol")
    page.change(text.replace(CURSOR, ""))
    page.text = text
    return page.labels(page.place(CURSOR))


@pytest.fixture
def fields(editor):
    return editor.open(FIELDS)


def test_the_spec_is_good(fields):
    assert [each["code"] for each in fields.complaints() if each["severity"] == 1] == []


@pytest.mark.parametrize(
    ("wanted", "after", "shown"),
    [
        ("phi[1](x)*s", 0, ["**phi[c](x)** (field)", "sum_i v[c, i]"]),
        ("(a[i], b", 1, ["**a[i]** (random parameter, in R, one for each i)"]),
        ("x[1])\n  deform", 0, ["**x** (input, in R^2)"]),
        ("d(phi[2]", 0, ["partial derivative"]),
        ("E[psi", 0, ["the mean of f over all networks"]),
        ("angle)", 0, []),
        ("truncate(", 0, ["nothing outside; normalised again"]),
        ("u in Interval", 0, ["**u** (variable of a density)"]),
        ("sgd: ", 0, ["word of train.optimizer", "learning rate"]),
        ("optimizer: ", 0, ["how a step is made", "momentum"]),
        ("final_loss <", 0, ["**fit.final_loss** (part of an observable, one number)"]),
        ("let.N: [", 4, ["**N** (constant, a whole number)"]),
        ('let.N")', 4, ["**N** (constant, a whole number)"]),
        ("sweep:", 0, ["values to run the spec at"]),
        ("record: {", 0, ["where and when predictions are kept", "steps between two readings"]),
        ("along: fit", 7, ["**fit** (observable"]),
        ("data: toy", 6, ["**toy** (data set"]),
    ],
)
def test_hover(fields, wanted, after, shown):
    text = fields.hover(fields.place(wanted, after=after))
    for each in shown:
        assert each in text


@pytest.mark.parametrize(
    ("old", "new", "there", "not_there"),
    [
        ("- fit.final_loss < 1", "- fit.¦", ["final_loss", "loss", "predictions"], ["N", "max"]),
        ("- min(argmin(fit.final_loss", "- min(argmin(fit.¦", ["final_loss"], ["N"]),
        ('over="let.N"', 'over="¦"', ["let.N", "let.L"], ["cos"]),
        ('over="let.N"', 'over="let.¦"', ["N", "L"], ["cos"]),
        ("let.L: lin", "¦: lin", ["let.L", "let.d", "observables.fit.train.steps"], ["name", "N", "nnspec"]),
        ("let.L: lin", "let.¦: lin", ["L", "d"], ["name"]),
        ("linspace(1, 2, 3)", "¦", ["linspace", "geomspace"], []),
        ("[10, 20]", "[¦]", ["N", "d"], ["phi"]),
        ("  grid:\n", "  ¦\n  grid:\n", ["zip", "seeds", "workers"], ["let"]),
        ("optimizer: {sgd: {lr: 1/N}}", "optimizer: {¦}", ["sgd", "adam", "lbfgs"], ["N"]),
        ("optimizer: {sgd: {lr: 1/N}}", "optimizer: ¦", ["sgd", "adam", "lbfgs"], ["N"]),
        ("{lr: 1/N}", "{¦}", ["lr", "momentum"], ["N"]),
        ("lr: 1/N", "lr: ¦", ["N", "d"], []),
        ('field: "phi[1]"', "field: ¦", ["phi", "psi"], ["N"]),
        ("data: toy", "data: ¦", ["toy"], ["N"]),
        ("record: {at: ring}", "record: {¦}", ["at", "every"], ["steps"]),
        ("along: fit", "¦", ["along", "density", "draws"], ["at"]),
        ("  deform: exp(", "  deform: ¦(", ["psi", "E", "integral", "cumulant"], []),
        ("checks:\n  - fit", "output: {¦}\nchecks:\n  - fit", ["folder", "report"], []),
        ("checks:\n  - fit", "numerics: {integral: {¦}}\nchecks:\n  - fit", ["gauss_legendre", "periodic"], []),
        ("checks:\n  - fit", "sampler: {hmc: {¦}}\nchecks:\n  - fit", ["chains", "target_accept"], []),
        ("checks:\n  - fit", "plots: {p: {lines: {x: ¦}}}\nchecks:\n  - fit", ["let.N", "step", "ring"], ["cos"]),
        ("checks:\n  - fit", "plots: {p: {lines: {¦}}}\nchecks:\n  - fit", ["x", "y", "color", "column"], []),
        ("Gamma(2, 1)", "¦", ["Gamma", "truncate", "Density"], []),
    ],
)
def test_completion(fields, old, new, there, not_there):
    labels = typed(fields, old, new)
    assert set(there) <= set(labels)
    assert not set(not_there) & set(labels)


def test_exponents_of_a_parameterization(relu):
    assert {"a", "b", "c"} <= set(typed(relu, "parameterization: ntk", "parameterization: {¦}"))


@pytest.mark.parametrize(
    ("wanted", "after", "count"),
    [("N: 10", 0, 5), ("d: 2", 0, 6), ("L: 3", 0, 4), ("a[i],", 0, 2), ("b[i])", 0, 2), ("phi[c]", 0, 5),
     ("fit: {", 0, 4), ("x: R^d", 0, 7), ("c: 2}", 0, 4), ("u in", 0, 2), ("toy: ", 0, 2)],
)  # fmt: skip
def test_rename(fields, wanted, after, count):
    """Paths of sweeps and texts in claims are edited too; names of points in labels are not names of the spec."""
    found = fields.ask("rename", fields.place(wanted, after=after), newName="fresh")
    edits = found["changes"][fields.uri]
    assert len(edits) == count
    text = fields.applied(edits)
    assert "sin(3*angle) + x[1]" in text
    assert [each["code"] for each in fields.change(text).complaints() if each["severity"] == 1] == []


def test_every_name_of_every_spec_can_be_renamed():
    for path in sorted(ROOT.glob("specs/*.yaml")):
        sheet = Sheet(path.as_uri(), str(path), 1, path.read_text(encoding="utf-8"))
        for symbol in sheet.sketch.survey.symbols:
            places = sheet.sketch.survey.of(symbol)
            if all(each.span.source.name == str(path) for each in places):
                edits = rename(sheet, sheet.text.position(symbol.span.start), "fresh'")
                assert len(edits) == len(places), (path.name, symbol.text)


# ---------------------------------------------------------------- specs that extend others
@pytest.fixture
def pair(editor, tmp_path, cosnet):
    """A base in a file, and a spec open beside it."""
    base = tmp_path / "base.yaml"
    base.write_text(cosnet.text, encoding="utf-8")
    text = "nnspec: 1\nname: child\nextends: base.yaml\nlet: {N: 64, g: 1}\nmodel:\n  deform: exp(-g*phi(x0)^2/Lam)\n"
    child = type(cosnet)(editor, (tmp_path / "child.yaml").as_uri(), text)
    return child, base


def test_a_spec_that_extends_another_is_whole(pair):
    child, _ = pair
    assert child.complaints() == []
    assert "**Lam** (constant" in child.hover(child.place("Lam"))
    assert "**phi(x)** (field)" in child.hover(child.place("phi(x0)"))


def test_the_outline_is_that_of_the_file(pair):
    child, _ = pair
    assert [each["name"] for each in child.ask("documentSymbol")] == ["nnspec", "name", "extends", "let", "model"]


def test_definitions_lead_into_the_extended_file(pair):
    child, base = pair
    text = base.read_text(encoding="utf-8")
    found = child.ask("definition", child.place("Lam)"))
    assert found["uri"] == base.resolve().as_uri()
    line = found["range"]["start"]["line"]
    assert text.splitlines()[line][found["range"]["start"]["character"] :].startswith("Lam: 8.0")
    assert child.ask("definition", child.place("base.yaml"))["uri"] == base.resolve().as_uri()
    assert child.ask("definition", child.place("g*phi"))["uri"] == child.uri
    uris = {each["uri"] for each in child.ask("references", child.place("Lam)"), context={"includeDeclaration": True})}
    assert uris == {child.uri, base.resolve().as_uri()}


def test_a_fault_in_the_extended_file_stands_at_extends(pair):
    child, base = pair
    base.write_text(base.read_text(encoding="utf-8").replace("s2/N", "s3/N"), encoding="utf-8")
    (found,) = child.change(child.text + "\n").complaints()
    assert found["code"] == "NN201"
    assert child.under(found["range"]) == "base.yaml"
    assert found["message"].startswith("in `base.yaml`, line 17")
    assert found["relatedInformation"][0]["location"]["uri"] == base.resolve().as_uri()


def test_a_fault_of_the_pair_stands_where_the_child_makes_it(pair):
    child, _ = pair
    child.change(child.text.replace("let: {N: 64, g: 1}", "let: {N: 64, g: 1}\ndata: {r: [[1, 2, 3]]}"))
    found = child.complaints()
    assert found
    where = {child.under(each["range"]) for each in found}
    assert where <= {"base.yaml", "r", "[[1, 2, 3]]"}


def test_a_saved_base_is_read_again(editor, pair):
    child, base = pair
    assert child.complaints() == []
    base.write_text(base.read_text(encoding="utf-8").replace("Lam: 8.0", "Lim: 8.0"), encoding="utf-8")
    page = type(child)(editor, base.as_uri(), base.read_text(encoding="utf-8"))
    page.complaints()
    editor.published.pop(child.uri)
    editor.notify("textDocument/didSave", {"textDocument": {"uri": page.uri}})
    assert "NN201" in {each["code"] for each in child.complaints()}


def test_a_missing_base_is_said_where_it_is_named(pair):
    child, _ = pair
    (found,) = child.change(child.text.replace("base.yaml", "case.yaml")).complaints()
    assert found["code"] == "NN812"
    assert child.under(found["range"]) == "case.yaml"
    assert "**g** (constant" in child.hover(child.place("g*phi"))


def test_names_of_both_files_are_not_renamed_in_one(pair):
    child, _ = pair
    assert "`base.yaml`" in child.refused("rename", child.place("Lam)"), newName="cutoff")
    assert "`base.yaml`" in child.refused("rename", child.place("N: 64"), newName="width0")
    edits = child.ask("rename", child.place("g: 1"), newName="coupling")["changes"][child.uri]
    assert child.applied(edits).count("coupling") == 2


@pytest.mark.parametrize(
    ("old", "new", "there", "not_there"),
    [
        ("extends: base.yaml", "extends: ¦", ["base.yaml"], ["child.yaml", "N"]),
        ("g: 1}", "g: 1}\ndrop: [¦]", ["plots", "observables.S"], ["cos"]),
        ("g*phi", "¦*phi", ["Lam", "N", "phi", "a[i]"], []),
        ("model:\n", "sweep: {grid: {¦}}\nmodel:\n", ["let.m", "observables.G2.correlator.draws"], []),
    ],
)
def test_completion_in_a_spec_that_extends(pair, old, new, there, not_there):
    child, _ = pair
    labels = typed(child, old, new)
    assert set(there) <= set(labels)
    assert not set(not_there) & set(labels)


def test_words_of_plugins_that_are_pinned_only(editor):
    page = editor.spec("kan")
    assert {"kan", "dense"} <= set(typed(page, "- kan: {width: 5, grid: 5, order: 3}", "- ¦"))
    assert "number of outputs" in editor.spec("kan").hover(page.place("width: 1"))


def test_the_given_specs_have_no_errors(editor):
    for path in sorted(ROOT.glob("specs/*.yaml")):
        text = path.read_text(encoding="utf-8")
        page = type(editor.open(text))(editor, path.as_uri(), text)
        assert [each["message"] for each in page.complaints() if each["severity"] == 1] == [], path.name


def test_loads_finds_the_base_by_the_name(tmp_path, pair):
    child, base = pair
    assert loads(child.text, str(base.parent / "child.yaml")).check().experiment.name == "child"


BLOCK = """\
nnspec: 1
name: block
let: {d: 2}
model: |
  let N = 5*d
  let g = 1/2
  index i in N
  index c in 2
  input x in R^d
  (a[i], b[i]) ~ MvNormal([0, 0], [[1, g], [g, 1]])
  v[c, i] ~ Normal(0, g)*exp(-v[c, i]^4)
  phi[c](x) = sum_i v[c, i]*cos(b[i]*x[1])
  psi(x) = sum_i a[i]*phi[1](x)
  P *= exp(-g*E[psi([0, 0])^2]*integral(psi^2, y in Box(-1, 1)^d))
observables:
  G2: {correlator: {n: 2, at: [[0, 0]], field: psi}}
"""


def test_a_block_with_everything(editor):
    page = editor.open(BLOCK)
    assert page.complaints() == []
    assert "= 10, decides a size" in page.hover(page.place("N = 5", after=0))
    assert "**g** (constant" in page.hover(page.place("g, 1]"))
    assert "**b[i]** (random parameter" in page.hover(page.place("b[i]*x"))
    assert "**phi[c](x)** (field)" in page.hover(page.place("phi[1]"))
    assert "**y** (variable of an integral)" in page.hover(page.place("y in Box"))
    found = {word: page.ask("rename", page.place(word), newName="fresh") for word in ("g = 1", "v[c, i] ~", "psi(x) =")}
    assert [len(each["changes"][page.uri]) for each in found.values()] == [5, 3, 4]
    for each in found.values():
        text = page.applied(each["changes"][page.uri])
        assert editor.open(text).complaints() == []


def test_completion_in_a_block_with_everything(editor):
    page = editor.open(BLOCK)
    labels = typed(page, "psi^2, y in", "¦^2, y in")
    assert {"psi", "phi", "g", "E", "cumulant", "integral"} <= set(labels)
