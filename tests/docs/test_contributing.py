"""The four walkthroughs of CONTRIBUTING.md: each plugin obeys the law of its kind, and its spec runs and passes."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_observable, plugin_conformance

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILES = {
    match[1]: match[2]
    for match in re.finditer(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
}
COMMANDS = re.findall(r"^(nnspec .*)$", TEXT, flags=re.MULTILINE)
PLUGINS = sorted(name.removesuffix(".py") for name in FILES if name.endswith(".py"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All files of the text, importable here and in processes that are started."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def test_there_are_four_of_them_and_each_is_run() -> None:
    assert PLUGINS == ["gauss", "kurtosis", "semicircle", "square"]
    assert all(any(f"--plugin-file {name}.py" in command for command in COMMANDS) for name in PLUGINS)


@pytest.mark.parametrize(
    ("name", "words"),
    [("square", "activations:square"), ("semicircle", "densities:Semicircle"),
     ("kurtosis", "observables:kurtosis"), ("gauss", "backends:gauss")],
)  # fmt: skip
def test_each_obeys_the_law_of_its_kind(folder: Path, name: str, words: str) -> None:
    try:
        assert plugin_conformance(importlib.import_module(name)) == (words,)
    finally:
        sys.modules.pop(name, None)


def test_the_observable_keeps_what_its_record_promises(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`check_observable` reads specs with the installed words; the file's words are given to it here."""
    words = load_vocabulary((str(folder / "kurtosis.py"),))
    monkeypatch.setattr("nnspec.stages.load_vocabulary", lambda *_: words)
    check_observable(words.observables["kurtosis"])


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_does_what_it_says(folder: Path, command: str) -> None:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    if "--dry-run" not in command:
        assert "passed" in done.stdout


def test_the_backend_agrees_with_a_closed_form(folder: Path) -> None:
    """Rectifier, 2-dimensional quadrature at 48 x 96 nodes: rtol 1e-9 is its accuracy for kinks at zero."""
    import numpy as np

    import nnspec

    text = FILES["gauss.yaml"].replace("tanh", "relu").replace("K_mc:", "Kex: {nngp: {at: xs}}\n  K_mc:")
    path = folder / "relu.yaml"
    path.write_text(text, encoding="utf-8")
    run = nnspec.load(path, plugin_files=(str(folder / "gauss.py"),)).run(folder)
    assert (run["K"].method, run["Kex"].method) == ("gauss", "closed_form")
    np.testing.assert_allclose(run["K"].value, run["Kex"].value, rtol=1e-9)
    assert run["K"].numerical_error < 1e-9
