"""Runs and sweeps that are killed at random moments end with the bytes of those that were left alone; so do those that meet."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import models
import processes
import pytest

RUN = (
    "nnspec: 1\nname: killed\nlet: {N: 50}\ndata: {xs: 'linspace(-1, 1, 6)'}\n" + models.COSINES + """
observables:
  G2: {correlator: {n: 2, at: xs, draws: 200000}}
  G4: {correlator: {n: 4, connected: true, at: xs, draws: 200000}}
  S: {spectrum: {modes: 8, draws: 1000}}
checks: [max(G2) > 0]
"""
)
FASTER = RUN.replace("200000", "50000").replace("  S: {spectrum: {modes: 8, draws: 1000}}\n", "") + "output: {report: false}\n"
SWEEP = FASTER + "sweep: {grid: {let.N: [20, 30, 40]}}\n"
WORKERS = FASTER + "sweep: {grid: {let.N: [20, 30, 40]}, workers: 2}\n"


def start(spec: Path, out: Path, *words: str) -> subprocess.Popen[bytes]:
    """A run in a session of its own, so that it can be killed with all that it started."""
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return processes.start(spec, out, cache_of(out), *words, **silent, start_new_session=True)


def cache_of(out: Path) -> Path:
    return out.with_name(f"{out.name}-cache")


def content(out: Path) -> dict[str, object]:
    """All that a complete run left, without times and command lines; nothing may be left besides."""
    found: dict[str, object] = {}
    for file in sorted(each for each in out.rglob("*") if each.is_file()):
        name = str(file.relative_to(out))
        found[name] = file.read_bytes()
        if file.name == "run.json":
            record = json.loads(file.read_text())
            del record["provenance"]["timing"], record["provenance"]["command_line"]
            found[name] = record
    return found


def complete(out: Path) -> bool:
    return any((each / "run.json").exists() for each in out.glob("killed-*"))


def kill_often(folder: Path, text: str, kills: int, seed: int) -> int:
    """Kill and start again, so many times, at moments between the start and the usual end; how many runs were completed."""
    spec, alone, out = folder / "spec.yaml", folder / "alone", folder / "killed"
    spec.write_text(text)
    assert start(spec, alone).wait() == 0
    shutil.rmtree(alone)
    shutil.rmtree(cache_of(alone) / "shards")
    began = time.perf_counter()
    assert start(spec, alone).wait() == 0
    usual = time.perf_counter() - began
    wanted, chance, completed = content(alone), random.Random(seed), 0
    shutil.copytree(cache_of(alone) / "xla", cache_of(out) / "xla")  # compiled programs are not what is tested
    for kill in range(kills):
        print(f"kill {kill + 1} of {kills}, {completed} runs completed", flush=True)  # `pytest -s` shows how far it is
        process = start(spec, out)
        try:
            process.wait(timeout=chance.uniform(0, 1) * usual)
        except subprocess.TimeoutExpired:
            if chance.random() < 0.5:
                process.kill()  # the processes that it started are left behind, and end by themselves
            else:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if complete(out):
            completed += 1
            assert start(spec, out).wait() == 0
            assert content(out) == wanted
            shutil.rmtree(out)
            shutil.rmtree(cache_of(out) / "shards", ignore_errors=True)
    assert start(spec, out).wait() == 0
    assert content(out) == wanted
    return completed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "kills", "seed"), [(RUN, 80, 1), (SWEEP, 60, 2), (WORKERS, 60, 3)], ids=["run", "sweep", "workers"]
)
def test_killed_two_hundred_times(tmp_path, text, kills, seed):
    """Two hundred kills in all three cases together, at moments that are the same in every run of this test."""
    print(f"{kills} kills, {kill_often(tmp_path, text, kills, seed)} completed runs")


@pytest.mark.slow
def test_a_sweep_that_is_killed(tmp_path):
    kill_often(tmp_path, WORKERS, kills=2, seed=4)


# ---------------------------------------------------------------- runs that meet
def test_two_specs_that_go_to_one_folder(tmp_path):
    texts = {"one": FASTER, "two": FASTER.replace("N: 50", "N: 51")}
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    both = [start(tmp_path / f"{name}.yaml", tmp_path / "both") for name in texts]
    assert [each.wait() for each in both] == [0, 0]
    for name in texts:
        assert start(tmp_path / f"{name}.yaml", tmp_path / "alone").wait() == 0
    assert content(tmp_path / "both") == content(tmp_path / "alone")


def test_two_that_are_forced(tmp_path):
    """Both compute, one after the other has its place, and the older ones are kept."""
    (tmp_path / "spec.yaml").write_text(FASTER)
    both = [start(tmp_path / "spec.yaml", tmp_path / "both", "--force") for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    places = sorted(each.name for each in (tmp_path / "both").iterdir())
    assert len(places) == 2
    assert places[1] == f"{places[0]}.old1"
    one, two = ((tmp_path / "both" / each / "results.nc").read_bytes() for each in places)
    assert one == two
