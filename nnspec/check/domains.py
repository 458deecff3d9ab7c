"""Subsets of R^n: R^d, Ball(d, r), Sphere(d, r), Interval(a, b), Box(a, b)^d and their products."""

from __future__ import annotations

from collections.abc import Callable

from nnspec.check.nouns import noun
from nnspec.check.scope import DOMAINS, Scope, Wrong
from nnspec.check.sizes import foresee, size
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.types import Type, domain
from nnspec.ir.walk import walk
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, nearest

Read = Callable[[ast.Expr], ir.Expr]
MOST_FACTORS = 1_000


def is_domain(node: ast.Expr) -> bool:
    """Whether an expression is written like a domain."""
    match node:
        case ast.Name(text=text):
            return text in DOMAINS
        case ast.Call(fn=ast.Name(text=text)):
            return text in DOMAINS
        case ast.Bin(op="pow", left=left):
            return is_domain(left)
        case ast.Bin(op="mul", left=left, right=right):
            return is_domain(left) and is_domain(right)
        case _:
            return False


def read_domain(node: ast.Expr, read: Read, scope: Scope) -> ir.Domain:
    """The domain that an expression stands for; its scalar type has the shape ()."""
    match node:
        case ast.Name(text="R"):
            return ir.Domain(shape="reals", dim=1, type=Type("domain"), span=node.span)
        case ast.Bin(op="pow", left=left, right=right) if is_domain(left):
            base, n = read_domain(left, read, scope), size(right, read, scope, "a dimension")
            if base.shape == "reals":
                return ir.Domain(shape="reals", dim=n * base.dim, type=domain(n * base.dim), span=node.span)
            if n * base.dim > MOST_FACTORS:
                raise Wrong(Diagnostic("NN315", "a dimension is too large", right.span,
                                       f"{n * base.dim:,} factors; {MOST_FACTORS:,} at most"))  # fmt: skip
            return ir.Domain(shape="product", dim=n * base.dim, args=(base,) * n, type=domain(n * base.dim),
                             span=node.span, **unite(base))  # fmt: skip
        case ast.Bin(op="mul", left=left, right=right) if is_domain(node):
            parts = (read_domain(left, read, scope), read_domain(right, read, scope))
            dim = parts[0].dim + parts[1].dim
            return ir.Domain(shape="product", dim=dim, args=parts, type=domain(dim), span=node.span, **unite(*parts))
        case ast.Call() if is_domain(node):
            return domain_call(node, read, scope)
        case _:
            raise Wrong(_no_domain(node))


def domain_call(node: ast.Call, read: Read, scope: Scope) -> ir.Domain:
    """Ball(n, r), Sphere(n, r), Interval(a, b), Box(a, b) = Interval(a, b) as a factor of Box(a, b)^d."""
    assert isinstance(node.fn, ast.Name)
    word = node.fn.text
    if word == "R" or len(node.args) != 2 or node.kwargs or node.binders:
        example = {"R": "R^d", "Ball": "Ball(d, L)", "Sphere": "Sphere(d, L)"}.get(word, f"{word}(-1, 1)")
        label = "a ball has a dimension and a radius" if word in ("Ball", "Sphere") else ""
        raise Wrong(Diagnostic("NN312", f"`{word}` is written `{example}`", node.span, label))
    if word in ("Ball", "Sphere"):
        n = size(node.args[0], read, scope, "a dimension")
        radius = _number(read(node.args[1]), node.args[1], scope)
        return ir.Domain(shape="ball" if word == "Ball" else "sphere", dim=n, args=(radius,), type=domain(n),
                         span=node.span, **unite(radius))  # fmt: skip
    low, high = (_number(read(arg), arg, scope) for arg in node.args)
    return ir.Domain(shape="interval", dim=1, args=(low, high), type=Type("domain"), span=node.span, **unite(low, high))


def _number(value: ir.Expr, node: ast.Expr, scope: Scope) -> ir.Expr:
    if value.type.kind != "real":
        raise Wrong(Diagnostic("NN304", "a domain is given by numbers", node.span, f"this is {noun(value.type)}"))
    for part in walk(value):
        if isinstance(part, ir.Input | ir.Param | ir.IndexVar | ir.FieldAt | ir.Mean | ir.Cumulant):
            what = "random" if isinstance(part, ir.Param | ir.FieldAt) else "not known before anything is computed"
            raise Wrong(Diagnostic("NN316", "a domain must be the same everywhere", part.span or node.span, f"this is {what}",
                                   helps=("give it constants of `let`",)))  # fmt: skip
    foresee(value, scope)
    return value


def _no_domain(node: ast.Expr) -> Diagnostic:
    vector, power = (node.left, f"^{node.right.span.text}") if isinstance(node, ast.Bin) and node.op == "pow" else (node, "")
    if isinstance(vector, ast.Vector) and len(vector.items) == 2:
        low, high = (item.span.text for item in vector.items)
        advice = f"an interval is `Interval({low}, {high})`" if not power else f"a box is `Box({low}, {high}){power}`"
        return Diagnostic("NN309", "a domain is needed here", node.span, "not a domain", helps=(advice,))
    word = node.fn if isinstance(node, ast.Call) else node
    near = nearest(word.text, DOMAINS) if isinstance(word, ast.Name) else None
    helps = (f"did you mean `{near}`?",) if near else ("`R^d`, `Ball(d, L)`, `Interval(a, b)`, `Box(a, b)^d`",)
    return Diagnostic("NN309", "a domain is needed here", node.span, "not a domain", helps=helps)
