"""`nnspec check` on several files, in all its formats, and in colour or not."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from nnspec import cli

Command = Callable[..., tuple[int, str, str]]
GOOD = """\
nnspec: 1
name: good
functions: {g(x): 2*x}
model:
  inputs: {x: R}
  params: {a: "Normal(0, 1)"}
  field: phi(x)
  def: a*x
observables: {K: {evaluate: {of: g, at: [0, 1]}}}
"""
BAD = GOOD.replace("a*x", "a*y")
WARNED = GOOD.replace("def: a*x", "def: x")
ALL = ("missing.yaml", "folder", "binary.yaml", "bad.yaml", "good.yaml", "warned.yaml")


@pytest.fixture
def nnspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in a folder of specs: its status, and what it printed."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    for name, text in {"good": GOOD, "bad": BAD, "warned": WARNED}.items():
        Path(f"{name}.yaml").write_text(text)
    Path("binary.yaml").write_bytes(b"\xff\xfe")
    Path("folder").mkdir()

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = cli.main(["check", "--no-plugins", *words])
        return status, *capsys.readouterr()

    return run


# ---------------------------------------------------------------- several files
def test_no_file_hides_another(nnspec: Command) -> None:
    status, out, err = nnspec(*ALL)
    assert status == 1
    assert out == "good.yaml: ok\nwarned.yaml: ok\n"
    assert err.count("error[NN009]") == 3
    assert "error[NN201]" in err
    assert "warning[NN493]" in err


def test_a_bug_hides_no_file_and_is_the_worst(nnspec: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    load = cli._load

    def fail(path: str, args: object) -> object:
        return load(path, args) if path != "bad.yaml" else 1 / 0  # type: ignore[arg-type]

    monkeypatch.setattr(cli, "_load", fail)
    for form in ("text", "json", "github", "sarif"):
        status, out, err = nnspec("--format", form, *ALL)
        assert status == 70
        assert "internal error: ZeroDivisionError" in err
        assert "NN493" in (err if form == "text" else out)
    for line in err.splitlines():  # leave no crash reports behind
        if "report it with the file" in line:
            Path(line.split()[-1]).unlink()


# ---------------------------------------------------------------- formats
def test_commands_for_github(nnspec: Command) -> None:
    status, out, err = nnspec("--format", "github", *ALL)
    assert (status, err) == (1, "")
    lines = out.splitlines()
    assert lines[0] == "::error file=missing.yaml,title=NN009::there is no such file"
    assert lines[3].startswith("::error file=bad.yaml,line=8,col=10,endColumn=11,title=NN201::nothing is called `y`")
    assert lines[4].startswith("::warning file=warned.yaml,line=6,col=12,endColumn=13,title=NN493::")
    assert len(lines) == 5
    assert nnspec("--format", "github", "good.yaml") == (0, "", "")


def test_one_sarif_document_for_all(nnspec: Command) -> None:
    status, out, err = nnspec("--format", "sarif", *ALL)
    assert (status, err) == (1, "")
    (run,) = json.loads(out)["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["NN009"] * 3 + ["NN201", "NN493"]
    files = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run["results"]]
    assert files == ["missing.yaml", "folder", "binary.yaml", "bad.yaml", "warned.yaml"]
    for each in run["results"]:
        assert run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"]
    status, out, _ = nnspec("--format", "sarif", "good.yaml")
    assert status == 0
    assert json.loads(out)["runs"][0]["results"] == []


def test_strict_holds_in_every_format(nnspec: Command) -> None:
    for form in ("text", "json", "github", "sarif"):
        assert nnspec("--format", form, "warned.yaml")[0] == 0
        assert nnspec("--strict", "--format", form, "warned.yaml")[0] == 1


# ---------------------------------------------------------------- silence
def test_a_silenced_warning_is_no_error_when_warnings_are(nnspec: Command) -> None:
    text = WARNED.replace('1)"}', '1)"}  # nnspec: ignore NN493')
    Path("warned.yaml").write_text(text)
    assert nnspec("--strict", "warned.yaml") == (0, "warned.yaml: ok\n", "")


def test_comments_that_silence_nothing_are_mended(nnspec: Command) -> None:
    Path("good.yaml").write_text(GOOD.replace("a*x", "a*x   # nnspec: ignore"))
    status, out, err = nnspec("--fix", "good.yaml")
    assert (status, err) == (0, "")
    assert out == "good.yaml:8:14: mended NN499: delete `# nnspec: ignore`\ngood.yaml: ok\n"
    assert Path("good.yaml").read_text() == GOOD


# ---------------------------------------------------------------- for the eye
def test_colour_when_asked_for(nnspec: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in nnspec("bad.yaml")[2]
    assert "\x1b[1;31merror[NN201]" in nnspec("--color", "always", "bad.yaml")[2]
    assert "\x1b[1;31merror[NN009]" in nnspec("--color", "always", "missing.yaml")[2]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in nnspec("bad.yaml")[2]
    assert "\x1b" not in nnspec("--color", "never", "bad.yaml")[2]


def test_lines_are_cut_to_the_terminal(nnspec: Command) -> None:
    Path("long.yaml").write_text(BAD.replace("a*y", f"a*y + {'x + ' * 40}x"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"} | {"NO_COLOR": "1"}
    words = [sys.executable, "-m", "nnspec", "check", "--no-plugins", "long.yaml"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=theirs, env=environment) as process:
        os.close(theirs)
        printed = b""
        try:
            while chunk := os.read(ours, 4096):
                printed += chunk
        except OSError:  # the other end is closed
            pass
        process.wait()
    os.close(ours)
    lines = printed.decode().replace("\r\n", "\n").split("\n")
    excerpt = next(k for k, line in enumerate(lines) if line.startswith("8 | "))
    assert len(lines[excerpt]) <= 40
    assert lines[excerpt].endswith("…")
    assert lines[excerpt].index("y") == lines[excerpt + 1].index("^")
