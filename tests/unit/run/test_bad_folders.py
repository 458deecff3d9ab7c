"""Folders and disks that are not as they should be: a code, a place and something to type, status 4, before hours are lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nnspec import cli, stages
from nnspec.result.dataset import write_results
from nnspec.result.files import NewerFormat, write_bytes
from nnspec.run.execute import ComputingError
from nnspec.run.places import ready

SPEC = """
nnspec: 1
name: placed
let: {N: 4}
model:
  inputs: {x: R}
  indices: {i: N}
  params: {"a[i]": "Normal(0, 1/N)", "b[i]": "Uniform(-pi, pi)"}
  field: phi(x)
  def: sum_i a[i]*cos(x + b[i])
observables: {G2: {correlator: {n: 2, at: [0, 1], draws: 640}}}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return stages.run(stages.loads(SPEC).check(), tmp_path_factory.mktemp("runs")).path


@pytest.fixture(autouse=True)
def no_cache(monkeypatch) -> None:
    monkeypatch.setenv("NNSPEC_CACHE", "")


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "runs" / made.name))


@pytest.fixture
def spec(tmp_path) -> Path:
    (tmp_path / "spec.yaml").write_text(SPEC)
    return tmp_path / "spec.yaml"


def said(capsys, *words: object) -> str:
    assert cli.main([str(word) for word in words]) == 4
    printed = capsys.readouterr()
    assert "= help:" in printed.err
    assert printed.out == ""
    return str(printed.err)


# ---------------------------------------------------------------- where runs go
def test_a_file_in_the_place_of_the_folder(spec, tmp_path, capsys):
    for out in (spec, spec / "deeper" / "still"):
        error = said(capsys, "run", spec, "--out", out)
        assert f"error[NN720]: `{spec}` is a file, not a folder" in error
        assert "--out DIR" in error


def test_a_folder_that_may_not_be_written(spec, tmp_path, capsys, monkeypatch):
    """Refused by hand: the administrator may write everywhere."""
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **k: Path(path) != tmp_path / "kept" and allowed(path, mode, **k))
    (tmp_path / "kept").mkdir()
    monkeypatch.setattr("nnspec.run.run.execute", lambda *_: pytest.fail("computed"))
    for out in (tmp_path / "kept", tmp_path / "kept" / "runs"):
        assert f"error[NN720]: the folder `{tmp_path / 'kept'}` may not be written" in said(capsys, "run", spec, "--out", out)
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").exists() or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_of_the_system(spec, capsys):
    assert "error[NN720]" in said(capsys, "run", spec, "--out", "/proc")


def test_looking_leaves_nothing(tmp_path):
    ready(tmp_path)
    ready(tmp_path / "new" / "runs")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- full disks
def test_a_full_disk_is_seen_before_anything_is_computed(tmp_path, monkeypatch):
    disk = os.statvfs(tmp_path)
    left = os.statvfs_result((*disk[:4], 3, *disk[5:]))
    monkeypatch.setattr(os, "statvfs", lambda _: left)
    with pytest.raises(ComputingError) as error:
        ready(tmp_path)
    assert error.value.diagnostic.code == "NN725"


