"""Complaints as editors show them: ranges, related places, links to the pages of codes, quick fixes."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from lsprotocol import types as lsp

from nnspec.lsp.navigation import location, range_of
from nnspec.lsp.sheet import Sheet
from nnspec.text.catalogue import codes
from nnspec.text.diagnostic import Diagnostic, Fix
from nnspec.text.source import Span

_LEVELS = {"error": lsp.DiagnosticSeverity.Error, "warning": lsp.DiagnosticSeverity.Warning}
_UNUSED = "NN493"


def published(sheet: Sheet) -> list[lsp.Diagnostic]:
    """All complaints about a document."""
    return [shown(sheet, each) for each in sheet.complaints]


def shown(sheet: Sheet, found: Diagnostic) -> lsp.Diagnostic:
    """A complaint; what is wrong in an extended spec stands at `extends`, what has no place at all at the start."""
    lines = [found.message, *([found.label] if found.label else [])]
    lines += [f"note: {text}" for text in found.notes]
    lines += [f"help: {text}" for text in found.helps]
    related = [_related(sheet, label.span, label.text or found.message) for label in found.secondary]
    if found.span is not None and not _here(sheet, found.span):
        place = _related(sheet, found.span, found.label or "here")
        related.insert(0, place)
        if place is not None:
            line, column = found.span.source.line_column(found.span.start)
            lines.insert(0, f"in `{Path(found.span.source.name).name}`, line {line}, column {column}:")
    link = _page(found.code)
    return lsp.Diagnostic(
        range=_range(sheet, found.span),
        message="\n".join(lines),
        severity=_LEVELS[found.level],
        code=found.code,
        code_description=lsp.CodeDescription(link) if link else None,
        source="nnspec",
        tags=[lsp.DiagnosticTag.Unnecessary] if found.code == _UNUSED else None,
        related_information=[each for each in related if each is not None] or None,
    )


def _related(sheet: Sheet, span: Span, text: str) -> lsp.DiagnosticRelatedInformation | None:
    """A place that a complaint also speaks of, in this document or in a file that it extends."""
    if _here(sheet, span):
        return lsp.DiagnosticRelatedInformation(lsp.Location(sheet.uri, _range(sheet, span)), text)
    where = location(sheet, span) if span.source.name != sheet.name else None
    return lsp.DiagnosticRelatedInformation(where, text) if where is not None else None


def _here(sheet: Sheet, span: Span | None) -> bool:
    return span is not None and span.source.name == sheet.name and span.end <= len(sheet.plain)


def _range(sheet: Sheet, span: Span | None) -> lsp.Range:
    if span is not None and _here(sheet, span):
        return sheet.text.range(span.start, span.end)
    leaf = sheet.extends if span is not None else None
    return (range_of(sheet, leaf.span) if leaf is not None else None) or sheet.text.range(0, 0)


def _page(code: str) -> str | None:
    """The page of a code as it was installed; `nnspec explain CODE` prints the same."""
    if code not in codes():
        return None
    return Path(str(resources.files("nnspec.text") / "pages" / f"{code}.md")).absolute().as_uri()


def quick_fixes(sheet: Sheet, where: lsp.Range) -> list[lsp.CodeAction]:
    """The fixes of complaints that touch a range; those that may be applied unseen are preferred."""
    start, end = sheet.text.offset(where.start), sheet.text.offset(where.end)
    touched = [
        each for each in sheet.complaints
        if _here(sheet, each.span) and each.span is not None and each.span.start <= end and start <= each.span.end
    ]  # fmt: skip
    return [_action(sheet, found, fix) for found in touched for fix in found.fixes]


def _action(sheet: Sheet, found: Diagnostic, fix: Fix) -> lsp.CodeAction:
    edits = [lsp.TextEdit(sheet.text.range(edit.start, edit.end), edit.text) for edit in fix.edits]
    return lsp.CodeAction(
        title=fix.described(sheet.plain),
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[shown(sheet, found)],
        is_preferred=fix.applicability == "machine",
        edit=lsp.WorkspaceEdit(changes={sheet.uri: edits}),
    )
