"""Diagnostics and quick fixes, as an editor sees them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

ERROR, WARNING = 1, 2


def test_good_specs_have_no_complaints(cosnet, relu):
    assert cosnet.complaints() == []
    assert relu.complaints() == []


def test_the_text_in_the_editor_is_checked_and_not_the_file(cosnet):
    found = cosnet.change(cosnet.text.replace("s2/N", "s3/N")).complaints()
    assert [each["code"] for each in found] == ["NN201"]
    assert cosnet.under(found[0]["range"]) == "s3"
    assert found[0]["severity"] == ERROR
    assert "nothing is called `s3`" in found[0]["message"]


def test_several_errors_at_once(cosnet):
    text = cosnet.text.replace("s2/N", "s3/N").replace("of: G", "of: H").replace("draws: 4000", "draw: 4000")
    found = cosnet.change(text).complaints()
    assert {each["code"] for each in found} == {"NN201", "NN203", "NN011"}
    assert {cosnet.under(each["range"]) for each in found} == {"s3", "H", "draw"}


def test_warnings_are_warnings(cosnet):
    text = cosnet.text.replace("s2: 1}", "s2: 1, sigma_a: 1}").replace("Normal(0, s2/N)", "Normal(0, sigma_a)")
    found = cosnet.change(text).complaints()
    assert [(each["code"], each["severity"]) for each in found] == [("NN491", WARNING)]


def test_warnings_are_silenced_by_comments_and_idle_comments_can_be_deleted(cosnet):
    good = cosnet.text
    text = good.replace("s2: 1}", "s2: 1, sigma_a: 1}").replace("Normal(0, s2/N)", "Normal(0, sigma_a)  # nnspec: ignore NN491")
    assert cosnet.change(text).complaints() == []
    (idle,) = cosnet.change(good.replace("Normal(0, s2/N)", "Normal(0, s2/N)  # nnspec: ignore")).complaints()
    assert (idle["code"], idle["severity"]) == ("NN499", WARNING)
    assert cosnet.under(idle["range"]) == "# nnspec: ignore"


def test_secondary_labels_are_related_places(cosnet):
    found = cosnet.change(
        cosnet.text.replace("w[i] in R^d", "w[i] in R^3").replace("Uniform(Ball(d, Lam))", "Normal(0, 1)")
    )
    (each,) = found.complaints()
    assert each["code"] == "NN302"
    related = each["relatedInformation"]
    assert {cosnet.under(item["location"]["range"]) for item in related} == {"x", "w"}
    assert all("is declared in" in item["message"] for item in related)


def test_a_code_links_to_its_page(cosnet):
    (found,) = cosnet.change(cosnet.text.replace("/ (s2*(2*pi)^d)", "/ (s2 (2 pi)^d)")).complaints()
    page = Path(unquote(urlparse(found["codeDescription"]["href"]).path))
    assert page.name == "NN100.md"
    assert page.exists()


def test_a_fix_that_may_be_applied_unseen_is_preferred_and_mends_the_spec(cosnet):
    good = cosnet.text
    cosnet.change(good.replace("along: r, draws", "alonng: r, draws"))
    (found,) = [each for each in cosnet.complaints() if each["code"] == "NN011"]
    (action,) = cosnet.ask("codeAction", range=found["range"], context={"diagnostics": [found]})
    assert action["isPreferred"] is True
    assert action["kind"] == "quickfix"
    assert action["title"] == "replace `alonng` by `along`"
    assert action["diagnostics"][0]["code"] == "NN011"
    assert cosnet.applied(action["edit"]["changes"][cosnet.uri]) == good


def test_a_fix_that_is_a_guess_is_offered_only(cosnet):
    cosnet.change(cosnet.text.replace("s2: 1}", "s2: 1, sigma_a: 1}").replace("Normal(0, s2/N)", "Normal(0, sigma_a)"))
    (found,) = cosnet.complaints()
    (action,) = cosnet.ask("codeAction", range=found["range"], context={"diagnostics": [found]})
    assert action["isPreferred"] is False
    mended = cosnet.applied(action["edit"]["changes"][cosnet.uri])
    assert "Normal(0, std=sigma_a)" in mended
    assert cosnet.change(mended).complaints() == []


def test_no_fixes_elsewhere(cosnet):
    cosnet.change(cosnet.text.replace("along: r, draws", "alonng: r, draws"))
    start = {"line": 0, "character": 0}
    assert cosnet.ask("codeAction", range={"start": start, "end": start}, context={"diagnostics": []}) == []


@pytest.mark.parametrize(
    "text", ["", "\n", "a", "- 1", "{", "a: [", "a: {b", "\t", "%", "nnspec: 1\n---\n", "\ufeff", "a: 'x", "\0"]
)
def test_broken_yaml_is_one_complaint_or_more(editor, text):
    page = editor.open(text)
    assert page.complaints()
    assert page.ask("documentSymbol") == []


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_columns_count_utf16_units(editor, cosnet, line_end):
    """An astral letter is two units, a combining accent is one of its own."""
    text = cosnet.text.replace("d: 2, N", "d: 2, 𝔸: 1, φ: 1, N").replace("s2/N)", "s2*𝔸*φ*zz/N)  # 𝔸")
    text = text.replace("propagator: {lines: {x: r", "o\u0302𝔸: {lines: {x: r, z: 1")
    page = editor.open(text.replace("\n", line_end))
    found = {page.under(each["range"]): each["range"]["start"] for each in page.complaints()}
    assert found["zz"]["character"] == len("    a[i]: Normal(0, s2*A*f*") + 1
    assert found["z"]["character"] == len("  o^A: {lines: {x: r, ") + 1
    assert found["z"]["line"] == text[: text.index("z: 1")].count("\n")


def test_crlf_files(editor, cosnet, relu):
    for page in (cosnet, relu):
        assert editor.open(page.text.replace("\n", "\r\n")).complaints() == []


def test_a_closed_document_has_no_complaints(editor, cosnet):
    assert cosnet.change("{").complaints()
    editor.notify("textDocument/didClose", {"textDocument": {"uri": cosnet.uri}})
    assert editor.diagnostics(cosnet.uri, None) == []


def test_saving_checks_at_once(editor, cosnet):
    cosnet.change(cosnet.text.replace("s2/N", "s3/N"))
    editor.notify("textDocument/didSave", {"textDocument": {"uri": cosnet.uri}})
    assert [each["code"] for each in cosnet.complaints()] == ["NN201"]
