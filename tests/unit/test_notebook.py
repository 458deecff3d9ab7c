"""In a notebook: specs, plans, runs and models draw themselves, and results are attributes."""

from __future__ import annotations

import copy
import pickle
import re
from html.parser import HTMLParser

import pytest

import nnspec as nn
from nnspec.plan.planner import Plan

VOID = {"br", "hr", "img", "meta"}
NASTY = '<script>alert("x")</script> & <b>'


class Reader(HTMLParser):
    """Reads a piece of HTML: its text, its elements, whether they are nested properly."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    page = Reader(text)
    for tag, attributes in page.elements:
        assert tag not in {"script", "iframe", "link", "object", "embed", "form"}
        assert not {name for name in attributes if name.startswith("on") or name in {"src", "href"}}
    assert not re.search(r"https?:|javascript:|@import", text)
    return page


def model(draws: int = 64) -> nn.Model:
    m = nn.Model("cells", f"Escaped: {NASTY}", x="R", N=5)
    m.index(i="N").param("a[i]", "Normal(0, 1/N)").param("w[i]", "Normal(0, 1)").field("phi(x)", "sum_i a[i]*cos(w[i]*x)")
    m.data(xs=[0, 1]).observe(G2={"correlator": {"n": 2, "at": "xs", "draws": draws}})
    m.observe(G2b={"correlator": {"n": 2, "at": "xs", "draws": draws}})
    return m.check("max(abs(G2)) < 5").check("1 < 2")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> nn.Run:
    return model().spec().run(tmp_path_factory.mktemp("runs"))


# ---------------------------------------------------------------- how things are drawn
def test_a_spec_shows_its_model() -> None:
    page = read(model().spec()._repr_html_())
    assert "math" in {tag for tag, _ in page.elements}
    assert "cells" in page.text
    assert NASTY in page.text  # as text
    assert "N = 5" in page.text


def test_a_wrong_spec_shows_what_is_wrong() -> None:
    text = f"nnspec: 1\nname: wrong\nmodel: {{inputs: {{x: R}}, field: phi(x), def: 'y < \"{'<b>'}\"'}}\n"
    page = read(nn.loads(text)._repr_html_())
    assert "error[NN" in page.text
    assert "<b>" in page.text


def test_a_model_shows_itself_or_what_is_missing() -> None:
    assert "math" in {tag for tag, _ in read(model()._repr_html_()).elements}
    assert "error[NN012]" in read(nn.Model("a", N=3)._repr_html_()).text
    assert "error[NN" in read(nn.Model("a").put(extends="nowhere.yaml")._repr_html_()).text


def test_a_checked_spec_shows_its_plan() -> None:
    page = read(model().spec().check()._repr_html_())
    assert "table" in {tag for tag, _ in page.elements}
    for word in ("correlator", "monte_carlo", "point 2 × point_2 2", "Why this way"):
        assert word in page.text


def test_layers_are_drawn_too() -> None:
    layers = [{"dense": {"width": 4, "weight": "Normal(0, 1)"}}, {"act": "relu"}, {"dense": {"width": 1, "weight": "Normal(0, 1)"}}]
    m = nn.Model("a", x="R^2").layers(layers, "ntk").data(xs=[[0, 1]]).observe(K={"nngp": {"at": "xs"}})
    assert "ntk parameterization" in read(m.spec().check()._repr_html_()).text


def test_a_run_shows_its_results_and_checks(run: nn.Run) -> None:
    page = read(run._repr_html_())
    assert "G2" in page.text
    assert "passed: max(abs(G2)) < 5" in page.text
    assert str(run.path) in page.text


# ---------------------------------------------------------------- results as attributes
def test_results_are_attributes(run: nn.Run) -> None:
    assert run.G2 is run["G2"]
    assert run.G2.value.shape == (2, 2)
    assert {"G2", "G2b", "path"} <= set(dir(run))


def test_a_result_that_is_not_there_is_told_with_its_neighbours(run: nn.Run) -> None:
    with pytest.raises(AttributeError, match="no result `G2c`; did you mean `G2`"):
        _ = run.G2c
    with pytest.raises(AttributeError, match="results here: G2, G2b"):
        _ = run.kernel
    with pytest.raises(KeyError, match="did you mean `G2`"):
        run["G2c"]
    assert not hasattr(run, "_repr_svg_")


def test_several_methods_have_names_of_their_own(run: nn.Run) -> None:
    from dataclasses import replace

    two = replace(run, estimates=tuple(replace(run.G2, name=f"G2.{how}") for how in ("exact", "monte_carlo")))
    with pytest.raises(AttributeError, match=r'several methods: run\["G2.exact"\], run\["G2.monte_carlo"\]'):
        _ = two.G2


def test_runs_are_copied_and_pickled(run: nn.Run) -> None:
    assert copy.copy(run).G2 is run.G2
    assert pickle.loads(pickle.dumps(run)).G2.draws == 64


def test_a_spec_has_a_plan() -> None:
    plan = model().spec().plan()
    assert isinstance(plan, Plan)
    assert [row.asked.name for row in plan.rows] == ["G2", "G2b"]
