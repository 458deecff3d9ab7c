"""The page of a run: well formed, alone, and the same for the same run."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from nnspec.report.bibliography import load
from nnspec.report.equations import equation
from nnspec.report.latex import model_latex
from nnspec.report.page import document, element, shown
from nnspec.report.plots import draw_all
from nnspec.report.site import report
from nnspec.result.provenance import Timing
from nnspec.result.record import CheckRecord

EMPTY = frozenset({"meta", "img", "br", "hr", "link", "input"})
SPEC = 'name: <b>&amp; "quoted"</b>\n'


class Reader(HTMLParser):
    """Complains about elements that are not closed in order, and gathers links and names."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.links, self.names, self.sources, self.text = [], [], [], [], []
        self.headings, self.copies, self.policy, self.pictures = [], [], "", []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert len(given) == len(attrs), f"<{tag}> has an attribute twice"
        if tag == "a":
            self.links.append(given["href"])
        self.headings += [int(tag[1])] if re.fullmatch(r"h\d", tag) else []
        self.copies += [given["data-copy"]] if "data-copy" in given else []
        self.pictures += [given] if tag == "img" else []
        self.policy = given["content"] if given.get("http-equiv") == "Content-Security-Policy" else self.policy
        self.names += [given["id"]] if "id" in given else []
        self.sources += [given[key] for key in ("src", "srcset", "data", "action", "xlink:href") if key in given]
        assert not any(key.startswith("on") for key in given)
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture
def page(cosnet_record, cosnet, cosnet_results) -> str:
    return report(cosnet_record, cosnet, cosnet_results, draw_all(cosnet.plots, cosnet_results, {}), SPEC)


def test_it_is_well_formed(page):
    reader = read(page)
    assert len(set(reader.names)) == len(reader.names)
    for link in reader.links:
        assert not link.startswith("#") or link[1:] in reader.names, link


def test_it_needs_nothing_else(page):
    reader = read(page)
    outside = [link for link in reader.links if not link.startswith("#")]
    assert set(outside) <= {entry.link for entry in load().values()}
    assert len(reader.sources) == 2
    assert all(source.startswith("data:image/svg+xml;base64,") for source in reader.sources)
    for source in reader.sources:
        drawing = base64.b64decode(source.partition(",")[2]).decode()
        links = re.findall(r'(?:href|src)="([^"]*)"', drawing)
        assert all(link.startswith(("#", "data:image/png")) for link in links)
        assert "<script" not in drawing
    for url in re.findall(r"https?://[^\s\"<]+", page):
        assert url in outside, url
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert page.count("<script") == len(scripts) == 1
    known = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{known}'" in read(page).policy
    assert "fetch" not in scripts[0]
    assert "@import" not in page
    assert "url(" not in page


def test_it_says_what_there_is_to_say(page, cosnet_results):
    words = " ".join("".join(read(page).text).split())
    assert "checks: 1 of 1 hold" in words
    assert "left side 0.00391; right side 0.012; at r = 0.3" in words
    assert "0.4296(24)" in words
    assert "the window leaks 0.4% into the first mode" in words
    assert "Bradley Efron" in words
    assert "@book{efron1982" in words
    assert "not analytic: the model is not `Stationary`" in words
    assert 'name: <b>&amp; "quoted"</b>' in words
    assert "1b2c3d4e5f60" in words
    assert page.count("<math") > 10
    assert page.count('<svg class="equation"') == 3


def test_equal_runs_give_equal_pages_whatever_the_clock_says(page, cosnet_record, cosnet, cosnet_results):
    later = replace(cosnet_record.provenance, timing=Timing(start="2031-05-05T05:05:05Z", wall_seconds=99.25))
    figures = draw_all(cosnet.plots, cosnet_results, {})
    assert report(replace(cosnet_record, provenance=later), cosnet, cosnet_results, figures, SPEC) == page
    assert "2031" not in page


def test_it_can_be_read_by_those_who_do_not_see_it(page):
    reader = read(page)
    assert reader.headings[0] == 1
    assert reader.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(reader.headings))
    assert [given["alt"] for given in reader.pictures] == [
        "lines propagator: G2, Gfree against r; logarithmic y axis", "lines S: S against k",
    ]  # fmt: skip
    assert '<html lang="en">' in page
    assert page.count('<th scope="col">') == page.count("<th")  - page.count("<thead")


def test_what_is_taken_along_can_be_copied(page, cosnet):
    reader = read(page)
    assert sorted(reader.copies) == ["bibtex", "model-latex", "spec-text"]
    assert set(reader.copies) <= set(reader.names)
    assert escape(model_latex(cosnet.model)) in page
    assert page.count("hidden=\"hidden\"") == 3, "buttons that do nothing are not there"


