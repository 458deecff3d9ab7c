"""Random formulas survive printing and parsing, without a superfluous parenthesis, with true spans."""

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

import pytest

from nnspec.syntax.expr_parse import parse_decl, parse_expr, parse_text
from nnspec.syntax.expr_tree import (
    Big,
    Bin,
    Binder,
    Call,
    Cmp,
    Expr,
    Factorial,
    If,
    Index,
    KwArg,
    Name,
    Num,
    Str,
    Tuple_,
    Un,
    Vector,
)
from nnspec.syntax.show import show
from nnspec.syntax.tree import Leaf
from nnspec.syntax.yaml_tree import read_text
from nnspec.text.diagnostic import SpecError
from nnspec.text.source import Source, Span

HERE = Span(Source("made", ""), 0, 0)
NAMES = ["x", "w", "phi", "sigma_w", "x'", "x₁", "été", "四", "R", "E", "iffy", "order", "e", "_t"]
INDICES = ["i", "j", "k'", "_n"]
NUMBERS = ["0", "2", "1.5", ".5", "1e-3", "1_000", "6.02e23"]


def number(text: str) -> Num:
    return Num(text, float(text) if any(sign in text for sign in ".e") else int(text), HERE)


class Grower:
    """Grows random expression trees."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def name(self, among: list[str] = NAMES) -> Name:
        text = self.chance.choice(among)
        return Name(text, text, HERE)

    def leaf(self) -> Expr:
        if self.chance.random() < 0.4:
            return number(self.chance.choice(NUMBERS))
        return self.name() if self.chance.random() < 0.95 else Str("let.lr", HERE)

    def some(self, depth: int, low: int, high: int) -> tuple[Expr, ...]:
        return tuple(self.grow(depth) for _ in range(self.chance.randint(low, high)))

    def grow(self, depth: int) -> Expr:
        if depth <= 0 or self.chance.random() < 0.1:
            return self.leaf()
        chance, less = self.chance, depth - 1
        match chance.randrange(14):
            case 0 | 1 | 2 | 3:
                op: Any = chance.choice(["add", "sub", "mul", "mul", "div", "pow", "dot", "and", "or"])
                return Bin(op, self.grow(less), self.grow(less), HERE)
            case 4 | 5:
                sign: Any = chance.choice(["neg", "neg", "pos", "not"])
                return Un(sign, self.grow(less), HERE)
            case 6 | 7:
                kind: Any = chance.choice(["sum", "prod", "mean"])
                names = tuple(self.name(INDICES) for _ in range(chance.randint(1, 2)))
                return Big(kind, names, self.grow(less), HERE)
            case 8:
                return Factorial(self.grow(less), HERE)
            case 9:
                return Index(self.grow(less), self.some(less, 1, 2), HERE)
            case 10:
                kwargs = tuple(KwArg(self.name(), self.grow(less), HERE) for _ in range(chance.randrange(2)))
                binders = tuple(Binder(self.name(INDICES), self.grow(less), HERE) for _ in range(chance.randrange(2)))
                return Call(self.grow(less), self.some(less, 0, 2), kwargs, binders, HERE)
            case 11:
                ops: Any = tuple(chance.choice(["<", "<=", ">", ">=", "==", "!="]) for _ in range(chance.randint(1, 2)))
                return Cmp(self.some(less, len(ops) + 1, len(ops) + 1), ops, HERE)
            case 12:
                return If(self.grow(less), self.grow(less), self.grow(less), HERE)
            case _:
                return (
                    Tuple_(self.some(less, 2, 3), HERE)
                    if chance.random() < 0.5
                    else Vector(self.some(less, 1, 3), HERE)
                )


def nodes(node: object) -> Iterator[Any]:
    if isinstance(node, tuple):
        for item in node:
            yield from nodes(item)
    elif dataclasses.is_dataclass(node) and not isinstance(node, Span | type):
        yield node
        for each in dataclasses.fields(node):
            yield from nodes(getattr(node, each.name))


def divides_by_big(node: Expr) -> bool:
    """`a/sum_i b` is refused on purpose, so its printed form keeps the parentheses."""
    return any(isinstance(each, Bin) and each.op == "div" and isinstance(each.right, Big) for each in nodes(node))


@pytest.mark.parametrize("trees", [2000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_random_trees_survive(trees: int) -> None:
    grower = Grower(trees)
    for count in range(trees):
        tree = grower.grow(2 + count % 5)
        text = show(tree)
        assert parse_text(text) == tree, text


def test_random_statements_survive() -> None:
    """Blocks of definitions, with and without components."""
    grower = Grower(5)
    for count in range(300):
        body, factor = show(grower.grow(2 + count % 4)), show(grower.grow(2 + count % 3))
        for line in (f"phi(x) = {body}", f"phi[a, b](x, t) = {body}", f"let c = {body}", f"P *= {factor}"):
            block = parse_text(line, "block")
            assert parse_text(show(block), "block") == block, line


def test_no_parenthesis_is_superfluous() -> None:
    """Removing any pair of round brackets that only groups changes the tree or breaks the formula."""
    grower = Grower(2)
    pairs = 0
    for count in range(500):
        tree = grower.grow(2 + count % 4)
        text = show(tree)
        stack: list[int] = []
        for place, character in enumerate(text):
            if character == "(":
                stack.append(place)
            elif character == ")":
                start = stack.pop()
                without = f"{text[:start]} {text[start + 1 : place]} {text[place + 1 :]}"
                pairs += 1
                try:
                    again = parse_text(without)
                except SpecError:
                    continue
                assert again != tree, f"{text}   {without}"
    assert pairs > 500


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("-x^2", "-x^2"),
        ("(-x)^2", "(-x)^2"),
        ("2^-x^2", "2^-x^2"),
        ("(sum_i a[i]*b[i]) + c", "sum_i a[i]*b[i] + c"),
        ("2*sum_i (a[i]*(sum_j b[j]))", "2*sum_i a[i]*sum_j b[j]"),
        ("(w.x)^2", "w.x^2"),
        ("((-lambda)/(4!))*y", "-lambda/4!*y"),
        ("x²", "x^2"),
        ("x⁻¹", "x^-1"),
        ("x**2", "x^2"),
        ("φ·ψ ≤ ∞", "phi.psi <= inf"),
        ("∫(√(σ), y in ℝ^d)", "integral(sqrt(sigma), y in R^d)"),
        ("∑_i Π_{j,k} W[i,j,k]", "sum_i prod_{j, k} W[i, j, k]"),
        ("mean_i a[i]", "mean_i a[i]"),
        ("((((x))))", "x"),
        ("a if b else (c if d else f)", "a if b else c if d else f"),
        ("1 . 5", "1 . 5"),
        ("f(x,y=1,z in D)", "f(x, y=1, z in D)"),
        ("𝔼[φ(x)^4]", "E[phi(x)^4]"),
    ],
)
def test_formulas_of_the_manual(written: str, shown: str) -> None:
    assert show(parse_text(written)) == shown
    assert parse_text(shown) == parse_text(written)


def test_a_comparison_chain_is_one_node() -> None:
    tree = parse_text("0 < x ≤ 1")
    assert isinstance(tree, Cmp)
    assert tree.ops == ("<", "<=")


def test_names_remember_how_they_were_written() -> None:
    tree = parse_text("φ_0")
    assert isinstance(tree, Name)
    assert (tree.text, tree.written) == ("phi_0", "φ_0")


STYLES = {
    "plain": lambda text: f"a: {text}\n",
    "single": lambda text: "a: '" + text.replace("'", "''") + "'\n",
    "double": lambda text: 'a: "' + text.replace("\\", "\\\\").replace('"', '\\"') + '"\n',
    "literal": lambda text: "a: |\n  # é 四\n  " + text.replace(" ", "\n    ") + "\n",
    "folded": lambda text: "a: >-\n  " + text.replace(" ", " # é 四\n  ") + "\n",
}
PROLOGUE = {"plain": "", "wide": "四 e\u0301: x\n", "marked": "\ufeff"}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("prologue", PROLOGUE)
@pytest.mark.parametrize("style", STYLES)
def test_the_span_of_every_node_reads_as_that_node(style: str, prologue: str, newline: str) -> None:
    grower = Grower(3)
    checked = 0
    for count in range(60):
        tree = grower.grow(2 + count % 3)
        text = show(tree)
        if text[0] in "[\"'-+" or (style in {"literal", "folded", "plain"} and '"' in text):
            continue
        source = PROLOGUE[prologue] + STYLES[style](text).replace("\n", newline)
        leaf = read_text(source).get("a")
        assert isinstance(leaf, Leaf)
        parsed = parse_expr(leaf)
        assert parsed == tree
        for node in nodes(parsed):
            found = node.span.text
            if style == "single":
                found = found.replace("''", "'")
            if style == "double":
                found = found.replace('\\"', '"')
            if isinstance(node, KwArg | Binder):
                assert parse_text(f"f({found})") == Call(
                    Name("f", "f", HERE),
                    (),
                    *(((node,), ()) if isinstance(node, KwArg) else ((), (node,))),
                    HERE,
                )
            else:
                assert parse_text(found) == node, (source, found)
            checked += 1
    assert checked > 200


def test_spans_through_tabs_and_escapes() -> None:
    leaf = read_text('a: "\\u03c6\\t+ x"\n').get("a")
    assert isinstance(leaf, Leaf)
    tree = parse_expr(leaf)
    assert isinstance(tree, Bin)
    assert (tree.left.span.text, tree.right.span.text) == ("\\u03c6", "x")
    assert tree.left == Name("phi", "φ", HERE)


def test_spans_of_declarations() -> None:
    (entry,) = read_text("(a[i], b[i, j]): 1\n").entries
    decl = parse_decl(entry.key)
    assert decl.joint
    assert [name.span.text for name in decl.names] == ["a[i]", "b[i, j]"]
    assert show(decl) == "(a[i], b[i, j])"


@pytest.mark.parametrize("text", ["a[i]", "w[i] in R^d", "s", "(a[i], b[i])", "W[i, j] in R^(d + 1)"])
def test_declarations_survive(text: str) -> None:
    assert show(parse_text(text, "decl")) == text


@pytest.mark.parametrize("text", ["N", "1..N", "2*d..N - 1", "0...5"])
def test_ranges_survive(text: str) -> None:
    assert show(parse_text(text, "range")) == text
