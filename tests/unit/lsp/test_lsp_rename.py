"""Renaming: every use and nothing else, refused where it would break the spec."""

from __future__ import annotations

import pytest

from nnspec.ir.digest import digest
from nnspec.lsp.rename import rename
from nnspec.lsp.sheet import Sheet
from nnspec.stages import loads

TRICKY = """\
nnspec: 1
name: tricky
doc: m and i, r and G and K here are words of a text
let: {m: 2, N: '2*m'}   # m is not renamed in a comment
data: {'r': "linspace(0, m, 5)"}
model:
  inputs: {x: R^m}
  indices: {i: N, j: N}
  params: {"W[i,j]": "Normal(0, 1/m)", "a'[i] in R^m": 'Normal(0, 1/m)'}
  field: phi(x)
  def: |
    sum_{i,j} W[i,j]   # m, i
      * (a'[i].x)*m
functions: {"G(x, m2)": "m*x[1]*m2[1] + integral(k*m, k in Interval(0, m))"}
observables:
  K: {evaluate: {of: G, from: [0, 0], along: r}}
  C: {correlator: {n: '2', from: [0, m], along: r, method: [monte_carlo, direct]}}
checks:
  - max(K) < m + 1e6   # K
  - max(abs(C.monte_carlo - K)) > 0 - 1
plots: {m: {lines: {x: r, y: [K, C.direct]}}}
"""


def renamed(page, wanted: str, new: str, after: int = 0) -> str:
    found = page.ask("rename", page.place(wanted, after=after), newName=new)
    return page.applied(found["changes"][page.uri])


@pytest.mark.parametrize(
    ("wanted", "after", "new", "count"),
    [
        ("Lam:", 0, "cutoff", 4), ("m: 1.0", 0, "mass", 3), ("d: 2", 0, "dim", 8), ("s2: 1", 0, "σ2", 3),
        ("a[i]:", 0, "alpha", 2), ("w[i] in", 0, "k'", 4), ("x: R", 0, "y2", 3), ("G(x, y)", 0, "propagator0", 2),
        ("r:  lin", 0, "distance", 4), ("x0: [", 0, "origin", 3), ("G2:", 0, "two_point", 4), ("phi(x)", 0, "χ", 1),
        ("k.(x", 0, "q7", 4), ("y): int", 0, "z", 2),
    ],
)  # fmt: skip
def test_rename(cosnet, wanted, after, new, count):
    before = loads(cosnet.text).check()
    text = renamed(cosnet, wanted, new, after)
    after_ = loads(text).check()
    assert after_.warnings == before.warnings == ()
    assert text.count(new) == count
    assert [line.partition("#")[2] for line in text.splitlines()] == [
        line.partition("#")[2] for line in cosnet.text.splitlines()
    ]
    assert cosnet.change(text).complaints() == []


@pytest.mark.parametrize("name", ["cosnet", "relu"])
def test_every_name_can_be_renamed(name, request):
    """A fresh name for each; what is not of the language is found by its declaration."""
    page = request.getfixturevalue(name)
    sheet = Sheet(page.uri, "page", 1, page.text)
    for symbol in sheet.sketch.survey.symbols:
        edits = rename(sheet, sheet.text.position(symbol.span.start), "fresh'")
        assert len(edits) == len(sheet.sketch.survey.of(symbol))


@pytest.mark.parametrize("new", ["neuron", "j", "ν", "i2'"])
def test_renaming_an_index_leaves_the_digest(cosnet, new):
    text = renamed(cosnet, "sum_i", new, after=4)
    assert f"sum_{new} a[{new}]" in text
    assert digest(loads(text).check().experiment) == digest(loads(cosnet.text).check().experiment)


