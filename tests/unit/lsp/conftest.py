"""A small editor: a client that speaks JSON-RPC with `python -m nnspec lsp` over its standard input and output."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PATIENCE = 20.0


def units(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def lines(text: str) -> list[str]:
    """Lines as the protocol counts them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


class Page:
    """An open document; `|` characters are not special, places are found by what stands there."""

    def __init__(self, editor: Editor, uri: str, text: str) -> None:
        self.editor, self.uri, self.text, self.version = editor, uri, text, 1
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        editor.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, text: str) -> Page:
        self.text, self.version = text, self.version + 1
        document = {"uri": self.uri, "version": self.version}
        self.editor.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        return self

    def place(self, wanted: str, *, after: int = 0, nth: int = 0) -> dict[str, int]:
        """The position `after` characters behind the start of the nth occurrence of a text."""
        start = -1
        for _ in range(nth + 1):
            start = self.text.index(wanted, start + 1)
        before = lines(self.text[: start + after])
        return {"line": len(before) - 1, "character": units(before[-1])}

    def under(self, where: dict[str, Any]) -> str:
        """The text in a range."""
        start, end = (self.offset(where[side]) for side in ("start", "end"))
        return self.text[start:end]

    def offset(self, position: dict[str, int]) -> int:
        for offset in range(len(self.text) + 1):
            if self.text[offset - 1 : offset + 1] == "\r\n":
                continue
            before = lines(self.text[:offset])
            if (len(before) - 1, units(before[-1])) == (position["line"], position["character"]):
                return offset
        raise AssertionError(position)

    def applied(self, edits: list[dict[str, Any]]) -> str:
        """The text after edits."""
        text = self.text
        spans = [(self.offset(e["range"]["start"]), self.offset(e["range"]["end"]), e["newText"]) for e in edits]
        for start, end, new in sorted(spans, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def ask(self, method: str, position: dict[str, int] | None = None, **more: Any) -> Any:
        params = {"textDocument": {"uri": self.uri}, **({"position": position} if position else {}), **more}
        return self.editor.request(f"textDocument/{method}", params)

    def refused(self, method: str, position: dict[str, int], **more: Any) -> str:
        """The message with which a request is refused."""
        params = {"textDocument": {"uri": self.uri}, "position": position, **more}
        return str(self.editor.answer(f"textDocument/{method}", params)["error"]["message"])

    def complaints(self) -> list[dict[str, Any]]:
        """The diagnostics of this version."""
        return self.editor.diagnostics(self.uri, self.version)

    def labels(self, position: dict[str, int]) -> list[str]:
        return [item["label"] for item in self.ask("completion", position)["items"]]

    def hover(self, position: dict[str, int]) -> str:
        found = self.ask("hover", position)
        return found["contents"]["value"] if found else ""


class Editor:
    """The client."""

    def __init__(self, errors: Path) -> None:
        self.errors = errors
        command = [sys.executable, "-m", "nnspec", "lsp"]
        self.log = errors.open("wb")
        self.server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, cwd=ROOT
        )
        self.ids, self.pages = count(1), count(1)
        self.answers: dict[int, Any] = {}
        self.published: dict[str, dict[str, Any]] = {}
        self.arrived: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        able = {"textDocument": {"rename": {"prepareSupport": True}}}
        self.capabilities = self.request("initialize", {"processId": None, "rootUri": None, "capabilities": able})
        self.notify("initialized", {})

    def _listen(self) -> None:
        out = self.server.stdout
        assert out is not None
        while header := out.readline():
            length = 0
            while header.strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
                header = out.readline()
            self.arrived.put(json.loads(out.read(length)))
        self.arrived.put(None)

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.server.stdin is not None
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.server.stdin.flush()

    def _take(self) -> None:
        message = self.arrived.get(timeout=PATIENCE)
        assert message is not None, f"the server has gone: {self.errors.read_text()}"
        if message.get("method") == "textDocument/publishDiagnostics":
            self.published[message["params"]["uri"]] = message["params"]
        elif "method" not in message:
            self.answers[message["id"]] = message

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def answer(self, method: str, params: Any) -> dict[str, Any]:
        number = next(self.ids)
        self._send({"id": number, "method": method, "params": params})
        while number not in self.answers:
            self._take()
        found: dict[str, Any] = self.answers.pop(number)
        return found

    def request(self, method: str, params: Any) -> Any:
        found = self.answer(method, params)
        assert "error" not in found, found
        return found["result"]

    def diagnostics(self, uri: str, version: int) -> list[dict[str, Any]]:
        while self.published.get(uri, {}).get("version") != version:
            self._take()
        found: list[dict[str, Any]] = self.published[uri]["diagnostics"]
        return found

    def open(self, text: str) -> Page:
        return Page(self, f"file:///specs/page-{next(self.pages)}.yaml", text)

    def spec(self, name: str) -> Page:
        return self.open((ROOT / "specs" / f"{name}.yaml").read_text(encoding="utf-8"))

    def close(self) -> None:
        """Say goodbye."""
        with self.log, self.server:  # closes the pipes
            self.request("shutdown", None)
            self.notify("exit", None)
            status = self.server.wait(timeout=PATIENCE)
        self.listener.join(PATIENCE)
        assert status == 0


@pytest.fixture(scope="session")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """One server for all tests; at the end nothing may have gone wrong in it."""
    errors = tmp_path_factory.mktemp("lsp") / "stderr.txt"
    client = Editor(errors)
    yield client
    client.close()
    assert errors.read_text() == ""


@pytest.fixture
def cosnet(editor: Editor) -> Page:
    """The cosine network, open."""
    return editor.spec("cosnet-free-scalar")


@pytest.fixture
def relu(editor: Editor) -> Page:
    """The ReLU network, open."""
    return editor.spec("relu-mlp-kernels")