@pytest.mark.parametrize("kind", ["results.nc", "run.json", "spec.yaml", "report.html"])
def test_a_disk_that_becomes_full(made, spec, tmp_path, capsys, monkeypatch, kind):
    """Whatever is being written then; when there is room again the run goes on and gives what it always gives."""
    written, wrote = Path.write_bytes, []

    def write(self, content):
        if kind in self.name and not wrote:
            wrote.append(self)
            written(self, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(self, content)

    monkeypatch.setattr(Path, "write_bytes", write)
    error = said(capsys, "run", spec, "--out", tmp_path / "runs")
    assert wrote
    assert "error[NN725]: the disk is full" in error
    assert "goes on where it stopped" in error
    assert not [each for each in (tmp_path / "runs").rglob("*") if each.suffix == ".tmp"]
    assert not list((tmp_path / "runs").glob("placed-*"))
    assert cli.main(["run", str(spec), "--out", str(tmp_path / "runs")]) == 0
    (done,) = (tmp_path / "runs").iterdir()
    assert (done / "results.nc").read_bytes() == (made / "results.nc").read_bytes()


def test_a_cache_without_room(made, spec, tmp_path, monkeypatch):
    """It spares work and is needed for nothing."""
    written = Path.write_bytes

    def write(self, content):
        if ".shard." in self.name or "node.json" in self.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(self, content)

    monkeypatch.setattr(Path, "write_bytes", write)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    assert cli.main(["run", str(spec), "--out", str(tmp_path / "runs")]) == 0
    (done,) = (tmp_path / "runs").iterdir()
    assert (done / "results.nc").read_bytes() == (made / "results.nc").read_bytes()


LIMITED = """
import resource, signal, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
from nnspec.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_limit_of_the_system_on_files(spec, tmp_path):
    """Real refusals in the middle of a file: HDF5 left alone would crash."""
    words = ["run", str(spec), "--out", str(tmp_path / "runs")]
    env = {**os.environ, "NNSPEC_CACHE": ""}
    done = subprocess.run([sys.executable, "-c", LIMITED, *words], capture_output=True, text=True, timeout=120, check=False, env=env)
    assert done.returncode == 4
    assert "error[NN720]: file too large" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_an_export_onto_a_full_disk(folder, capsys):
    assert "error[NN725]" in said(capsys, "export", folder, "--csv", "-o", "/dev/full")


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    write_bytes(tmp_path / "a", b"old")

    def refuse(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OSError, match="No space") as error:
        write_bytes(tmp_path / "a", b"new")
    assert error.value.filename == str(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"


# ---------------------------------------------------------------- run folders
@pytest.mark.parametrize("name", ["run.json", "results.nc", "spec.yaml", "resolved.yaml"])
def test_a_folder_that_lacks_a_file(folder, spec, capsys, name):
    (folder / name).unlink()
    error = said(capsys, "show", folder)
    assert f"error[NN721]: '{folder / name}' cannot be read: it is missing" in error.replace("the results in ", "")
    assert "nnspec run --force" in error
    assert "NN721" in said(capsys, "export", folder, "--csv")
    assert cli.main(["run", "--force", str(spec), "--out", str(folder.parent)]) == 0
    assert cli.main(["show", str(folder)]) == 0


def test_a_folder_that_is_none(tmp_path, capsys):
    for path in (tmp_path, tmp_path / "nothing"):
        error = said(capsys, "show", path)
        assert "error[NN720]: no such file or directory" in error
        assert "give the folder of a run" in error


def newer(folder: Path) -> None:
    content = json.loads((folder / "run.json").read_text())
    content |= {"nnspec_run": 7, "something": "new"}
    content["provenance"]["nnspec"] = "9.1.0"
    (folder / "run.json").write_text(json.dumps(content))


def test_a_record_of_a_newer_version(folder, spec, capsys):
    newer(folder)
    before = (folder / "run.json").read_bytes()
    for words in (("show", folder), ("run", spec, "--out", folder.parent), ("export", folder, "--json")):
        error = said(capsys, *words)
        assert "error[NN726]: the run was made by a newer nnspec" in error
        assert "install 9.1.0" in error
        assert str(folder / "run.json") in error
    assert (folder / "run.json").read_bytes() == before
    assert cli.main(["run", "--force", str(spec), "--out", str(folder.parent)]) == 0
    assert (Path(f"{folder}.old1") / "run.json").read_bytes() == before


def test_arrays_of_a_newer_version(folder, capsys, monkeypatch):
    monkeypatch.setattr("nnspec.result.dataset.FORMAT", 2)
    found = stages.open_run(folder)
    write_results(folder / "results.nc", found.estimates, {"digest": found.record.digest})
    monkeypatch.undo()
    assert "error[NN726]" in said(capsys, "show", folder)
    with pytest.raises(NewerFormat):
        stages.open_run(folder)


@pytest.mark.parametrize("format_", ['"1"', '"x"', "null", "[]"])
def test_a_record_with_a_strange_format(folder, capsys, format_):
    text = (folder / "run.json").read_text().replace('"nnspec_run": 1', f'"nnspec_run": {format_}')
    (folder / "run.json").write_text(text)
    assert "error[NN721]" in said(capsys, "show", folder)


@pytest.fixture
def other(tmp_path) -> Path:
    checked = stages.loads(SPEC).set("let.N", 5).check()
    return stages.run(checked, tmp_path / "elsewhere").path


def test_a_folder_with_the_name_of_another_run(folder, other, spec, capsys):
    """It would be shown as the result of a spec that it does not belong to."""
    shutil.rmtree(folder)
    shutil.move(other, folder)
    error = said(capsys, "run", spec, "--out", folder.parent)
    assert "error[NN727]: the run folder holds another run" in error
    assert "--force" in error
    assert cli.main(["run", "--force", str(spec), "--out", str(folder.parent)]) == 0
    assert (Path(f"{folder}.old1") / "results.nc").exists()


def test_arrays_of_another_run(folder, other, capsys):
    shutil.copy(other / "results.nc", folder / "results.nc")
    error = said(capsys, "show", folder)
    assert "error[NN721]" in error
    assert "those of another run" in error
