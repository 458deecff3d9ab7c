"""The parser tables belong to the grammar; the grammar has no conflict; the room is light."""

import subprocess
import sys
from importlib import resources

import pytest

from nnspec.syntax import tables
from nnspec.syntax.expr_parse import parse_text


def test_the_committed_tables_are_current() -> None:
    """If this fails: `python -m nnspec.syntax.tables`."""
    data = (resources.files("nnspec.syntax") / "expr.tables").read_bytes()
    assert data.startswith(tables.header())


def test_the_grammar_has_no_conflict_and_no_colliding_terminals() -> None:
    import interegular  # noqa: F401  (strict building needs it)
    tables.build(strict=True)


def test_stale_tables_are_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "header", lambda: b"another grammar\n")
    tables.load.cache_clear()
    assert parse_text("x + 1") is not None
    tables.load.cache_clear()


def test_importing_the_room_imports_no_parser_and_no_arrays() -> None:
    code = (
        "import sys, nnspec.syntax.expr_parse, nnspec.syntax.yaml_tree, nnspec.syntax.show;"
        "print([m for m in ('lark', 'yaml', 'jax', 'numpy') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
