"""`fmt` and `diff` with the whole language: composed densities, several fields, deformations, sweeps, nested options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nnspec.edit.differences import compare
from nnspec.edit.tidy import tidy
from nnspec.ir.digest import digest
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.stages import loads
from nnspec.text.source import Source

ROOT = Path(__file__).resolve().parents[3]
SPECS = sorted(ROOT.glob("specs/*.yaml"))

WHOLE = """\
nnspec: 1
name: whole
let: {N: 10, d: 2, g: 1, L: 3}
data:
  ring: circle( d,12 )
  toy: table( x=circle(d,12),y=sin( 3*angle ) )
functions:
  f(y): exp(-y^2)
model:
  inputs: {x: R^d}
  indices: {i: N, c: 2}
  params:
    s: Gamma(2,1)
    (a[i],b[i]): MvNormal([0,0],[[1,1/2],[1/2,1]])
    w[i] in R^d: 0.3*Normal(0,1)+0.7*Normal(0,2)
    u[i]: truncate( Normal(0,2),Interval(-1,1) )
    v[c,i]: Density(f(t),t in Interval(-2,2))
    z[i]: Normal(0,1)*f
    q[i]: Normal(0,1)*exp(-q[i]^4)
  def:
    phi[c](x): sum_i v[c,i]*cos(w[i].x+b[i])*u[i]*z[i]*q[i]
    psi(x): sum_i a[i]*s+d( phi[2](x),x[1] )
  deform: exp(-g*E[ psi([0,0])^2 ]*integral( phi[1]^4,y in Box(-L,L)^d )-cumulant(psi([0,1]),psi([1,0])))
sampler:
  hmc: {chains: 2+2, target_accept: 8/10}
numerics:
  seed: 3
  integral: {gauss_legendre: {order: 2*12}}
observables:
  fit: {train: {data: toy, optimizer: {sgd: {lr: 1/N}}, steps: 2*5, record: {at: ring, every: 1*1}}}
  G2: {correlator: {n: 2, at: ring, field: "phi[ 1 ]"}}
sweep:
  grid:
    let.N: [10, 20]
    let.g: linspace( 1,2,3 )
  seeds: 2*2
  checks:
    - max( fit.final_loss )<1
checks:
  - max(abs( G2 ))<100
output: {folder: here}
"""
LAYERS = """\
nnspec: 1
name: layers
let: {n: 8}
data:
  xs: circle(2, 5)
model:
  inputs: {x: R^2}
  parameterization: {a: [0, 1/2, 1/2], b: 0, c: 0}
  layers:
    - dense: {width: n, weight: "Normal(0,2)"}
    - act: relu
    - dense: {width: 1, weight: "0.5*Normal(0,1)+0.5*Normal(0,4)"}
observables:
  G: {correlator: {n: 2, at: xs}}
