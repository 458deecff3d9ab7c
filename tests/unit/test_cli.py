"""The command line as a user meets it: exit status and words for everything that can be wrong, and no traceback."""

from __future__ import annotations

import errno
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nnspec.cli import main

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
DONE, WRONG_SPEC, WRONG_COMMAND, CHECK_FAILED, NOT_COMPUTED = 0, 1, 2, 3, 4


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"good": GOOD, "bad": BAD, "warned": WARNED}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def nnspec(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "nnspec", *words], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    for printed in (done.stdout, done.stderr):
        assert "Traceback" not in printed
        assert "internal error" not in printed
    return done


# ---------------------------------------------------------------- files
def test_a_good_spec() -> None:
    done = nnspec("check", "good.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (DONE, "good.yaml: ok\n", "")


@pytest.mark.parametrize("verb", ["check", "run"])
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.yaml", None, "there is no such file"),
        ("folder", "", "this is a folder, not a file"),
        ("binary.yaml", b"\x7fELF\x02\x01\x01\x00\x80\xff", "the file is not UTF-8 text: byte 8, line 1"),
        ("empty.yaml", b"", "the spec is empty"),
        ("null.yaml", b"name: a\x00b\n", "the character U+0000 cannot stand in a spec"),
        ("long.yaml", b"# " + b"x" * 1_100_000, "the file has more than 1,000,000 characters"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_spec(verb: str, name: str, content: bytes | str | None, said: str, folder: Path) -> None:
    if isinstance(content, bytes):
        (folder / name).write_bytes(content)
    elif content is not None:
        (folder / name).mkdir()
    done = nnspec(verb, name)
    assert done.returncode == WRONG_SPEC
    assert said in done.stderr
    assert name in done.stderr
    assert done.stdout == ""


def test_a_file_that_may_not_be_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused by hand, since the administrator of a machine may read every file."""
    path = folder / "secret.yaml"
    path.write_text(GOOD)

    def refuse(self: Path, *_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    status = main(["check", str(path)])
    monkeypatch.undo()
    assert status == WRONG_SPEC
    assert "the file cannot be read: permission denied" in capsys.readouterr().err


def test_a_path_that_goes_through_a_file() -> None:
    done = nnspec("check", "good.yaml/more.yaml")
    assert done.returncode == WRONG_SPEC
    assert "error[NN009]" in done.stderr


def test_two_specs_of_which_one_is_bad() -> None:
    done = nnspec("check", "bad.yaml", "good.yaml")
    assert done.returncode == WRONG_SPEC
    assert done.stdout == "good.yaml: ok\n"
    assert "error[NN201]: nothing is called `y`" in done.stderr


def test_warnings_are_errors_only_when_asked() -> None:
    assert nnspec("check", "warned.yaml").returncode == DONE
    strict = nnspec("check", "--strict", "warned.yaml")
    assert strict.returncode == WRONG_SPEC
    assert "warning[NN493]" in strict.stderr


# ---------------------------------------------------------------- machine form
def complaints(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_complaints_as_json_one_on_a_line() -> None:
    done = nnspec("check", "--format", "json", "bad.yaml", "good.yaml", "missing.yaml", "warned.yaml")
    assert done.returncode == WRONG_SPEC
    assert done.stderr == ""
    unknown, missing, warning = complaints(done)
    for each in (unknown, missing, warning):
        keys = ["code", "level", "message", "spans", "notes", "helps", "fixes", "path", "url"]
        assert list(each) == keys
        assert each["url"] == f"errors/{each['code']}"
        for span in each["spans"]:
            assert set(span) == {"file", "start", "end", "primary", "label"}
            assert set(span["start"]) == set(span["end"]) == {"line", "col", "offset"}
    place = BAD.index("a*y") + 2
    assert unknown["code"] == "NN201"
    assert unknown["path"] == "model.def"
    assert unknown["spans"][0] == {
        "file": "bad.yaml", "start": {"line": 8, "col": 10, "offset": place},
        "end": {"line": 8, "col": 11, "offset": place + 1}, "primary": True, "label": "not known here",
    }  # fmt: skip
    assert (missing["code"], missing["spans"][0]["file"]) == ("NN009", "missing.yaml")
    assert (warning["code"], warning["level"], warning["path"]) == ("NN493", "warning", "model.params.a")


def test_a_fix_in_the_machine_form(folder: Path) -> None:
    (folder / "near.yaml").write_text(GOOD.replace("params", "parms"))
    (near, *_) = complaints(nnspec("check", "--format", "json", "near.yaml"))
    start = GOOD.index("params")
    assert near["fixes"] == [
        {"applicability": "machine", "edits": [{"start": start, "end": start + len("parms"), "text": "params"}]}
    ]


# ---------------------------------------------------------------- words
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("frobnicate",), "invalid choice: 'frobnicate'"),
        (("check",), "the following arguments are required: SPEC"),
        (("check", "--colour", "good.yaml"), "unrecognized arguments: --colour"),
        (("check", "--format", "xml", "good.yaml"), "invalid choice: 'xml'"),
        (("run", "--memory", "lots", "good.yaml"), "'lots' is not a size; write it like 8GiB"),
        (("run", "--memory", "-1GiB", "good.yaml"), "--memory"),
        (("explain", "nosuch"), "'nosuch' is neither an error code, as in `nnspec explain NN301`, nor a file"),
        (("explain", "NN999"), "'NN999' is neither an error code"),
        (("doc", "nosuch"), "nothing is called 'nosuch'"),
    ],
)  # fmt: skip
def test_a_wrong_command(words: tuple[str, ...], said: str) -> None:
    done = nnspec(*words)
    assert done.returncode == WRONG_COMMAND
    assert said in done.stderr


def test_no_command_shows_the_commands() -> None:
    done = nnspec()
    assert done.returncode == WRONG_COMMAND
    assert "usage: nnspec" in done.stdout


@pytest.mark.parametrize("code", ["NN301", "nn301"])
def test_a_code_is_explained_in_either_case(code: str) -> None:
    done = nnspec("explain", code)
    assert done.returncode == DONE
    assert done.stdout.startswith("NN301: an index without its sum\n")
    assert "bad:" in done.stdout
    assert "good:" in done.stdout


def test_a_spec_with_a_fault_is_not_explained() -> None:
    done = nnspec("explain", "bad.yaml")
    assert done.returncode == WRONG_SPEC
    assert "error[NN201]" in done.stderr


# ---------------------------------------------------------------- colour
def on_a_terminal(*words: str, **environment: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "nnspec", *words], stdout=theirs, stderr=theirs, stdin=theirs,
        env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, **environment},
    ) as process:  # fmt: skip
        os.close(theirs)
        printed = b""
        try:
            while chunk := os.read(ours, 4096):
                printed += chunk
        except OSError:  # the other end is closed
            pass
        process.wait()
    os.close(ours)
    return printed.decode()


def test_colour_on_a_terminal_unless_it_is_not_wanted() -> None:
    assert "\x1b[1;31merror[NN201]" in on_a_terminal("check", "bad.yaml")
    assert "\x1b" not in on_a_terminal("check", "bad.yaml", NO_COLOR="1")
    assert "\x1b" not in nnspec("check", "bad.yaml", NO_COLOR="").stderr


# ---------------------------------------------------------------- run folders
def test_a_folder_that_cannot_be_made() -> None:
    done = nnspec("run", "good.yaml", "--out", "good.yaml/runs")
    assert done.returncode == NOT_COMPUTED
    assert "error[NN720]" in done.stderr


def test_a_folder_without_a_run() -> None:
    done = nnspec("show", ".")
    assert done.returncode == NOT_COMPUTED
    assert "error[NN720]: no such file or directory" in done.stderr
    assert "= help: give the folder of a run" in done.stderr


def test_a_damaged_run_folder(folder: Path) -> None:
    assert nnspec("run", "good.yaml").returncode == DONE
    (run,) = (folder / "runs").iterdir()
    results = run / "results.nc"
    results.write_bytes(results.read_bytes()[:100])
    for words in (("show", str(run)), ("run", "good.yaml")):
        done = nnspec(*words)
        assert done.returncode == NOT_COMPUTED
        assert "error[NN721]" in done.stderr
        assert "nnspec run --force" in done.stderr
    assert nnspec("run", "--force", "good.yaml").returncode == DONE


def test_a_check_that_fails(folder: Path) -> None:
    (folder / "claim.yaml").write_text(GOOD + "checks: [max(K) < 1]\n")
    done = nnspec("run", "claim.yaml")
    assert done.returncode == CHECK_FAILED
    assert "error[NN711]: check failed: max(K) < 1" in done.stderr