@pytest.mark.parametrize(
    ("wanted", "new"), [("n: 512", "width0"), ("depth: 3", "L"), ("xs: circle", "pts"), ("K:  ", "K_exact")]
)
def test_rename_in_layers(relu, wanted, new):
    text = renamed(relu, wanted, new)
    assert loads(text).check().warnings == ()
    assert "(used as a size: static)" in text


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("wanted", "after", "new", "there"),
    [
        ("m: 2", 0, "mu'", ["{mu': 2, N: '2*mu''*1'}", "R^mu'}", "'Normal(0, 1/mu')'"]),
        ("i: N", 0, "first", ["W[first,j]", "a'[first]", "sum_{first,j} W[first,j]   # m, i"]),
        ("a'[i] in", 0, "b", ['"b[i] in R^m"', "(b[i].x)"]),
        ("'r'", 1, "rho", ["{'rho': ", "along: rho}}", "x: rho,"]),
        ("G(x, m2)", 0, "Δ", ['"Δ(x, m2)"', "of: Delta,"]),
        (
            "K: {ev",
            0,
            "exact",
            ["exact: {ev", "max(exact) < m + 1e6   # K", "C.monte_carlo - exact", "[exact, C.direct]"],
        ),
        ("C: {corr", 0, "G4", ["G4: {corr", "G4.monte_carlo", "G4.direct"]),
    ],
)
def test_rename_in_every_style(editor, wanted, after, new, there, line_end):
    page = editor.open(TRICKY.replace("'2*m'", "'2*m*1'").replace("\n", line_end))
    assert page.complaints() == []
    text = renamed(page, wanted, new, after)
    for each in there:
        if "mu'" not in each:
            assert each in text
    assert "words of a text" in text
    assert "doc: m and i, r and G and K" in text
    assert "# m is not renamed" in text
    assert page.change(text).complaints() == []


def test_a_prime_is_doubled_in_single_quotes(editor):
    page = editor.open(TRICKY)
    text = renamed(page, "m: 2", "mu'")
    assert "{mu': 2, N: '2*mu'''}" in text
    assert "'Normal(0, 1/mu'')'" in text
    assert '"Normal(0, 1/mu\')"' in text


@pytest.mark.parametrize(
    ("wanted", "after", "new", "why"),
    [
        ("Lam:", 0, "m", "already the name"), ("Lam:", 0, "phi", "already the name"), ("Lam:", 0, "φ", "already the name"),
        ("m: 1.0", 0, "k", "already the name"), ("m: 1.0", 0, "y", "already the name"),
        ("Lam:", 0, "cos", "word of the language"), ("Lam:", 0, "π", "word of the language"),
        ("Lam:", 0, "swish", "word of the language"), ("Lam:", 0, "Normal", "word of the language"),
        ("Lam:", 0, "E", "reserved"), ("Lam:", 0, "sum_x", "cannot be a name"), ("Lam:", 0, "if", ""), ("Lam:", 0, "2x", ""),
        ("Lam:", 0, "a b", ""), ("Lam:", 0, "", ""), ("Lam:", 0, "null", "cannot be a name"), ("Lam:", 0, "x: y", ""),
        ("cos(w", 0, "sin2", "word of the language"), ("model:", 0, "modell", "key of the language"),
        ("correlator", 0, "corr", "word of the language"), ("# separations", 3, "x9", "no name"),
    ],
)  # fmt: skip
def test_refused(cosnet, wanted, after, new, why):
    assert why in cosnet.refused("rename", cosnet.place(wanted, after=after), newName=new)


def test_prepare(cosnet):
    assert cosnet.under(cosnet.ask("prepareRename", cosnet.place("sum_i", after=4))) == "i"
    assert cosnet.under(cosnet.ask("prepareRename", cosnet.place("w[i].x", after=0))) == "w"
    assert "word of the language" in cosnet.refused("prepareRename", cosnet.place("sqrt(2"))


def test_a_rename_waits_until_the_file_can_be_read(cosnet):
    good = cosnet.text
    cosnet.change(good + "\n{")
    assert "not YAML" in cosnet.refused("rename", cosnet.place("Lam:"), newName="L2")
    cosnet.change(good.replace("sum_i a[i]*cos", "sum_i a[i] cos"))
    assert "mend it first" in cosnet.refused("rename", cosnet.place("i: N"), newName="j")
    assert "G2" in cosnet.text
    assert "g2:" in renamed(cosnet, "G2:", "g2")
