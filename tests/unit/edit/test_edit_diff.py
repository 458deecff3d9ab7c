"""`nnspec diff`: what two specs mean differently, and how far apart two runs are."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnspec.check.experiment import check
from nnspec.edit.contents import statements
from nnspec.edit.differences import compare
from nnspec.edit.runs import compare_runs
from nnspec.ir.experiment import Experiment
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.result.estimate import Estimate
from nnspec.result.record import CheckRecord
from nnspec.syntax.yaml_tree import read_text

Command = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).resolve().parents[3]
LAYERS = """\
nnspec: 1
name: layers
let: {n: 8}
data:
  xs: circle(2, 5)
model:
  inputs: {x: R^2}
  parameterization: ntk
  layers:
    - dense: {width: n, weight: "Normal(0, 2)", bias: "Normal(0, 0.1)"}
    - act: relu
    - dense: {width: 1, weight: "Normal(0, 1)"}
observables:
  K: {nngp: {at: xs}}
checks:
  - max(K) > 0
  - min(K) < 9
"""


def meant(text: str, words: Vocabulary) -> Experiment:
    found = check(read_text(text), words)
    assert found.experiment is not None, found.complaints
    return found.experiment


@pytest.fixture
def lines(words: Vocabulary) -> Callable[[str, str], list[str]]:
    """The report about two texts."""
    return lambda a, b: [" ".join(line.split()) for line in compare(meant(a, words), meant(b, words), (a, b)).lines()]


# ---------------------------------------------------------------- specs
@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("N: 100", "N: 200", ["let.N: 100 -> 200", "model.indices.i: 100 -> 200"]),
        ("s2: 1.0", "s2: 2.5", ["let.s2: 1.0 -> 2.5"]),
        ("Normal(0,sigma_w^2)", "Normal(0, 2)", ["model.params.w[i]: Normal(0, sigma_w^2) -> Normal(0, 2)"]),
        ('"Uniform(-pi,pi)"', "Uniform(0, 2*pi)", ["model.params.b[i]: Uniform(-pi, pi) -> Uniform(0, 2*pi)"]),
        ("x+b[i])", "x-b[i])",
         ["model.def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i]) -> sqrt(2)*sum_i a[i]*cos(w[i]*x - b[i])"]),
        ("linspace(0,2,3)", "linspace(0,3,3)", ["data.xs: linspace(a=0, b=2, n=3) -> linspace(a=0, b=3, n=3)"]),
        ("1_000", "2000", ["observables.G2.draws: 1000 -> 2000"]),
        ("  Gex: {evaluate: {of: K, at: xs}}\n", "  Gex: {evaluate: {of: K, at: xs}}\n  S: {spectrum: {modes: 8}}\n",
         ["observables.S: only in the second: spectrum"]),
        ("<=5*", "<=6*", ["checks: only in the first: max(abs(G2 - Gex)) <= 5*max(se(G2))",
                          "checks: only in the second: max(abs(G2 - Gex)) <= 6*max(se(G2))"]),
        ("/ 2)", "/ 3)", ["observables.Gex.of: s2*exp(-(x - y)^2/2) -> s2*exp(-(x - y)^2/3)"]),
        ("name: small", "name: other", ["name: small -> other"]),
        ("checks:", "numerics: {seed: 4}\nchecks:", ["numerics.seed: 0 -> 4"]),
    ],
)  # fmt: skip
def test_one_change_is_one_line(
    old: str, new: str, wanted: list[str], spec: str, lines: Callable[[str, str], list[str]]
) -> None:
    assert old in spec
    assert lines(spec, spec.replace(old, new)) == wanted


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("relu", "erf", ["model.layers[2].function: relu -> erf"]),
        ("width: n", "width: 9", ["model.layers[1].width: 8 -> 9"]),
        ("Normal(0, 0.1)", "Normal(0, 1)", ["model.layers[1].bias: Normal(0, 0.1) -> Normal(0, 1)"]),
        ("ntk\n", "standard\n", ["model.parameterization: ntk -> standard"]),
        ("    - act: relu\n", "    - act: relu\n    - act: relu\n",
         ["model.layers[3]: dense -> act", "model.layers[4]: only in the second: dense"]),
        ("  - max(K) > 0\n  - min(K) < 9\n", "  - min(K) < 9\n  - max(K) > 0\n", ["checks: in another order"]),
    ],
)  # fmt: skip
def test_changes_of_layers(old: str, new: str, wanted: list[str], lines: Callable[[str, str], list[str]]) -> None:
    found = lines(LAYERS, LAYERS.replace(old, new))
    assert [line for line in found if line in wanted] == wanted
    assert len(found) == len(wanted) or old.startswith("    - act"), found


def test_a_function_is_named_with_its_users(spec: str, lines: Callable[[str, str], list[str]]) -> None:
    """A function that the field calls differs once, not at each call."""
    calls = spec.replace("cos(w[i] * x+b[i])", "g(w[i]*x + b[i])").replace("functions:", "functions:\n  g(u): cos(u)")
    assert lines(calls, calls.replace("g(u): cos(u)", "g(u): sin(u)")) == ["functions.g(u): cos(u) -> sin(u)"]


@pytest.mark.parametrize("change", [
    lambda text: text.replace("# a free field", "# another comment"),
    lambda text: text.replace("i: N", "j: N").replace("[i]", "[j]").replace("sum_i", "sum_j"),
    lambda text: text.replace("N: 100, s2: 1.0", "s2: 1.0, N: 100"),
    lambda text: text.replace("name: small", "name: small\ndoc: in words"),
])  # fmt: skip
def test_what_is_only_written_differently(
    change: Callable[[str], str], spec: str, lines: Callable[[str, str], list[str]]
) -> None:
    head, tail = lines(spec, change(spec))
    assert head.startswith("the same meaning (digest ")
    assert tail == "only in text: comments, order, names of indices"


def test_a_spec_and_itself(spec: str, lines: Callable[[str, str], list[str]]) -> None:
    assert len(lines(spec, spec)) == 1


def test_every_part_of_the_meaning_is_said(words: Vocabulary) -> None:
    """Another digest never gives an empty report, whatever field it comes from."""
    experiment = meant((ROOT / "specs" / "cosnet-free-scalar.yaml").read_text(), words)
    other = dataclasses.replace(experiment, sampler="hmc", checks=())
    found = compare(experiment, other, ("", ""))
    assert {each.path.partition(":")[0] for each in found.differences} == {"sampler", "checks"}
    paths = {each.path for each in statements(experiment)}
    assert {"let.N", "model.def", "model.field", "model.params.w[i]", "data.r", "observables.G2", "name"} <= paths


def test_the_command(nnspec: Command, spec: str) -> None:
    Path("a.yaml").write_text(spec)
    Path("b.yaml").write_text(spec.replace("N: 100", "N: 200"))
    Path("c.yaml").write_text(f"{spec}# more\n")
    status, out, err = nnspec("diff", "a.yaml", "b.yaml")
    assert (status, err) == (1, "")
    assert "let.N:           100 -> 200\n" in out
    assert nnspec("diff", "a.yaml", "c.yaml")[0] == 0
    found = json.loads(nnspec("diff", "a.yaml", "b.yaml", "--json")[1])
    assert (found["same"], found["same_text"]) == (False, False)
    assert {"path": "let.N", "a": "100", "b": "200"} in found["differences"]
    assert json.loads(nnspec("diff", "a.yaml", "a.yaml", "--json")[1])["same_text"] is True


def test_what_cannot_be_compared_is_status_two(nnspec: Command, spec: str) -> None:
    Path("a.yaml").write_text(spec)
    Path("wrong.yaml").write_text(spec.replace("Normal", "Norml"))
    Path("folder").mkdir()
    for words, code in ((("a.yaml", "none.yaml"), "NN009"), (("a.yaml", "wrong.yaml"), "NN"), (("a.yaml", "folder"), "NN733"),
                        (("folder", "folder"), "NN720")):  # fmt: skip
        status, out, err = nnspec("diff", *words)
        assert (status, out) == (2, "")
        assert f"error[{code}" in err
        assert "Traceback" not in err
    assert nnspec("diff", "a.yaml")[0] == 2


# ---------------------------------------------------------------- runs
def estimate(value: object, stderr: object = None, **more: object) -> Estimate:
    x = np.asarray(value, dtype=float)
    spread = None if stderr is None else np.broadcast_to(np.asarray(stderr, dtype=float), x.shape)
    dims = tuple(f"d{k}" for k in range(x.ndim))
    return Estimate(name="G", word="correlator", method="monte_carlo", value=x, dims=dims, stderr=spread, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("a", "b", "same", "apart"),
    [
        (estimate([1.0, 2.0], 0.1), estimate([1.1, 2.0], 0.1), True, 0.1 / np.hypot(0.1, 0.1)),
        (estimate([1.0, 2.0], 0.1), estimate([1.0, 3.0], 0.1), False, 1 / np.hypot(0.1, 0.1)),
        (estimate([1.0, 2.0], 0.1), estimate([1.2, 2.0]), True, 2.0),
        (estimate(1.0), estimate(1.0 + 1e-14), True, 1e-14),
        (estimate(1.0), estimate(1.001), False, 1e-3),
        (estimate(1.0, numerical_error=2e-3), estimate(1.001), True, 1e-3),
        (estimate(1.0), estimate([1.0]), False, None),
        (estimate([1.0, 0.0], [0.1, 0.0]), estimate([1.0, 0.0], [0.1, 0.0]), True, 0.0),
        (estimate([1.0], coords={"r": np.array([1.0])}), estimate([1.0], coords={"r": np.array([2.0])}), False, None),
    ],
)
def test_estimates_in_sigmas(a: Estimate, b: Estimate, same: bool, apart: float | None) -> None:
    (row,) = compare_runs(([a], []), ([b], [])).rows
    assert row.same is same
    assert row.apart == (None if apart is None else pytest.approx(apart, rel=1e-2))


def test_what_only_one_run_has_and_checks() -> None:
    passed, failed = CheckRecord(text="G < 1", passed=True), CheckRecord(text="G<1", passed=False)
    found = compare_runs(([estimate(1.0)], [passed]), ([], [failed, CheckRecord(text="G > 0", passed=None)]))
    assert not found.same
    assert found.lines() == [
        "G  only in the first run", "check `G < 1`: passed -> failed", "check `G > 0`: not there -> not judged",
    ]  # fmt: skip
    assert json.loads(json.dumps(found.plain()))["checks"][0] == {"check": "G < 1", "a": "passed", "b": "failed"}


def test_two_run_folders(nnspec: Command, spec: str) -> None:
    """Another seed is the same physics; another variance is not."""
    Path("a.yaml").write_text(spec)
    Path("b.yaml").write_text(f"{spec}\nnumerics: {{seed: 5}}\n")
    Path("c.yaml").write_text(spec.replace("s2: 1.0", "s2: 9.0").replace("<=5", "<=1e-3"))
    assert [nnspec("run", f"{name}.yaml", "--out", name)[0] for name in "abc"] == [0, 0, 3]
    one, two, three = (str(next(Path(name).glob("small-*"))) for name in "abc")
    assert nnspec("diff", one, one)[:2] == (0, "G2   0.00 sigma at most\nGex  0 at most, both exact\n")
    status, out, _ = nnspec("diff", one, two)
    assert status == 0
    assert "sigma at most\nGex  0 at most, both exact\n" in out
    status, out, _ = nnspec("diff", one, three)
    assert status == 1
    assert "Gex  8 at most, both exact, different" in out
    assert "not there" in out
    assert json.loads(nnspec("diff", one, three, "--json")[1])["same"] is False
    Path(two, "results.nc").write_bytes(b"no")
    assert nnspec("diff", one, two)[0] == 2