def test_the_bibliography_is_that_of_what_was_used(page, cosnet_record, cosnet_results):
    used = {*cosnet_record.citations, *(key for each in cosnet_results for key in each.cite)}
    source = re.search(r'id="bibtex">(.*?)</code>', page, re.DOTALL)[1]
    assert set(re.findall(r"^@\w+\{(\S+),", source, re.MULTILINE)) == used


def test_claims_about_two_results_say_how_far_they_are_apart(page, cosnet_results):
    sampled, exact, _ = cosnet_results
    largest = np.max(np.abs(sampled.value - exact.value) / sampled.stderr)
    assert f"largest |G2 − Gfree|/σ {largest:.2f}, of 41 entries" in " ".join(read(page).text)


EVIL = "<script>alert(1)</script>\"'&"


def test_nothing_of_the_user_becomes_part_of_the_page(cosnet_record, cosnet, cosnet_results):
    plan = tuple({**row, "why": EVIL, "refusals": [EVIL], "instead": [EVIL], "error": EVIL} for row in cosnet_record.plan)
    checks = (CheckRecord(text=EVIL, passed=True, detail=EVIL),)
    record = replace(
        cosnet_record, name=EVIL, warnings=(EVIL,), citations=(EVIL,), checks=checks, plan=plan,
        provenance=replace(cosnet_record.provenance, device=EVIL, plugins={EVIL: EVIL}, precision=(EVIL,)),
    )  # fmt: skip
    results = [
        replace(each, word=EVIL, method=EVIL, equation=EVIL, warnings=(EVIL,), plugin=EVIL, backend=EVIL, cite=(EVIL,))
        for each in cosnet_results
    ]
    bad = replace(cosnet, name=EVIL, doc=EVIL)
    html = report(record, bad, results, draw_all(cosnet.plots, results, {}), EVIL)
    assert html.count("<script") == 1
    assert read(html).pictures
    assert "alert(1)</script>" not in html


def test_a_failed_run(cosnet_record, relu, relu_results):
    checks = (
        CheckRecord(text="K < 1", passed=False, left=2.0, right=1.0),
        CheckRecord(text="K < 2", passed=None, detail="`K` was not computed"),
    )
    record = replace(
        cosnet_record,
        status="check failed",
        checks=checks,
        plan=(),
        citations=("stranger2020",),
        warnings=("<careful>",),
    )
    html = report(record, relu, relu_results, {}, "")
    words = "".join(read(html).text)
    assert "checks: 0 of 2 hold" in words
    assert "not judged" in words
    assert "<careful>" in words
    assert "Not in the bibliography: stranger2020." in words
    assert 'id="plan"' not in html
    assert "powers of the width are those of the ntk parameterization" in words


def test_a_run_without_anything(cosnet_record, cosnet):
    bare = replace(cosnet, constants=(), data=(), checks=(), plots=(), doc="")
    record = replace(cosnet_record, checks=(), plan=(), citations=(), estimates=())
    assert "checks:" not in "".join(read(report(record, bare, [], {}, "")).text)


def test_text_is_escaped():
    assert element("p", class_='a"b') == '<p class="a&quot;b"></p>'
    assert "<title>&lt;i&gt;</title>" in document("<i>", "")


@pytest.mark.parametrize(
    "latex",
    [
        r"T = \frac{1}{2\pi} \left( \sqrt{q_{11} q_{22}} \sin\theta + (\pi - \theta) q_{12} \right)",
        r"\Theta(x, x') = \mathbb{E}_\theta \sum_\mu \partial_\mu f_i(x)\, \partial_\mu f_i(x')",
        r"K \to \sigma_b^2 + \sigma_w^2 K, \qquad \tfrac{1}{2} \text{each} \lvert x \rvert",
    ],
)
def test_equations_are_drawn(latex):
    drawing = equation(latex)
    assert drawing.startswith("<svg")
    read(drawing)
    assert drawing == equation(latex)


def test_what_cannot_be_drawn_is_shown_as_it_was_written():
    assert equation(r"\begin{cases} a < b \end{cases}") == r"<code>\begin{cases} a &lt; b \end{cases}</code>"


def test_plain_values_for_people():
    assert shown("draws", 50_000) == "50\u202f000"
    assert shown("bytes", 2.4e7) == "22.9 MiB"
    assert shown("flops", 3.1e11) == "3.1e+11"
    assert shown("", {"a": "1", "b": None}) == "a 1, b "
    assert shown("ok", True) == "yes"
