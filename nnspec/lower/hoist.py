"""What of a field does not depend on the input, so that it is computed once for each draw and not at each point."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.walk import children, walk

_CLOSED_OUT = (ir.Local, ir.Reduce, ir.Bind, ir.Integral, ir.Lambda)


def hoist(body: ir.Expr) -> tuple[ir.Expr, dict[str, ir.Expr]]:
    """The body with its input-independent random parts replaced by local variables, and those parts by name.

    `a[i]*cos(w[i].x + b[i])/sqrt(w[i].w[i] + m^2)` becomes `%0*cos(w[i].x + b[i])` with `%0 = a[i]*(1/sqrt(...))`:
    factors are collected and reciprocals taken, which changes rounding alone.
    """
    parts: dict[ir.Expr, str] = {}
    return _visit(body, parts), {name: part for part, name in parts.items()}


def _visit(node: ir.Expr, parts: dict[ir.Expr, str]) -> ir.Expr:
    if not node.deps:
        return node
    if _steady(node):
        return _local(node, parts) if children(node) else node
    match node:
        case ir.Bin(op="mul" | "div") if node.type.kind == "real" and len(_factors(node)) > 1:
            return _product(node, parts)
        case ir.Neg(arg=arg) | ir.Component(arg=arg):
            return replace(node, arg=_visit(arg, parts))
        case ir.Bin(left=left, right=right) | ir.Dot(left=left, right=right):
            return replace(node, left=_visit(left, parts), right=_visit(right, parts))
        case ir.Apply(args=args):
            return replace(node, args=tuple(_visit(arg, parts) for arg in args))
        case ir.Reduce(body=body):
            return replace(node, body=_visit(body, parts))
        case _:
            return node


def _product(node: ir.Expr, parts: dict[ir.Expr, str]) -> ir.Expr:
    factors = list(_factors(node))
    steady = [factor for factor in factors if _steady(factor)]
    others = [_visit(factor, parts) for factor in factors if not _steady(factor)]
    if steady:
        first = reduce(_times, steady)
        others.insert(0, _local(first, parts) if children(first) else first)
    return reduce(_times, others)


def _factors(node: ir.Expr) -> tuple[ir.Expr, ...]:
    match node:
        case ir.Bin(op="mul", left=left, right=right) if left.type.kind == right.type.kind == "real":
            return _factors(left) + _factors(right)
        case ir.Bin(op="div", left=left, right=right) if left.type.kind == "real" and _divides(right):
            inverse = ir.Bin(op="div", left=ir.Lit(value=1), right=right, **unite(right))
            return (*_factors(left), inverse)
        case _:
            return (node,)


def _divides(node: ir.Expr) -> bool:
    return not node.deps or _steady(node)


def _times(left: ir.Expr, right: ir.Expr) -> ir.Expr:
    return ir.Bin(op="mul", left=left, right=right, **unite(left, right))


def _steady(node: ir.Expr) -> bool:
    """Random, independent of the input, and without variables that are bound further out."""
    if "param" not in node.deps or "input" in node.deps:
        return False
    return not any(isinstance(part, _CLOSED_OUT) for part in walk(node))


def _local(node: ir.Expr, parts: dict[ir.Expr, str]) -> ir.Expr:
    name = parts.setdefault(node, f"%{len(parts)}")
    return ir.Local(name=name, type=node.type, free=node.free, deps=node.deps, span=node.span)
