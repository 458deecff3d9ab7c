"""Complaints word for word: one spec for each fault, typical mistakes, and faults that only a run can find.

`NNSPEC_REGOLD=1 pytest tests/diagnostics` writes the texts anew; read the difference before you keep it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nnspec.cli import main
from nnspec.run.execute import ComputingError, NotYet
from nnspec.stages import load, run
from nnspec.text.diagnostic import render_all

HERE = Path(__file__).parent
CHECKED = sorted([*HERE.glob("NN*.yaml"), *(HERE / "bad-specs").glob("*.yaml")])
RUN = sorted((HERE / "run").glob("*.yaml"))


@pytest.fixture(autouse=True)
def same_everywhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are shown relative to this folder, and what plugins were installed once does not matter."""
    monkeypatch.chdir(HERE)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path_factory.mktemp("memory")))


def name(path: Path) -> str:
    return path.relative_to(HERE).with_suffix("").as_posix()


def compare(path: Path, text: str) -> None:
    golden = path.with_suffix(".txt")
    if os.environ.get("NNSPEC_REGOLD"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def code(path: Path) -> str:
    return path.name.partition("-")[0]


@pytest.mark.parametrize("path", CHECKED, ids=name)
def test_check_says_what_is_wrong(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["check", "--no-plugins", str(path.relative_to(HERE).as_posix())])
    printed = capsys.readouterr()
    text = printed.err + printed.out
    compare(path, text)
    assert status == (1 if "error[" in text else 0)
    assert path.parent != HERE or f"[{code(path)}]" in text


@pytest.mark.parametrize("path", RUN, ids=name)
def test_a_run_says_what_is_wrong(path: Path, tmp_path: Path) -> None:
    checked = load(path.relative_to(HERE), no_plugins=True).check()
    try:
        found = run(checked, tmp_path).failed
    except (ComputingError, NotYet) as error:
        found = error.diagnostics if isinstance(error, NotYet) else (error.diagnostic,)
        assert not list(tmp_path.iterdir()), "a run that could not be computed left something behind"
    text = render_all(found) + "\n"
    compare(path, text)
    assert f"[{code(path)}]" in text


def test_no_golden_text_is_left_over() -> None:
    texts = {path.with_suffix(".yaml") for path in HERE.rglob("*.txt")}
    assert texts == {*CHECKED, *RUN}
