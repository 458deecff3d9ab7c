"""NN492: sums whose variance grows, found by reading the spec again with larger sizes, and no false alarms."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.check.lints import with_constant
from nnspec.stages import loads
from nnspec.syntax.tree import Leaf, Mapping
from nnspec.syntax.yaml_tree import read_text
from nnspec.text.diagnostic import SpecError

SPEC = """\
nnspec: 1
name: demo
let: {let}
functions: {{"f(u)": "u + sin(u)"}}
model:
  inputs: {{x: R^2}}
  indices: {{i: {size}, j: 3}}
  params:
    a[i]: {density}
    w[i] in R^2: Normal(0, 1)
    s: Normal(0, 1)
    v[i, j]: Normal(0, 1)
    c[j]: Normal(0, 1)
  field: phi(x)
  def: {body}{rest}
observables: {{G2: {{correlator: {{n: 2, at: [[0, 1]]}}}}}}
checks: [{check}]
"""
ROOT = Path(__file__).parents[3]


def warned(
    body: str = "sum_i a[i]*cos(w[i].x)", density: str = "Normal(0, 1)", let: str = "{N: 100}", size: str = "N",
    check: str = "max(G2) < 5",
) -> bool:  # fmt: skip
    text = SPEC.format(body=body, density=density, let=let, size=size, check=check, rest="")
    found = loads(text).check().warnings
    return "NN492" in {each.code for each in found}


@pytest.mark.parametrize(
    "body",
    [
        "sum_i a[i]*cos(w[i].x)", "3*(x[1] - sum_i a[i]*w[i].x)", "s*sum_i a[i]*cos(w[i].x)/(1 + x.x)",
        "-sum_i a[i]*f(w[i].x)", "sum_i cos(w[i].x)", "sum_i a[i]*x[1]", "x[1] + sum_{i, j} v[i, j]*x[1]",
    ],
)  # fmt: skip
def test_a_sum_without_any_factor(body: str) -> None:
    assert warned(body)


def test_the_size_may_be_computed() -> None:
    assert warned(let="{M: 50, N: 2*M}")
    assert warned(let="{M: 50}", size="2*M")


@pytest.mark.parametrize(
    "body",
    [
        "sum_i a[i]*cos(w[i].x)/sqrt(N)", "sum_i a[i]*cos(w[i].x)*N^-0.5", "sqrt(2/N)*sum_i a[i]*cos(w[i].x)",
        "mean_i a[i]*cos(w[i].x)", "tanh(sum_i a[i]*cos(w[i].x))", "sum_i a[i]*cos(i*x[1])", "sum_i a[i]/i",
        "sum_i a[i]*cos(w[i].x) / (sum_i w[i].w[i])", "x[1]/(1 + sum_i a[i]^2)", "sum_i a[i]*sin(sum_j c[j])*x[1]",
        "s*x[1]", "sum_j c[j]*x[1]", "f(sum_i a[i]*cos(w[i].x))", "prod_i a[i]", "0.1*sum_i a[i]*cos(w[i].x)",
        "sum_i a[i]*cos(w[i].x)/10",
    ],
)  # fmt: skip
def test_what_falls_off_is_bounded_or_small_is_no_fault(body: str) -> None:
    assert not warned(body)


@pytest.mark.parametrize("density", ["Normal(0, 1/N)", "Normal(0, std=N^-0.5)", "Uniform(-N^-0.5, N^-0.5)", "Normal(0, s2)",
                                     "Normal(0, 0.01)", "Normal(0, std=0.1)"])  # fmt: skip
def test_densities_that_fall_off(density: str) -> None:
    assert not warned(density=density, let="{N: 100, s2: 1/N}")


def test_whoever_uses_the_size_elsewhere_knows_about_it() -> None:
    assert not warned(check="max(G2)/N < 5")


def test_the_points_of_a_sweep_and_names_that_no_path_can_hold() -> None:
    text = SPEC.format(body="sum_i a[i]*x[1]", density="Normal(0, 1)", let="{N: 100, M': 7}", size="N", check="max(G2) < 5",
                       rest="")  # fmt: skip
    for more in ("", "sweep: {grid: {let.N: [50, 100]}}\n"):
        assert "NN492" in {each.code for each in loads(text + more).check().warnings}


def test_sizes_that_are_no_widths() -> None:
    assert not warned(let="{N: 4}")
    assert not warned(size="100")


def test_it_can_be_silenced() -> None:
    text = SPEC.format(body="sum_i a[i]*x[1]", density="Normal(0, 1)", let="{N: 100}", size="N",
                       check="max(G2) < 5", rest="   # nnspec: ignore NN492")  # fmt: skip
    assert {each.code for each in loads(text).check().warnings}.isdisjoint({"NN492", "NN499"})


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda path: path.stem)
def test_no_false_alarm_in_the_gallery(path: Path) -> None:
    try:
        found = loads(path.read_text(encoding="utf-8"), str(path)).check().warnings
    except SpecError as error:
        found = error.diagnostics
    assert not {each.code for each in found} & {"NN492", "NN495"}


def test_another_value_of_a_constant() -> None:
    tree = with_constant(read_text("let: {N: 100, M: N}\nname: N\nplots: {}\n"), "N", 2000)
    assert [entry.key.text for entry in tree.entries] == ["let", "name"]
    let = tree.get("let")
    assert isinstance(let, Mapping)
    values = [entry.value for entry in let.entries]
    assert [value.text for value in values if isinstance(value, Leaf)] == ["2000", "N"]
    assert isinstance(values[0], Leaf)
    assert values[0].span.text == "100"
    assert values[0].span_of(0, 4).start == values[0].span.start
