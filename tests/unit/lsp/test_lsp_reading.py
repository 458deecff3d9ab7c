"""Hover, definition, references and the outline."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("wanted", "after", "shown"),
    [
        ("s2/N", 0, ["**s2** (constant, a whole number)", "= 1", "s2: 1"]),
        ("s2/N", 3, ["**N** (constant", "= 1000", "decides a size"]),
        ("w[i].x", 0, ["**w[i]** (random parameter, in R^2, one for each i)", "Uniform(Ball(d, Lam))"]),
        ("a[i]*cos", 0, ["**a[i]** (random parameter, in R, one for each i)"]),
        ("a[i]*cos", 2, ["**i** (index)"]),
        ("w[i].x", 5, ["**x** (input, in R^2)"]),
        ("cos(w", 0, ["cosine, radians"]),
        ("integral(", 0, ["the integral of f over the domain D"]),
        ("k.(x - y)", 0, ["**k** (variable of an integral)"]),
        ("k.(x - y)", 3, ["**x** (argument of a function)"]),
        ("phi(x)", 0, ["**phi(x)** (field)", "\\sum_{i}", "\\cos"]),
        ("def: >-", 0, ["the field as a formula", "\\sum_{i}"]),
        ("Normal(0", 0, ["density", "mean"]),
        ("linspace", 0, ["dataset"]),
        ("correlator", 0, ["observable", "connected"]),
        ("draws: 50000", 0, ["**draws** (count", "number of networks"]),
        ("G2 - Gfree", 0, ["**G2** (observable, a result over (r))"]),
        ("x0, along", 0, ["**x0** (data set, a data set (2))"]),
        ("of: G", 4, ["**G(x, y)** (function)"]),
        ("max(abs", 0, ["largest"]),
        ("se(G2)", 0, ["standard errors"]),
        ("-pi, pi", 1, ["= 3.14159"]),
        ("observables:", 0, ["what is computed, by name"]),
        ("x: r, y", 3, ["**r** (data set"]),
    ],
)
def test_hover(cosnet, wanted, after, shown):
    text = cosnet.hover(cosnet.place(wanted, after=after))
    for each in shown:
        assert each in text


@pytest.mark.parametrize(
    ("wanted", "after", "shown"),
    [
        ("act: relu", 5, "activation"),
        ("act: relu", 0, "layer"),
        ("parameterization: ntk", 18, "parameterization"),
        ("repeat: depth", 8, "**depth** (constant"),
        ("layers:", 0, "\\circ"),
    ],
)
def test_hover_in_layers(relu, wanted, after, shown):
    assert shown in relu.hover(relu.place(wanted, after=after))


def test_hover_over_a_code_shows_its_page(cosnet):
    page = cosnet.change(cosnet.text.replace("# separations", "# NN102 separations"))
    assert "**NN102:" in page.hover(page.place("NN102", after=2))


def test_no_hover_over_nothing(cosnet):
    assert cosnet.hover(cosnet.place("# power spectrum", after=3)) == ""
    assert cosnet.hover(cosnet.place("A cosine", after=3)) == ""


@pytest.mark.parametrize(
    ("wanted", "after", "nth", "declared"),
    [
        ("Lam))", 0, 0, "Lam: 8.0"), ("a[i]*cos", 0, 0, "a[i]: Normal"), ("sum_i", 4, 0, "i: N"), ("w[i].x", 5, 0, "x: R^d"),
        ("of: G", 4, 0, "G(x, y)"), ("along: r", 7, 0, "r:  linspace"), ("from: x0", 6, 1, "x0: [0, 0]"),
        ("se(G2)", 3, 0, "G2:    {corr"), ("y: [G2", 4, 0, "G2:    {corr"), ("x - y", 4, 0, "y): integral"),
        ("k.k", 2, 0, "k in Ball"), ("x: r, y", 3, 0, "r:  linspace"),
    ],
)  # fmt: skip
def test_definition(cosnet, wanted, after, nth, declared):
    found = cosnet.ask("definition", cosnet.place(wanted, after=after, nth=nth))
    assert found["uri"] == cosnet.uri
    assert found["range"]["start"] == cosnet.place(declared)


def test_words_of_the_language_have_no_definition(cosnet):
    assert cosnet.ask("definition", cosnet.place("cos(w")) is None
    assert cosnet.ask("definition", cosnet.place("model:")) is None


def test_references(cosnet, relu):
    def found(page, wanted, own=True):
        context = {"includeDeclaration": own}
        places = page.ask("references", page.place(wanted), context=context)
        return [page.under(each["range"]) for each in places]

    assert found(cosnet, "Lam:") == ["Lam"] * 4
    assert found(cosnet, "Lam:", own=False) == ["Lam"] * 3
    assert found(cosnet, "d: 2") == ["d"] * 8
    assert found(cosnet, "G2 - ") == ["G2"] * 4
    assert found(cosnet, "r:  lin") == ["r"] * 4
    assert found(cosnet, "i: N") == ["i"] * 10
    assert found(cosnet, "cos(w") == []
    assert found(relu, "n: 512") == ["n"] * 3
    assert found(relu, "xs: circle") == ["xs"] * 5


def test_arguments_hide_the_input(cosnet):
    """`x` in the function is its argument, not the input."""
    places = cosnet.ask("references", cosnet.place("x: R^d"), context={"includeDeclaration": True})
    lines = {each["range"]["start"]["line"] for each in places}
    assert cosnet.place("x, y)")["line"] not in lines
    assert len(places) == 3


def test_names_are_known_while_the_file_is_broken(cosnet):
    page = cosnet
    assert page.hover(page.place("Lam:"))
    page.change(page.text.replace("functions:\n", "functions\n  {[\n"))
    assert page.complaints()[0]["code"].startswith("NN0")
    assert "= 8" in page.hover(page.place("Lam))"))
    found = page.ask("definition", page.place("se(G2)", after=3))
    assert page.under(found["range"]) == "G2"


def test_outline(cosnet, relu):
    found = {each["name"]: each for each in cosnet.ask("documentSymbol")}
    assert list(found)[:5] == ["nnspec", "name", "doc", "let", "data"]
    assert [each["name"] for each in found["let"]["children"]] == ["d", "N", "m", "Lam", "s2"]
    model = {each["name"]: each for each in found["model"]["children"]}
    assert [each["name"] for each in model["params"]["children"]] == ["a[i]", "w[i] in R^d", "b[i]"]
    assert [each["name"] for each in found["observables"]["children"]] == ["G2", "Gfree", "S"]
    assert found["checks"]["children"][0]["name"].startswith("max(abs")
    assert cosnet.under(found["let"]["selectionRange"]) == "let"
    assert [each["name"] for each in relu.ask("documentSymbol")][-1] == "checks"
