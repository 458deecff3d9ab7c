"""The server: documents as the editor has them, answers to its questions, complaints a moment after each change."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

import nnspec
from nnspec.lsp import completion, navigation, outline, rename
from nnspec.lsp.complaints import published, quick_fixes
from nnspec.lsp.hover import hover
from nnspec.lsp.sheet import Plugins, Sheet

P = ParamSpec("P")
T = TypeVar("T")
PAUSE = 0.15
"""Seconds without a change after which a document is checked."""
TRIGGERS = ["{", "[", "(", ":", " ", "_", "."]


class Server(LanguageServer):
    """The documents that are open, and the checks that are due.

    Whole texts are exchanged, not changes: the framework would cut a text into lines at characters at which editors
    do not.
    """

    def __init__(self, plugins: Plugins = Plugins(), pause: float = PAUSE) -> None:  # noqa: B008
        """Start without documents."""
        super().__init__("nnspec", nnspec.__version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self.plugins = plugins
        self.pause = pause
        self.sheets: dict[str, Sheet] = {}
        self.due: dict[str, asyncio.TimerHandle] = {}

    def open(self, document: lsp.TextDocumentItem) -> None:
        """Take a document."""
        name = to_fs_path(document.uri) or document.uri
        units = str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding) or "utf-16")
        self.sheets[document.uri] = Sheet(document.uri, name, document.version, document.text, units, self.plugins)
        self.check(document.uri)

    def saved(self, uri: str) -> None:
        """Check a document that was saved, and those that extend another one: it may be theirs that has changed."""
        self.check(uri)
        for other, sheet in list(self.sheets.items()):
            if other != uri and sheet.extends is not None:
                self.sheets[other] = sheet.changed(sheet.plain, sheet.version)
                self.check(other)

    def check_soon(self, uri: str) -> None:
        """Check a document once it is left alone for a moment."""
        self.cancel(uri)
        self.due[uri] = asyncio.get_running_loop().call_later(self.pause, self.check, uri)

    def cancel(self, uri: str) -> None:
        """Forget a check that is due."""
        if uri in self.due:
            self.due.pop(uri).cancel()

    def check(self, uri: str) -> None:
        """Check a document and tell the editor what is wrong with it."""
        self.cancel(uri)
        sheet = self.sheets.get(uri)
        if sheet is None:
            return
        try:
            found = published(sheet)
        except Exception as error:
            found = [_bug(sheet, error)]
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found, sheet.version))


def _bug(sheet: Sheet, error: Exception) -> lsp.Diagnostic:
    message = (
        f"nnspec could not check this: {type(error).__name__}: {error} (this is a bug in nnspec, not in your spec)"
    )
    return lsp.Diagnostic(sheet.text.range(0, 0), message, lsp.DiagnosticSeverity.Error, source="nnspec")


def _calm(answer: Callable[P, T]) -> Callable[P, T | None]:
    """An answer that is None when working it out fails; the editor's log says why."""

    @wraps(answer)
    def calmly(*args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return answer(*args, **kwargs)
        except JsonRpcException:
            raise
        except Exception as error:
            print(f"{answer.__name__}: {type(error).__name__}: {error}", file=sys.stderr)
            return None

    return calmly


class _Faults(logging.Filter):
    """Keeps refusals out of the log: they are answers."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether something went wrong."""
        error = record.exc_info[1] if record.exc_info else None
        return getattr(error, "code", None) != lsp.LSPErrorCodes.RequestFailed


def serve(plugins: Plugins = Plugins(), pause: float = PAUSE) -> Server:  # noqa: B008
    """A server with all its answers."""
    server = Server(plugins, pause)
    _documents(server)
    _questions(server)
    _edits(server)
    return server


def _documents(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.open(params.text_document)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        uri, sheet = params.text_document.uri, server.sheets.get(params.text_document.uri)
        if sheet is not None and params.content_changes:
            server.sheets[uri] = sheet.changed(params.content_changes[-1].text, params.text_document.version)
            server.check_soon(uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        server.saved(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.cancel(uri)
        server.sheets.pop(uri, None)
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


def _questions(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    @_calm
    def on_hover(params: lsp.HoverParams) -> lsp.Hover | None:
        sheet = server.sheets.get(params.text_document.uri)
        return hover(sheet, params.position) if sheet else None

    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=TRIGGERS))
    @_calm
    def on_completion(params: lsp.CompletionParams) -> lsp.CompletionList | None:
        sheet = server.sheets.get(params.text_document.uri)
        return completion.complete(sheet, params.position) if sheet else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    @_calm
    def on_definition(params: lsp.DefinitionParams) -> lsp.Location | None:
        sheet = server.sheets.get(params.text_document.uri)
        return navigation.definition(sheet, params.position) if sheet else None

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    @_calm
    def on_references(params: lsp.ReferenceParams) -> list[lsp.Location]:
        sheet = server.sheets.get(params.text_document.uri)
        own = params.context.include_declaration
        return navigation.references(sheet, params.position, declaration=own) if sheet else []

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    @_calm
    def on_symbols(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        sheet = server.sheets.get(params.text_document.uri)
        return outline.outline(sheet) if sheet else []


def _edits(server: Server) -> None:
    kinds = lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, kinds)
    @_calm
    def on_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        sheet = server.sheets.get(params.text_document.uri)
        return quick_fixes(sheet, params.range) if sheet else []

    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    @_calm
    def on_prepare(params: lsp.PrepareRenameParams) -> lsp.Range | None:
        sheet = server.sheets.get(params.text_document.uri)
        return _or_refusal(lambda: rename.prepare(sheet, params.position)) if sheet else None

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    @_calm
    def on_rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        sheet = server.sheets.get(params.text_document.uri)
        if sheet is None:
            return None
        edits = _or_refusal(lambda: rename.rename(sheet, params.position, params.new_name))
        return lsp.WorkspaceEdit(changes={sheet.uri: edits})


def _or_refusal(work: Callable[[], T]) -> T:
    try:
        return work()
    except rename.Refused as refused:
        raise JsonRpcException(str(refused), lsp.LSPErrorCodes.RequestFailed) from None


def main(argv: Sequence[str] | None = None) -> int:
    """Serve one editor over standard input and output until it says goodbye."""
    parser = argparse.ArgumentParser(
        prog="nnspec lsp", description="Language server of specs, on standard input and output."
    )
    parser.add_argument("--plugin-file", action="append", default=[], metavar="FILE", help="load a plugin from a file")
    parser.add_argument("--no-plugins", action="store_true", help="built-in plugins only")
    args = parser.parse_args(argv)
    server = serve(Plugins(tuple(args.plugin_file), args.no_plugins))
    stdout = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a plugin prints must not get between the messages
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_Faults())
    server.start_io(sys.stdin.buffer, stdout)
    return 0
