"""The whole language as mathematics: laws made of laws, several fields, averages, deformations, exponents."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from nnspec.report.latex import model_latex
from nnspec.report.mathml import model_mathml
from nnspec.stages import load, loads

ROOT = Path(__file__).resolve().parents[3]
SPECS = sorted(ROOT.glob("specs/*.yaml"))
HEAD = """\
nnspec: 1
name: laws
let: {N: 10, d: 2, g: 1}
functions:
  f(y): exp(-y^2)
model:
  inputs: {x: R^d}
  indices: {i: N, c: 2}
"""
TAIL = "observables:\n  G2: {correlator: {n: 2, at: [[0, 0], [1, 0]]}}\n"


def rows(text: str) -> list[str]:
    """The lines of a model in LaTeX."""
    shown = model_latex(loads(text).check().experiment.model)
    return [line.strip().removeprefix("& ").removesuffix(" \\\\") for line in shown.splitlines()[1:-1]]


def law(declaration: str) -> str:
    """The line of one parameter."""
    name = declaration[0] if declaration[0] != "(" else declaration[1]
    text = f"{HEAD}  params:\n    {declaration}\n  field: phi(x)\n  def: x[1]*sum_i {name}[i]*1\n"
    vector = " in R^d" in declaration
    text = text.replace(f"{name}[i]*1", f"{name}[i].x") if vector else text
    return rows(text + TAIL)[1]


@pytest.mark.parametrize(
    ("declaration", "wanted"),
    [
        ("w[i]: Normal(0, 1)", r"w_{i} \sim \mathcal{N}\left( 0, 1 \right)"),
        ("w[i] in R^d: Normal(0, 1)", r"w_{i} \sim \mathcal{N}\left( 0, 1 \right)^{\otimes2}"),
        ("w[i] in R^d: Normal(0, 1)^d", r"w_{i} \sim \mathcal{N}\left( 0, 1 \right)^{\otimes2}"),
        ("(a[i], b[i]): MvNormal([0, 0], [[1, g/2], [g/2, 1]])",
         r"\left( a_{i}, b_{i} \right) \sim \mathcal{N}\left( \left( 0, 0 \right), "
         r"\begin{pmatrix} 1 & g/2 \\ g/2 & 1 \end{pmatrix} \right)"),
        ("w[i]: 0.3*Normal(-1, 1) + 0.7*Normal(1, 2)",
         r"w_{i} \sim 0.3 \, \mathcal{N}\left( -1, 1 \right) + 0.7 \, \mathcal{N}\left( 1, 2 \right)"),
        ("w[i] in R^d: 0.5*Normal(-1, 1) + 0.5*Normal(1, 1)",
         r"w_{i} \sim \left( 0.5 \, \mathcal{N}\left( -1, 1 \right) + 0.5 \, \mathcal{N}\left( 1, 1 \right) \right)^{\otimes2}"),
        ("w[i]: truncate(Normal(0, 1), Interval(-2, 2))",
         r"w_{i} \sim \mathcal{N}\left( 0, 1 \right) \mid w_{i} \in \left[ -2, 2 \right]"),
        ("w[i]: Density(f(u), u in Interval(-2, 2))",
         r"w_{i} \sim p_{w}, \quad p_{w}\left( u \right) \propto f\left( u \right), \quad u \in \left[ -2, 2 \right]"),
        ("w[i] in R^d: Density(f(u), u in Interval(-2, 2))",
         r"w_{i} \sim p_{w}^{\otimes2}, \quad p_{w}\left( u \right) \propto f\left( u \right), \quad u \in \left[ -2, 2 \right]"),
        ("w[i]: Normal(0, 1)*f",
         r"w_{i} \sim p_{w}, \quad p_{w}\left( u \right) \propto \mathcal{N}\left( u; 0, 1 \right) \, f\left( u \right)"),
        ("w[i]: Normal(0, 1)*exp(-w[i]^4)",
         r"w_{i} \sim p_{w}, \quad p_{w}\left( w \right) \propto \mathcal{N}\left( w; 0, 1 \right) \, "
         r"\exp\left( -w^{4} \right)"),
    ],
)  # fmt: skip
def test_laws(declaration: str, wanted: str) -> None:
    assert law(declaration) == wanted


def test_several_fields_and_what_is_asked_of_them() -> None:
    found = rows(
        HEAD
        + "  params:\n    a[i]: Normal(0, 1)\n    v[c, i]: Normal(0, 1)\n"
        + "  def:\n    phi[c](x): sum_i v[c, i]*cos(a[i]*x[1])\n    psi(x): d(phi[1](x), x[2])*sum_i f(a[i])\n"
        + "  deform: exp(-g*E[psi([0, 0])^2]*integral(phi[1]^4, y in Box(-1, 1)^d))*(1 + cumulant(psi([0, 0]), phi[2]([0, 1]))^2)\n"
        + TAIL.replace("at:", 'field: "psi", at:')
    )
    assert found[0] == r"\phi_{c}\left( x \right) = \sum_{i} \, v_{ci} \, \cos\left( a_{i} \, x_{1} \right)"
    assert found[1].startswith(r"\psi\left( x \right) = \left( \frac{\partial}{\partial x_{2}} \, \phi_{1}\left( x \right) \right)")
    deform = next(line for line in found if line.startswith("P"))
    assert deform.startswith(r"P\left[ \theta \right] \to P\left[ \theta \right] \times \exp\left( -g \, \mathbb{E}\left[ ")
    assert r"\psi\left( 0, 0 \right)^{2}" in deform
    assert r"\phi_{1}\left( y \right)^{4}" in deform
    assert r"\left\langle \psi\left( 0, 0 \right), \phi_{2}\left( 0, 1 \right) \right\rangle_{c}" in deform
    assert r"f\left( y \right) = \exp\left( -y^{2} \right)" in found
    assert found[-1] == r"i = 1, \dots, 10, \quad c = 1, \dots, 2, \quad x \in \mathbb{R}^{2}"


def test_a_minus_in_front_of_a_product_needs_no_brackets() -> None:
    text = (ROOT / "specs" / "phi4-hmc.yaml").read_text(encoding="utf-8")
    found = model_latex(loads(text, str(ROOT / "specs" / "phi4-hmc.yaml")).check().experiment.model)
    assert r"\exp\left( -\frac{\lambda}{4!} \, \int" in found


def test_exponents_of_the_width() -> None:
    found = rows(
        "nnspec: 1\nname: powers\nmodel:\n  inputs: {x: R^2}\n  parameterization: {a: [0, 0.5, 1], b: 0, c: -1}\n"
        "  layers:\n    - dense: {width: 8, weight: 'Normal(0, 1)'}\n    - act: relu\n"
        "    - dense: {width: 1, weight: 'Normal(0, 1)'}\n" + TAIL
    )
    assert r"W = n^{-a}w, \quad \sigma_{w} \propto n^{-b}, \quad \eta \propto n^{-c}" in found
    assert found[-1] == r"a = \left( 0, 0.5, 1 \right), \quad b = 0, \quad c = -1"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_given_specs(path: Path) -> None:
    """Every node has a notation of its own: none appears by the name of its class."""
    model = load(path).check().experiment.model
    shown = model_latex(model)
    assert not any(word in shown for word in ("unnormalised", "mixture", "truncated", "reweighted", "fieldat", "None"))
    assert shown.count("{") == shown.count("}")
    assert shown.count(r"\left") - shown.count(r"\leftarrow") == shown.count(r"\right") - shown.count(r"\rightarrow")
    ET.fromstring(f"<p>{model_mathml(model)}</p>")
