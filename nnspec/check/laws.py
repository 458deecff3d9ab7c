"""Densities made of densities: mixtures, powers, truncation, reweighting, and any formula that can be normalised."""

from __future__ import annotations

import math

from nnspec.check.densities import named_density, no_density
from nnspec.check.domains import is_domain, read_domain
from nnspec.check.factors import Own, Read, a_number, applied, factor_of, names
from nnspec.check.nouns import noun
from nnspec.check.scope import Meaning, Scope, Wrong, distinct
from nnspec.check.sizes import constant, foresee, size
from nnspec.check.supports import has_volume, not_empty, not_negative
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.types import REAL, Type, dist, vec
from nnspec.ir.walk import children
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Span

MOST_COPIES = 1_000_000


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
            raise Wrong(Diagnostic("NN407", "the weights of a mixture are positive", term.span, f"this one is {weight:g}",
                                   helps=("weights are probabilities: `0.3*p + 0.7*q`",)))  # fmt: skip
    if not math.isclose(sum(plain), 1, rel_tol=1e-9):
        raise Wrong(_not_one(node, plain, scope))
    return ir.Mixture(weights=weights, parts=parts, type=parts[0].type, span=node.span, **unite(*weights, *parts))


def _not_one(node: ast.Bin, weights: list[float], scope: Scope) -> Diagnostic:
    """NN407: weights that are no probabilities, or that are not written."""
    terms = _terms(node)
    bare = [term for term in terms if not (isinstance(term, ast.Bin) and not is_density(term.left, scope))]
    rest = 1 - sum(weight for weight, term in zip(weights, terms, strict=True) if term not in bare)
    if bare and rest > 0:
        title = "a part of this mixture has no weight" if len(bare) == 1 else "the parts of this mixture have no weights"
        advice = f"each part has a probability: `{rest / len(bare):.3g}*{bare[0].span.text}`"
        return Diagnostic("NN407", title, bare[0].span, "a number and `*` are missing in front", helps=(advice,))
    shown = " + ".join(f"{weight:g}" for weight in weights)
    return Diagnostic("NN407", f"the weights of this mixture sum to {sum(weights):g}, not 1", node.span, shown,
                      helps=("weights are probabilities: `0.3*p + 0.7*q`",))  # fmt: skip


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
    if isinstance(term, ast.Bin) and term.op in ("mul", "div") and not is_density(term.right, scope):
        raise Wrong(_behind(term, scope, own))
    return ir.Lit(value=1, span=term.span), read_density(term, read, scope, own)


def _behind(term: ast.Bin, scope: Scope, own: Own | None) -> Diagnostic:
    """NN407: what stands behind a density is a factor on it, and no weight."""
    left, right = term.left.span.text, term.right.span.text
    function = isinstance(term.right, ast.Name) and term.right.text in scope.functions
    if function or (own is not None and names(term.right, own.name)):
        weight, part = "0.3", term.left
        if isinstance(part, ast.Bin) and part.op == "mul" and not is_density(part.left, scope):
            weight, part = part.left.span.text, part.right
        sign = "*" if term.op == "mul" else "/"
        return Diagnostic("NN407", "a factor inside a mixture stands in brackets with its density", term.right.span,
                          "not clear of which part", helps=(f"write `{weight}*({part.span.text}{sign}{right})`",))  # fmt: skip
    front = right if term.op == "mul" else f"1/{right}"
    return Diagnostic("NN407", "the weight of a part of a mixture stands in front of it", term.right.span,
                      "behind the density", helps=(f"write `{front}*{left}`",))  # fmt: skip


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
        shown = own.shown if own is not None else "a"
        raise Wrong(Diagnostic("NN407", "two densities are multiplied", node.span, "which one is drawn from?",
                               helps=("a mixture of them is a sum: `0.3*p + 0.7*q`",
                                      f"a factor on a density is a formula: `Normal(0, 1)*exp(-{shown}^4)`")))  # fmt: skip
    base = read_density(density, read, scope, own)
    if isinstance(factor, ast.Name) and factor.text in scope.functions:
        var, body = "u", applied(factor, base, read, scope)
    else:
        base, var, body = factor_of(factor, base, read, scope, own)
    if node.op == "div":
        one = ir.Lit(value=1, span=factor.span)
        body = ir.Bin(op="div", left=one, right=body, span=factor.span, **unite(body))
    return ir.Reweighted(base=base, var=var, factor=body, type=base.type, span=node.span,
                         free=base.free, deps=base.deps | (body.deps - {"own"}))  # fmt: skip


# ---------------------------------------------------------------- truncation and formulas
def _truncated(node: ast.Call, read: Read, scope: Scope, own: Own | None) -> ir.Expr:
    """`truncate(p, D)`: p on D alone."""
    if len(node.args) != 2 or node.kwargs or node.binders:
        example = "truncate(Normal(0, 1), Interval(-2, 2))"
        if len(node.args) == 3:
            density, low, high = (arg.span.text for arg in node.args)
            example = f"truncate({density}, Interval({low}, {high}))"
        raise Wrong(Diagnostic("NN312", "`truncate` takes a density and a domain", node.span,
                               f"this gives {len(node.args)} arguments", helps=(f"as in `{example}`",)))  # fmt: skip
    if is_domain(node.args[0]) and is_density(node.args[1], scope):
        domain, density = (arg.span.text for arg in node.args)
        raise Wrong(Diagnostic("NN312", "`truncate` takes the density first and then the domain", node.span,
                               helps=(f"write `truncate({density}, {domain})`",)))  # fmt: skip
    base = read_density(node.args[0], read, scope, own)
    over = read_domain(node.args[1], read, scope)
    _same_space(base.type, over, node.args[1].span)
    not_empty(over, node.args[1], scope)
    has_volume(over, node.args[1])
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
    a_number(body, node.args[0].span, scope, "the formula of a density")
    not_empty(over, binder.domain, scope)
    not_negative(body, binder.name.text, over, node.args[0], scope)
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