"""


def spec(text: str, words: Vocabulary, path: str = "whole.yaml") -> str:
    return tidy(Source(path, text), words)


def same(before: str, after: str, path: str) -> bool:
    one, other = (digest(loads(text, path).check().experiment) for text in (before, after))
    return one == other


# ---------------------------------------------------------------- fmt
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_given_specs_keep_their_digest(path: Path, words: Vocabulary) -> None:
    text = path.read_text(encoding="utf-8")
    found = spec(text, words, str(path))
    assert spec(found, words, str(path)) == found
    assert same(text, found, str(path))


def test_every_formula_is_formatted(words: Vocabulary) -> None:
    found = spec(WHOLE, words)
    for line in (
        "ring: circle(d, 12)", "toy: table(x=circle(d, 12), y=sin(3*angle))", "s: Gamma(2, 1)",
        "(a[i], b[i]): MvNormal([0, 0], [[1, 1/2], [1/2, 1]])", "0.3*Normal(0, 1) + 0.7*Normal(0, 2)",
        "truncate(Normal(0, 2), Interval(-1, 1))", "v[c, i]: Density(f(t), t in Interval(-2, 2))",
        "phi[c](x): sum_i v[c, i]*cos(w[i].x + b[i])", "psi(x): sum_i a[i]*s + d(phi[2](x), x[1])",
        "exp(-g*E[psi([0, 0])^2]*integral(phi[1]^4, y in Box(-L, L)^d) - cumulant(psi([0, 1]), psi([1, 0])))",
        "chains: 2 + 2", "order: 2*12", 'field: "phi[1]"', "let.g: linspace(1, 2, 3)", "- max(fit.final_loss) < 1",
        "- max(abs(G2)) < 100",
    ):  # fmt: skip
        assert line in found
    assert spec(found, words) == found
    assert same(WHOLE, found, "whole.yaml")


def test_lines_of_a_block_are_formatted(words: Vocabulary) -> None:
    text = "nnspec: 1\nname: b\nmodel: |\n  let  N=2*3\n  (a[i],b[i]) ~ Normal(0,1)^2\n  P*=exp(-phi([0])^2)\n"
    found = spec(text, words)
    assert "let N = 2*3" in found
    assert "(a[i], b[i]) ~ Normal(0, 1)^2" in found
    assert "P *= exp(-phi([0])^2)" in found


def test_exponents_are_formulas(words: Vocabulary) -> None:
    text = LAYERS.replace("[0, 1/2, 1/2]", '[0, "1 / 2", 1/2]').replace("b: 0,", "b: 0*1+0,")
    found = spec(text, words)
    assert '{a: [0, "1/2", 1/2], b: 0*1 + 0, c: 0}' in found
    assert same(LAYERS, found, "layers.yaml")


# ---------------------------------------------------------------- diff
@pytest.fixture
def lines() -> Callable[[str, str], list[str]]:
    """The report about two texts."""

    def report(a: str, b: str) -> list[str]:
        left, right = (loads(text, "whole.yaml").check().experiment for text in (a, b))
        return [" ".join(line.split()) for line in compare(left, right, (a, b)).lines()]

    return report


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("s: Gamma(2,1)", "s: Gamma(2,3)", "model.params.s: Gamma(2, 1) -> Gamma(2, 3)"),
        ("[[1,1/2],[1/2,1]]", "[[1,0],[0,1]]",
         "model.params.(a[i], b[i]): MvNormal([0, 0], [[1, 1/2], [1/2, 1]]) -> MvNormal([0, 0], [[1, 0], [0, 1]])"),
        ("0.3*Normal(0,1)+0.7*Normal(0,2)", "0.5*Normal(0,1)+0.5*Normal(0,2)",
         "model.params.w[i]: (0.3*Normal(0, 1) + 0.7*Normal(0, 2))^2 -> (0.5*Normal(0, 1) + 0.5*Normal(0, 2))^2"),
        ("Interval(-1,1) )", "Interval(-1,2) )",
         "model.params.u[i]: truncate(Normal(0, 2), Interval(-1, 1)) -> truncate(Normal(0, 2), Interval(-1, 2))"),
        ("t in Interval(-2,2)", "t in Interval(-2,1)",
         "model.params.v[j, i]: Density(f(t), t in Interval(-2, 2)) -> Density(f(t), t in Interval(-2, 1))"),
        ("Normal(0,1)*f", "Normal(0,2)*f", "model.params.z[i]: Normal(0, 1)*f -> Normal(0, 2)*f"),
        ("Normal(0,1)*exp(-q[i]^4)", "Normal(0,1)/cosh(q[i])",
         "model.params.q[i]: Normal(0, 1)*exp(-q^4) -> Normal(0, 1)/cosh(q)"),
        ("sum_i a[i]*s+d( phi[2](x),x[1] )", "sum_i a[i]*s+d( phi[1](x),x[2] )",
         "model.def.psi(x): sum_i a[i]*s + d(phi[2](x), x[1]) -> sum_i a[i]*s + d(phi[1](x), x[2])"),
        ("exp(-g*E[ psi([0,0])^2 ]*integral( phi[1]^4,y in Box(-L,L)^d )-cumulant(psi([0,1]),psi([1,0])))",
         "exp(-E[psi([0,0])]^2*phi[1]([0,0])^2)",
         "model.deform: exp(-g*E[psi([0, 0])^2]*integral(phi[1](y)^4, y in Interval(-L, L)^2)"
         " - cumulant(psi([0, 1]), psi([1, 0]))) -> exp(-E[psi([0, 0])]^2*phi[1]([0, 0])^2)"),
        ("y=sin( 3*angle )", "y=cos( 3*angle )",
         "data.toy: table(x=circle(d=2, n=12)), labels sin(3*angle) -> table(x=circle(d=2, n=12)), labels cos(3*angle)"),
        ("chains: 2+2", "chains: 8", "sampler.hmc.chains: 4 -> 8"),
        ("  hmc: {chains: 2+2, target_accept: 8/10}", "  iid: {}", "sampler: hmc(chains=4, draws=1000, target_accept=0.8, warmup=500) -> iid"),
        ("2*12", "16", "numerics.integral.gauss_legendre.order: 24 -> 16"),
        ("{gauss_legendre: {order: 2*12}}", "{periodic: {}}", "numerics.integral: gauss_legendre(order=24) -> periodic(points=64)"),
        ("  integral: {gauss_legendre: {order: 2*12}}\n", "", "numerics.integral: only in the first: gauss_legendre(order=24)"),
        ("lr: 1/N", "lr: 2", "observables.fit.optimizer.sgd.lr: 0.1 -> 2"),
        ("{sgd: {lr: 1/N}}", "{lbfgs: {}}", "observables.fit.optimizer: sgd(lr=0.1, momentum=0) -> lbfgs(memory=10)"),
        ("every: 1*1", "every: 5", "observables.fit.record.every: 1 -> 5"),
        ("phi[ 1 ]", "phi[ 2 ]", "observables.G2.field: phi[1] -> phi[2]"),
        ("let.N: [10, 20]", "let.N: [10, 20, 40]", "sweep.let.N: 10, 20 -> 10, 20, 40"),
        ("    let.N: [10, 20]\n", "", "sweep.let.N: only in the first: 10, 20"),
        ("linspace( 1,2,3 )", "linspace( 1,3,3 )", "sweep.let.g: linspace(a=1, b=2, n=3) -> linspace(a=1, b=3, n=3)"),
        ("seeds: 2*2", "seeds: 5", "sweep.seeds: 4 -> 5"),
    ],
)  # fmt: skip
def test_one_change_is_one_line(old: str, new: str, wanted: str, lines: Callable[[str, str], list[str]]) -> None:
    assert old in WHOLE
    assert lines(WHOLE, WHOLE.replace(old, new)) == [wanted]


def test_a_sweep_that_only_one_has_is_one_line(lines: Callable[[str, str], list[str]]) -> None:
    without = WHOLE[: WHOLE.index("sweep:")] + WHOLE[WHOLE.index("checks:\n  - max(abs") :]
    assert lines(WHOLE, without) == ["sweep: only in the first: let.g, let.N"]


def test_claims_of_a_sweep(lines: Callable[[str, str], list[str]]) -> None:
    assert lines(WHOLE, WHOLE.replace("final_loss )<1", "final_loss )<2")) == [
        "sweep.checks: only in the first: max(fit.final_loss) < 1",
        "sweep.checks: only in the second: max(fit.final_loss) < 2",
    ]
    claim = "checks:\n  - max(abs( G2 ))<100\n"
    assert lines(WHOLE, WHOLE.replace(claim, "")) == ["checks: only in the first: max(abs(G2)) < 100"]


def test_axes_that_change_together(lines: Callable[[str, str], list[str]]) -> None:
    one, other = "    let.N: [10, 20]\n", "    let.g: linspace( 1,2,3 )\n"
    assert lines(WHOLE, WHOLE.replace(one + other, other + one))[0].startswith("the same meaning")
    both = WHOLE.replace("[10, 20]", "[10, 20, 40]")
    assert lines(both, both.replace("  grid:", "  zip:")) == [
        "sweep.let.g: only in the first: linspace(a=1, b=2, n=3)", "sweep.let.N: only in the first: 10, 20, 40",
        "sweep.zip.let.g: only in the second: linspace(a=1, b=2, n=3)", "sweep.zip.let.N: only in the second: 10, 20, 40",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("[0, 1/2, 1/2]", "[0, 1/2, 1]", "model.parameterization.abc.a: [0, 0.5, 0.5] -> [0, 0.5, 1]"),
        ("{a: [0, 1/2, 1/2], b: 0, c: 0}", "ntk", "model.parameterization: abc -> ntk"),
        ("0.5*Normal(0,1)+0.5", "0.2*Normal(0,1)+0.8",
         "model.layers[3].weight: 0.5*Normal(0, 1) + 0.5*Normal(0, 4) -> 0.2*Normal(0, 1) + 0.8*Normal(0, 4)"),
    ],
)  # fmt: skip
def test_changes_of_layers(old: str, new: str, wanted: str, lines: Callable[[str, str], list[str]]) -> None:
    assert lines(LAYERS, LAYERS.replace(old, new)) == [wanted]
