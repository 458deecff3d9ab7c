"""Blocks: where a statement ends, and definitions, names and heads."""

import pytest

from nnspec.syntax.expr_parse import leaf_of, parse_block, parse_def_head, parse_name, parse_range, parse_text
from nnspec.syntax.expr_tree import Block, SDef, SDeform, SIndex, SInput, SLet, SParam
from nnspec.syntax.show import show
from nnspec.syntax.tree import Leaf
from nnspec.syntax.yaml_tree import read_text
from nnspec.text.diagnostic import SpecError

BLOCK = """\
# a network
index i in 1..N
input x in R^d

let m = 1; let k = 2   # two in one line
s ~ Gamma(2, 1)        # one scale
(a[i], b[i]) ~ MvNormal([0, 0],
[[1, r],
 [r, 1]])
w[i] in R^d ~ Density(well(u),
                      u in Interval(-4, 4))
phi(x) = sqrt(s/N)
  * sum_i a[i]

    *snake(w[i].x + b[i])
P *= exp(-integral(phi(y)^4, y in D))
"""


def test_statements_end_where_a_reader_expects() -> None:
    block = parse_text(BLOCK, "block")
    assert isinstance(block, Block)
    kinds = [type(statement) for statement in block.statements]
    assert kinds == [SIndex, SInput, SLet, SLet, SParam, SParam, SParam, SDef, SDeform]
    assert show(block).splitlines()[7] == "phi(x) = sqrt(s/N)*sum_i a[i]*snake(w[i].x + b[i])"
    assert parse_text(show(block), "block") == block


def test_a_block_in_a_file_has_spans_in_the_file() -> None:
    text = "model: |\r\n  " + BLOCK.replace("\n", "\r\n  ") + "\r\nname: x\r\n"
    leaf = read_text(text).get("model")
    assert isinstance(leaf, Leaf)
    for statement in parse_block(leaf).statements:
        again = parse_text(statement.span.text, "block")
        assert isinstance(again, Block)
        assert again.statements == (statement,)


def test_faults_in_several_statements_are_all_reported() -> None:
    with pytest.raises(SpecError) as caught:
        parse_text("index i in\nlet E = 1\nx ~ f(1\ny ~ 2 3\nfoo\nz = 1\n", "block")
    assert [d.code for d in caught.value.diagnostics] == ["NN106", "NN107", "NN102", "NN100", "NN106", "NN101"]


def test_an_open_bracket_does_not_swallow_the_next_statements() -> None:
    with pytest.raises(SpecError) as caught:
        parse_text("a ~ f(1\nphi(x) = 2\n", "block")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.secondary[0].span.start == len("a ~ f(1")


def test_a_line_that_is_indented_too_deep_is_explained() -> None:
    with pytest.raises(SpecError) as caught:
        parse_text("index i in N\n  input x in R^d\n", "block")
    assert "indented deeper" in caught.value.diagnostics[0].notes[0]


@pytest.mark.parametrize("text", ["", "# only a comment", "\n\n"])
def test_an_empty_block_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="NN106"):
        parse_text(text, "block")


def test_heads_and_names() -> None:
    name, arguments = parse_def_head(leaf_of("G(x, φ)"))
    assert (name.text, [argument.text for argument in arguments]) == ("G", ["x", "phi"])
    assert parse_name(leaf_of("σ_w")).text == "sigma_w"
    assert parse_range(leaf_of("N")).lo is None


@pytest.mark.parametrize(
    "text", ["G", "G()", "G(1)", "G(x=1)", "(x)", "G(x).y", "E(x)", "G(P)", "G(x, y in D)", "2(x)"]
)
def test_bad_heads(text: str) -> None:
    with pytest.raises(SpecError, match=r"NN10[17]"):
        parse_def_head(leaf_of(text))


@pytest.mark.parametrize("text", ["E", "2", "a b", "if", "sum_x", "a[i]", ""])
def test_bad_names(text: str) -> None:
    with pytest.raises(SpecError):
        parse_name(leaf_of(text))


def test_a_comment_in_a_folded_scalar_ends_with_its_line() -> None:
    leaf = read_text("a: >-\n  x  # one\n  + y  # two\n  + z\n").get("a")
    assert isinstance(leaf, Leaf)
    from nnspec.syntax.expr_parse import parse_expr

    assert show(parse_expr(leaf)) == "x + y + z"
