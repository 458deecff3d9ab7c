"""Densities made of densities: mixtures, powers, truncation, reweighting, and any formula that can be normalised."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

from nnspec.check.densities import named_density, no_density
from nnspec.check.domains import read_domain
from nnspec.check.nouns import noun
from nnspec.check.scope import FunctionDecl, Meaning, Scope, Wrong, distinct, parts_of
from nnspec.check.sizes import constant, foresee, size
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.types import REAL, Type, dist, vec
from nnspec.ir.walk import children, rewrite, walk
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Span

MOST_COPIES = 1_000_000


class Read(Protocol):
    """A reader of formulas."""

    def __call__(self, node: ast.Expr) -> ir.Expr:
        """The typed expression of a formula."""
        ...

    def body(self, function: FunctionDecl, values: list[ir.Expr]) -> ir.Expr:
        """The body of a function at these arguments."""
        ...


@dataclass(frozen=True)
class Own:
    """The parameter whose density is read: its name and indices, and its type where the declaration says it."""

    name: str
    indices: tuple[str, ...]
    type: Type | None


def is_density(node: ast.Expr, scope: Scope) -> bool:
    """Whether an expression is written like a density."""
    match node:
        case ast.Call(fn=ast.Name(text=text)):
            return text in scope.words.densities or text in ("Density", "truncate")
        case ast.Bin(op="pow" | "div", left=left):
            return is_density(left, scope)
        case ast.Bin(op="mul" | "add" | "sub", left=left, right=right):
            return is_density(left, scope) or is_density(right, scope)
        case _:
            return False


def read_density(node: ast.Expr, read: Read, scope: Scope, own: Own | None = None) -> ir.Expr:
    """The density that an expression stands for; `own` is the parameter that a factor may speak of."""
    match node:
        case ast.Call(fn=ast.Name(text="Density")):
            return _unnormalised(node, read, scope)
        case ast.Call(fn=ast.Name(text="truncate")):
            return _truncated(node, read, scope, own)
        case ast.Call():
            return named_density(node, read, scope)
        case ast.Bin(op="add") if is_density(node, scope):
            return _mixture(node, read, scope, own)
        case ast.Bin(op="mul" | "div") if is_density(node, scope):
            return _reweighted(node, read, scope, own)
        case ast.Bin(op="pow") if is_density(node, scope):
            return _copies(node, read, scope, own)
        case ast.Bin(op="sub") if is_density(node, scope):
            raise Wrong(Diagnostic("NN407", "densities cannot be subtracted", node.span, "a density is nowhere negative",
                                   helps=("a mixture is written `0.3*p + 0.7*q`",)))  # fmt: skip
        case _:
            raise Wrong(no_density(node, scope))


# ---------------------------------------------------------------- mixtures and copies
def _mixture(node: ast.Bin, read: Read, scope: Scope, own: Own | None) -> ir.Expr:
    """`0.3*p + 0.7*q`: weights are positive constants with the sum 1, the parts live in one space."""
    found = [_weighted(term, read, scope, own) for term in _terms(node)]
    weights, parts = zip(*found, strict=True)
    for part, term in zip(parts[1:], _terms(node)[1:], strict=True):
        if part.type != parts[0].type:
            secondary = (Label(parts[0].span or node.span, f"this is {noun(parts[0].type)}"),)
            raise Wrong(Diagnostic("NN407", "the parts of a mixture live in different spaces", part.span or term.span,
                                   f"this is {noun(part.type)}", secondary))  # fmt: skip
    plain = [constant(term, weight, scope, "the weight of a mixture") for term, weight in zip(_terms(node), weights, strict=True)]
    for weight, term in zip(plain, _terms(node), strict=True):
        if not 0 < weight < math.inf:
            raise Wrong(Diagnostic("NN407", "the weights of a mixture are positive", term.span, f"this one is {weight:g}"))
    if not math.isclose(sum(plain), 1, rel_tol=1e-9):
        shown = " + ".join(f"{weight:g}" for weight in plain)
        raise Wrong(Diagnostic("NN407", f"the weights of this mixture sum to {sum(plain):g}, not 1", node.span, shown,
                               helps=("weights are probabilities: `0.3*p + 0.7*q`",)))  # fmt: skip
    return ir.Mixture(weights=weights, parts=parts, type=parts[0].type, span=node.span, **unite(*weights, *parts))


def _terms(node: ast.Expr) -> list[ast.Expr]:
    if isinstance(node, ast.Bin) and node.op == "add":
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _weighted(term: ast.Expr, read: Read, scope: Scope, own: Own | None) -> tuple[ir.Expr, ir.Expr]:
    """The weight of a part and the part; a bare density has the weight 1."""
    if isinstance(term, ast.Bin) and term.op == "mul" and is_density(term.right, scope) and not is_density(term.left, scope):
        weight = read(term.left)
        if weight.type.kind != "real":
            raise Wrong(Diagnostic("NN304", "the weight of a mixture is a number", term.left.span, f"this is {noun(weight.type)}"))
        return weight, read_density(term.right, read, scope, own)
    if not is_density(term, scope):
        helps = ("as in `0.3*Normal(-1, 1) + 0.7*Normal(1, 1)`",)
        raise Wrong(Diagnostic("NN407", "a mixture is a sum of densities with weights", term.span, "not a density", helps=helps))
    if isinstance(term, ast.Bin) and term.op == "mul" and not is_density(term.right, scope):
        helps = (f"the weight stands in front: `{term.right.span.text}*{term.left.span.text}`",)
        raise Wrong(Diagnostic("NN407", "the weight of a part of a mixture stands in front of it", term.right.span,
                               "behind the density", helps=helps))  # fmt: skip
    return ir.Lit(value=1, span=term.span), read_density(term, read, scope, own)


def _copies(node: ast.Bin, read: Read, scope: Scope, own: Own | None) -> ir.Expr:
    """`p^d`: independent components."""
    base = read_density(node.left, read, scope, own)
    n = size(node.right, read, scope, "the number of copies")
    if base.type.shape:
        raise Wrong(Diagnostic("NN407", "only a density of numbers can be raised to a power", node.left.span,
                               f"this is {noun(base.type)}", helps=("`p^d` means d independent components",)))  # fmt: skip
    if n > MOST_COPIES:
        raise Wrong(Diagnostic("NN315", "the number of copies is too large", node.right.span, f"{n:,}; {MOST_COPIES:,} at most"))
    return ir.Copies(base=base, n=n, type=dist((n,)), span=node.span, **unite(base))


# ---------------------------------------------------------------- factors
def _reweighted(node: ast.Bin, read: Read, scope: Scope, own: Own | None) -> ir.Expr:
    """`p*f` and `p/f`: f is a function of the spec, or a formula in which the parameter itself stands."""
    first = is_density(node.left, scope)
    density, factor = (node.left, node.right) if first else (node.right, node.left)
    if is_density(factor, scope):
        raise Wrong(Diagnostic("NN407", "two densities are multiplied", node.span, "which one is drawn from?",
                               helps=("independent components are declared by a line each",
                                      "a factor on a density is a formula: `Normal(0, 1)*exp(-a[i]^4)`")))  # fmt: skip
    base = read_density(density, read, scope, own)
    if isinstance(factor, ast.Name) and factor.text in scope.functions:
        var, body = "u", _applied(factor, base, read, scope)
    else:
        base, var, body = _factor(factor, base, read, scope, own)
    if node.op == "div":
        one = ir.Lit(value=1, span=factor.span)
        body = ir.Bin(op="div", left=one, right=body, span=factor.span, **unite(body))
    return ir.Reweighted(base=base, var=var, factor=body, type=base.type, span=node.span,
                         free=base.free, deps=base.deps | (body.deps - {"own"}))  # fmt: skip


def _event(base: ir.Expr) -> Type:
    return vec(*base.type.shape) if base.type.shape else REAL


def _applied(name: ast.Name, base: ir.Expr, read: Read, scope: Scope) -> ir.Expr:
    """The function `f` at the event."""
    function = scope.functions[name.text]
    if len(function.args) != 1:
        message = f"a factor of a density takes one argument, and `{function.name}` takes {len(function.args)}"
        raise Wrong(Diagnostic("NN312", message, name.span, "used as a factor", (Label(function.span, "declared here"),)))
    variable = ir.Local(name="u", type=_event(base), span=name.span)
    body = read.body(function, [variable])
    _number(body, name.span)
    return ir.Bind(fn=function.name, names=(function.args[0].text,), values=(variable,), body=body, type=body.type,
                   span=name.span, **unite(body))  # fmt: skip


def _factor(
    factor: ast.Expr, base: ir.Expr, read: Read, scope: Scope, own: Own | None
) -> tuple[ir.Expr, str, ir.Expr]:
    """A formula in the parameter itself, which becomes a bound variable."""
    used = own is not None and any(isinstance(each, ast.Name) and each.text == own.name for each in parts_of(factor))
    if own is None or not used:
        which = f"`{own.name}`" if own is not None else "what is drawn"
        shown = f"{own.name}[{', '.join(own.indices)}]" if own is not None and own.indices else own.name if own else "u"
        helps = (f"as in `Normal(0, 1)*exp(-{shown}^4)`" if own is not None else "name a function of the spec: `Normal(0, 1)*f`",)
        raise Wrong(Diagnostic("NN407", f"a factor on a density must depend on {which}", factor.span,
                               "the same for every draw: it changes nothing", helps=helps))  # fmt: skip
    kind = own.type or _event(base)
    if kind.kind == "vec" and not base.type.shape:
        base = ir.Copies(base=base, n=kind.shape[0], type=dist(kind.shape), span=base.span, **unite(base))
    meaning = Meaning(kind="param", type=kind, indices=own.indices)
    with scope.local({own.name: meaning}):
        body = foresee(read(factor), scope)
    _number(body, factor.span)
    return base, own.name, bound(body, own.name, kind)


def bound(body: ir.Expr, name: str, kind: Type) -> ir.Expr:
    """The formula with a parameter turned into a variable."""

    def change(part: ir.Expr) -> ir.Expr:
        if isinstance(part, ir.Param) and part.name == name:
            return ir.Local(name=name, type=kind, span=part.span)
        random = any("param" in each.deps for each in walk(part) if isinstance(each, ir.Param | ir.FieldAt))
        return part if random else replace(part, deps=part.deps - {"param"}, free=frozenset())

    return rewrite(body, change)


def _number(body: ir.Expr, place: Span) -> None:
    if body.type.kind != "real":
        raise Wrong(Diagnostic("NN304", "a factor of a density is a number", place, f"this is {noun(body.type)}"))
    if "input" in body.deps:
        raise Wrong(Diagnostic("NN402", "a parameter density cannot depend on the input", place, "this does",
                               notes=("parameters are drawn once per network, before any input is seen",)))  # fmt: skip


# ---------------------------------------------------------------- truncation and formulas
def _truncated(node: ast.Call, read: Read, scope: Scope, own: Own | None) -> ir.Expr:
    """`truncate(p, D)`: p on D alone."""
    if len(node.args) != 2 or node.kwargs or node.binders:
        raise Wrong(Diagnostic("NN312", "`truncate` takes a density and a domain", node.span,
                               helps=("as in `truncate(Normal(0, 1), Interval(-2, 2))`",)))  # fmt: skip
    base = read_density(node.args[0], read, scope, own)
    over = read_domain(node.args[1], read, scope)
    _same_space(base.type, over, node.args[1].span)
    return ir.Truncated(base=base, over=over, type=base.type, span=node.span, **unite(base, over))


def _same_space(event: Type, over: ir.Domain, place: Span) -> None:
    if over.type.shape != event.shape:
        space = f"R^{event.shape[0]}" if event.shape else "R"
        raise Wrong(Diagnostic("NN411", f"a density on {space} is cut to a domain of another space", place,
                               f"this is in R^{over.dim}"))  # fmt: skip


def _unnormalised(node: ast.Call, read: Read, scope: Scope) -> ir.Expr:
    """`Density(f(u), u in D)`: the density proportional to a formula that is nowhere negative."""
    if len(node.args) != 1 or len(node.binders) != 1 or node.kwargs:
        raise Wrong(Diagnostic("NN312", "`Density` takes a formula and its variable with a domain", node.span,
                               helps=("as in `Density(exp(-u^4), u in Interval(-3, 3))`",)))  # fmt: skip
    binder = node.binders[0]
    over = read_domain(binder.domain, read, scope)
    if not distinct((binder.name,), scope):
        raise Wrong(None)
    kind = vec(over.dim) if over.type.shape else REAL
    meaning = Meaning(kind="local", type=kind, span=binder.name.span, space=f"R^{over.dim}", written=binder.name.written)
    with scope.local({binder.name.text: meaning}):
        body = foresee(read(node.args[0]), scope)
    _number(body, node.args[0].span)
    if not any(isinstance(part, ir.Local) and part.name == binder.name.text for part in _outside(body)):
        raise Wrong(Diagnostic("NN407", f"the formula of the density does not depend on `{binder.name.written}`",
                               node.args[0].span, "the same everywhere",
                               helps=(f"a constant density is `Uniform({binder.domain.span.text})`",)))  # fmt: skip
    return ir.Unnormalised(var=binder.name.text, over=over, body=body, type=dist(over.type.shape), span=node.span,
                           **unite(body, over))  # fmt: skip


def _outside(body: ir.Expr) -> list[ir.Expr]:
    """The parts of a formula; what stands in a function's body are its own variables."""
    found: list[ir.Expr] = []
    todo: list[ir.Expr] = [body]
    while todo:
        top = todo.pop()
        found.append(top)
        below = top.values if isinstance(top, ir.Bind) else children(top)
        todo.extend(below)
    return found
