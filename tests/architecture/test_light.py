"""What computes nothing loads nothing heavy: every verb in a process of its own, and what it imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted(map(str, (ROOT / "specs").glob("*.yaml")))
HEAVY = ("h5netcdf", "h5py", "jax", "jaxlib", "matplotlib", "numpy", "pandas", "scipy", "xarray")
FRONT = ("lark", "pluggy", "rich", "yaml")
CODE = """
import contextlib, io, json, sys
from nnspec import cli
if {words} is not None:
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            status = cli.main({words})
        except SystemExit as end:
            status = end.code
    assert not status, status
print(json.dumps(sorted(name for name in {watched} if name in sys.modules)))
"""


def loaded(words: list[str] | None, watched: tuple[str, ...]) -> list[str]:
    """Which of the watched modules are there after a command (or after importing the command line alone)."""
    code = CODE.format(words=words, watched=watched)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("words", [None, ["--help"], ["--version"], ["check", "--help"]], ids=str)
def test_help_loads_neither_arrays_nor_the_language(words: list[str] | None) -> None:
    assert loaded(words, (*HEAVY, *FRONT)) == []


@pytest.mark.parametrize(
    "words",
    [["check", *SPECS], ["plugins"], ["doc", "correlator"], ["explain", "NN104"], ["run", SPECS[0], "--dry-run"]],
    ids=lambda words: words[0],
)
def test_what_computes_nothing_loads_no_arrays(words: list[str]) -> None:
    assert len(SPECS) >= 2
    assert loaded(words, HEAVY) == []


def test_the_watch_sees_what_is_loaded() -> None:
    """The test of the test: `check` does load the parser."""
    assert "lark" in loaded(["check", SPECS[0]], FRONT)
