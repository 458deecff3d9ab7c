"""What is proposed at the cursor, in whole and in broken files."""

from __future__ import annotations

import pytest

CURSOR = "¦"


def typed(page, old: str, new: str) -> list[str]:
    """The proposals after a piece of the spec was replaced by one with a cursor in it."""
    text = page.text.replace(old, new, 1)
    page.ask("documentSymbol")  # the names of the good file are known by now
    page.change(text.replace(CURSOR, ""))
    page.text = text  # to find the cursor
    return page.labels(page.place(CURSOR))


@pytest.mark.parametrize(
    ("old", "new", "there", "not_there"),
    [
        ("doc: |", "¦\ndoc: |", ["let", "sampler", "numerics", "sweep", "extends", "plugins"], ["nnspec", "name", "width", "N"]),
        ("doc: |", "num¦\ndoc: |", ["numerics"], []),
        ("model:\n", "model:\n  ¦\n", ["inputs", "params", "def", "layers"], ["let", "N"]),
        ("  def: >-", "  de¦\n  def: >-", ["def", "deform"], ["inputs", "params"]),
        ("n: 2, from", "n: 2, ¦, from", ["at", "along", "method", "draws"], ["n", "of"]),
        ("{correlator: {n: 2, from: x0, along: r, draws: 50000}}", "{¦", ["correlator", "ntk"], ["n", "dense"]),
        ("{correlator: {n: 2, from: x0, along: r, draws: 50000}}", "¦", ["correlator", "ntk"], []),
        ("from: x0, along", "from: ¦, along", ["x0", "r"], ["G2", "N", "cos"]),
        ("of: G", "of: ¦", ["G"], ["Gfree", "x0"]),
        ("logy: true", "logy: ¦", ["true", "false"], ["N"]),
        ("x: r, y", "x: ¦, y", ["r"], ["G2"]),
        ("y: [G2, Gfree]", "y: [G2, ¦", ["Gfree", "S"], ["r", "cos"]),
        ("linspace(0, 4, 41)", "¦", ["linspace", "circle", "N"], ["Normal", "a[i]"]),
        ("linspace(0, 4, 41)", "linspace(0, ¦", ["N", "pi", "sqrt"], ["circle", "a[i]"]),
        ("Normal(0, s2/N)", "¦", ["Normal", "Uniform"], ["a[i]", "correlator"]),
        ("Normal(0, s2/N)", "Normal(0, ¦", ["s2", "N"], ["Normal", "a[i]", "G2"]),
        ("Uniform(Ball", "Uniform(¦", ["Ball", "Box", "Lam"], []),
        ("m: 1.0", "m: ¦", ["Lam", "pi", "sqrt"], ["a[i]", "Normal"]),
        ("sum_i a[i]*cos", "¦", ["a[i]", "w[i]", "x", "m", "G", "cos", "sum_i", "relu"], ["G2", "Normal", "k"]),
        ("sum_i a[i]*cos", "sum_¦", ["i", "sum_i"], []),
        ("sum_i a[i]*cos", "sum_i a[¦", ["i"], []),
        ("a[i]: Normal", "a[¦]: Normal", ["i"], ["x"]),
        ("integral(cos(k", "¦", ["x", "y", "m", "integral", "Ball"], ["a[i]", "G2"]),
        ("max(abs(G2", "¦", ["G2", "Gfree", "S", "max", "se", "m"], ["a[i]", "Normal", "sum_i"]),
        ("# separations", "# ¦", [], ["linspace", "N"]),
        ("A cosine", "A ¦", [], ["N", "cos"]),
    ],
)
def test_completion(cosnet, old, new, there, not_there):
    labels = typed(cosnet, old, new)
    assert set(there) <= set(labels)
    assert not set(not_there) & set(labels)


@pytest.mark.parametrize(
    ("old", "new", "there", "not_there"),
    [
        ("- act: relu", "- act: ¦", ["relu", "tanh", "erf"], ["dense", "n"]),
        ("- act: relu", "- ¦", ["act", "dense", "repeat"], ["relu", "width"]),
        ("width: n", "¦", ["width"], ["dense", "n"]),
        ("width: n", "width: ¦", ["n", "depth"], ["dense", "xs"]),
        ("weight: Normal(0, sw2)", "weight: ¦", ["Normal", "Uniform"], []),
        ("parameterization: ntk", "parameterization: ¦", ["ntk", "standard"], ["n"]),
        ("method: monte_carlo", "method: ¦", ["monte_carlo"], ["n"]),
        ("observables:\n", "observables:\n  Q:\n    ¦\n", ["nngp", "correlator"], ["at"]),
        (
            "observables:\n",
            "observables:\n  Q:\n    correlator:\n      n: 2\n      ¦\n",
            ["at", "draws"],
            ["n", "nngp"],
        ),
    ],
)
def test_completion_in_layers(relu, old, new, there, not_there):
    labels = typed(relu, old, new)
    assert set(there) <= set(labels)
    assert not set(not_there) & set(labels)


def test_completion_with_windows_line_ends(editor, cosnet):
    page = editor.open(cosnet.text.replace("\n", "\r\n"))
    assert "Normal" in typed(page, "Normal(0, s2/N)", "¦")


def test_completion_in_a_block(editor):
    page = editor.open(
        "nnspec: 1\nname: b\nlet: {N: 10}\nmodel: |\n  index i in N\n  input x in R^2\n  a[i] ~ Normal(0, 1/N)\n"
        "  phi(x) = sum_i a[i]*cos(x[1])\n"
    )
    assert {"N", "a[i]", "x", "Normal"} <= set(typed(page, "Normal(0", "¦(0"))


def test_a_proposal_replaces_the_word_that_was_begun(cosnet):
    page = cosnet
    page.ask("documentSymbol")
    page.change(page.text.replace("Normal(0, s2/N)", "Nor"))
    items = page.ask("completion", page.place("Nor", after=3))["items"]
    edit = next(item["textEdit"] for item in items if item["label"] == "Normal")
    assert page.under(edit["range"]) == "Nor"
    assert "a[i]: Normal\n" in page.applied([edit])


def test_a_key_comes_with_its_colon_and_doc(cosnet):
    page = cosnet.change(cosnet.text.replace("n: 2, from", "n: 2, al, from"))
    items = page.ask("completion", page.place("al, from", after=2))["items"]
    (along,) = [item for item in items if item["label"] == "along"]
    assert along["textEdit"]["newText"] == "along: "
    assert along["documentation"]["value"] == "separations along the line"


def test_completion_in_an_empty_file(editor):
    assert {"nnspec", "name", "model"} <= set(editor.open("").labels({"line": 0, "character": 0}))
