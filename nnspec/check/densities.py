"""Densities: the word, its arguments in their places, and what they may depend on."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from nnspec.check.domains import is_domain, read_domain
from nnspec.check.nouns import clauses, noun
from nnspec.check.scope import Scope, Wrong
from nnspec.check.sizes import constant, foresee
from nnspec.ir import expr as ir
from nnspec.ir.evaluate import DomainValue
from nnspec.ir.expr import unite
from nnspec.ir.types import dist
from nnspec.ir.walk import walk
from nnspec.plugin.records import Density, Parameter, Signature
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, Label, nearest
from nnspec.text.source import Span

Read = Callable[[ast.Expr], ir.Expr]
_DEVIATION = re.compile(r"^(sigma|std|sd|stdev|deviation)(?!.*(2|sq|var)$)", re.IGNORECASE)


def named_density(node: ast.Expr, read: Read, scope: Scope) -> ir.Density:
    """A density by its word: `Normal(0, 1)`; its arguments may depend on other parameters, never on the input."""
    if not isinstance(node, ast.Call) or not isinstance(node.fn, ast.Name):
        raise Wrong(no_density(node, scope))
    record = scope.words.densities.get(node.fn.text)
    if record is None:
        raise Wrong(_unknown(node, node.fn, scope))
    signature = _signature(record, node)
    bound = _bind(record, signature, node)
    args = tuple(_argument(parameter, bound.get(parameter.name), read, scope) for parameter in signature.parameters)
    _lint_deviation(signature, node, scope)
    event = () if signature.event == "real" else args[0].type.shape
    density = ir.Density(name=record.name, names=tuple(p.name for p in signature.parameters), args=args,
                         type=dist(event), span=node.span, **unite(*args))  # fmt: skip
    _refuse(record, density, node, scope)
    return density


def no_density(node: ast.Expr, scope: Scope) -> Diagnostic:
    """NN401.

    Raises:
        Wrong: when the name that stands here has a fault of its own.
    """
    known = ", ".join(f"`{name}`" for name in sorted(scope.words.densities))
    if isinstance(node, ast.Name) and node.text in scope.names:
        scope.look_up(node)  # what is wrong with it was said already
    if isinstance(node, ast.Name) and node.text in scope.words.densities:
        return Diagnostic("NN401", f"the density `{node.written}` has no arguments", node.span, "not followed by `(`",
                          helps=(f"it is written `{_shape(scope.words.densities[node.text])}`",))  # fmt: skip
    return Diagnostic("NN401", "a density is needed here", node.span, "not a density",
                      helps=(f"known here: {known}", "a fixed number belongs under `let`"))  # fmt: skip


def _shape(record: Density) -> str:
    return f"{record.name}({', '.join(p.name for p in record.signatures[0].parameters)})"


def _unknown(node: ast.Call, fn: ast.Name, scope: Scope) -> Diagnostic:
    near = nearest(fn.text, (*scope.words.densities, "Density", "truncate"))
    inside = node.args[0] if node.args else None
    if isinstance(inside, ast.Call) and isinstance(inside.fn, ast.Name) and inside.fn.text in scope.words.densities:
        example = f"`z: {inside.span.text}`"
        return Diagnostic("NN401", "a function of a density is no density", node.span, "not a density",
                          helps=(f"declare {example}, and write `{fn.written}(z)` where it is used",))  # fmt: skip
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
        raise Wrong(Diagnostic("NN410", f"`{record.name}` binds no variable", node.binders[0].span, "not expected here"))
    shape = f"{record.name}({', '.join(p.name for p in signature.parameters)})"
    if len(node.args) > len(signature.parameters):
        many = f"{len(signature.parameters)} argument{'s' if len(signature.parameters) != 1 else ''}"
        message = f"`{shape}` takes {many}, and this gives {len(node.args)}"
        extra = node.args[len(signature.parameters)]
        raise Wrong(Diagnostic("NN410", message, extra.span, "one too many"))
    bound = {p.name: (arg, 1) for p, arg in zip(signature.parameters, node.args, strict=False)}
    names = {p.name: (p.name, 1) for p in signature.parameters}
    names |= {other: (p.name, power) for p in signature.parameters for other, power in p.also}
    for keyword in node.kwargs:
        if keyword.name.text not in names:
            near = nearest(keyword.name.text, names)
            helps = (f"did you mean `{near}`?",) if near else (f"it is written `{shape}`",)
            raise Wrong(Diagnostic("NN410", f"`{record.name}` has no argument `{keyword.name.text}`",
                                   keyword.name.span, "not known here", helps=helps))  # fmt: skip
        target, power = names[keyword.name.text]
        if target in bound:
            before = bound[target][0]
            raise Wrong(Diagnostic("NN410", f"the {target} of `{record.name}` is given twice", keyword.span, "given again here",
                                   (Label(before.span, "given here"),)))  # fmt: skip
        bound[target] = (keyword.value, power)
    for parameter in signature.parameters:
        if parameter.name not in bound and parameter.default is None:
            raise Wrong(Diagnostic("NN410", f"`{shape}` needs `{parameter.name}`", node.span, "not given here",
                                   helps=(f"`{parameter.name}`: {parameter.doc}",)))  # fmt: skip
    return bound


def _argument(parameter: Parameter, given: tuple[ast.Expr, int] | None, read: Read, scope: Scope) -> ir.Expr:
    if given is None:
        assert isinstance(parameter.default, int | float)
        return ir.Lit(value=parameter.default)
    node, power = given
    if parameter.type == "domain":
        return read_domain(node, read, scope)
    value = read(node)
    if "input" in value.deps:
        raise Wrong(on_input(node.span, value, scope))
    wanted = parameter.type if parameter.type in ("vec", "matrix") else "real"
    if value.type.kind != wanted:
        what = {"vec": "a vector", "matrix": "a matrix", "real": "a number"}[wanted]
        helps = {"vec": ("as in `[0, 0]`",), "matrix": ("as in `[[1, 0], [0, 1]]`",)}.get(wanted, ())
        raise Wrong(Diagnostic("NN304", f"the {parameter.name} of a density is {what}", node.span,
                               f"this is {noun(value.type)}", helps=helps))  # fmt: skip
    given_value = value
    if power != 1:
        value = ir.Bin(op="pow", left=value, right=ir.Lit(value=power), span=node.span, **unite(value))
    if value.deps or value.free:
        return foresee(value, scope)  # a number only once other parameters are drawn
    other = next((name for name, exponent in parameter.also if exponent == power), parameter.name)
    if power != 1:
        _positive(node, given_value, scope, other)
    plain = constant(node, value, scope, f"the {parameter.name} of a density")
    if not _finite(plain):
        raise Wrong(Diagnostic("NN403", f"`{parameter.name}` must be finite", node.span, f"this is {plain:g}"))
    if parameter.positive:
        _positive(node, value, scope, parameter.name)
    return value


def _positive(node: ast.Expr, value: ir.Expr, scope: Scope, name: str) -> None:
    plain = constant(node, value, scope, f"the {name} of a density")
    if not plain > 0:
        raise Wrong(Diagnostic("NN403", f"`{name}` must be positive", node.span, f"this is {plain:g}"))


def on_input(place: Span, value: ir.Expr, scope: Scope) -> Diagnostic:
    """NN402: what depends on an input point where the density of a parameter stands."""
    used = next((part.name for part in walk(value) if isinstance(part, ir.Input)), "")
    name, meaning = next((n, m) for n, m in scope.names.items() if m.kind == "input" and used in (n, ""))
    secondary = (Label(meaning.span, "declared as an input here"),) if meaning.span else ()
    return Diagnostic("NN402", "a parameter density cannot depend on the input", place,
                      f"`{name}` is an input point", secondary,
                      notes=("parameters are drawn once per network, before any input is seen",))  # fmt: skip


def _refuse(record: Density, density: ir.Density, node: ast.Call, scope: Scope) -> None:
    """NN403: arguments with which the record has no density; what it says behind a colon stands at the place."""
    if any(arg.deps or arg.free for arg in density.args):
        return
    plain = {
        name: constant(node, arg, scope, f"the {name} of a density")
        for name, arg in zip(density.names, density.args, strict=True)
    }
    for name, value in plain.items():
        if not _finite(value):
            raise Wrong(Diagnostic("NN403", f"`{name}` must be finite", node.span, "unbounded"))
    reason = record.refuse(plain)
    if reason:
        what, label = clauses(reason)
        place = node.args[0].span.join(node.args[-1].span) if node.args and not node.kwargs else node.span
        helps: tuple[str, ...] = ()
        if set(plain) == {"lo", "hi"} and len(node.args) == 2 and plain["lo"] > plain["hi"]:
            helps = (f"the lower end comes first: `{record.name}({node.args[1].span.text}, {node.args[0].span.text})`",)
        raise Wrong(Diagnostic("NN403", f"`{record.name}` is no density here: {what}", place, label, helps=helps))


def _finite(value: Any) -> bool:
    if isinstance(value, DomainValue):
        return value.shape == "reals" or all(map(_finite, value.args))
    if isinstance(value, tuple):
        return all(map(_finite, value))
    return bool(abs(value) < math.inf)


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


