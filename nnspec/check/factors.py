"""Factors on densities: `p*f` with a function of the spec, or with a formula in which the parameter itself stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from nnspec.check.densities import on_input
from nnspec.check.nouns import noun
from nnspec.check.scope import FunctionDecl, Meaning, Scope, Wrong, parts_of
from nnspec.check.sizes import foresee
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.types import REAL, Type, dist, vec
from nnspec.ir.walk import rewrite, walk
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Span


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
    others: tuple[str, ...] = ()
    """The further parameters that share a joint density."""

    @property
    def shown(self) -> str:
        """The parameter as it stands in formulas."""
        return f"{self.name}[{', '.join(self.indices)}]" if self.indices else self.name


def applied(name: ast.Name, base: ir.Expr, read: Read, scope: Scope) -> ir.Expr:
    """The function `f` at the event."""
    function = scope.functions[name.text]
    if len(function.args) != 1:
        message = f"a factor of a density takes one argument, and `{function.name}` takes {len(function.args)}"
        raise Wrong(Diagnostic("NN312", message, name.span, "used as a factor", (Label(function.span, "declared here"),)))
    variable = ir.Local(name="u", type=_event(base), span=name.span)
    body = read.body(function, [variable])
    a_number(body, name.span, scope, "a factor on a density")
    return ir.Bind(fn=function.name, names=(function.args[0].text,), values=(variable,), body=body, type=body.type,
                   span=name.span, **unite(body))  # fmt: skip


def factor_of(
    factor: ast.Expr, base: ir.Expr, read: Read, scope: Scope, own: Own | None
) -> tuple[ir.Expr, str, ir.Expr]:
    """A formula in the parameter itself, which becomes a bound variable."""
    if own is None or own.others or not names(factor, own.name):
        raise Wrong(_without(factor, base, scope, own))
    kind = own.type or _event(base)
    if kind.kind == "vec" and not base.type.shape:
        base = ir.Copies(base=base, n=kind.shape[0], type=dist(kind.shape), span=base.span, **unite(base))
    meaning = Meaning(kind="param", type=kind, indices=own.indices)
    with scope.local({own.name: meaning}):
        body = foresee(read(factor), scope)
    a_number(body, factor.span, scope, "a factor on a density")
    return base, own.name, bound(body, own.name, kind)


def names(formula: ast.Expr, name: str) -> bool:
    """Whether a name stands in a formula."""
    return any(isinstance(each, ast.Name) and each.text == name for each in parts_of(formula))


def _without(factor: ast.Expr, base: ir.Expr, scope: Scope, own: Own | None) -> Diagnostic:
    """NN407: a factor in which what is drawn does not stand."""
    density = base.span.text if base.span is not None else "Normal(0, 1)"
    if isinstance(factor, ast.Call) and isinstance(factor.fn, ast.Name) and factor.fn.text in scope.functions:
        title = f"a factor on a density is the function `{factor.fn.written}` itself, without its argument"
        return Diagnostic("NN407", title, factor.span, "called here", helps=(f"write `{density}*{factor.fn.written}`",))
    if own is not None and own.others and any(names(factor, each) for each in (own.name, *own.others)):
        advice = f"name a function of it: `{density}*f`, with `f(u): exp(-u[1]^4)` under `functions`"
        return Diagnostic("NN407", "a factor on a joint density is a function of the whole vector", factor.span,
                          "names its components", helps=(advice,))  # fmt: skip
    if own is None or own.others:
        return Diagnostic("NN407", "a factor on a density must depend on what is drawn", factor.span,
                          "the same for every draw: it changes nothing",
                          helps=(f"name a function of the spec: `{density}*f`",))  # fmt: skip
    helps: tuple[str, ...] = (f"as in `Normal(0, 1)*exp(-{own.shown}^4)`",)
    if isinstance(factor, ast.Num | ast.Name):
        helps = (f"to scale `{own.shown}` itself, change the arguments of its density", *helps)
    return Diagnostic("NN407", f"a factor on a density must depend on `{own.name}`", factor.span,
                      f"`{own.name}` does not stand in it", helps=helps)  # fmt: skip


def bound(body: ir.Expr, name: str, kind: Type) -> ir.Expr:
    """The formula with a parameter turned into a variable."""

    def change(part: ir.Expr) -> ir.Expr:
        if isinstance(part, ir.Param) and part.name == name:
            return ir.Local(name=name, type=kind, span=part.span)
        random = any("param" in each.deps for each in walk(part) if isinstance(each, ir.Param | ir.FieldAt))
        return part if random else replace(part, deps=part.deps - {"param"}, free=frozenset())

    return rewrite(body, change)


def a_number(body: ir.Expr, place: Span, scope: Scope, what: str) -> None:
    """NN304 for a formula that gives no number, NN402 for one that depends on the input."""
    if body.type.kind != "real":
        raise Wrong(Diagnostic("NN304", f"{what} is a number", place, f"this is {noun(body.type)}"))
    if "input" in body.deps:
        raise Wrong(on_input(place, body, scope))


def _event(base: ir.Expr) -> Type:
    return vec(*base.type.shape) if base.type.shape else REAL
