"""Complaints about formulas: the texts of the manual, and a table of everyday mistakes."""

import textwrap
import time

import pytest

from nnspec.syntax.expr_parse import parse_expr, parse_text
from nnspec.syntax.tree import Leaf, Mapping
from nnspec.syntax.yaml_tree import read_tree
from nnspec.text.diagnostic import Diagnostic, SpecError
from nnspec.text.source import Source

HEAD = """\
nnspec: 1
name: demo
let: {d: 2, N: 100, sigma_w: 1.0, m: 1}
model:
  inputs:  {x: R^d}
  indices: {i: N}
  params:
"""
PARAMS = """\
    a[i]: Normal(0, 1/N)
    w[i] in R^d: Normal(0, sigma_w^2/d)
    b[i]: Uniform(-pi, pi)
"""
FIELD = "  field: phi(x)\n"
DEF = "  def: sum_i a[i]*cos(w[i].x + b[i])\n"
TAIL = """\
data: {xs: "linspace(-1, 1, 21)"}
observables:
  G2: {correlator: {n: 2, at: xs, draws: 1e4}}
"""


def read_all(name: str, text: str) -> None:
    """Read a spec and the formula under `def`."""
    model = read_tree(Source(name, text)).get("model")
    assert isinstance(model, Mapping)
    leaf = model.get("def")
    assert isinstance(leaf, Leaf)
    parse_expr(leaf)


