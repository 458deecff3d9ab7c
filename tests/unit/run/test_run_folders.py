"""Run folders through the public stages: the same bytes again, nothing recomputed, nothing overwritten, damage named."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec import cli, stages
from nnspec.result.dataset import DamagedResult
from nnspec.result.record import DamagedRecord

SPEC = """
nnspec: 1
name: folder
data: {xs: [0.0, 0.5, 2.0], r: [0.0, 1.0, 2.0]}
model:
  inputs: {x: R}
  indices: {i: 4}
  params: {"a[i]": "Normal(0, 0.25)", "w[i]": "Normal(0, 1)", "b[i]": "Uniform(-pi, pi)"}
  field: phi(x)
  def: sum_i a[i]*cos(w[i]*x + b[i])
functions: {F(x): exp(-x^2)}
observables:
  G2: {correlator: {n: 2, from: [0.0], along: r, draws: 128}}
  C4: {correlator: {n: 4, at: xs, connected: true, draws: 64}}
  Fx: {evaluate: {of: F, at: xs}}
checks: [max(G2) < 1]
plots: {p: {lines: {x: r, y: [G2]}}}
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Path:
    return stages.run(stages.loads(SPEC).check(), tmp_path_factory.mktemp("runs")).path


def again(path: Path, **options: object) -> stages.Run:
    return stages.run(stages.loads(SPEC).check(), path.parent, **options)


def copied(path: Path, to: Path) -> Path:
    target = to / path.name
    target.mkdir(parents=True)
    for file in path.rglob("*"):
        if file.is_file():
            (target / file.relative_to(path)).parent.mkdir(exist_ok=True)
            (target / file.relative_to(path)).write_bytes(file.read_bytes())
    return target


def test_the_same_spec_gives_the_same_bytes(done, tmp_path):
    """Arrays, pictures and the page; the record alone has times in it."""
    path = copied(done, tmp_path)
    result = again(path, force=True)
    assert result.fresh
    assert result.path == path
    assert result.kept == Path(f"{path}.old1")
    names = sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())
    assert {"results.nc", "report.html", "run.json", "spec.yaml"} <= set(names)
    assert any(name.endswith(".png") for name in names)
    for name in names:
        if name != "run.json":
            assert (path / name).read_bytes() == (result.kept / name).read_bytes(), name


def test_what_is_there_is_not_computed_again(done, tmp_path, monkeypatch):
    path = copied(done, tmp_path)
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in path.rglob("*") if file.is_file()}
    monkeypatch.setattr("nnspec.run.execute.execute", lambda *_: pytest.fail("computed"))
    monkeypatch.setattr("nnspec.run.run.execute", lambda *_: pytest.fail("computed"))
    found = again(path)
    assert not found.fresh
    assert found["G2"].value.shape == (3,)
    assert {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in path.rglob("*") if file.is_file()} == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_older_runs_are_kept_beside(done, tmp_path):
    path = copied(done, tmp_path)
    Path(f"{path}.old1").mkdir()
    second = again(path, force=True)
    assert second.kept.name == f"{path.name}.old2"
    assert {each.name for each in tmp_path.iterdir()} == {path.name, f"{path.name}.old1", f"{path.name}.old2"}


def test_a_failed_computation_leaves_nothing(done, tmp_path):
    path = copied(done, tmp_path)
    before = (path / "results.nc").read_bytes()
    with pytest.raises(Exception, match="would need"):
        again(path, force=True, memory=10.0)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert (path / "results.nc").read_bytes() == before


@pytest.mark.parametrize("place", [0, 100, -300, -1])
def test_damaged_arrays_are_named(done, tmp_path, place, capsys):
    path = copied(done, tmp_path)
    content = bytearray((path / "results.nc").read_bytes())
    content[place] ^= 0xFF
    (path / "results.nc").write_bytes(content)
    try:
        found = stages.open_run(path)
    except DamagedResult as error:
        assert "results.nc" in str(error)
        assert cli.main(["show", str(path)]) == 4
        assert "NN721" in capsys.readouterr().err
        with pytest.raises(DamagedResult):  # not recomputed behind the user's back either
            again(path)
    else:  # a byte that no array and no name is made of
        assert found["C4"].value.tobytes() == stages.open_run(done)["C4"].value.tobytes()
        assert found["G2"].stderr.tobytes() == stages.open_run(done)["G2"].stderr.tobytes()


def test_every_byte_of_an_array_is_guarded(done, tmp_path):
    """No flipped byte anywhere gives other numbers: a strided sweep through the file."""
    path = copied(done, tmp_path)
    content = (path / "results.nc").read_bytes()
    truth = {e.name: (e.value.tobytes(), e.stderr is not None and e.stderr.tobytes()) for e in stages.open_run(done).estimates}
    for place in range(7, len(content), max(1, len(content) // 150)):
        broken = bytearray(content)
        broken[place] ^= 0x10
        (path / "results.nc").write_bytes(broken)
        try:
            found = stages.open_run(path)
        except DamagedResult:
            continue
        shown = {e.name: (e.value.tobytes(), e.stderr is not None and e.stderr.tobytes()) for e in found.estimates}
        assert shown == truth, place


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": "folder"}'])
def test_a_damaged_record_is_named(done, tmp_path, content, capsys):
    path = copied(done, tmp_path)
    (path / "run.json").write_bytes(content)
    with pytest.raises(DamagedRecord):
        stages.open_run(path)
    assert cli.main(["show", str(path)]) == 4
    assert "NN721" in capsys.readouterr().err


def test_a_run_with_a_damaged_record_is_computed_again_and_kept(done, tmp_path):
    path = copied(done, tmp_path)
    content = b'{"name": "folder"'
    (path / "run.json").write_bytes(content)
    result = again(path)
    assert result.fresh
    assert result.kept is not None
    assert (result.kept / "run.json").read_bytes() == content


def test_a_truncated_file_is_damaged(done, tmp_path):
    path = copied(done, tmp_path)
    content = (path / "results.nc").read_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 1):
        (path / "results.nc").write_bytes(content[:length])
        with pytest.raises(DamagedResult):
            stages.open_run(path)


def test_a_failed_check_stays_failed(tmp_path):
    """Found again, the run still says so, and the command still exits with 3."""
    source = tmp_path / "spec.yaml"
    source.write_text(SPEC.replace("max(G2) < 1", "max(G2) < 0"))
    out = str(tmp_path / "runs")
    assert cli.main(["run", str(source), "--out", out]) == 3
    assert cli.main(["run", str(source), "--out", out]) == 3
