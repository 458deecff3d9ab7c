"""Indices of neurons, components of vectors, and the sums over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from nnspec.check.nouns import noun
from nnspec.check.scope import Scope, Wrong
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.types import REAL, Type, result
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label, nearest
from nnspec.text.source import Span

Read = Callable[[ast.Expr], ir.Expr]


def reduce(node: ast.Big, read: Read, scope: Scope) -> ir.Expr:
    """sum_i, prod_i, mean_i: each index must exist (NN305) and occur in the summand (NN306)."""
    for name in node.names:
        if name.text not in scope.sizes:
            raise Wrong(no_index(name, scope))
    if len({name.text for name in node.names}) < len(node.names):
        raise Wrong(Diagnostic("NN305", "an index is summed over twice", node.names[-1].span, "named before"))
    body = read(node.body)
    if body.type.kind not in ("real", "vec"):
        raise Wrong(Diagnostic("NN304", f"`{node.kind}` needs numbers", node.body.span, f"this is {noun(body.type)}"))
    for name in node.names:
        if name.text not in body.free:
            part = {"sum": "summand", "prod": "factor", "mean": "term"}[node.kind]
            word = {"sum": "summed", "prod": "multiplied", "mean": "averaged"}[node.kind]
            raise Wrong(Diagnostic("NN306", f"`{name.written}` does not occur in what is {word} over it", node.body.span,
                                   f"this is the whole {part}", (Label(name.span, f"{word} over this index"),),
                                   helps=(f"`{node.kind}_{name.written}` takes the product to its right and stops at `+`",),
                                   ))  # fmt: skip
    axes = tuple(name.text for name in node.names)
    return ir.Reduce(op=node.kind, axes=axes, body=body, type=body.type, span=node.span,
                     free=body.free - set(axes), deps=body.deps)  # fmt: skip


def indexed(node: ast.Index, read: Read, scope: Scope) -> ir.Expr:
    """`w[i]` of a parameter, `x[1]` of a vector, `w[i][1]` of both, `G2[1, 2]` of a result."""
    if isinstance(node.base, ast.Name):
        meaning = scope.look_up(node.base)
        if meaning.kind == "param" and meaning.indices:
            return _parameter(node, node.base, scope)
    arg = read(node.base)
    if arg.type.kind in ("result", "data"):
        return _entry(node, arg, scope)
    if arg.type.kind != "vec":
        text = node.base.span.text
        secondary = declared(node.base, scope)
        raise Wrong(Diagnostic("NN304", f"`{text}` has no components", node.span, f"`{text}` is {noun(arg.type)}",
                               secondary, helps=(f"write `{text}`",) if arg.type.kind == "real" else ()))  # fmt: skip
    return _component(node, arg, scope)


def _parameter(node: ast.Index, base: ast.Name, scope: Scope) -> ir.Expr:
    meaning = scope.names[base.text]
    if len(node.items) != len(meaning.indices):
        written = f"`{base.written}[{', '.join(meaning.indices)}]`"
        many = "one index" if len(meaning.indices) == 1 else f"{len(meaning.indices)} indices"
        raise Wrong(Diagnostic("NN303", f"`{base.written}` has {many}", node.span, f"this gives {len(node.items)}",
                               declared(base, scope), helps=(f"write {written}",)))  # fmt: skip
    used: list[str] = []
    for item, index in zip(node.items, meaning.indices, strict=True):
        if not isinstance(item, ast.Name) or item.text not in scope.sizes:
            if isinstance(item, ast.Name) and item.text not in scope.names:
                raise Wrong(scope.missing(item))
            message = f"`{item.span.text}` is not an index of `{base.written}`"
            raise Wrong(Diagnostic("NN303", message, item.span, "not an index", declared(base, scope),
                                   helps=(f"write `{base.written}[{index}]`",)))  # fmt: skip
        if scope.sizes[item.text] != scope.sizes[index]:
            message = f"`{base.written}` has {scope.sizes[index]} entries, and `{item.text}` runs over 1..{scope.sizes[item.text]}"
            raise Wrong(Diagnostic("NN307", message, item.span, "another range", declared(base, scope),
                                   helps=(f"write `{base.written}[{index}]`",)))  # fmt: skip
        used.append(item.text)
    return ir.Param(name=base.text, indices=tuple(used), type=meaning.type, span=node.span,
                    free=frozenset(used), deps=frozenset({"param"}))  # fmt: skip


def _entry(node: ast.Index, arg: ir.Expr, scope: Scope) -> ir.Expr:
    """`G2[1, 2]`, one number of a result; `xs[3]`, one point or one number of a data set."""
    places: list[int] = []
    for item in node.items:
        if not isinstance(item, ast.Num) or not isinstance(item.value, int) or item.value < 1:
            helps = ("entries are counted from 1",)
            raise Wrong(Diagnostic("NN303", "an entry is chosen by whole numbers", item.span, "not a number from 1", helps=helps))
        places.append(item.value)
    own = [dim for dim in arg.type.dims if dim not in scope.swept]
    shape = scope.names[arg.name].type.shape if isinstance(arg, ir.DataRef) else arg.type.shape
    if isinstance(arg, ir.DataRef):
        kind = _of_data(node, arg, shape, places)
    elif len(places) != len(own):
        shown = ", ".join(own)
        message = f"this result is over ({shown}), and {len(places)} {'number is' if len(places) == 1 else 'numbers are'} given"
        example = ", ".join("1" for _ in own)
        raise Wrong(Diagnostic("NN303", message, node.span, "one for each dimension is needed",
                               helps=(f"as in `{node.base.span.text}[{example}]`",) if own else ()))  # fmt: skip
    else:
        kind = result(tuple(dim for dim in arg.type.dims if dim in scope.swept))
    return ir.Entry(arg=arg, places=tuple(places), type=kind, span=node.span, **unite(arg))


def _of_data(node: ast.Index, arg: ir.DataRef, shape: tuple[int, ...], places: list[int]) -> Type:
    if len(places) > len(shape) or (len(shape) - len(places)) > 1:
        message = f"`{arg.name}` has {len(shape)} {'axis' if len(shape) == 1 else 'axes'}, and {len(places)} numbers are given"
        raise Wrong(Diagnostic("NN303", message, node.span, f"its shape is {' x '.join(map(str, shape))}"))
    for place, size, item in zip(places, shape, node.items, strict=False):
        if place > size:
            raise Wrong(Diagnostic("NN308", f"entry {place} of `{arg.name}`", item.span, f"entries are numbered 1..{size}"))
    rest = shape[len(places) :]
    return Type("vec", rest) if rest else REAL


def _component(node: ast.Index, arg: ir.Expr, scope: Scope) -> ir.Expr:
    (n,) = arg.type.shape
    if len(node.items) != 1 or not isinstance(node.items[0], ast.Num) or not isinstance(node.items[0].value, int):
        given = node.items[min(1, len(node.items) - 1)].span
        example = f"{node.base.span.text}[1]"
        raise Wrong(Diagnostic("NN303", "a component is chosen by one whole number", given, "not one whole number",
                               declared(node.base, scope),
                               helps=(f"components are numbered 1..{n}: `{example}`",)))  # fmt: skip
    k = node.items[0].value
    if not 1 <= k <= n:
        first = f"{node.base.span.text}[1]"
        helps = (f"nnspec counts from 1, as on paper: the first component is `{first}`",) if k == 0 else ()
        message = f"component {k} of a vector in R^{n}"
        raise Wrong(Diagnostic("NN308", message, node.items[0].span, f"components are numbered 1..{n}", helps=helps))
    return ir.Component(arg=arg, k=k, type=REAL, span=node.span, **unite(arg))


# ---------------------------------------------------------------- an index without its sum
def unsummed(body: ast.Expr, index: str, what: str = "a field is one number for each point") -> Diagnostic:
    """NN301: an index that no sum binds; names the sum that ended too early, where there is one."""
    place = next((name.span for name in _names_outside(body, index)), body.span)
    sums = [big for big in _bigs(body) if index in {name.text for name in big.names}]
    before = [big for big in sums if big.span.end <= place.start]
    if not before:
        return Diagnostic("NN301", f"`{index}` is used without a sum over it", place, f"`{index}` has no value here",
                          helps=(f"{what}: write `sum_{index} …`",))  # fmt: skip
    first = before[0]
    summand = first.body.span.text
    after = first.span.source.text[first.span.end : place.start].lstrip()[:1]
    if after in ("+", "-"):
        advice = f"put the whole summand in parentheses: `{first.kind}_{index} ({_clip(summand)} {after} …)`"
        ends = f"the sum ends before the `{after}`"
    else:
        advice = f"move it into the sum, which takes the whole product to its right: `{first.kind}_{index} …`"
        ends = "the sum ends here"
    return Diagnostic("NN301", f"`{index}` is used outside the sum over it", place, f"`{index}` has no value here",
                      (Label(first.span, ends),), helps=(advice,))  # fmt: skip


def no_index(name: ast.Name, scope: Scope) -> Diagnostic | None:
    """NN305, with the indices that there are; None for one whose declaration has a fault of its own."""
    meaning = scope.names.get(name.text)
    if (meaning.kind == "index" if meaning is not None else scope.lost) or name.text in scope.no_indices:
        return None
    scope.no_indices.add(name.text)
    near = nearest(name.text, scope.sizes)
    known = ", ".join(f"`{each}`" for each in scope.sizes)
    helps = (f"did you mean `{near}`?",) if near else (f"indices here: {known}",) if known else (
        f"declare it: `indices: {{{name.written}: N}}`",
    )  # fmt: skip
    return Diagnostic("NN305", f"`{name.written}` is not an index", name.span, "not declared under `indices`", helps=helps)


def declared(node: ast.Expr, scope: Scope) -> tuple[Label, ...]:
    """Where a name was declared."""
    meaning = scope.names.get(node.text) if isinstance(node, ast.Name) else None
    return (Label(meaning.span, "declared here"),) if meaning is not None and meaning.span is not None else ()


def _clip(text: str) -> str:
    short = " ".join(text.split())
    return short if len(short) <= 48 else f"{short[:47]}…"


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