GOLDEN = {
    "bad-specs/01-duplicate-key.yaml": (
        HEAD + PARAMS + "    a[i]: Normal(0, 2/N)\n" + FIELD + DEF + TAIL,
        """
        error[NN002]: `a[i]` is given twice
           --> bad-specs/01-duplicate-key.yaml:11:5
           |
         8 |     a[i]: Normal(0, 1/N)
           |     ---- first time here
        ...
        11 |     a[i]: Normal(0, 2/N)
           |     ^^^^ second time here
           |
           = help: YAML keeps only the last one; delete one of the two
           = see: nnspec explain NN002
        """,
    ),
    "bad-specs/03-flow-comma.yaml": (
        HEAD + PARAMS + FIELD + DEF + TAIL + "sampler: {hmc: {step_size: min(0.1, 1/N), chains: 4}}\n",
        """
        error[NN013]: a comma inside `{…}` ended the value of `step_size`
           --> bad-specs/03-flow-comma.yaml:16:28
           |
        16 | sampler: {hmc: {step_size: min(0.1, 1/N), chains: 4}}
           |                            ^^^^^^^  ---- and this as another key
           |                            |
           |                            YAML read `min(0.1` as the whole value
           |
           = help: quote it: `step_size: "min(0.1, 1/N)"`
           = help: or write this mapping over several lines
           = see: nnspec explain NN013
        """,
    ),
    "bad-specs/04-implicit-product.yaml": (
        HEAD + PARAMS + FIELD + DEF.replace("w[i].x", "2 pi*w[i].x") + TAIL,
        """
        error[NN100]: two values stand side by side
           --> bad-specs/04-implicit-product.yaml:12:25
           |
        12 |   def: sum_i a[i]*cos(2 pi*w[i].x + b[i])
           |                         ^^ an operator is missing before this
           |
           = help: multiplication is written out: `2*pi`
           = see: nnspec explain NN100
        """,
    ),
    "bad-specs/05-open-bracket.yaml": (
        HEAD
        + PARAMS
        + FIELD
        + "  def: |\n    sum_i a[i]\n      * cos(w[i].x + b[i]\n      / sqrt(w[i].w[i] + m^2)\n"
        + TAIL,
        """
        error[NN102]: `(` is never closed
           --> bad-specs/05-open-bracket.yaml:14:12
           |
        14 |       * cos(w[i].x + b[i]
           |            ^ opened here
        15 |       / sqrt(w[i].w[i] + m^2)
           |                              - the formula ends here
           |
           = help: add `)`
           = see: nnspec explain NN102
        """,
    ),
    "bad-specs/18-tilde-ternary.yaml": (
        HEAD + PARAMS.replace("Normal(0, 1/N)", "x > 0 ? 1 : 0") + FIELD + DEF + TAIL,
        """
        error[NN001]: a second colon in one line
          --> bad-specs/18-tilde-ternary.yaml:8:21
          |
        8 |     a[i]: x > 0 ? 1 : 0
          |                     ^ YAML reads this colon as the end of another key
          |
          = help: write the choice as `1 if x > 0 else 0`
          = see: nnspec explain NN001
        """,
    ),
    "bad-specs/19-abs-bars.yaml": (
        HEAD + PARAMS + FIELD + "  def: sum_i a[i]*cos(w[i].x)*|b[i]|\n" + TAIL,
        """
        error[NN105]: `|` is not part of the formula language
           --> bad-specs/19-abs-bars.yaml:12:31
           |
        12 |   def: sum_i a[i]*cos(w[i].x)*|b[i]|
           |                               ^ not understood
           |
           = help: write the absolute value as `abs(b[i])`
           = see: nnspec explain NN105
        """,
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_texts_of_the_manual(name: str) -> None:
    text, expected = GOLDEN[name]
    with pytest.raises(SpecError) as caught:
        read_all(name, text)
    assert str(caught.value) == textwrap.dedent(expected).strip("\n")


def refusal(text: str) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        parse_text(text)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


MISTAKES = [
    ("2pi", "NN100", "pi", "`2*pi`"),
    ("a[i] cos(x)", "NN100", "cos", "`a[i]*cos(x)`"),
    ("(a + b) c[i]", "NN100", "c", "`(a + b)*c[i]`"),
    ("2 sum_i a[i]", "NN100", "sum_", "`2*sum_i …`"),
    ("√x", "NN100", "x", "`sqrt(x)`"),
    ("2 iffy else 3", "NN100", "iffy", "`2*iffy`"),
    ("x² y", "NN100", "y", "`x²*y`"),
    ("x²(y)", "NN100", "(", "multiplication"),
    ('f("a" "b")', "NN100", '"b"', "`,`"),
    ("a * / b", "NN101", "/", ""),
    ("a // b", "NN101", "/", "floor"),
    ("f(x,)", "NN101", ")", "delete the `,`"),
    ("f(,x)", "NN101", ",", ""),
    ("()", "NN101", ")", ""),
    ("[]", "NN101", "]", ""),
    ("a, b", "NN101", ",", "`[a, b]`"),
    ("1..N", "NN101", "..", "range"),
    ("a ~ b", "NN101", "~", "block"),
    ("x^sum_i a[i]", "NN101", "sum_i", "`(sum_i …)`"),
    ("2^-sum_i a[i]", "NN101", "sum_i", "`(sum_i …)`"),
    ("a else b", "NN101", "else", "`a if c else b`"),
    ("a if else b", "NN101", "else", ""),
    ("x in D", "NN101", "in", "integral"),
    ("1e999", "NN101", "1e999", ""),
    ("9" * 500, "NN101", "9" * 500, ""),
    ("f(x", "NN102", "(", "`)`"),
    ("f([x", "NN102", "[", "`])`"),
    ("x)", "NN103", ")", ""),
    ("(x]", "NN103", "]", ""),
    ("x / sum_i a[i]", "NN104", "sum_i a[i]", "`x/(sum_i a[i])`"),
    ("x / -sum_i a[i]", "NN104", "-sum_i a[i]", "parentheses"),
    ("x > 0 ? 1 : 0", "NN105", "?", "`1 if x > 0 else 0`"),
    ("a && b", "NN105", "&&", "`and`"),
    ("a || b", "NN105", "||", "`or`"),
    ("|b[i]|", "NN105", "|", "`abs(b[i])`"),
    ("a % b", "NN105", "%", "mod"),
    ("a = b", "NN105", "=", "`==`"),
    ("\\phi(x)", "NN105", "\\phi", "`phi`"),
    ("a × b", "NN105", "×", "`*`"),
    ("a − b", "NN105", "−", "`-`"),
    ("x\u0302", "NN105", "\u0302", "combining circumflex"),
    ("{a}", "NN105", "{", "curly"),
    ("a; b", "NN105", ";", "one formula"),
    ("f('a')", "NN105", "'", "double quotes"),
    ('f("a)', "NN105", '"', "ends with"),
    ("", "NN106", "", ""),
    ("  # nothing", "NN106", "  # nothing", ""),
    ("1 +", "NN106", "+", ""),
    ("sum_i", "NN106", "i", ""),
    ("a if b", "NN106", "if", "`a if c else b`"),
    ("2*in", "NN107", "in", ""),
    ("in", "NN107", "in", ""),
    ("not", "NN106", "not", ""),
    ("a.sum_x", "NN107", "sum_x", ""),
    ("integral(E, E in D)", "NN107", "E", "E0"),
    ("sum_R x", "NN107", "R", ""),
    ("(" * 201 + "x" + ")" * 201, "NN108", "(", "let"),
    ("-" * 1000 + "x", "NN108", None, "let"),
    ("+".join(["x"] * 300), "NN108", None, "let"),
    ("f(" + ",".join(["x"] * 20_000) + ")", "NN108", "f", ""),
]


@pytest.mark.parametrize(("text", "code", "caret", "help_text"), MISTAKES, ids=lambda value: str(value)[:20])
def test_everyday_mistakes(text: str, code: str, caret: str | None, help_text: str) -> None:
    diagnostic = refusal(text)
    assert diagnostic.code == code
    assert diagnostic.span is not None
    if caret is not None:
        assert diagnostic.span.text == caret
    assert help_text in "\n".join((diagnostic.message, *diagnostic.helps))
    assert len(diagnostic.helps) <= 2


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "[" * 199 + "x" + "]" * 199, "-" * 19_000 + "x", "x" * 2_000_000, "a." * 9_000 + "a",
             "a#" * 9_999, "'" * 19_999, "f(" + "1," * 9_000 + "1)", "2 " * 9_999, "sum_i " * 3_000 + "x"]
)  # fmt: skip
def test_no_formula_takes_long(text: str) -> None:
    start = time.process_time()
    try:
        parse_text(text)
    except SpecError as error:
        str(error)
    assert time.process_time() - start < 5  # a bound against what grows like a square, not a measurement


def test_a_fix_is_a_true_edit() -> None:
    diagnostic = refusal("a × b")
    ((edit,),) = (fix.edits for fix in diagnostic.fixes)
    text = "a × b"
    parse_text(text[: edit.start] + edit.text + text[edit.end :])
