"""Runs that are stopped go on where they were, and end with the same bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nnspec.run.shards import Shelf
from nnspec.stages import loads, run

SPEC = """
nnspec: 1
name: resumed
let: {{N: 400}}
data: {{xs: "linspace(-1, 1, 12)"}}
model:
  inputs: {{x: R}}
  indices: {{i: N}}
  params:
    a[i]: Normal(0, 1/N)
    w[i]: Normal(0, 1)
    b[i]: Uniform(-pi, pi)
  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i])
observables:
  G2: {{correlator: {{n: 2, at: xs, draws: {draws}}}}}
  G4: {{correlator: {{n: 4, connected: true, at: xs, draws: {draws}}}}}
  S: {{spectrum: {{modes: 16, draws: 2000}}}}
"""


def command(spec: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "nnspec", "run", str(spec), "--out", str(out)]


def start(spec: Path, out: Path) -> subprocess.Popen[bytes]:
    env = {**os.environ, "NNSPEC_CACHE": str(spec.parent / "cache")}
    return subprocess.Popen(command(spec, out), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def bytes_of(out: Path) -> bytes:
    (folder,) = [each for each in out.iterdir() if not each.name.startswith(".")]
    return (folder / "results.nc").read_bytes()


def kill_often(tmp_path: Path, kills: int, draws: int, seed: int) -> None:
    """A run killed at random moments, again and again, until it ends; its bytes are those of a run left alone."""
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.format(draws=draws))
    began = time.perf_counter()
    assert start(spec, tmp_path / "alone").wait() == 0
    usual = time.perf_counter() - began
    chance, out, done = random.Random(seed), tmp_path / "killed", 0
    while done < kills:
        process = start(spec, out)
        try:
            process.wait(timeout=chance.uniform(0.3, 1.0) * usual)
        except subprocess.TimeoutExpired:
            process.send_signal(chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT]))
            process.wait()
        done += 1
        finished = [each for each in out.glob("resumed-*")] if out.exists() else []
        if finished and done < kills:
            out.rename(tmp_path / f"finished{done}")
            assert bytes_of(tmp_path / f"finished{done}") == bytes_of(tmp_path / "alone")
    assert start(spec, out).wait() == 0
    assert bytes_of(out) == bytes_of(tmp_path / "alone")
    assert [each.name for each in out.iterdir() if each.name.startswith(".")] == [], "nothing is left over"


def test_a_run_that_is_killed(tmp_path):
    kill_often(tmp_path, kills=3, draws=100_000, seed=1)


@pytest.mark.slow
def test_a_run_that_is_killed_two_hundred_times(tmp_path):
    kill_often(tmp_path, kills=200, draws=100_000, seed=2)


def test_shards_that_are_there_are_not_computed_again(tmp_path, monkeypatch):
    """And damaged ones are: the file is cut, or a byte of it changed."""
    from nnspec.run import execute

    checked = loads(SPEC.format(draws=2000)).check()
    monkeypatch.setattr(Shelf, "drop", lambda self: None)
    first = run(checked, tmp_path)
    (folder,) = (each for each in tmp_path.iterdir() if each.name.endswith(".shards"))
    files = sorted(folder.rglob("*.shard"))
    assert len(files) == 64, "all of one pass"
    computed: list[int] = []
    ready = execute._ready
    files[3].write_bytes(files[3].read_bytes()[:-10])
    content = bytearray(files[5].read_bytes())
    content[200] ^= 1
    files[5].write_bytes(bytes(content))
    files[7].unlink()
    monkeypatch.undo()
    monkeypatch.setattr(execute, "_ready", lambda program, found: computed.append(program.shards - len(found)) or ready(program, found))
    first.path.rename(tmp_path / "kept")
    second = run(checked, tmp_path)
    assert max(computed) == 3
    np.testing.assert_array_equal(second["G4"].value, first["G4"].value)
    assert (second.path / "results.nc").read_bytes() == (tmp_path / "kept" / "results.nc").read_bytes()


def test_two_processes_do_not_harm_each_other(tmp_path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.format(draws=50_000))
    both = [start(spec, tmp_path / "runs") for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    assert len([each for each in (tmp_path / "runs").iterdir() if each.name.startswith("resumed-")]) == 1
    assert start(spec, tmp_path / "alone").wait() == 0
    assert bytes_of(tmp_path / "runs") == bytes_of(tmp_path / "alone")


def test_a_shelf_keeps_what_it_was_given(tmp_path):
    shelf = Shelf(tmp_path).of("a", "b")
    shelf.put(2, {"x/m2": np.arange(3.0), "count": np.float64(2)})
    found = shelf.known(4)
    assert list(found) == [2]
    np.testing.assert_array_equal(found[2]["x/m2"], [0, 1, 2])
    assert Shelf(tmp_path).of("a", "c").known(4) == {}
    assert Shelf().of("a").get(2) is None
