"""Products, powers and roots that the program writes are the numbers that they should be, and read well."""

from __future__ import annotations

import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.edit.algebra import factors, is_one, name, num, product, rebuilt, root, scaled, summed
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_text
from nnspec.syntax.show import show

NUMBERS = {"n": 7.0, "d": 3.0, "v": 2.5}
EXPONENTS = st.sampled_from([-2, -1.5, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 1.5, 2])


def value(node: ast.Expr) -> float:
    match node:
        case ast.Num(value=number):
            return number
        case ast.Name(text=text):
            return NUMBERS[text]
        case ast.Un(arg=arg):
            return -value(arg)
        case ast.Call(args=(arg,)):
            return math.sqrt(value(arg))
        case ast.Bin(op=op, left=left, right=right):
            a, b = value(left), value(right)
            return {"mul": operator.mul, "div": operator.truediv, "pow": operator.pow}[op](a, b)
    raise AssertionError(node)


@given(EXPONENTS, EXPONENTS, st.sampled_from(["v", "1", "2"]))
def test_scaled_and_rooted(a: float, b: float, start: str) -> None:
    base = name(start) if start == "v" else num(float(start))
    powers = [(name("n"), a), (name("d"), b)]
    wanted = 7.0**a * 3.0**b
    assert value(scaled(base, powers)) == pytest.approx(value(base) * wanted, rel=1e-14)
    assert value(root(base, powers)) == pytest.approx(math.sqrt(value(base)) * wanted, rel=1e-14)
    assert parse_text(show(scaled(base, powers))) == scaled(base, powers)


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (root(name("v"), [(name("n"), -0.5)]), "sqrt(v/n)"),
        (root(num(1), [(name("n"), -0.5)]), "1/sqrt(n)"),
        (root(num(1), [(name("n"), 0.5), (name("d"), -0.5)]), "sqrt(n/d)"),
        (root(num(1), [(name("n"), -1)]), "1/n"),
        (root(name("v"), [(num(1), -0.5)]), "sqrt(v)"),
        (scaled(name("v"), [(name("n"), -1)]), "v/n"),
        (scaled(name("v"), [(name("n"), 1), (name("n"), -1)]), "v"),
        (scaled(name("v"), [(name("n"), -0.3)]), "v*n^-0.3"),
        (scaled(num(-2), [(name("n"), -2)]), "-2/n^2"),
        (product([num(1), name("v"), num(1)]), "v"),
    ],
)
def test_how_they_read(node: ast.Expr, text: str) -> None:
    assert show(node) == text


def test_factors_that_do_not_depend_on_the_index_stand_in_front() -> None:
    body = parse_text("v*w[j]*n*h[j]")
    assert isinstance(body, ast.Bin)
    assert [show(part) for part in factors(body)] == ["v", "w[j]", "n", "h[j]"]
    assert show(summed("sum", "j", body)) == "v*n*sum_j w[j]*h[j]"
    assert show(summed("prod", "j", body)) == "prod_j v*w[j]*n*h[j]"
    assert show(summed("sum", "j", parse_text("v + w[j]"))) == "sum_j (v + w[j])"  # type: ignore[arg-type]


def test_parts_are_put_in_place() -> None:
    node = parse_text("f(x, sum_j x*w[j])")
    changed = rebuilt(node, lambda part: num(2) if isinstance(part, ast.Name) and part.text == "x" else None)
    assert show(changed) == "f(2, sum_j 2*w[j])"
    assert is_one(num(1.0))
