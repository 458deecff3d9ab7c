"""The example of a stranger, installed as a user would install it: its word is known, its law and its spec pass."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "plugins" / "examples" / "nnspec-snake"
pytestmark = pytest.mark.install


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    """Run Python in an environment of its own that sees the packages of this one, with the example installed."""
    folder = tmp_path_factory.mktemp("stranger")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
    (site / "outside.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    example = shutil.copytree(EXAMPLE, folder / "nnspec-snake")
    environment = {**os.environ, "NNSPEC_CACHE": str(folder / "cache"), "PIP_NO_INDEX": "1"}

    def run(*args, code=0):
        done = subprocess.run(
            [python, *args], capture_output=True, text=True, cwd=example, env=environment, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", str(example))
    return run


def test_it_is_listed_with_its_word(inside):
    (row,) = [row for row in json.loads(inside("-m", "nnspec", "plugins", "--json")) if row["plugin"] == "snake"]
    assert (row["distribution"], row["version"], row["state"]) == ("nnspec-snake", "0.1.0", "loaded")
    assert row["words"] == ["activations:snake"]


def test_its_own_test_passes(inside):
    assert "1 passed" in inside("-m", "pytest", "-q", "test_snake.py", "-p", "no:cacheprovider")


def test_its_spec_runs_and_its_check_passes(inside, tmp_path):
    assert "passed" in inside("-m", "nnspec", "run", "snake.yaml", "--out", str(tmp_path))


def test_without_plugins_the_spec_is_refused(inside):
    inside("-m", "nnspec", "check", "snake.yaml")
    inside("-m", "nnspec", "check", "--no-plugins", "snake.yaml", code=1)
