"""`nnspec new` writes files that work: each is checked, tested or run as it tells the user to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]
USE = """\
nnspec: 1
name: use
data:
  xs: linspace(-1, 1, 3)
model:
  inputs: {x: R}
  parameterization: ntk
  layers:
    - dense: {width: 8, weight: "Normal(0, 1)"}
    - act: relu
    - dense: {width: 1, weight: "Normal(0, 1)"}
observables:
  G: {correlator: {n: 2, at: xs, draws: 640}}
"""


def test_a_spec_passes_check_and_runs(nnspec: Command) -> None:
    status, out, err = nnspec("new", "spec", "first")
    assert (status, err) == (0, "")
    assert out == "wrote first.yaml\n\nnext:\n  nnspec check first.yaml\n  nnspec run first.yaml\n"
    assert nnspec("check", "--strict", "first.yaml")[:2] == (0, "first.yaml: ok\n")
    assert nnspec("fmt", "--check", "first.yaml")[0] == 0
    assert nnspec("run", "first.yaml")[0] == 0


@pytest.mark.parametrize(
    ("thing", "word", "file", "old", "new"),
    [
        ("activation", "soft-one", "soft_one.py", "act: relu", "act: soft_one"),
        ("density", "Sharp", "sharp.py", 'width: 1, weight: "Normal(0, 1)"', 'width: 1, weight: "Sharp(0, 2)"'),
        ("observable", "energy", "energy.py", "correlator: {n: 2, ", "energy: {"),
        ("backend", "one_by_one", "one_by_one.py", "correlator: {n: 2, ", "correlator: {n: 2, method: one_by_one, "),
    ],
)
def test_a_plugin_file_teaches_its_word_and_passes_its_test(
    thing: str, word: str, file: str, old: str, new: str, nnspec: Command, tmp_path: Path
) -> None:
    status, out, _ = nnspec("new", thing, word)
    assert status == 0
    assert [line.split()[1] for line in out.splitlines()[:2]] == [file, f"test_{file}"]
    Path("use.yaml").write_text(USE.replace(old, new))
    assert nnspec("check", "use.yaml")[0] == 1
    assert nnspec("check", "--strict", "--plugin-file", file, "use.yaml")[:2] == (0, "use.yaml: ok\n")
    test, show = (line.strip() for line in out.splitlines()[-2:])
    assert nnspec(*show.split()[1:])[0] == 0
    assert test.startswith("python -m pytest ")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *test.split()[3:]],
                          cwd=tmp_path, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    text = Path(file).read_text()
    assert "equation=" in text
    assert text.startswith('"""')


def test_the_laws_see_a_wrong_word(nnspec: Command, tmp_path: Path) -> None:
    """A mutant: the even function is declared odd."""
    nnspec("new", "activation", "soft")
    path = Path("soft.py")
    path.write_text(path.read_text().replace("return u /", "return u**2 /"))
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_soft.py"],
                          cwd=tmp_path, capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 1


def test_a_plugin_is_a_distribution(nnspec: Command) -> None:
    status, out, _ = nnspec("new", "plugin", "soft", "--out", "somewhere/else")
    assert status == 0
    folder = Path("somewhere/else/nnspec-soft")
    assert sorted(path.name for path in folder.iterdir()) == [
        "nnspec_soft.py",
        "pyproject.toml",
        "soft.yaml",
        "test_soft.py",
    ]
    assert f"pip install -e {folder}" in out
    assert nnspec("run", "--plugin-file", str(folder / "nnspec_soft.py"), str(folder / "soft.yaml"))[0] == 0


def test_nothing_is_overwritten(nnspec: Command) -> None:
    Path("test_soft.py").write_text("mine")
    status, _, err = nnspec("new", "activation", "soft")
    assert status == 1
    assert "error[NN732]" in err
    assert os.listdir() == ["test_soft.py"]
    assert Path("test_soft.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        ("spec", "../up"), ("spec", "-x"), ("spec", "a b"), ("spec", ""), ("activation", "relu"), ("activation", "silu"),
        ("activation", "9lives"), ("activation", "sum_i"), ("activation", "floor"), ("activation", "random"),
        ("density", "Normal"), ("density", "R"), ("observable", "ntk"), ("activation", "φ"), ("plugin", "a/b"),
        ("plugin", "nnspec-relu"), ("density", "Class"), ("activation", "a$b"),
    ],
)  # fmt: skip
def test_names_that_cannot_be(thing: str, name: str, nnspec: Command) -> None:
    status, _, err = nnspec("new", thing, *(("--", name) if name.startswith("-") else (name,)))
    assert status == 1
    assert "error[NN731]" in err
    assert "Traceback" not in err
    assert os.listdir() == []


def test_a_folder_that_cannot_be_written(nnspec: Command) -> None:
    Path("file").write_text("")
    status, _, err = nnspec("new", "spec", "first", "--out", "file")
    assert status == 4
    assert "error[NN720]" in err


@pytest.mark.install
def test_the_plugin_is_installed_and_works(nnspec: Command, tmp_path: Path) -> None:
    """In an environment of its own that sees the packages of this one."""
    nnspec("new", "plugin", "soft")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    python = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
    (site / "outside.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    folder = shutil.copytree("nnspec-soft", tmp_path / "copy")
    environment = {**os.environ, "NNSPEC_CACHE": str(tmp_path / "cache"), "PIP_NO_INDEX": "1"}
    for words in (("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", str(folder)),
                  ("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_soft.py"), ("-m", "nnspec", "check", "soft.yaml"),
                  ("-m", "nnspec", "run", "soft.yaml")):  # fmt: skip
        done = subprocess.run(
            [python, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
