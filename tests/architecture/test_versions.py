"""What is shipped: versions that agree, tables that are current, and a wheel with everything in it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata, resources
from pathlib import Path

import pytest

import nnspec
from nnspec.document.spec import LANGUAGE
from nnspec.result import provenance
from nnspec.syntax import tables

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_version_is_said_once() -> None:
    assert PROJECT["version"] == nnspec.__version__ == metadata.version("nnspec")


def test_the_changelog_knows_this_version_and_this_language() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(nnspec.__version__)}\b", text, flags=re.MULTILINE)
    assert re.search(rf"^### .*version {LANGUAGE}$", text, flags=re.MULTILINE)
    assert provenance.LANGUAGE == LANGUAGE


def test_the_parser_tables_are_those_of_the_grammar() -> None:
    """If this fails: `python -m nnspec.syntax.tables`."""
    data = (resources.files("nnspec.syntax") / "expr.tables").read_bytes()
    assert data.startswith(tables.header())


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "Apache-2.0"
    assert [int(n) for n in re.findall(r"^   (\d)\. ", text, flags=re.MULTILINE)] == list(range(1, 10))
    assert "APPENDIX: How to apply the Apache License to your work." in text
    assert text.rstrip().endswith("limitations under the License.")


@pytest.mark.install
def test_the_wheel_has_everything(tmp_path: Path) -> None:
    """Data files, the bibliography, the built-in plugins, and their entry points; no tests."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    (wheel,) = tmp_path.glob("nnspec-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        points = archive.read(f"nnspec-{nnspec.__version__}.dist-info/entry_points.txt").decode()
    wanted = {f"nnspec/syntax/expr.{kind}" for kind in ("lark", "tables")}
    wanted |= {"nnspec/report/references.bib", "nnspec/plugin/known.json"}
    for folder, kinds in (("nnspec", ("*.py", "*.md", "*.css")), ("plugins/nnspec_std", ("*.py",))):
        wanted |= {_inside(path) for kind in kinds for path in (ROOT / folder).rglob(kind)}
    assert not wanted - names
    assert any(name.startswith("nnspec/text/pages/") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests", "benchmarks")) or "__pycache__" in name]
    assert "nnspec = nnspec.cli:main" in points
    assert "std-activations = nnspec_std.activations" in points


def _inside(path: Path) -> str:
    """The name of a file in the wheel."""
    return str(path.relative_to(ROOT)).replace("\\", "/").removeprefix("plugins/")
