"""Runs that are stopped go on where they were, and end with the same bytes."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nnspec.run.nodes import Node
from nnspec.run.shards import Shelf
from nnspec.stages import cached, loads, run

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


def cache_of(out: Path) -> Path:
    """A cache for each folder of runs: what is compared shares no shard."""
    return out.with_name(f"{out.name}-cache")


def start(spec: Path, out: Path) -> subprocess.Popen[bytes]:
    env = {**os.environ, "NNSPEC_CACHE": str(cache_of(out))}
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
            shutil.rmtree(cache_of(out) / "shards")
            assert bytes_of(tmp_path / f"finished{done}") == bytes_of(tmp_path / "alone")
    assert start(spec, out).wait() == 0
    assert bytes_of(out) == bytes_of(tmp_path / "alone")
    assert [each.name for each in out.iterdir() if each.name.startswith(".")] == [], "nothing is left over"


def test_a_run_that_is_killed(tmp_path):
    kill_often(tmp_path, kills=3, draws=100_000, seed=1)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Labels of the shards that are put on shelves from now on."""
    labels: list[str] = []
    put = Shelf.put
    monkeypatch.setattr(Shelf, "put", lambda self, label, found: labels.append(label) or put(self, label, found))
    return labels


def test_shards_that_are_there_are_not_computed_again(tmp_path, monkeypatch):
    """And damaged ones are, which is said: a file is cut, a byte of it changed, or it is gone."""
    checked = loads(SPEC.format(draws=2000)).check()
    cache, notes = str(tmp_path / "cache"), []
    first = run(checked, tmp_path / "first", cache=cache, plots=False)
    (folder,) = (
        place.parent for place in (tmp_path / "cache").rglob("node.json") if json.loads(place.read_text())["observable"] == "G4"
    )
    files = sorted(folder.rglob("*.shard"))
    assert len(files) == 64
    files[3].write_bytes(files[3].read_bytes()[:-10])
    content = bytearray(files[5].read_bytes())
    content[200] ^= 1
    files[5].write_bytes(bytes(content))
    files[7].unlink()
    labels = counted(monkeypatch)
    second = run(checked, tmp_path / "second", cache=cache, plots=False, report=lambda each: notes.append(each.note))
    assert set(labels) == {files[k].stem for k in (3, 5, 7)}
    assert sum("damaged" in note for note in notes) == 2
    np.testing.assert_array_equal(second["G4"].value, first["G4"].value)
    assert (second.path / "results.nc").read_bytes() == (first.path / "results.nc").read_bytes()


def test_what_is_asked_besides_is_computed_alone(tmp_path, monkeypatch):
    """Shards belong to observables: another one, by another name or in another spec, takes nothing from these."""
    text = SPEC.format(draws=2000)
    cache = str(tmp_path / "cache")
    run(loads(text).check(), tmp_path / "first", cache=cache, plots=False)
    labels = counted(monkeypatch)
    more = text.replace("  G4:", "  third: {correlator: {n: 3, at: xs, draws: 2000}}\n  G4:").replace("G2:", "two:")
    found = run(loads(more).check(), tmp_path / "second", cache=cache, plots=False)
    assert len(labels) == 64, "those of `third`"
    alone = run(loads(more).check(), tmp_path / "alone", plots=False)
    for name in ("two", "third", "G4", "S"):
        np.testing.assert_array_equal(found[name].value, alone[name].value)
        np.testing.assert_array_equal(found[name].stderr, alone[name].stderr)


def test_more_draws_begin_where_fewer_ended(tmp_path, monkeypatch):
    """The same bytes as without the shorter run, and only what is new is computed."""
    fewer, more = (loads(SPEC.format(draws=draws)).check() for draws in (30_000, 50_000))
    cache = str(tmp_path / "cache")
    run(fewer, tmp_path / "runs", cache=cache, plots=False)
    labels = counted(monkeypatch)
    found = run(more, tmp_path / "runs", cache=cache, plots=False)
    assert min(int(label.partition("-")[0]) for label in labels) > 20_000
    alone = run(more, tmp_path / "alone", plots=False)
    assert (found.path / "results.nc").read_bytes() == (alone.path / "results.nc").read_bytes()


@pytest.mark.parametrize("change", ["numerics.seed=1", 'model.params."w[i]"=Normal(0, 2)', "data.xs=linspace(-1, 2, 12)"])
def test_whatever_changes_a_number_changes_the_key(change, tmp_path, monkeypatch):
    spec = loads(SPEC.format(draws=640))
    cache = str(tmp_path / "cache")
    run(spec.check(), tmp_path / "first", cache=cache, plots=False)
    labels = counted(monkeypatch)
    path, _, value = change.partition("=")
    run(spec.set(path, value).check(), tmp_path / "second", cache=cache, plots=False)
    assert len(labels) == 64 * (2 if "data" in change else 3), "the spectrum has no points"


def test_the_plan_says_what_is_there_and_why_not(tmp_path):
    spec = loads(SPEC.format(draws=640))
    cache = str(tmp_path / "cache")
    assert set(cached(spec.check(), cache).values()) == {"computed: new"}
    run(spec.check(), tmp_path / "runs", cache=cache, plots=False)
    assert set(cached(spec.check(), cache).values()) == {"taken from disk"}
    assert cached(spec.set("let.N", 401).check(), cache)["G2"] == "computed: let.N 400 → 401"
    assert cached(spec.set("numerics.seed", 3).check(), cache)["G2"] == "computed: numerics.seed 0 → 3"
    assert cached(spec.set('model.params."w[i]"', "Normal(0, 2)").check(), cache)["G2"] == "computed: the model changed"


def test_the_oldest_shards_go_first(tmp_path):
    for k in range(4):
        shelf = Shelf(tmp_path).of(one := Node("spec", f"G{k}", {"k": str(k)}))
        shelf.describe(one)
        shelf.put("0-10", {"m": np.zeros(1000)})
        os.utime(shelf.folder / "node.json", (k, k))
    Shelf(tmp_path).prune(20_000)
    assert sorted(each.observable for each in Shelf(tmp_path).nodes()) == ["G2", "G3"]


def test_two_processes_do_not_harm_each_other(tmp_path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.format(draws=50_000))
    both = [start(spec, tmp_path / "runs") for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    assert len([each for each in (tmp_path / "runs").iterdir() if each.name.startswith("resumed-")]) == 1
    assert start(spec, tmp_path / "alone").wait() == 0
    assert bytes_of(tmp_path / "runs") == bytes_of(tmp_path / "alone")


def test_a_shelf_keeps_what_it_was_given(tmp_path):
    one = Node("spec", "G2", {"let.m": "1"})
    shelf = Shelf(tmp_path).of(one)
    assert shelf.put("0-10", {"m2": np.arange(3.0), "count": np.float64(2)})
    np.testing.assert_array_equal(shelf.get("0-10")["m2"], [0, 1, 2])
    assert shelf.has("0-10")
    assert not shelf.has("10-20")
    assert not Shelf(tmp_path).of(Node("spec", "G2", {"let.m": "2"})).has("0-10")
    assert Shelf(tmp_path).of(Node("other", "S", {"let.m": "1"})).has("0-10"), "names are no part of the key"
    assert not Shelf().of(one).put("0-10", {})
    assert Shelf().get("0-10") is None
