"""Types of sums, products, powers and comparisons; no implicit broadcasting anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from nnspec.check.scope import Wrong
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.types import BOOL, INT, REAL, Type, domain, result
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic
from nnspec.text.source import Span

_NUMBERS = ("real", "result")


def add_like(node: ast.Bin, op: Literal["add", "sub"], left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """x + y and x - y: numbers, vectors of one length, results over the same dimensions."""
    kinds = {left.type.kind, right.type.kind}
    if kinds <= set(_NUMBERS):
        kind = _joint(node.span, left, right)
    elif len(kinds) == 1 and kinds <= {"vec", "matrix"}:
        if left.type.shape != right.type.shape:
            raise Wrong(Diagnostic("NN302", f"these have different shapes: {left.type} and {right.type}", node.span))
        kind = left.type
    else:
        word = "added" if op == "add" else "subtracted"
        message = f"a {_noun(left)} and a {_noun(right)} cannot be {word}"
        raise Wrong(Diagnostic("NN304", message, node.span, f"{left.type} and {right.type}"))
    return ir.Bin(op=op, left=left, right=right, type=kind, span=node.span, **unite(left, right))


def multiply(node: ast.Bin, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """x * y: numbers, a number times a vector, results; never two vectors, nor two domains without a word."""
    kinds = (left.type.kind, right.type.kind)
    if kinds == ("domain", "domain"):
        dim = (left.type.shape or (1,))[0] + (right.type.shape or (1,))[0]
        return ir.Domain(shape="product", dim=dim, args=_factors(left) + _factors(right), type=domain(dim),
                         span=node.span, **unite(left, right))  # fmt: skip
    if kinds == ("vec", "vec"):
        text = f"`{node.left.span.text}.{node.right.span.text}`"
        raise Wrong(Diagnostic("NN304", "two vectors stand side by side with `*`: which product is meant?", node.span,
                               f"{left.type} times {right.type}", helps=(f"the dot product is written {text}",
                               "a product by components is written out: `x[1]*y[1]`")))  # fmt: skip
    if set(kinds) <= set(_NUMBERS):
        kind = _joint(node.span, left, right)
    elif "real" in kinds and set(kinds) <= {"real", "vec", "matrix"}:
        kind = right.type if kinds[0] == "real" else left.type
    else:
        message = f"a {_noun(left)} and a {_noun(right)} cannot be multiplied"
        raise Wrong(Diagnostic("NN304", message, node.span))
    return ir.Bin(op="mul", left=left, right=right, type=kind, span=node.span, **unite(left, right))


def quotient(node: ast.Bin, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """x / y: by a number, or result by result."""
    if right.type.kind not in _NUMBERS or left.type.kind not in (*_NUMBERS, "vec"):
        message = f"a {_noun(left)} cannot be divided by a {_noun(right)}"
        raise Wrong(Diagnostic("NN304", message, node.span))
    kind = left.type if left.type.kind == "vec" else _joint(node.span, left, right)
    kind = Type("real") if kind == INT else kind
    return ir.Bin(op="div", left=left, right=right, type=kind, span=node.span, **unite(left, right))


def power(node: ast.Bin, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """x ^ y for numbers and results; R^d and Box(...)^d for domains."""
    if left.type.kind == "vec":
        text = node.left.span.text
        raise Wrong(Diagnostic("NN304", f"`{text}` is a vector, and only numbers have powers", node.span,
                               helps=(f"the square of its length is `{text}.{text}`",)))  # fmt: skip
    if left.type.kind not in _NUMBERS or right.type.kind not in _NUMBERS:
        message = f"a {_noun(left)} cannot be raised to a {_noun(right)}"
        raise Wrong(Diagnostic("NN304", message, node.span))
    kind = _joint(node.span, left, right)
    if kind == INT and not (isinstance(right, ir.Lit) and right.value >= 0):
        kind = REAL
    return ir.Bin(op="pow", left=left, right=right, type=kind, span=node.span, **unite(left, right))


def compare(node: ast.Cmp, sides: Sequence[ir.Expr], ops: Sequence[str]) -> ir.Expr:
    """A chain of comparisons between numbers."""
    for side, part in zip(sides, node.operands, strict=True):
        if side.type.kind == "result" and side.type.dims:
            raise Wrong(Diagnostic("NN713", "a whole array is compared", part.span, f"over ({', '.join(side.type.dims)})",
                                   helps=(f"say which entry decides: `max({part.span.text})`",)))  # fmt: skip
        if side.type.kind not in ("real", "result", "text"):
            raise Wrong(Diagnostic("NN304", f"a {_noun(side)} cannot be compared", part.span))
    return ir.Compare(operands=tuple(sides), ops=tuple(ops), type=BOOL, span=node.span, **unite(*sides))


def logic(node: ast.Expr, op: str, args: Sequence[ir.Expr]) -> ir.Expr:
    """And, or, not."""
    for arg in args:
        if arg.type != BOOL:
            raise Wrong(Diagnostic("NN304", f"`{op}` joins comparisons, and this is a {_noun(arg)}", arg.span))
    return ir.Logic(op=op, args=tuple(args), type=BOOL, span=node.span, **unite(*args))  # type: ignore[arg-type]


def select(node: ast.Expr, condition: ir.Expr, then: ir.Expr, other: ir.Expr) -> ir.Expr:
    """`then if condition else other`: two numbers, or two vectors of one length."""
    if condition.type != BOOL:
        message = f"`if` needs a comparison, and this is a {_noun(condition)}"
        raise Wrong(Diagnostic("NN304", message, condition.span))
    kinds = {then.type.kind, other.type.kind}
    if kinds <= set(_NUMBERS):
        kind = _joint(node.span, then, other)
    elif kinds == {"vec"} and then.type.shape == other.type.shape:
        kind = then.type
    else:
        message = f"the two sides of `if` differ: a {_noun(then)} and a {_noun(other)}"
        raise Wrong(Diagnostic("NN304", message, node.span, f"{then.type} and {other.type}"))
    return ir.Select(condition=condition, then=then, other=other, type=kind, span=node.span,
                     **unite(condition, then, other))  # fmt: skip


def _joint(span: Span, left: ir.Expr, right: ir.Expr) -> Type:
    """The type of an operation on numbers and results."""
    if left.type.kind == right.type.kind == "real":
        return INT if left.type == INT and right.type == INT else REAL
    dims = [side.type.dims for side in (left, right) if side.type.kind == "result" and side.type.dims]
    if len(dims) == 2 and dims[0] != dims[1]:
        shown = " and ".join(f"({', '.join(each)})" for each in dims)
        raise Wrong(Diagnostic("NN310", f"results over different dimensions: {shown}", span))
    return result(dims[0] if dims else ())


def _factors(side: ir.Expr) -> tuple[ir.Expr, ...]:
    return side.args if isinstance(side, ir.Domain) and side.shape == "product" else (side,)


def _noun(node: ir.Expr) -> str:
    names = {"real": "number", "vec": "vector", "bool": "comparison", "dist": "density", "result": "result"}
    return names.get(node.type.kind, str(node.type))
