"""Complaints for machines: commands of GitHub workflows, and one SARIF 2.1.0 document for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nnspec.text.catalogue import page
from nnspec.text.diagnostic import Diagnostic, Fix, Label
from nnspec.text.source import Source, Span

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LINE_BREAKS = ["\r\n", "\n", "\r"]
"""What `Source` counts as the end of a line; the standard's own list lacks the last one."""


# ---------------------------------------------------------------- GitHub
def github(diagnostic: Diagnostic, files: Collection[str]) -> str:
    """A complaint as a workflow command, which GitHub shows beside the line; `files` are names that are files."""
    place = _github_place(diagnostic, files)
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in {**place, "title": diagnostic.code}.items())
    return f"::{diagnostic.level} {properties}::{_data(_message(diagnostic))}"


def _github_place(diagnostic: Diagnostic, files: Collection[str]) -> dict[str, object]:
    span = _in_a_file(diagnostic, diagnostic.span)
    if span is None:
        return {"file": _slashes(diagnostic.where)} if diagnostic.where in files else {}
    region = _region(span)
    place: dict[str, object] = {"file": _slashes(span.source.name), "line": region["startLine"]}
    if region["endLine"] != region["startLine"]:  # GitHub takes columns on one line only
        return {**place, "endLine": region["endLine"]}
    return {**place, "col": region["startColumn"], "endColumn": region["endColumn"]}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# ---------------------------------------------------------------- SARIF
def sarif(diagnostics: Iterable[Diagnostic], files: Collection[str], version: str) -> dict[str, Any]:
    """One document with all complaints; its rules are the pages of the codes that occur in it."""
    found = list(dict.fromkeys(diagnostics))
    codes = sorted({each.code for each in found})
    driver = {"name": "nnspec", "version": version, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": _LINE_BREAKS,
        "results": [_result(each, codes.index(each.code), files) for each in found],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    shown = page(code)
    if shown is None:  # a plugin's own code
        return {"id": code}
    examples = f"## Bad\n\n```yaml\n{shown.bad}```\n\n## Good\n\n```yaml\n{shown.good}```\n"
    return {
        "id": code,
        "shortDescription": {"text": shown.title},
        "fullDescription": {"text": " ".join(shown.why.split())},
        "help": {"text": f"nnspec explain {code}", "markdown": f"{shown.why}\n\n{examples}"},
    }


def _result(diagnostic: Diagnostic, rule: int, files: Collection[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.level,
        "message": {"text": _message(diagnostic)},
    }
    location = _location(diagnostic, files)
    if location:
        result["locations"] = [location]
    related = [_related(label, k) for k, label in enumerate(diagnostic.secondary, 1) if _in_a_file(diagnostic, label.span)]
    if related:
        result["relatedLocations"] = related
    span = _in_a_file(diagnostic, diagnostic.span)
    if diagnostic.fixes and span is not None:
        result["fixes"] = [_fix(fix, span.source) for fix in diagnostic.fixes]
    return result


def _location(diagnostic: Diagnostic, files: Collection[str]) -> dict[str, Any]:
    """The file with its region, a whole file, or the name of a place that is no file."""
    span = _in_a_file(diagnostic, diagnostic.span)
    location: dict[str, Any] = {}
    if span is not None:
        location["physicalLocation"] = {"artifactLocation": _artifact(span.source.name), "region": _region(span)}
    elif diagnostic.where is not None and diagnostic.where in files:
        location["physicalLocation"] = {"artifactLocation": _artifact(diagnostic.where)}
    elif diagnostic.where:
        location["logicalLocations"] = [{"fullyQualifiedName": diagnostic.where}]
    if diagnostic.path:
        location["logicalLocations"] = [{"fullyQualifiedName": diagnostic.path}]
    return location


def _related(label: Label, number: int) -> dict[str, Any]:
    related: dict[str, Any] = {
        "id": number,
        "physicalLocation": {"artifactLocation": _artifact(label.span.source.name), "region": _region(label.span)},
    }
    return {**related, "message": {"text": label.text}} if label.text else related


def _fix(fix: Fix, source: Source) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(Span(source, edit.start, edit.end)), "insertedContent": {"text": edit.text}}
        for edit in fix.edits
    ]
    change = {"artifactLocation": _artifact(source.name), "replacements": replacements}
    return {
        "description": {"text": fix.described(source.text)},
        "artifactChanges": [change],
        "properties": {"applicability": fix.applicability},
    }


# ---------------------------------------------------------------- both
def _message(diagnostic: Diagnostic) -> str:
    first = f"{diagnostic.message}: {diagnostic.label}" if diagnostic.label else diagnostic.message
    lines = [first, *(f"note: {text}" for text in diagnostic.notes), *(f"help: {text}" for text in diagnostic.helps)]
    return "\n".join(lines)


def _in_a_file(diagnostic: Diagnostic, span: Span | None) -> Span | None:
    """The span, unless `where` says that its text is no file, as on the command line."""
    return span if diagnostic.where is None else None


def _region(span: Span) -> dict[str, int]:
    (line, column), (last, end) = span.source.line_column(span.start), span.source.line_column(span.end)
    return {"startLine": line, "startColumn": column, "endLine": last, "endColumn": end}


def _artifact(name: str) -> dict[str, str]:
    """The address of a file: relative ones count from the root of the sources."""
    path = Path(name)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(_slashes(name)), "uriBaseId": "%SRCROOT%"}


def _slashes(name: str | None) -> str:
    return Path(name or "").as_posix()
