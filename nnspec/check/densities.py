"""Densities: the word, its arguments in their places, and what they may depend on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from nnspec.check.domains import is_domain, read_domain
from nnspec.check.scope import Scope, Wrong
from nnspec.check.sizes import constant
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.evaluate import NotConstant
from nnspec.ir.types import dist
from nnspec.plugin.records import Density, Parameter, Signature
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, Label, nearest

Read = Callable[[ast.Expr], ir.Expr]
_DEVIATION = re.compile(r"^(sigma|std|sd|stdev|deviation)(?!.*(2|sq|var)$)", re.IGNORECASE)


def read_density(node: ast.Expr, read: Read, scope: Scope) -> ir.Density:
    """The density that an expression stands for."""
    if not isinstance(node, ast.Call) or not isinstance(node.fn, ast.Name):
        raise Wrong(_no_density(node, scope))
    record = scope.words.densities.get(node.fn.text)
    if record is None:
        raise Wrong(_unknown(node, node.fn, scope))
    signature = _signature(record, node)
    bound = _bind(record, signature, node)
    args = tuple(_argument(parameter, bound[parameter.name], read, scope) for parameter in signature.parameters)
    _lint_deviation(signature, node, scope)
    event: tuple[int, ...] = ()
    if signature.event == "domain":
        event = args[0].type.shape
    density = ir.Density(name=record.name, names=tuple(p.name for p in signature.parameters), args=args,
                         type=dist(event), span=node.span, **unite(*args))  # fmt: skip
    _refuse(record, density, node, scope)
    return density


def _no_density(node: ast.Expr, scope: Scope) -> Diagnostic:
    known = ", ".join(f"`{name}`" for name in sorted(scope.words.densities))
    if isinstance(node, ast.Bin | ast.Index):
        return Diagnostic("NN390", "densities made from densities are not supported in this version", node.span)
    return Diagnostic("NN401", "a density is needed here", node.span, "not a density",
                      helps=(f"known here: {known}", "a fixed number belongs under `let`"))  # fmt: skip


def _unknown(node: ast.Call, fn: ast.Name, scope: Scope) -> Diagnostic:
    later = ("MvNormal", "Laplace", "StudentT", "Cauchy", "Gamma", "Density", "truncate")
    if fn.text in later:
        return Diagnostic("NN390", f"the density `{fn.text}` is not supported in this version", node.span)
    near = nearest(fn.text, scope.words.densities)
    known = ", ".join(f"`{name}`" for name in sorted(scope.words.densities))
    helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
    return Diagnostic("NN401", f"no density is called `{fn.written}`", fn.span, "not known here", helps=helps)


def _signature(record: Density, node: ast.Call) -> Signature:
    by_domain = bool(node.args) and is_domain(node.args[0])
    for signature in record.signatures:
        if (signature.event == "domain") == by_domain:
            return signature
    return record.signatures[0]


def _bind(record: Density, signature: Signature, node: ast.Call) -> dict[str, tuple[ast.Expr, int]]:
    """Arguments by name, each with the power that the name it was given under stands for."""
    if node.binders:
        raise Wrong(Diagnostic("NN410", f"`{record.name}` binds no variable", node.binders[0].span))
    shape = f"{record.name}({', '.join(p.name for p in signature.parameters)})"
    if len(node.args) > len(signature.parameters):
        message = f"`{shape}` takes {len(signature.parameters)} arguments, and this gives {len(node.args)}"
        raise Wrong(Diagnostic("NN410", message, node.span))
    bound = {p.name: (arg, 1) for p, arg in zip(signature.parameters, node.args, strict=False)}
    names = {p.name: (p.name, 1) for p in signature.parameters}
    names |= {other: (p.name, power) for p in signature.parameters for other, power in p.also}
    for keyword in node.kwargs:
        if keyword.name.text not in names:
            near = nearest(keyword.name.text, names)
            helps = (f"did you mean `{near}`?",) if near else (f"it is written `{shape}`",)
            raise Wrong(Diagnostic("NN410", f"`{record.name}` has no argument `{keyword.name.text}`",
                                   keyword.name.span, helps=helps))  # fmt: skip
        target, power = names[keyword.name.text]
        if target in bound:
            raise Wrong(Diagnostic("NN410", f"`{target}` is given twice", keyword.span))
        bound[target] = (keyword.value, power)
    for parameter in signature.parameters:
        if parameter.name not in bound:
            raise Wrong(Diagnostic("NN410", f"`{shape}` needs `{parameter.name}`", node.span,
                                   helps=(f"`{parameter.name}`: {parameter.doc}",)))  # fmt: skip
    return bound


def _argument(parameter: Parameter, given: tuple[ast.Expr, int], read: Read, scope: Scope) -> ir.Expr:
    node, power = given
    if parameter.type == "domain":
        return read_domain(node, read, scope)
    value = read(node)
    if "input" in value.deps:
        raise Wrong(_on_input(node, value, scope))
    if "param" in value.deps:
        raise Wrong(Diagnostic("NN390", "densities that depend on other parameters are not supported in this version",
                               node.span))  # fmt: skip
    if value.type.kind != "real":
        raise Wrong(Diagnostic("NN304", f"`{parameter.name}` is a number, and this is a {value.type}", node.span))
    if power != 1:
        value = ir.Bin(op="pow", left=value, right=ir.Lit(value=power), span=node.span, **unite(value))
    if parameter.positive:
        plain = _now(node, value, scope)
        if plain is not None and not plain > 0:
            message = f"`{parameter.name}` must be positive, and this is {plain:g}"
            raise Wrong(Diagnostic("NN403", message, node.span))
    return value


def _on_input(node: ast.Expr, value: ir.Expr, scope: Scope) -> Diagnostic:
    name, meaning = next((n, m) for n, m in scope.names.items() if m.kind == "input")
    secondary = (Label(meaning.span, "declared as an input here"),) if meaning.span else ()
    return Diagnostic("NN402", "a parameter density cannot depend on the input", node.span,
                      f"`{name}` is an input point", secondary,
                      notes=("parameters are drawn once per network, before any input is seen",))  # fmt: skip


def _now(node: ast.Expr, value: ir.Expr, scope: Scope) -> Any:
    if value.free or value.deps:
        return None
    return constant(node, value, scope, "an argument of a density")


def _refuse(record: Density, density: ir.Density, node: ast.Call, scope: Scope) -> None:
    if density.free:
        raise Wrong(Diagnostic("NN390", "densities that depend on the index are not supported in this version", node.span))
    try:
        plain = {name: constant(node, arg, scope) for name, arg in zip(density.names, density.args, strict=True)}
    except NotConstant:
        return
    reason = record.refuse(plain)
    if reason:
        raise Wrong(Diagnostic("NN403", f"this is not a density: {reason}", node.span))


def _lint_deviation(signature: Signature, node: ast.Call, scope: Scope) -> None:
    """NN491: a bare name like `sigma_w` where a variance stands by position."""
    for parameter, arg in zip(signature.parameters, node.args, strict=False):
        other = next((name for name, power in parameter.also if power == 2), None)
        if other and isinstance(arg, ast.Name) and _DEVIATION.match(arg.text):
            assert isinstance(node.fn, ast.Name)
            place = {"variance": "second"}.get(parameter.name, f"`{parameter.name}`")
            fix = Fix("maybe", (Edit(arg.span.start, arg.span.start, f"{other}="),))
            scope.complaints.add(
                Diagnostic("NN491", f"the {place} argument of `{node.fn.text}` is a {parameter.name}", arg.span,
                           f"`{arg.text}` reads like a standard deviation", level="warning",
                           helps=(f"write `{other}={arg.text}`, or `{arg.text}^2`",), fixes=(fix,))
            )  # fmt: skip


