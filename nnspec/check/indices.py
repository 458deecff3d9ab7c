"""Indices of neurons, components of vectors, and the sums over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from nnspec.check.scope import Scope, Wrong
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.types import REAL
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Span

Read = Callable[[ast.Expr], ir.Expr]


def reduce(node: ast.Big, read: Read, scope: Scope) -> ir.Expr:
    """sum_i, prod_i, mean_i: each index must exist (NN305) and occur in the summand (NN306)."""
    for name in node.names:
        if name.text not in scope.sizes:
            known = ", ".join(f"`{each}`" for each in scope.sizes) or "none is declared"
            raise Wrong(Diagnostic("NN305", f"`{name.written}` is not an index", name.span,
                                   helps=(f"indices are declared under `indices`; here: {known}",)))  # fmt: skip
    body = read(node.body)
    if body.type.kind not in ("real", "vec"):
        raise Wrong(Diagnostic("NN304", f"a sum needs numbers, and this is a {body.type}", node.body.span))
    for name in node.names:
        if name.text not in body.free:
            raise Wrong(Diagnostic("NN306", f"`{name.text}` does not occur in what is summed over it", node.body.span,
                                   "this is the whole summand", (Label(name.span, "summed here"),),
                                   helps=(f"`{node.kind}_{name.text}` takes the product to its right and stops at `+`",),
                                   ))  # fmt: skip
    axes = tuple(name.text for name in node.names)
    return ir.Reduce(op=node.kind, axes=axes, body=body, type=body.type, span=node.span,
                     free=body.free - set(axes), deps=body.deps)  # fmt: skip


def indexed(node: ast.Index, read: Read, scope: Scope) -> ir.Expr:
    """`w[i]` of a parameter, `x[1]` of a vector, `w[i][1]` of both, and `E[...]`, which this version does not have."""
    if isinstance(node.base, ast.Name) and node.base.text in ("E", "cumulant") and node.base.text not in scope.names:
        raise Wrong(Diagnostic("NN390", "`E[...]` in a formula is not supported in this version", node.span,
                               helps=("ask for it as an observable: `correlator`",)))  # fmt: skip
    if isinstance(node.base, ast.Name):
        meaning = scope.look_up(node.base)
        if meaning.kind == "param" and meaning.indices:
            return _parameter(node, node.base, scope)
    arg = read(node.base)
    if arg.type.kind != "vec":
        what = "number" if arg.type.kind == "real" else str(arg.type)
        message = f"`{node.base.span.text}` is a {what} and has no components"
        raise Wrong(Diagnostic("NN304", message, node.span))
    return _component(node, arg)


def _parameter(node: ast.Index, base: ast.Name, scope: Scope) -> ir.Expr:
    meaning = scope.names[base.text]
    if len(node.items) != len(meaning.indices):
        written = f"`{base.text}[{', '.join(meaning.indices)}]`"
        message = f"`{base.text}` has {len(meaning.indices)} index, and this gives {len(node.items)}"
        raise Wrong(Diagnostic("NN303", message, node.span, helps=(f"it is declared as {written}",)))
    used: list[str] = []
    for item, declared in zip(node.items, meaning.indices, strict=True):
        if not isinstance(item, ast.Name) or item.text not in scope.sizes:
            if isinstance(item, ast.Name) and item.text not in scope.names:
                raise Wrong(scope.unknown(item))
            message = f"`{item.span.text}` is not an index of `{base.text}`"
            raise Wrong(Diagnostic("NN303", message, item.span, helps=(f"write `{base.text}[{declared}]`",)))
        if scope.sizes[item.text] != scope.sizes[declared]:
            message = f"`{item.text}` runs over 1..{scope.sizes[item.text]}, `{base.text}` over 1..{scope.sizes[declared]}"
            raise Wrong(Diagnostic("NN307", message, item.span))
        used.append(item.text)
    return ir.Param(name=base.text, indices=tuple(used), type=meaning.type, span=node.span,
                    free=frozenset(used), deps=frozenset({"param"}))  # fmt: skip


def _component(node: ast.Index, arg: ir.Expr) -> ir.Expr:
    (n,) = arg.type.shape
    if len(node.items) != 1 or not isinstance(node.items[0], ast.Num) or not isinstance(node.items[0].value, int):
        message = "a component is chosen by a whole number"
        raise Wrong(Diagnostic("NN303", message, node.items[0].span, helps=(f"1 to {n}, as in `x[1]`",)))
    k = node.items[0].value
    if not 1 <= k <= n:
        helps = ("nnspec counts from 1, as on paper: the first component is `x[1]`",) if k == 0 else ()
        message = f"component {k} of a vector in R^{n}"
        raise Wrong(Diagnostic("NN308", message, node.items[0].span, f"components are numbered 1..{n}", helps=helps))
    return ir.Component(arg=arg, k=k, type=REAL, span=node.span, **unite(arg))


# ---------------------------------------------------------------- an index without its sum
def unsummed(body: ast.Expr, index: str) -> Diagnostic:
    """NN301: an index that no sum binds; names the sum that ended too early, where there is one."""
    place = next((name.span for name in _names_outside(body, index)), body.span)
    sums = [big for big in _bigs(body) if index in {name.text for name in big.names}]
    before = [big for big in sums if big.span.end <= place.start]
    if not before:
        return Diagnostic("NN301", f"`{index}` is used without a sum over it", place, f"`{index}` has no value here",
                          helps=(f"a field is one number for each point: write `sum_{index} ...`",))  # fmt: skip
    first = before[0]
    summand = first.body.span.text
    advice = f"put the whole summand in parentheses: `{first.kind}_{index} ({_clip(summand)} + …)`"
    return Diagnostic("NN301", f"`{index}` is used outside the sum over it", place, f"`{index}` has no value here",
                      (Label(first.span, "the sum ends before the `+`"),), helps=(advice,))  # fmt: skip


def _clip(text: str) -> str:
    return " ".join(text.split())[:40]


def _parts(node: Any) -> Iterator[Any]:
    for item in fields(node):
        value = getattr(node, item.name)
        for each in value if isinstance(value, tuple) else (value,):
            if is_dataclass(each) and not isinstance(each, (type, Span)):
                yield each


def _names_outside(node: Any, index: str) -> Iterator[ast.Name]:
    if isinstance(node, ast.Big) and index in {name.text for name in node.names}:
        return
    if isinstance(node, ast.Name) and node.text == index:
        yield node
    for part in _parts(node):
        yield from _names_outside(part, index)


def _bigs(node: Any) -> Iterator[ast.Big]:
    if isinstance(node, ast.Big):
        yield node
    for part in _parts(node):
        yield from _bigs(part)
