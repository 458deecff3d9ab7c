"""A little algebra on formulas that are written by the program: products, powers, roots, parts put in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from nnspec.syntax import expr_tree as ast
from nnspec.text.source import Source, Span

NOWHERE = Span(Source("", ""), 0, 0)
Node = TypeVar("Node")
Powers = Sequence[tuple[ast.Expr, float]]


def name(text: str) -> ast.Name:
    """A name."""
    return ast.Name(text, text, NOWHERE)


def num(value: float) -> ast.Expr:
    """A number; whole ones without a point."""
    if value < 0:
        return ast.Un("neg", num(-value), NOWHERE)
    value = int(value) if float(value).is_integer() and value < 2**53 else float(value)
    return ast.Num(repr(value), value, NOWHERE)


def call(fn: str, *args: ast.Expr) -> ast.Expr:
    """fn(args)."""
    return ast.Call(name(fn), args, (), (), NOWHERE)


def binary(op: ast.BinaryOp, left: ast.Expr, right: ast.Expr) -> ast.Expr:
    """An operator between two parts."""
    return ast.Bin(op, left, right, NOWHERE)


def is_one(node: ast.Expr) -> bool:
    """Whether a part is the number 1."""
    return isinstance(node, ast.Num) and node.value == 1


def is_zero(node: ast.Expr) -> bool:
    """Whether a part is the number 0."""
    return isinstance(node, ast.Num) and node.value == 0


def product(parts: Sequence[ast.Expr]) -> ast.Expr:
    """The product of some parts, 1 for none; factors 1 are left out."""
    kept = [part for part in parts if not is_one(part)]
    out = kept[0] if kept else num(1)
    for part in kept[1:]:
        out = binary("mul", out, part)
    return out


def factors(node: ast.Expr) -> list[ast.Expr]:
    """The factors of a product, from left to right."""
    if isinstance(node, ast.Bin) and node.op == "mul":
        return [*factors(node.left), *factors(node.right)]
    return [node]


def scaled(base: ast.Expr, powers: Powers) -> ast.Expr:
    """Base * n^e * ..., with fractions and roots where the exponents are whole or half."""
    kept = _merged(powers)
    if any(not float(2 * e).is_integer() for _, e in kept):
        return product([base, *(binary("pow", n, num(e)) for n, e in kept)])
    whole = [(n, e) for n, e in kept if float(e).is_integer()]
    halves = [(n, 2 * e) for n, e in kept if not float(e).is_integer()]
    up, down = _raised(halves, 1), _raised(halves, -1)
    over, under = [base, *_raised(whole, 1)], _raised(whole, -1)
    if up:
        over.append(call("sqrt", _fraction(up, down)))
    elif down:
        under.append(call("sqrt", product(down)))
    return _fraction(over, under)


def root(square: ast.Expr, powers: Powers) -> ast.Expr:
    """sqrt(square) * n^e * ..., under one root where that is possible."""
    kept = _merged(powers)
    if is_one(square):
        return scaled(num(1), kept)
    if any(not float(2 * e).is_integer() for _, e in kept):
        return scaled(call("sqrt", square), kept)
    return call("sqrt", scaled(square, [(n, 2 * e) for n, e in kept]))


def _merged(powers: Powers) -> list[tuple[ast.Expr, float]]:
    found: dict[ast.Expr, float] = {}
    for n, e in powers:
        found[n] = found.get(n, 0.0) + e
    return [(n, e) for n, e in found.items() if e and not is_one(n)]


def _raised(powers: Powers, sign: int) -> list[ast.Expr]:
    return [n if sign * e == 1 else binary("pow", n, num(sign * e)) for n, e in powers if sign * e > 0]


def _fraction(over: Sequence[ast.Expr], under: Sequence[ast.Expr]) -> ast.Expr:
    below = product(under)
    return product(over) if is_one(below) else binary("div", product(over), below)


# ---------------------------------------------------------------- parts
def parts(node: Any) -> Iterator[Any]:
    """A formula and everything in it, from the outside in."""
    yield node
    for item in fields(node):
        value = getattr(node, item.name)
        for each in value if isinstance(value, tuple) else (value,):
            if _is_part(each):
                yield from parts(each)


def mentions(node: ast.Expr, names: Sequence[str]) -> bool:
    """Whether one of the names occurs."""
    return any(isinstance(part, ast.Name) and part.text in names for part in parts(node))


def rebuilt(node: Node, change: Callable[[Any], Any]) -> Node:
    """The formula with parts changed: `change` gives what stands in place of a part, None to look inside of it."""
    new = change(node)
    if new is not None:
        return new  # type: ignore[no-any-return]
    values: dict[str, Any] = {}
    for item in fields(node):  # type: ignore[arg-type]
        value = getattr(node, item.name)
        if isinstance(value, tuple):
            values[item.name] = tuple(rebuilt(each, change) if _is_part(each) else each for each in value)
        elif _is_part(value):
            values[item.name] = rebuilt(value, change)
    return replace(node, **values)  # type: ignore[type-var]


def _is_part(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type | Span)


def summed(kind: ast.BigOp, index: str, body: ast.Expr) -> ast.Expr:
    """`sum_index body`, with factors that do not depend on the index in front of it."""
    inside = [part for part in factors(body) if kind != "sum" or mentions(part, (index,))]
    outside = [part for part in factors(body) if kind == "sum" and not mentions(part, (index,))]
    if not inside:
        inside, outside = factors(body), []
    return product([*outside, ast.Big(kind, (name(index),), product(inside), NOWHERE)])
