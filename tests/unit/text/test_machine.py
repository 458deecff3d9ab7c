"""Complaints for machines: GitHub's commands with their escapes, and one SARIF document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nnspec.text.diagnostic import Diagnostic, Edit, Fix, Label
from nnspec.text.machine import github, sarif
from nnspec.text.source import Source, Span

SOURCE = Source("my specs/a,b:c.yaml", "a: 1\n四\U0001f600 pi: e\u0301 x\n")


def span(text: str) -> Span:
    start = SOURCE.text.index(text)
    return Span(SOURCE, start, start + len(text))


def only(found: Diagnostic, *files: str) -> dict[str, Any]:
    (run,) = sarif([found], files, "0.1")["runs"]
    (result,) = run["results"]
    return dict(result)


# ---------------------------------------------------------------- GitHub
def test_a_command_with_its_escapes() -> None:
    found = Diagnostic("NN201", "100% of `pi`\r is, well: new", span("pi"), "here", helps=("a: b",))
    assert github(found, ()) == (
        "::error file=my specs/a%2Cb%3Ac.yaml,line=2,col=4,endColumn=6,title=NN201"
        "::100%25 of `pi`%0D is, well: new: here%0Ahelp: a: b"
    )


def test_a_span_over_several_lines_has_no_columns() -> None:
    found = Diagnostic("NN491", "m", Span(SOURCE, 3, 9), level="warning")
    assert github(found, ()) == "::warning file=my specs/a%2Cb%3Ac.yaml,line=1,endLine=2,title=NN491::m"


def test_a_place_that_is_no_file_is_not_called_one() -> None:
    assert github(Diagnostic("NN009", "m", where="no.yaml"), ["no.yaml"]) == "::error file=no.yaml,title=NN009::m"
    assert github(Diagnostic("NN901", "m", where="a plugin"), ["no.yaml"]) == "::error title=NN901::m"
    typed = Diagnostic("NN801", "m", Span(Source("command line", "--set a=1"), 6, 7), where="command line")
    assert github(typed, ["no.yaml"]) == "::error title=NN801::m"
    assert "physicalLocation" not in only(typed)["locations"][0]


# ---------------------------------------------------------------- SARIF
def test_a_document_with_its_rules() -> None:
    found = Diagnostic("NN201", "m", span("pi"))
    other = Diagnostic("NN002", "n", span("a"))
    document = sarif([found, other, found], (), "0.1")
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("nnspec", "0.1")
    assert [rule["id"] for rule in driver["rules"]] == ["NN002", "NN201"]
    assert driver["rules"][0]["shortDescription"]["text"] == "a key is given twice"
    assert "```yaml" in driver["rules"][0]["help"]["markdown"]
    assert [(each["ruleId"], each["ruleIndex"]) for each in run["results"]] == [("NN201", 1), ("NN002", 0)]


def test_no_complaint_is_a_document_too() -> None:
    (run,) = sarif([], (), "0.1")["runs"]
    assert run["results"] == run["tool"]["driver"]["rules"] == []


def test_columns_count_characters_and_ends_are_behind() -> None:
    place = only(Diagnostic("NN201", "m", span("pi")))["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 2, "startColumn": 4, "endLine": 2, "endColumn": 6}
    place = only(Diagnostic("NN201", "m", span("x")))["locations"][0]["physicalLocation"]
    assert place["region"]["startColumn"] == 11


def test_files_are_addresses(tmp_path: Path) -> None:
    place = only(Diagnostic("NN201", "m", span("pi")))["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "my%20specs/a%2Cb%3Ac.yaml", "uriBaseId": "%SRCROOT%"}
    name = str(tmp_path / "a b.yaml")
    found = only(Diagnostic("NN009", "m", where=name), name)
    assert found["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": Path(name).as_uri()}


def test_labels_are_related_places() -> None:
    found = only(Diagnostic("NN201", "m", span("pi"), "here", (Label(span("a"), "there"), Label(span("1"), ""))))
    assert found["message"]["text"] == "m: here"
    one, other = found["relatedLocations"]
    assert (one["id"], one["message"]["text"], one["physicalLocation"]["region"]["startLine"]) == (1, "there", 1)
    assert "message" not in other


def test_fixes_are_replacements() -> None:
    place = span("pi")
    fix = Fix("maybe", (Edit(place.start, place.end, "π"), Edit(place.end, place.end, "!")))
    (found,) = only(Diagnostic("NN201", "m", place, fixes=(fix,)))["fixes"]
    assert found["description"]["text"] == "replace `pi` by `π`, insert `!`"
    assert found["properties"] == {"applicability": "maybe"}
    (change,) = found["artifactChanges"]
    replaced, inserted = change["replacements"]
    assert replaced["insertedContent"] == {"text": "π"}
    assert inserted["deletedRegion"] == {"startLine": 2, "startColumn": 6, "endLine": 2, "endColumn": 6}


def test_the_path_in_the_spec_is_its_logical_place() -> None:
    found = only(Diagnostic("NN201", "m", span("pi"), path="model.def"))
    assert found["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "model.def"}]
