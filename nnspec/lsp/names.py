"""The names in a formula: which are given a meaning by it, and which have one from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nnspec.syntax import expr_tree as ast
from nnspec.text.source import Span


@dataclass(frozen=True, eq=False)
class Symbol:
    """A name that the spec itself gives to something. Two symbols are the same when they are one object."""

    kind: str
    text: str
    span: Span
    extent: Span
    """All of its declaration, the value included."""
    indices: tuple[str, ...] = ()
    args: tuple[str, ...] = ()

    @property
    def inside(self) -> bool:
        """Whether the name holds inside one formula only."""
        return self.kind in ("local", "drawn", "argument")

    @property
    def shown(self) -> str:
        """As it stands in a formula: `a[i]`, `G(x, y)`, `phi[a](x)`, `m`."""
        indices = f"[{', '.join(self.indices)}]" if self.indices else ""
        return f"{self.text}{indices}({', '.join(self.args)})" if self.args else f"{self.text}{indices}"


Locals = Mapping[str, Symbol]


@dataclass(frozen=True)
class Mention:
    """A name in a formula; `symbol` when the formula itself gave it its meaning, `declares` where it does."""

    name: ast.Name
    symbol: Symbol | None = None
    declares: bool = False
    called: bool = False
    """Whether arguments follow."""
    part: bool = False
    """Whether it stands behind a dot and a bare name: `fit.loss`, which names no thing of the spec if `fit` does."""
    before: ast.Name | None = None


def local(name: ast.Name, extent: Span, kind: str = "local") -> Symbol:
    """A name that holds inside one formula."""
    return Symbol(kind, name.text, name.span, extent)


def mentions(node: ast.ExprNode, bound: Locals) -> Iterator[Mention]:
    """Every name of a formula from left to right, `bound` being the names it was handed."""
    match node:
        case ast.Name():
            yield Mention(node, bound.get(node.text))
        case ast.Call():
            yield from _call(node, bound)
        case ast.Big(names=names, body=body):
            yield from (Mention(name) for name in names)
            yield from mentions(body, bound)
        case ast.Bin(op="dot", left=ast.Name() as left, right=ast.Name() as right):
            yield from mentions(left, bound)
            yield Mention(right, bound.get(right.text), part=left.text not in bound, before=left)
        case ast.DeclName(indices=indices):
            yield from (Mention(index) for index in indices)
        case _:
            for part in _parts(node):
                yield from mentions(part, bound)


def _call(node: ast.Call, bound: Locals) -> Iterator[Mention]:
    if isinstance(node.fn, ast.Name):
        yield Mention(node.fn, bound.get(node.fn.text), called=True)
    else:
        yield from mentions(node.fn, bound)
    kind = "drawn" if isinstance(node.fn, ast.Name) and node.fn.text == "Density" else "local"
    own = {binder.name.text: local(binder.name, binder.span, kind) for binder in node.binders}
    for arg in node.args:
        yield from mentions(arg, {**bound, **own})
    for keyword in node.kwargs:
        yield from mentions(keyword.value, bound)
    for binder in node.binders:
        yield Mention(binder.name, own[binder.name.text], declares=True)
        yield from mentions(binder.domain, bound)


def _parts(node: ast.ExprNode) -> tuple[ast.ExprNode, ...]:
    match node:
        case ast.Tuple_(items=items) | ast.Vector(items=items):
            return items
        case ast.Index(base=base, items=items):
            return (base, *items)
        case ast.Un(arg=arg) | ast.Factorial(arg=arg):
            return (arg,)
        case ast.Bin(left=left, right=right):
            return (left, right)
        case ast.Cmp(operands=operands):
            return operands
        case ast.If(then=then, cond=cond, else_=other):
            return (then, cond, other)
        case ast.Decl(names=names, domain=domain):
            return (*names, *((domain,) if domain is not None else ()))
        case ast.Range(lo=lo, hi=hi):
            return (hi,) if lo is None else (lo, hi)
        case _:
            return ()
