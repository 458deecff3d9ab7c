"""The house stands: imports point down, files and functions are small, public names are explained, sources exist."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnspec.report.bibliography import load as bibliography

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted([*(ROOT / "nnspec").rglob("*.py"), *(ROOT / "plugins" / "nnspec_std").rglob("*.py")])
PLUGINS = [path for path in CODE if "nnspec_std" in path.parts]
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in CODE}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def test_there_is_something_to_look_at() -> None:
    assert len(CODE) > 100
    assert len(PLUGINS) > 20


def test_imports_point_down() -> None:
    """All contracts of pyproject.toml."""
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert re.search(r"Contracts: \d+ kept, 0 broken\.", done.stdout)


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_file_is_small_and_says_what_it_is_for(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert ast.get_docstring(TREES[path]), f"{name_of(path)} does not begin with a sentence that says what it is for"


def test_a_function_fits_on_a_screen() -> None:
    long = [
        f"{name_of(path)}: {each.name} has {each.end_lineno - each.lineno + 1} lines"
        for path, tree in TREES.items()
        for each in functions(tree)
        if each.end_lineno is not None and each.end_lineno - each.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long, "\n".join(long)


def _public(body: list[ast.stmt], where: str) -> Iterator[tuple[str, ast.AST]]:
    """Functions and classes that others may use, and the methods of such classes; overloads are one function."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            if isinstance(node, Function) and any("overload" in ast.unparse(mark) for mark in node.decorator_list):
                continue
            yield f"{where}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body, f"{where}{node.name}.")


def test_public_names_are_explained() -> None:
    silent = [
        f"{name_of(path)}: {name}"
        for path, tree in TREES.items()
        for name, node in _public(tree.body, "")
        if not ast.get_docstring(node)  # type: ignore[arg-type]
    ]
    assert not silent, "\n".join(silent)


def test_every_source_is_in_the_bibliography() -> None:
    """`cite=("key",)` of records, and `[key, eq. n]` in docstrings of plugins."""
    known = set(bibliography())
    cited = {
        (name_of(path), key.value)
        for path in PLUGINS
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.keyword) and node.arg == "cite"
        for key in ast.walk(node.value)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
    mentioned = {
        (name_of(path), key)
        for path in PLUGINS
        for key in re.findall(r"\[([a-z]+[12]\d{3}[a-z]?)[\],]", path.read_text(encoding="utf-8"))
    }
    assert len(cited) > 10
    missing = sorted(f"{file}: {key}" for file, key in cited | mentioned if key not in known)
    assert not missing, "\n".join(missing)


def test_every_room_has_a_floor_and_a_purpose() -> None:
    """The folders of nnspec/ are the rooms of the contract, and ARCHITECTURE.md has a line about each."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (house,) = [c for c in config["tool"]["importlinter"]["contracts"] if c["type"] == "layers"]
    floors = {room.strip() for floor in house["layers"] for room in floor.split("|")}
    rooms = [path.name for path in (ROOT / "nnspec").iterdir() if (path / "__init__.py").is_file()]
    files = [path.stem for path in (ROOT / "nnspec").glob("*.py") if path.stem != "__init__"]
    assert floors == {*rooms, *files}
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert len(rooms) > 10
    assert not [room for room in rooms if f"`{room}/`" not in text]


def test_every_shelf_is_an_entry_point() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shelves = {path.parent.name for path in (ROOT / "plugins" / "nnspec_std").glob("*/__init__.py")}
    assert set(config["project"]["entry-points"]["nnspec"].values()) == {f"nnspec_std.{shelf}" for shelf in shelves}
