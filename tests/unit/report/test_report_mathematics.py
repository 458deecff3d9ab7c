"""Mathematics: brackets where they are needed and nowhere else, in LaTeX and in MathML alike."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from nnspec.ir.expr import (
    Apply,
    Bin,
    Bind,
    Compare,
    Component,
    Const,
    Density,
    Domain,
    Dot,
    Factorial,
    Input,
    Integral,
    Lambda,
    Lit,
    Local,
    Logic,
    Neg,
    Param,
    Reduce,
    ResultRef,
    Select,
    Text,
    Vector,
)
from nnspec.report.latex import latex, model_latex
from nnspec.report.mathml import mathml, model_mathml
from nnspec.report.model import repeats

A, B, C = (Const(name=name) for name in "abc")
TWO = Lit(value=2)


def op(name, left, right):
    return Bin(op=name, left=left, right=right)


def total(body, sign="sum"):
    return Reduce(op=sign, axes=("i",), body=body)


CASES = [
    (op("sub", A, op("add", B, C)), r"a - \left( b + c \right)"),
    (op("sub", op("sub", A, B), C), "a - b - c"),
    (op("sub", A, op("sub", B, C)), r"a - \left( b - c \right)"),
    (op("add", A, Neg(arg=B)), r"a + \left( -b \right)"),
    (op("mul", op("add", A, B), C), r"\left( a + b \right) \, c"),
    (op("mul", Neg(arg=A), B), r"-a \, b"),
    (op("mul", A, Neg(arg=B)), r"a \, \left( -b \right)"),
    (op("mul", TWO, Const(name="pi")), r"2\pi"),
    (op("mul", A, TWO), r"a \cdot 2"),
    (op("mul", Lit(value=1.5e-7), A), r"1.5 \times 10^{-7} \, a"),
    (op("div", Neg(arg=Const(name="lambda")), Factorial(arg=Lit(value=4))), r"-\frac{\lambda}{4!}"),
    (op("pow", Neg(arg=A), TWO), r"\left( -a \right)^{2}"),
    (Neg(arg=op("pow", A, TWO)), "-a^{2}"),
    (op("pow", op("pow", A, B), C), r"\left( a^{b} \right)^{c}"),
    (op("pow", A, op("pow", B, C)), "a^{b^{c}}"),
    (op("pow", Param(name="w", indices=("i",)), TWO), "w_{i}^{2}"),
    (op("pow", A, op("div", B, op("mul", C, TWO))), r"a^{b/\left( c \cdot 2 \right)}"),
    (op("pow", A, op("mul", op("div", B, C), A)), r"a^{\left( b/c \right) \, a}"),
    (op("pow", op("div", A, B), TWO), r"\left( \frac{a}{b} \right)^{2}"),
    (op("pow", Apply(fn="cos", args=(A,)), TWO), r"\cos^{2}\left( a \right)"),
    (op("pow", Apply(fn="cos", args=(A,)), Neg(arg=TWO)), r"\left( \cos\left( a \right) \right)^{-2}"),
    (op("mul", total(A), B), r"\left( \sum_{i} \, a \right) \, b"),
    (op("mul", A, total(B)), r"a \, \sum_{i} \, b"),
    (op("mul", op("mul", A, total(B)), C), r"\left( a \, \sum_{i} \, b \right) \, c"),
    (op("mul", Neg(arg=total(A)), B), r"-\left( \sum_{i} \, a \right) \, b"),
    (op("add", total(A), B), r"\sum_{i} \, a + b"),
    (total(op("add", A, B)), r"\sum_{i} \, \left( a + b \right)"),
    (Dot(left=Input(name="x"), right=Input(name="x")), r"\left| x \right|^{2}"),
    (op("mul", A, Dot(left=Input(name="x"), right=Input(name="y"))), r"a \, \left( x \cdot y \right)"),
    (Dot(left=op("sub", A, B), right=C), r"\left( a - b \right) \cdot c"),
    (Component(arg=Param(name="w", indices=("i",)), k=2), "w_{i, 2}"),
    (Apply(fn="sqrt", args=(op("add", A, B),)), r"\sqrt{a + b}"),
    (Apply(fn="abs", args=(Neg(arg=A),)), r"\left| -a \right|"),
    (Compare(operands=(Lit(value=0), A, Lit(value=1)), ops=("<", "<=")), r"0 < a \le 1"),
    (
        Logic(op="or", args=(Logic(op="and", args=(A, B)), Logic(op="not", args=(C,)))),
        r"a \land b \lor \lnot c",
    ),
    (Logic(op="and", args=(Logic(op="or", args=(A, B)), C)), r"\left( a \lor b \right) \land c"),
    (
        Select(condition=Compare(operands=(A, B), ops=(">",)), then=A, other=B),
        r"\begin{cases} a & \text{if } a > b \\ b & \text{otherwise} \end{cases}",
    ),
    (
        Integral(var="y", over=Domain(shape="ball", dim=3, args=(A,)), body=Local(name="y")),
        r"\int_{B_{a}^{3}}\mathrm{d}^{3}y \, y",
    ),
    (Bind(fn="G", names=("x",), values=(op("sub", A, B),), body=A), r"G\left( a - b \right)"),
    (Lambda(names=("x", "y"), dims=(2, 2), body=A), r"\left( x, y \right) \mapsto a"),
    (Domain(shape="sphere", dim=3, args=(A,)), "S_{a}^{2}"),
    (Domain(shape="interval", dim=1, args=(A, B)), r"\left[ a, b \right]"),
    (
        Density(name="Normal", names=("mean", "variance"), args=(Lit(value=0), op("div", A, B))),
        r"\mathcal{N}\left( 0, a/b \right)",
    ),
    (Apply(fn="agree", args=(A,), options=(("false_alarm", Lit(value=1e-6)),)), None),
    (Vector(items=(A, B)), r"\left( a, b \right)"),
    (ResultRef(name="fit", field_name="loss"), r"\text{fit.loss}"),
    (Text(value="50% & more"), r"\text{“50\% \& more”}"),
    (Const(name="sigma_w"), r"\sigma_{w}"),
    (Const(name="x'"), r"x^{\prime}"),
    (Const(name="sw2"), r"\mathrm{sw}_{2}"),
    (Const(name="K_mc"), r"K_{\mathrm{mc}}"),
    (Lit(value=float("inf")), r"\infty"),
    (op("mul", TWO, Neg(arg=Lit(value=3.141592653589793))), r"2 \, \left( -\pi \right)"),
]


@pytest.mark.parametrize(("node", "text"), CASES)
def test_latex_and_mathml(node, text):
    if text is not None:
        assert latex(node) == text
    drawn = ET.fromstring(mathml(node))
    assert drawn.tag == "math"
    assert drawn.attrib["aria-label"] == latex(node)
    assert mathml(node).count("(") - mathml(node).split(">")[0].count("(") == latex(node).count("(")


def test_the_cosine_network(cosnet):
    text = model_latex(cosnet.model)
    assert r"\sqrt{\frac{2 \, \operatorname{vol}\left( B_{\Lambda}^{2} \right)}" in text
    assert r"\sum_{i} \, \frac{a_{i} \, \cos\left( w_{i} \cdot x + b_{i} \right)}" in text
    assert r"a_{i} \sim \mathcal{N}\left( 0, s_{2}/N \right)" in text
    assert r"w_{i} \sim \mathcal{U}\left( B_{\Lambda}^{2} \right)" in text
    assert r"i = 1, \dots, 1000, \quad x \in \mathbb{R}^{2}" in text
    for line in model_mathml(cosnet.model).splitlines():
        ET.fromstring(line)


def test_a_stack_of_layers_is_a_composition(relu):
    text = model_latex(relu.model)
    assert r"\left( D_{2} \circ \left( \operatorname{ReLU} \circ D_{1} \right)^{3} \right)\left( x \right)" in text
    assert r"D_{1} : h \mapsto Wh + b \in \mathbb{R}^{512}" in text
    assert r"D_{2} : h \mapsto Wh \in \mathbb{R}^{1}" in text
    for line in model_mathml(relu.model).splitlines():
        ET.fromstring(line)


@pytest.mark.parametrize("word", ["a", "aa", "abab", "abcabcx", "xaax", "aabb", "ababa"])
def test_repeats_say_the_same_stack(word):
    blocks = repeats(tuple(word))
    assert "".join("".join(block) * times for block, times in blocks) == word
