"""A spec written in Python is the spec that it prints."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnspec as nn
from nnspec.edit.yaml_text import plain
from nnspec.ir.digest import digest
from nnspec.numerics.lazy import np
from nnspec.text.diagnostic import SpecError

ROOT = Path(__file__).resolve().parents[3]


def cosnet() -> nn.Model:
    m = nn.Model("cosnet-free-scalar", x="R^d", d=2, N=1000, m=1.0, Lam=8.0, s2=1)
    m.data(r="linspace(0, 4, 41)", x0=[0, 0])
    m.index(i="N")
    m.param("a[i]", "Normal(0, s2/N)").param("w[i] in R^d", "Uniform(Ball(d, Lam))").param("b[i]", "Uniform(-pi, pi)")
    m.field(
        "phi(x)",
        "sqrt(2*vol(Ball(d, Lam)) / (s2*(2*pi)^d)) * sum_i a[i]*cos(w[i].x + b[i]) / sqrt(w[i].w[i] + m^2)",
    )
    m.function("G(x, y)", "integral(cos(k.(x - y)) / (k.k + m^2), k in Ball(d, Lam)) / (2*pi)^d")
    m.observe(
        G2={"correlator": {"n": 2, "from": "x0", "along": "r", "draws": 50000}},
        Gfree={"evaluate": {"of": "G", "from": "x0", "along": "r"}},
        S={"spectrum": {"modes": 64, "draws": 4000}},
    )
    return m.check("max(abs(G2 - Gfree)) < 5*max(se(G2))").plot(
        propagator={"lines": {"x": "r", "y": ["G2", "Gfree"], "logy": True}}
    )


def test_it_means_what_the_file_means() -> None:
    written = nn.load(ROOT / "specs" / "cosnet-free-scalar.yaml").check().experiment
    assert digest(cosnet().spec().check().experiment) == digest(written)


def test_layers_too() -> None:
    m = nn.Model("relu-mlp-kernels", x="R^d", d=10, n=512, depth=3, sw2=2, sb2=0.1)
    dense = {"dense": {"width": "n", "weight": "Normal(0, sw2)", "bias": "Normal(0, sb2)"}}
    out = {"dense": {"width": 1, "weight": "Normal(0, 1)"}}
    m.data(xs="circle(d, 33)").layers([{"repeat": "depth", "of": [dense, {"act": "relu"}]}, out], "ntk")
    m.observe(K={"nngp": {"at": "xs"}}, Theta={"ntk": {"at": "xs"}})
    m.observe(K_mc={"correlator": {"n": 2, "at": "xs", "method": "monte_carlo", "draws": 20000}})
    m.observe(Theta_mc={"ntk": {"at": "xs", "method": "empirical", "draws": 200}})
    m.check("max(abs(K_mc - K)) < 5*max(se(K_mc)) + 3*depth/n", "max(abs(Theta_mc - Theta)/Theta) < 0.15")
    written = nn.load(ROOT / "specs" / "relu-mlp-kernels.yaml").check().experiment
    assert digest(m.spec().check().experiment) == digest(written)


def test_how_it_prints() -> None:
    m = nn.Model("small", "What it is.", x="R", N=20)
    m.index(i="N").param("a[i]", "Normal(0, 1/N)").field("phi(x)", "sum_i a[i]*cos(i*x)")
    m.data(xs=np.linspace(0, 1, 3)).observe(G2={"correlator": {"n": 2, "at": "xs"}}).check("max(G2) < 5")
    assert str(m) == (
        "nnspec: 1\nname: small\ndoc: What it is.\n\nlet: {N: 20}\n\ndata:\n  xs: [0.0, 0.5, 1.0]\n\n"
        "model:\n  inputs: {x: R}\n  indices: {i: N}\n  params:\n    a[i]: Normal(0, 1/N)\n"
        "  field: phi(x)\n  def: sum_i a[i]*cos(i*x)\n\n"
        "observables:\n  G2: {correlator: {n: 2, at: xs}}\n\nchecks:\n  - max(G2) < 5\n"
    )
    assert repr(m) == "<nnspec.Model 'small': let, data, model, observables, checks>"


def test_saying_it_again_replaces_it() -> None:
    m = nn.Model("a", x="R", N=2).let(N=3).index(i="N").index(i=4)
    m.check("1 < 2").check("1 < 2", "2 < 3")
    assert m.values()["let"] == {"N": 3}
    assert m.values()["checks"] == ["1 < 2", "2 < 3"]
    assert "indices: {i: 4}" in str(m)


def test_the_other_keys() -> None:
    m = nn.Model("a", x="R").sampler("iid").numerics(seed=3).deform("exp(-1)")
    m.put(sweep={"grid": {"let.N": [1, 2]}}, plugins={"nnspec-kan": ">=0.1,<1"})
    text = str(m)
    for line in ("sampler: {iid: {}}", "numerics: {seed: 3}", "  deform: exp(-1)", "sweep: {grid: {let.N: [1, 2]}}"):
        assert line in text
    assert plain(nn.loads(text).tree)["plugins"] == {"nnspec-kan": ">=0.1,<1"}  # type: ignore[call-overload, index]


def test_several_fields() -> None:
    m = nn.Model("a", x="R").param("a", "Normal(0, 1)").field("f(x)", "a*x").field("g(x)", "f(x)^2")
    assert "  def:\n    f(x): a*x\n    g(x): f(x)^2\n" in str(m)
    experiment = m.observe(G={"correlator": {"n": 2, "at": [1], "field": "g"}}).spec().check().experiment
    assert [each.name for each in experiment.model.fields] == ["f", "g"]


def test_constants_that_look_like_spaces_and_inputs_that_do_not() -> None:
    m = nn.Model("a", x="Ball(2, 1)", R0="1/2", s="pi", text="x")
    assert m.values()["let"] == {"R0": "1/2", "s": "pi", "text": "x"}
    assert "inputs: {x: \"Ball(2, 1)\"}" in str(m)


NASTY = st.sampled_from(["yes", "1e-3", "- x", "a: b", "x # y", "φ", "~", "", "null", "a\nb", "<<", "'", '"', "{", "😀"])
TEXTS = NASTY | st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
OPTIONS: st.SearchStrategy[Any] = st.dictionaries(
    TEXTS, TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.lists(TEXTS, max_size=3), max_size=3
)


def shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shown(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shown(each) for each in value]
    return value if isinstance(value, str) else repr(value)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS, TEXTS, OPTIONS, st.lists(st.floats(-1e9, 1e9), max_size=40))
def test_values_survive(name: str, doc: str, word: str, options: dict[str, Any], numbers: list[float]) -> None:
    m = nn.Model(name, doc, x="R", N=1e-3).observe(G={word: options}).data(xs=numbers, ys=np.array(numbers))
    found: Any = plain(nn.loads(str(m)).tree)
    assert (found["name"], found["doc"]) == (name, doc)
    assert found["observables"]["G"] == {word: shown(options)}
    assert [float(each) for each in found["data"]["xs"]] == numbers
    assert found["data"]["ys"] == found["data"]["xs"]
    assert found["let"] == {"N": "0.001"}


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        (lambda m: m.param("a[i", "Normal(0, 1)"), "NN102"),
        (lambda m: m.param("a[i]", "Normal(0, 1"), "NN102"),
        (lambda m: m.field("phi(x)", "2 x"), "NN100"),
        (lambda m: m.field("phi", "x"), "NN101"),
        (lambda m: m.function("K", "x"), "NN101"),
        (lambda m: m.check("G2 < = 3"), "NN101"),
        (lambda m: m.let(E=3), "NN107"),
        (lambda m: m.data(xs=["1", "2 +"]), "NN106"),
    ],
)  # fmt: skip
def test_a_formula_that_cannot_be_read_is_refused_at_once(deed: Callable[[nn.Model], Any], code: str) -> None:
    m = nn.Model("a", x="R")
    before = str(m)
    with pytest.raises(SpecError) as caught:
        deed(m)
    assert code in {each.code for each in caught.value.diagnostics}
    assert str(m) == before


@pytest.mark.parametrize(
    ("deed", "message"),
    [
        (lambda m: m.observe(G="correlator"), "G must be one observable with its options"),
        (lambda m: m.observe(G={"a": {}, "b": {}}), "G must be one observable"),
        (lambda m: m.put(swep={}), "did you mean `sweep`"),
        (lambda m: m.put(data={}), "use `data`"),
        (lambda m: m.let(a={"b": 1}), "a must be a formula, a number or a list, not a dict"),
        (lambda m: m.let(a={1, 2}), "a is a set"),
        (lambda m: m.layers("relu"), "layers are a list"),
        (lambda m: m.param(3, "Normal(0, 1)"), "a declaration must be a text, not a int"),
        (lambda m: m.field("phi(x)", None), "must be a formula"),
        (lambda m: m.check(["1 < 2"]), "a check must be a text, not a list"),
        (lambda m: m.observes(G=1), "has no attribute"),
    ],
)  # fmt: skip
def test_other_arguments_are_refused_by_their_type(deed: Callable[[nn.Model], Any], message: str) -> None:
    with pytest.raises((TypeError, AttributeError), match=message):
        deed(nn.Model("a", x="R"))


def test_what_the_whole_means_is_for_check_to_say() -> None:
    m = nn.Model("a", x="R").field("phi(x)", "y*x")
    with pytest.raises(SpecError) as caught:
        m.spec().check()
    assert "NN201" in {each.code for each in caught.value.diagnostics}


def test_importing_stays_light() -> None:
    code = (
        "import sys, nnspec; early = [n for n in ('numpy', 'jax', 'lark', 'yaml') if n in sys.modules];"
        "m = nnspec.Model('a', x='R', N=2); str(m); late = [n for n in ('numpy', 'jax') if n in sys.modules]; print(early, late)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] []\n"
