"""Starting the server, and what it says it can do."""

from __future__ import annotations

import subprocess
import sys

from nnspec.lsp.positions import Moved, Text


def test_capabilities(editor):
    found = editor.capabilities["capabilities"]
    assert found["positionEncoding"] == "utf-16"
    assert found["textDocumentSync"]["change"] == 1
    for feature in ("hover", "definition", "references", "documentSymbol", "codeAction", "completion"):
        assert found[f"{feature}Provider"]
    assert found["renameProvider"] == {"prepareProvider": True}
    assert editor.capabilities["serverInfo"]["name"] == "nnspec"


def test_without_its_packages_it_says_what_to_install():
    program = "import sys; sys.modules['pygls'] = None; from nnspec.cli import main; sys.exit(main(['lsp']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "pip install 'nnspec[lsp]'" in done.stderr


def test_the_command_line_does_not_load_the_server():
    program = "import sys, nnspec.cli; nnspec.cli.main(['plugins']); sys.exit('pygls' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


def test_positions_and_offsets_are_inverse():
    for units in ("utf-8", "utf-16", "utf-32"):
        for plain in ("", "a", "a\n", "é\r\nb\r𝔸c\n\nφ o\u0302 \u2028x\x85", "\ufeffa\nb"):
            text = Text(plain, units)
            for offset in range(len(plain) + 1):
                if plain[offset - 1 : offset + 1] != "\r\n":
                    assert text.offset(text.position(offset)) == offset


def test_places_move_with_an_edit():
    moved = Moved("abc def ghi", "abc XX ghi")
    assert [moved.forth(k) for k in (0, 4, 5, 7, 11)] == [0, 4, None, 6, 10]
    assert [moved.back(k) for k in (0, 4, 5, 6, 10)] == [0, 4, None, 7, 11]
    same = Moved("abc", "abc")
    assert [same.forth(k) for k in range(4)] == [0, 1, 2, 3]
