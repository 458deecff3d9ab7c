"""What a run says while it computes: bars on terminals, lines elsewhere, JSON for programs, nothing when that is wanted."""

from __future__ import annotations

import io
import json
import math
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nnspec.report.events import EVENTS, Events, described
from nnspec.report.progress import display, errors
from nnspec.run.passes import Progress

SPEC = """
nnspec: 1
name: told
model:
  inputs: {x: R}
  indices: {i: 4}
  params: {"a[i]": "Normal(0, 1)", "b[i]": "Uniform(-pi, pi)", c: "Normal(0, 1)"}
  field: phi(x)
  def: sum_i a[i]*cos(x + b[i])
observables:
  G2: {correlator: {n: 2, at: [0, 1], draws: 640}}
checks: [max(G2) < 100, max(G2) < 0]
"""


def step(done: int = 3, **more: object) -> Progress:
    return Progress("G2, S", done, 4, 1000, 2.0, **more)


# ---------------------------------------------------------------- people
def test_one_line_for_each_group():
    stream = io.StringIO()
    with display("demo", stream) as show:
        for done in range(5):
            show(step(done))
        show(step(note="a damaged shard of G2 was computed again"))
    assert stream.getvalue() == "demo: G2, S in 2.0 s, 500 networks/s\ndemo: a damaged shard of G2 was computed again\n"


def test_quiet():
    stream = io.StringIO()
    with display("demo", stream, quiet=True) as show:
        show(step(4, note="something"))
    assert stream.getvalue() == ""


def test_error_bars():
    some = tuple((name, 0.0123) for name in ("G2", "G4", "S", "T"))
    assert errors(step(errors=some[:1])) == "G2 ±0.012"
    assert errors(step(errors=some)) == "G2 ±0.012, G4 ±0.012, S ±0.012, …"
    assert errors(step()) == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with display("demo", stream) as show:
        show(step(1, errors=(("G2", 0.5),)))
        show(step(2, errors=(("G2", 0.0123),), note="[1] damaged"))
    printed = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "G2 ±0.012" in printed
    assert "500 networks/s" in printed
    assert "[1] damaged" in printed, "no markup is seen in it"


def test_a_reader_who_left():
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with display("demo", Gone()) as show:
        show(step(4))
    events = Events(Gone(), "demo.yaml")
    events.progress(step())
    events.done(0)
    assert not events.open


# ---------------------------------------------------------------- programs
def test_numbers_that_json_does_not_know():
    stream = io.StringIO()
    Events(stream, "demo.yaml").progress(step(errors=(("G2", math.nan),)))
    assert json.loads(stream.getvalue())["stderr"] == {"G2": "nan"}


def nnspec(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "NNSPEC_CACHE": ""}
    given = {"capture_output": True, "text": True, "timeout": 120, "check": False, "env": env, **more}
    return subprocess.run([sys.executable, "-m", "nnspec", *words], **given)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    found = tmp_path_factory.mktemp("told")
    (found / "spec.yaml").write_text(SPEC)
    (found / "bad.yaml").write_text(SPEC.replace("cos(x", "cos(y"))
    return found


def test_events_of_a_run(folder):
    done = nnspec("run", "spec.yaml", "bad.yaml", "--json", cwd=folder)
    assert done.returncode == 3
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["event"] for line in lines} == set(EVENTS)
    assert all(line["event"] in described() for line in lines)
    first = [line for line in lines if line["spec"] == "spec.yaml"]
    kinds = [line["event"] for line in first]
    assert kinds[0] == "warning"
    assert first[0]["code"].startswith("NN49"), "a parameter that nothing uses"
    assert kinds[1] == "plan"
    assert first[1]["rows"][0]["draws"] == 640
    assert kinds[-4:] == ["check", "check", "error", "done"]
    assert kinds.count("result") == 1
    steps = [line for line in first if line["event"] == "progress"]
    assert (steps[-1]["done"], steps[-1]["shards"]) == (64, 64)
    assert [line["passed"] for line in first if line["event"] == "check"] == [True, False]
    assert first[-1]["status"] == 3
    assert (folder / first[-1]["folder"] / "run.json").exists()
    second = [line for line in lines if line["spec"] == "bad.yaml"]
    assert [(line["event"], line.get("code"), line.get("status")) for line in second] == [("error", "NN201", None), ("done", None, 1)]
    assert "error[NN711]" in done.stderr, "people are told as well"
    again = nnspec("run", "spec.yaml", "--json", "--quiet", cwd=folder)
    assert json.loads(again.stdout.splitlines()[-1])["fresh"] is False
    assert "networks/s" not in again.stderr


def test_events_of_a_dry_run(folder):
    done = nnspec("run", "spec.yaml", "--json", "--dry-run", cwd=folder)
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == ["warning", "plan", "done"]


def test_a_quiet_run(folder):
    done = nnspec("run", "spec.yaml", "--out", "quiet", "-q", cwd=folder)
    assert done.returncode == 3
    assert (folder / done.stdout.strip() / "results.nc").exists()
    assert "in 0" not in done.stderr
    assert "error[NN711]" in done.stderr


def test_a_pipe_that_is_closed(folder):
    """Whoever read the events left: the run is completed."""
    command = f"{sys.executable} -m nnspec run spec.yaml --json --force 2>&1 | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.splitlines()[-1] in ("3", "0"), done.stdout
    assert done.stderr == ""
    shown = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m nnspec doc functions | head -n 1; echo ${{PIPESTATUS[0]}}"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert shown.stdout.splitlines()[-1] == "0"
    assert shown.stderr == ""


def test_events_are_documented(folder):
    text = nnspec("doc", "events").stdout
    assert all(f"\n  {name} " in text for name in EVENTS)


def test_a_run_on_a_terminal(folder):
    ours, theirs = pty.openpty()
    env = {**os.environ, "NNSPEC_CACHE": "", "COLUMNS": "100", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "nnspec", "run", "spec.yaml", "--out", "shown"], cwd=folder, stdout=theirs, stderr=theirs, env=env
    ) as process:
        os.close(theirs)
        printed = b""
        try:
            while chunk := os.read(ours, 4096):
                printed += chunk
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    assert "━".encode() in printed
    assert printed.count(b"\x1b[?25l") <= printed.count(b"\x1b[?25h"), "the cursor is there again"
    assert process.returncode == 3
