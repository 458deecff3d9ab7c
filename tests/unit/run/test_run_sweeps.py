"""Sweeps that are run: points on their own, programs shared by points, failures, results over the swept values."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nnspec.cli import main
from nnspec.run.sweep import points
from nnspec.stages import loads, open_run, run

SPEC = """
nnspec: 1
name: swept
let: {{N: 4, s: 1, c: 2}}
data: {{xs: [[0.0], [0.5]]}}
model:
  inputs: {{x: R}}
  indices: {{i: N}}
  params:
    a[i]: Normal(0, s/N)
    w[i]: Normal(0, c)
    b[i]: Uniform(-pi, pi)
  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i])
functions: {{"F(x, y)": s*exp(-c*(x - y)^2/2)}}
observables:
  G2: {{correlator: {{n: 2, at: xs, draws: 6400}}}}
  K: {{evaluate: {{of: F, at: xs}}}}
checks: ["max(abs(G2 - K)) < 5*max(se(G2))"]
{sweep}
"""


def swept(sweep: str):
    return loads(SPEC.format(sweep=sweep)).check()


def test_results_over_the_swept_values(tmp_path):
    done = run(swept("sweep: {grid: {let.N: [4, 8], let.s: [1, 2, 3]}, checks: ['agree(G2, K)', 'abs(slope(log(s), log(max(K))) - 1) < 1e-9']}"), tmp_path)
    assert (done.record.status, done.failed, done.errors) == ("done", (), ())
    G2, K = done["G2"], done["K"]
    assert G2.dims == ("let.N", "let.s", "point", "point_2")
    assert G2.value.shape == (2, 3, 2, 2)
    np.testing.assert_array_equal(G2.coords["let.s"], [1, 2, 3])
    exact = np.array([[1, np.exp(-0.25)], [np.exp(-0.25), 1]])
    np.testing.assert_allclose(K.value, np.broadcast_to(np.array([1, 2, 3])[:, None, None] * exact, (2, 3, 2, 2)), rtol=1e-9)
    again = open_run(done.path)
    np.testing.assert_array_equal(again["G2"].value, G2.value)
    assert next(each["changes"] for each in again.record.points) == {"let.N": "4", "let.s": "1"}


def test_a_point_is_what_its_spec_gives_alone(tmp_path):
    """Also where its program was compiled for other values of constants."""
    done = run(swept("sweep: {grid: {let.s: [1, 2, 3], let.c: [2, 1]}}"), tmp_path / "sweep")
    for k, s in enumerate((1, 2, 3)):
        for j, c in enumerate((2, 1)):
            alone = run(loads(SPEC.format(sweep="")).set("let.s", s).set("let.c", c).check(), tmp_path / "alone")
            assert alone["G2"].value.tobytes() == np.ascontiguousarray(done["G2"].value[j, k]).tobytes()
            assert alone["G2"].stderr.tobytes() == np.ascontiguousarray(done["G2"].stderr[j, k]).tobytes()
            assert alone.path.name in {each["folder"] for each in done.record.points}, "the same spec, the same digest"


def test_traced_constants_do_not_compile_again(tmp_path, monkeypatch):
    from nnspec.lower import streaming
    from nnspec_std.backends import montecarlo

    made = []
    made_of = streaming.pass_over
    monkeypatch.setattr(montecarlo, "pass_over", lambda *args, **more: made.append(args) or made_of(*args, **more))
    run(swept("sweep: {grid: {let.s: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}}"), tmp_path)
    assert len(made) == 1
    run(swept("sweep: {grid: {let.N: [4, 8, 12]}}"), tmp_path)
    assert len(made) == 4, "a size is compiled into the program"


def test_what_moves_together_and_seeds(tmp_path):
    done = run(swept("sweep: {zip: {let.N: [4, 8], let.s: [1, 2]}, seeds: 3}"), tmp_path)
    assert done["G2"].dims == ("let.N", "point", "point_2")
    assert len(done.record.points) == 6
    seeds = {each["changes"]["numerics.seed"] for each in done.record.points}
    assert seeds == {"0", "1", "2"}
    one = run(loads(SPEC.format(sweep="")).set("numerics.seed", 1).check(), tmp_path / "one")["G2"]
    ratio = np.max(done["G2"].stderr[0]) / np.max(one.stderr)
    assert 0.4 < ratio < 0.8, "the mean over three seeds has an error smaller by sqrt(3)"
    assert (done["G2"].draws, one.draws) == (19_200, 6400)
    assert done["K"].stderr is None, "it is the same at every seed"


def test_seeds_that_know_of_no_error_give_one(tmp_path):
    """A result of one network has none; that of a mean over n seeds is the standard deviation over sqrt(n)."""
    text = SPEC.replace("  K:", "  fit: {{train: {{data: toy, optimizer: {{sgd: {{lr: 0.05}}}}, steps: 3}}}}\n  K:")
    text = text.replace("data: {{", 'data: {{toy: "table(x=linspace(-1, 1, 5), y=x)", ')
    done = run(loads(text.format(sweep="sweep: {grid: {let.s: [1, 2]}, seeds: 4}")).check(), tmp_path)
    loss = done["fit.final_loss"]
    each = np.array([open_run(done.path / "points" / point["folder"])["fit.final_loss"].value for point in done.record.points])
    np.testing.assert_allclose(loss.value, each.reshape(2, 4).mean(1), rtol=1e-14)
    np.testing.assert_allclose(loss.stderr, each.reshape(2, 4).std(1, ddof=1) / 2, rtol=1e-12)
    assert loss.draws == 4


def test_values_of_a_generator_and_words(tmp_path):
    done = run(swept('sweep: {grid: {let.c: "linspace(1, 2, 3)", observables.G2.correlator.connected: [true, false]}}'), tmp_path)
    assert done["G2"].value.shape == (3, 2, 2, 2)
    np.testing.assert_array_equal(done["G2"].coords["let.c"], [1, 1.5, 2])
    assert "observables.G2.correlator.connected" not in done["G2"].coords, "coordinates are numbers"


def test_a_point_that_fails_keeps_no_other_from_being_computed(tmp_path, capsys):
    """s = 1e308 overflows; the others are there, NaN stands in its place, and the next run tries it again."""
    source = tmp_path / "spec.yaml"
    source.write_text(SPEC.format(sweep="sweep: {grid: {let.s: [1, 1e308, 2]}}").replace("< 5*max(se(G2))", "< 9"))
    assert main(["run", str(source), "--out", str(tmp_path / "runs")]) == 5
    printed = capsys.readouterr().err
    assert "NN705" in printed
    (folder,) = (tmp_path / "runs").iterdir()
    found = open_run(folder)["G2"].value
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).all()
    assert len(list((folder / "points").iterdir())) == 2
    record = json.loads((folder / "run.json").read_text())
    assert [each["failed"] for each in record["points"]] == [False, True, False]
    before = {path: path.stat().st_mtime_ns for path in (folder / "points").glob("*/results.nc")}
    assert main(["run", str(source), "--out", str(tmp_path / "runs")]) == 5
    assert {path: path.stat().st_mtime_ns for path in before} == before, "what is there is not computed again"


def test_a_sweep_that_is_to_end_at_the_first_failure(tmp_path, capsys):
    source = tmp_path / "spec.yaml"
    source.write_text(SPEC.format(sweep="sweep: {grid: {let.s: [1, 1e308, 2]}}").replace("< 5*max(se(G2))", "< 9"))
    assert main(["run", str(source), "--out", str(tmp_path / "runs"), "--fail-fast", "--workers", "2"]) == 5
    printed = capsys.readouterr().err
    assert "NN707" in printed
    assert "the point let.s=2 was left out" in printed
    (folder,) = (tmp_path / "runs").iterdir()
    assert len(list((folder / "points").glob("swept-*"))) == 1
    assert main(["run", str(source), "--out", str(tmp_path / "runs"), "--keep-going"]) == 5, "and then all that can be"
    assert len(list((folder / "points").glob("swept-*"))) == 2


def test_claims_of_points_and_of_the_sweep(tmp_path, capsys):
    source = tmp_path / "spec.yaml"
    source.write_text(SPEC.format(sweep="sweep: {grid: {let.s: [1, 9]}}").replace("< 5*max(se(G2))", "< 0.2"))
    assert main(["run", str(source), "--out", str(tmp_path / "runs")]) == 3
    assert "holds at 1 of 2 points" in capsys.readouterr().out
    (folder,) = (tmp_path / "runs").iterdir()
    assert "holds at 1 of 2 points" in (folder / "report.html").read_text()
    (claim,) = open_run(folder).record.checks
    assert claim.passed is False
    assert claim.left > 0.2 == claim.right, "the sides are those of the point where it fails"
    source.write_text(SPEC.format(sweep="sweep: {grid: {let.s: [1, 2]}, checks: ['spread(max(K)) < 0.5']}"))
    assert main(["run", str(source), "--out", str(tmp_path / "runs")]) == 3


def test_points_by_several_processes(tmp_path):
    """The same bytes as by one; a point that fails is found out as usual."""
    text = "sweep: {{grid: {{let.s: [1, 1e308, 2], let.N: [4, 8]}}{}}}"
    one = run(swept(text.format("")), tmp_path / "one")
    several = run(swept(text.format(", workers: 2")), tmp_path / "several")
    assert [each.code for each in several.errors] == [each.code for each in one.errors] == ["NN705", "NN705"]
    for name in ("G2", "K"):
        assert several[name].value.tobytes() == one[name].value.tobytes()
    folders = {path.name for path in (one.path / "points").iterdir()}
    assert {path.name for path in (several.path / "points").iterdir() if not path.name.startswith(".")} == folders


def test_the_plan_of_a_sweep():
    from nnspec.plan.show import table

    assert "a sweep of 2 points over let.s" in table(swept("sweep: {grid: {let.s: [1, 2]}, workers: 3}").plan)


def test_the_order_of_points():
    checked = swept("sweep: {grid: {let.c: [1, 2]}, zip: {let.N: [4, 8], let.s: [1, 2]}, seeds: 2}")
    listed = points(checked.experiment.sweep, 5, checked.spec.words)
    assert len(listed) == 8
    assert str(listed[0]) == "let.c=1, let.N=4, let.s=1, numerics.seed=5"
    assert str(listed[-1]) == "let.c=2, let.N=8, let.s=2, numerics.seed=6"


@pytest.mark.parametrize("claim", ["max(max(G2*N/N - G2)) == 0", "max(max(s*K - K*s)) == 0", "max(max(max(K)/(c*s))) > 0"])
def test_arithmetic_over_the_sweep(claim, tmp_path):
    done = run(swept(f"sweep: {{grid: {{let.N: [4, 8], let.s: [1, 2]}}, checks: ['{claim}']}}"), tmp_path)
    assert done.record.checks[0].passed is True
