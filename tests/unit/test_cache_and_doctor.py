"""The cache seen and cleared, and nothing besides; a doctor that finds what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnspec import doctor
from nnspec.cli import main
from nnspec.keeping import ago
from nnspec.run.cache import clear, look
from nnspec.text.diagnostic import Refused

DAY = 86400
PROGRAM = "jit_shards-" + 64 * "a"
KEY = 32 * "b"


def put(path: Path, content: bytes = b"content", age: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """Two programs, one old, one in the folder itself; the shards of two observables, one old."""
    place = tmp_path / "cache"
    put(place / "xla" / f"{PROGRAM}-cache", b"x" * 1000)
    put(place / "xla" / f"{PROGRAM}-atime")
    put(place / "xla" / f"{PROGRAM.replace('a', 'c')}-cache", age=40 * DAY)
    put(place / f"{PROGRAM.replace('a', 'd')}-cache", age=40 * DAY)
    put(place / "shards" / KEY / "node.json", b'{"spec": "demo", "observable": "G2", "facets": {}}')
    put(place / "shards" / KEY / "0-512.shard", b"s" * 2048)
    put(place / "shards" / KEY / ".512.shard.123.tmp", age=40 * DAY)
    put(place / "shards" / KEY.replace("b", "e") / "node.json", b"{", age=40 * DAY)
    monkeypatch.setenv("NNSPEC_CACHE", str(place))
    return place


def files(place: Path) -> set[str]:
    return {str(each.relative_to(place)) for each in place.rglob("*") if not each.is_dir() or each.is_symlink()}


def test_what_is_there(cache, capsys):
    assert main(["cache", "ls"]) == 0
    printed = capsys.readouterr().out
    assert [line.split()[:4] for line in printed.splitlines()[-2:]] == [
        ["compiled", "programs", "3", "1021"], ["shards", "of", "runs", "2"],
    ]  # fmt: skip
    assert main(["cache", "ls", "--shards"]) == 0
    printed = capsys.readouterr().out
    assert "G2 of demo, 1 shard  " in printed
    assert "1 month ago" in printed
    assert "jit_shards" not in printed
    assert main(["cache", "ls", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in found["entries"]] == ["shards", "shards", "xla", "xla", "xla"]
    assert sum(each["bytes"] for each in found["entries"]) == sum(file.stat().st_size for file in cache.rglob("*") if file.is_file())


def test_looking_does_not_make_it_younger(cache):
    before = {each.name: each.used for each in look(cache).entries if each.kind == "shards"}
    assert {each.name: each.used for each in look(cache).entries if each.kind == "shards"} == before


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ((), lambda name: True),
        (("--xla",), lambda name: "jit_" in name),
        (("--shards",), lambda name: name.startswith("shards")),
        (("--older-than", "30d"), lambda name: any(each in name for each in ("cccc", "dddd", "eeee"))),
        (("--shards", "--older-than", "5w"), lambda name: "eeee" in name),
        (("--older-than", "60d"), lambda name: False),
    ],
)
def test_clearing_removes_exactly_that(cache, words, gone, capsys):
    before = files(cache)
    assert main(["cache", "clear", *words]) == 0
    assert files(cache) == {name for name in before if not gone(name)}
    assert capsys.readouterr().out.startswith("removed ")
    assert cache.is_dir()


def test_other_files_and_links_are_left_alone(cache, tmp_path, capsys):
    mine = put(tmp_path / "mine" / "thesis.tex")
    put(cache / "xla" / "notes.txt")
    put(cache / "shards" / ("f" * 32) / "thesis.tex")
    put(cache / "shards" / "thesis" / "0.shard")
    (cache / "xla" / f"{PROGRAM.replace('a', '1')}-cache").symlink_to(mine)
    (cache / "shards" / ("2" * 32)).symlink_to(tmp_path / "mine")
    put(cache / "shards" / ("3" * 32) / "node.json")
    (cache / "shards" / ("3" * 32) / "0.shard").symlink_to(mine)
    before = files(cache)
    assert main(["cache", "clear"]) == 0
    assert "things that nnspec did not put there" in capsys.readouterr().out
    left = files(cache)
    assert {name for name in left if "thesis" in name or "notes" in name} == {n for n in before if "thesis" in n or "notes" in n}
    assert sum((cache / name).is_symlink() for name in left) == 3
    assert len(left) == 7
    assert mine.read_bytes() == b"content"


def test_a_folder_that_is_not_ours(tmp_path, monkeypatch, capsys):
    home = tmp_path / "home"
    put(home / "thesis.tex")
    monkeypatch.setenv("NNSPEC_CACHE", str(home))
    for action in ("ls", "clear"):
        assert main(["cache", action]) == 2
        error = capsys.readouterr().err
        assert "error[NN760]: the folder is no cache of nnspec: it holds `thesis.tex`" in error
    assert (home / "thesis.tex").exists()
    monkeypatch.setenv("NNSPEC_CACHE", str(home / "thesis.tex"))
    assert main(["cache", "clear"]) == 2
    assert (home / "thesis.tex").exists()


def test_a_link_in_the_place_of_a_kind(cache, tmp_path):
    (tmp_path / "real").mkdir()
    put(tmp_path / "real" / KEY / "0.shard")
    os.rename(cache / "shards", tmp_path / "moved")
    (cache / "shards").symlink_to(tmp_path / "real")
    with pytest.raises(Refused, match="symbolic link"):
        look(cache)
    assert (tmp_path / "real" / KEY / "0.shard").exists()


def test_what_somebody_else_removed(cache):
    listing = look(cache)
    for file in cache.rglob("*"):
        if file.is_file():
            file.unlink()
    removed = clear(listing, now=time.time())
    assert not removed.kept


def test_no_cache(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NNSPEC_CACHE", "")
    assert main(["cache", "ls"]) == main(["cache", "clear"]) == 0
    assert capsys.readouterr().out.count("nothing is kept") == 2
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "nowhere"))
    assert main(["cache", "ls"]) == main(["cache", "clear"]) == 0
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("words", [(), ("prune",), ("clear", "--older-than", "soon"), ("clear", "--older-than", "-3d"), ("ls", "--older-than", "3d")])
def test_a_wrong_command(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(["cache", *words])
    assert end.value.code == 2


def test_real_programs_and_shards_are_ours(tmp_path, monkeypatch, capsys):
    """What a run leaves is all known, and a run after clearing gives the same bytes."""
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "spec.yaml").write_text(doctor.SPEC.replace("20000", "640"))
    command = [sys.executable, "-m", "nnspec", "run", "spec.yaml", "-q", "--out"]
    for out in ("one", "two"):
        assert subprocess.run([*command, out], cwd=tmp_path, check=False).returncode == 0
        listing = look(tmp_path / "cache")
        assert {each.kind for each in listing.entries} == {"xla", "shards"}
        assert not listing.others
        assert main(["cache", "clear"]) == 0
        assert files(tmp_path / "cache") == set()
    one, two = (next((tmp_path / out).iterdir()) / "results.nc" for out in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(("seconds", "text"), [(3, "just now"), (60, "1 minute ago"), (7300, "2 hours ago"), (3 * DAY, "3 days ago"), (800 * DAY, "2 years ago")])
def test_ages(seconds, text):
    assert ago(seconds) == text


# ---------------------------------------------------------------- the doctor
def verdicts(health: doctor.Health) -> dict[str, str]:
    return {each.what: each.verdict for each in health.findings}


def test_all_is_well(tmp_path):
    """In a process of its own, as it is used; machines of tests may be short of disk and memory, which is only a warning."""
    done = subprocess.run(
        [sys.executable, "-m", "nnspec", "doctor", "--json"], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "NNSPEC_CACHE": str(tmp_path / "cache")}, timeout=120,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert found["well"]
    said = {each["what"]: each["verdict"] for each in found["findings"]}
    for what in ("python", "jax", "float64", "cache", "plugins", "self-test: formulas", "self-test: sampling", "self-test: files"):
        assert said[what] == "PASS", what
    assert list(tmp_path.iterdir()) == [], "nothing is left behind, not even a cache"


def test_a_broken_sampler_is_found(monkeypatch, capsys):
    """Amplitudes of another variance: the run's own claim and the closed form disagree."""
    monkeypatch.setattr(doctor, "SPEC", doctor.SPEC.replace("Normal(0, 1/N)", "Normal(0, 1.2/N)"))
    monkeypatch.setattr(doctor, "_versions", lambda: iter(()))
    assert main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "FAIL  self-test: sampling" in printed
    assert "→ report it" in printed
    assert "1 thing must be mended" in printed


def test_what_cannot_be_looked_at_is_named(monkeypatch):
    def broken():
        raise ImportError("no jaxlib")

    monkeypatch.setattr(doctor, "_devices", broken)
    monkeypatch.setattr(doctor, "_self_test", lambda: iter(()))
    health = doctor.examine()
    assert not health.well
    assert verdicts(health)["devices"] == "FAIL"
    assert verdicts(health)["plugins"] == "PASS", "the others are looked at"


def test_a_cache_that_is_none(tmp_path, monkeypatch):
    put(tmp_path / "file")
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "file"))
    (finding,) = doctor._cache()
    assert (finding.verdict, finding.advice) == ("FAIL", "export NNSPEC_CACHE=DIR, with a folder that may be written")
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path))
    (finding,) = doctor._cache()
    assert finding.verdict == "FAIL"
    monkeypatch.setenv("NNSPEC_CACHE", "")
    (finding,) = doctor._cache()
    assert finding.verdict == "WARN"


def test_a_plugin_with_a_fault(tmp_path):
    (tmp_path / "bad.py").write_text("import nosuchmodule\n")
    findings = list(doctor._plugins((str(tmp_path / "bad.py"),), False))
    assert any("nosuchmodule" in each.found and each.advice for each in findings)
