"""A field taken apart: a sum of terms, each of them a sum over some indices with all its factors drawn inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.walk import children, rewrite, walk
from nnspec.lower.forms.base import Hindrance


@dataclass(frozen=True)
class Term:
    """sum over `axes` of `body`; without axes the body itself."""

    axes: tuple[str, ...]
    body: ir.Expr

    def of(self, body: ir.Expr) -> Term:
        """The same sum of something else."""
        return replace(self, body=body)


def terms(node: ir.Expr, sizes: Mapping[str, int]) -> list[Term]:
    """The terms of a field.

    Raises:
        Hindrance: a sum over random terms that stands inside a function, a power or a product with another one.
    """
    if not has_sum(node):
        return [Term((), each) for each in added(node)]
    match node:
        case ir.Neg(arg=arg):
            return [each.of(_neg(each.body)) for each in terms(arg, sizes)]
        case ir.Bin(op="add", left=left, right=right):
            return terms(left, sizes) + terms(right, sizes)
        case ir.Bin(op="sub", left=left, right=right):
            return terms(left, sizes) + [each.of(_neg(each.body)) for each in terms(right, sizes)]
        case ir.Bin(op="mul", left=left, right=right) if not (has_sum(left) and has_sum(right)):
            if has_sum(right):
                return [each.of(binary("mul", left, each.body)) for each in _apart(right, left, sizes)]
            return [each.of(binary("mul", each.body, right)) for each in _apart(left, right, sizes)]
        case ir.Bin(op="div", left=left, right=right) if not has_sum(right):
            return [each.of(binary("div", each.body, right)) for each in _apart(left, right, sizes)]
        case ir.Bin(op="pow", left=left, right=ir.Lit(value=1)):
            return terms(left, sizes)
        case ir.Derivative(arg=arg, by=by) if _of_input(by):
            return [each.of(replace(node, arg=each.body, **unite(each.body))) for each in terms(arg, sizes)]
        case ir.Reduce(op=("sum" | "mean"), axes=axes, body=body):
            return [_reduced(node, axes, body, sizes)]
        case ir.Bind():
            return terms(_substituted(node), sizes)
    raise _inside(node)


def added(body: ir.Expr) -> list[ir.Expr]:
    """What is added, with its sign."""
    match body:
        case ir.Bin(op="add", left=left, right=right):
            return added(left) + added(right)
        case ir.Bin(op="sub", left=left, right=right):
            return added(left) + [_neg(each) for each in added(right)]
        case _:
            return [body]


def has_sum(node: ir.Expr) -> bool:
    """Whether a sum over random terms stands somewhere in it."""
    return any(isinstance(part, ir.Reduce) and "param" in part.deps for part in walk(node))


def binary(op: str, left: ir.Expr, right: ir.Expr) -> ir.Bin:
    """Two numbers joined."""
    return ir.Bin(op=op, left=left, right=right, **unite(left, right), span=left.span)  # type: ignore[arg-type]


def refreshed(node: ir.Expr) -> ir.Expr:
    """The expression with free indices and dependencies as its parts have them now."""

    def change(part: ir.Expr) -> ir.Expr:
        inner = children(part)
        if not inner:
            return part
        whole = unite(*inner)
        bound = frozenset(part.axes) if isinstance(part, ir.Reduce) else ir.NOTHING
        return replace(part, free=whole["free"] - bound, deps=whole["deps"])

    return rewrite(node, change)


def _neg(node: ir.Expr) -> ir.Expr:
    return ir.Neg(arg=node, **unite(node), span=node.span)


def _of_input(by: ir.Expr) -> bool:
    base = by.arg if isinstance(by, ir.Component) else by
    return isinstance(base, ir.Input)


def _apart(node: ir.Expr, factor: ir.Expr, sizes: Mapping[str, int]) -> list[Term]:
    found = terms(node, sizes)
    for each in found:
        if set(each.axes) & factor.free:  # an index of the factor that is not summed here
            msg = "an index is used twice"
            raise Hindrance(msg, node.span)
    return found


def _reduced(node: ir.Reduce, axes: tuple[str, ...], body: ir.Expr, sizes: Mapping[str, int]) -> Term:
    """A sum, with the sums directly inside it where they are over other indices and nothing else is added."""
    term = Term(axes, body)
    if has_sum(body):
        try:
            inner = terms(body, sizes)
        except Hindrance:
            inner = []
        if len(inner) == 1 and not set(inner[0].axes) & set(axes):
            term = Term((*axes, *inner[0].axes), inner[0].body)
    if node.op == "mean":
        count = 1
        for axis in axes:
            count *= sizes[axis]
        term = term.of(binary("div", term.body, ir.Lit(value=count)))
    return term


def _substituted(node: ir.Bind) -> ir.Expr:
    """A function of the spec, written out at its arguments."""
    summed = {axis for part in walk(node.body) if isinstance(part, ir.Reduce) for axis in part.axes}
    bound = {part.var for part in walk(node.body) if isinstance(part, ir.Integral)}
    bound |= {name for part in walk(node.body) if isinstance(part, ir.Bind) for name in part.names}
    values = dict(zip(node.names, node.values, strict=True))
    if any(value.free & summed for value in node.values) or bound & set(node.names):
        reason = f"`{node.fn}` sums over an index that its argument has"
        raise Hindrance(reason, node.span)
    return refreshed(rewrite(node.body, lambda part: values.get(part.name, part) if isinstance(part, ir.Local) else part))


def _inside(node: ir.Expr) -> Hindrance:
    first = next((part for part in walk(node) if isinstance(part, ir.Reduce) and "param" in part.deps), None)
    axes = ", ".join(first.axes) if isinstance(first, ir.Reduce) else ""
    what = f"the sum over `{axes}`"
    match node:
        case ir.Apply(fn=fn):
            return Hindrance(f"{what} stands inside `{fn}`", node.span)
        case ir.Bin(op="mul"):
            return Hindrance("two sums over random terms are multiplied", node.span)
        case ir.Bin(op="div"):
            return Hindrance(f"{what} stands in a denominator", node.span)
        case ir.Bin(op="pow"):
            return Hindrance(f"{what} is raised to a power", node.span)
        case ir.Reduce(op="prod"):
            return Hindrance("random terms are multiplied and not added", node.span)
        case ir.Integral():
            return Hindrance(f"{what} stands inside an integral", node.span)
        case _:
            return Hindrance(f"{what} is not simply added to the rest", node.span)
