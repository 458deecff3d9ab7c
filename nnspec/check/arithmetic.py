"""Types of sums, products, powers and comparisons; no implicit broadcasting anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from nnspec.check.nouns import noun
from nnspec.check.scope import Wrong
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.types import BOOL, INT, REAL, Type, domain, result
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Span

_NUMBERS = ("real", "result")


def add_like(node: ast.Bin, op: Literal["add", "sub"], left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """X + y and x - y: numbers, vectors of one length, results over the same dimensions."""
    kinds = {left.type.kind, right.type.kind}
    if kinds <= set(_NUMBERS):
        kind = _joint(node.span, left, right)
    elif len(kinds) == 1 and kinds <= {"vec", "matrix"}:
        if left.type.shape != right.type.shape:
            message = f"{noun(left.type)} and {noun(right.type)} have different lengths"
            raise Wrong(Diagnostic("NN302", message, node.span, _sides(left, right)))
        kind = left.type
    else:
        word = "added" if op == "add" else "subtracted"
        message = f"{noun(left.type)} and {noun(right.type)} cannot be {word}"
        raise Wrong(Diagnostic("NN304", message, node.span, _sides(left, right)))
    return ir.Bin(op=op, left=left, right=right, type=kind, span=node.span, **unite(left, right))


def multiply(node: ast.Bin, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """X * y: numbers, a number times a vector, results; never two vectors, nor two domains without a word."""
    kinds = (left.type.kind, right.type.kind)
    if kinds == ("domain", "domain"):
        dim = (left.type.shape or (1,))[0] + (right.type.shape or (1,))[0]
        return ir.Domain(shape="product", dim=dim, args=_factors(left) + _factors(right), type=domain(dim),
                         span=node.span, **unite(left, right))  # fmt: skip
    if kinds == ("vec", "vec"):
        a, b = node.left.span.text, node.right.span.text
        text = f"`{a}.{b}`"
        raise Wrong(Diagnostic("NN304", "two vectors stand side by side with `*`: which product is meant?", node.span,
                               f"{left.type} times {right.type}", helps=(f"the dot product is written {text}",
                               f"a product by components is written out: `{a}[1]*{b}[1]`")))  # fmt: skip
    if set(kinds) <= set(_NUMBERS):
        kind = _joint(node.span, left, right)
    elif "real" in kinds and set(kinds) <= {"real", "vec", "matrix"}:
        kind = right.type if kinds[0] == "real" else left.type
    else:
        message = f"{noun(left.type)} and {noun(right.type)} cannot be multiplied"
        raise Wrong(Diagnostic("NN304", message, node.span, _sides(left, right)))
    return ir.Bin(op="mul", left=left, right=right, type=kind, span=node.span, **unite(left, right))


def quotient(node: ast.Bin, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """X / y: by a number, or result by result."""
    if right.type.kind not in _NUMBERS or left.type.kind not in (*_NUMBERS, "vec"):
        message = f"{noun(left.type)} cannot be divided by {noun(right.type)}"
        raise Wrong(Diagnostic("NN304", message, node.span, _sides(left, right)))
    kind = left.type if left.type.kind == "vec" else _joint(node.span, left, right)
    kind = Type("real") if kind == INT else kind
    return ir.Bin(op="div", left=left, right=right, type=kind, span=node.span, **unite(left, right))


def power(node: ast.Bin, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """X ^ y for numbers and results; R^d and Box(...)^d for domains."""
    if left.type.kind == "vec":
        text = node.left.span.text
        raise Wrong(Diagnostic("NN304", f"`{text}` is a vector, and only numbers have powers", node.left.span,
                               f"a vector of {left.type}", helps=(f"the square of its length is `{text}.{text}`",)))  # fmt: skip
    if left.type.kind not in _NUMBERS or right.type.kind not in _NUMBERS:
        message = f"{noun(left.type)} cannot be raised to the power of {noun(right.type)}"
        raise Wrong(Diagnostic("NN304", message, node.span, _sides(left, right)))
    kind = _joint(node.span, left, right)
    if kind == INT and not (isinstance(right, ir.Lit) and right.value >= 0):
        kind = REAL
    return ir.Bin(op="pow", left=left, right=right, type=kind, span=node.span, **unite(left, right))


def compare(node: ast.Cmp, sides: Sequence[ir.Expr], ops: Sequence[str], sweep: Sequence[str] = ()) -> ir.Expr:
    """A chain of comparisons between numbers; `sweep` names the dimensions that come from a sweep."""
    for side, part in zip(sides, node.operands, strict=True):
        if side.type.kind == "result" and side.type.dims:
            over, swept = side.type.dims, [dim for dim in side.type.dims if dim in sweep]
            largest = f"max(max({part.span.text}))" if swept and len(swept) < len(over) else f"max({part.span.text})"
            raise Wrong(Diagnostic("NN713", "a whole array is compared", part.span, f"over ({', '.join(over)})",
                                   helps=(f"say which entry decides: `{largest}`",)))  # fmt: skip
        if side.type.kind not in ("real", "result"):
            raise Wrong(Diagnostic("NN304", "only numbers can be compared", part.span, f"this is {noun(side.type)}"))
    return ir.Compare(operands=tuple(sides), ops=tuple(ops), type=BOOL, span=node.span, **unite(*sides))


def logic(node: ast.Expr, op: str, args: Sequence[ir.Expr]) -> ir.Expr:
    """And, or, not."""
    for arg in args:
        if arg.type != BOOL:
            raise Wrong(Diagnostic("NN304", f"`{op}` joins comparisons", arg.span, f"this is {noun(arg.type)}"))
    return ir.Logic(op=op, args=tuple(args), type=BOOL, span=node.span, **unite(*args))  # type: ignore[arg-type]


def select(node: ast.Expr, condition: ir.Expr, then: ir.Expr, other: ir.Expr) -> ir.Expr:
    """`then if condition else other`: two numbers, or two vectors of one length."""
    if condition.type != BOOL:
        raise Wrong(Diagnostic("NN304", "`if` needs a comparison", condition.span, f"this is {noun(condition.type)}",
                               helps=("as in `1 if x > 0 else 0`",)))  # fmt: skip
    kinds = {then.type.kind, other.type.kind}
    if kinds <= set(_NUMBERS):
        kind = _joint(node.span, then, other)
    elif kinds == {"vec"} and then.type.shape == other.type.shape:
        kind = then.type
    else:
        odd = next((side for side in (then, other) if side.type.kind not in (*_NUMBERS, "vec")), None)
        if odd is not None:
            helps = ("comparisons are joined by `and`, `or`, `not`",) if odd.type == BOOL else ()
            raise Wrong(Diagnostic("NN304", "a choice is between numbers, or vectors of one length", odd.span,
                                   f"this is {noun(odd.type)}", helps=helps))  # fmt: skip
        place = then.span or node.span
        secondary = (Label(place, f"this is {noun(then.type)}"),)
        message = "both cases of a choice must be of one kind"
        raise Wrong(Diagnostic("NN304", message, other.span, f"this is {noun(other.type)}", secondary))
    return ir.Select(condition=condition, then=then, other=other, type=kind, span=node.span,
                     **unite(condition, then, other))  # fmt: skip


def _joint(span: Span, left: ir.Expr, right: ir.Expr) -> Type:
    """The type of an operation on numbers and results."""
    if left.type.kind == right.type.kind == "real":
        return INT if left.type == INT and right.type == INT else REAL
    dims = [side.type.dims for side in (left, right) if side.type.kind == "result" and side.type.dims]
    if len(dims) == 2 and dims[0] != dims[1]:
        joined = _over_sweep(*dims)
        if joined is not None:
            return result(joined)
        shown = " and ".join(f"({', '.join(each)})" for each in dims)
        raise Wrong(Diagnostic("NN310", f"results over different dimensions: {shown}", span, _sides(left, right)))
    return result(dims[0] if dims else ())


def _over_sweep(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...] | None:
    """The dimensions of two results over a sweep: at each of its points they have the same, or one is a number."""
    swept = dict.fromkeys(dim for dim in (*left, *right) if "." in dim)  # axes of a sweep have paths for names
    own = [tuple(dim for dim in each if dim not in swept) for each in (left, right)]
    if not swept or (own[0] != own[1] and () not in own):
        return None
    return (*swept, *(own[0] or own[1]))


def _sides(left: ir.Expr, right: ir.Expr) -> str:
    """What stands to the left and to the right of an operator, for a label."""
    shown = [f"over ({', '.join(side.type.dims)})" if side.type.dims else noun(side.type) for side in (left, right)]
    return f"{shown[0]} on the left, {shown[1]} on the right"


def _factors(side: ir.Expr) -> tuple[ir.Expr, ...]:
    return side.args if isinstance(side, ir.Domain) and side.shape == "product" else (side,)
