"""Formulas that must give a number now: sizes, counts, options."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nnspec.check.nouns import noun
from nnspec.check.random_parts import random_part
from nnspec.check.scope import Scope, Wrong
from nnspec.ir import expr as ir
from nnspec.ir.evaluate import NotConstant, evaluate
from nnspec.ir.walk import children, walk
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label

Read = Callable[[ast.Expr], ir.Expr]
LARGEST = 10**12


def constant(node: ast.Expr, value: ir.Expr, scope: Scope, what: str = "this") -> Any:
    """The plain value of an expression of constants; NN408 when it is random, NN313 when it is known later only."""
    drawn = random_part(value)
    if drawn is not None:
        name = drawn.span.text if drawn.span is not None else "this"
        raise Wrong(Diagnostic("NN408", f"{what} must be a number, and `{name}` is random", drawn.span or node.span,
                               "drawn anew for each network", helps=("give a fixed number, or a constant of `let`",)))  # fmt: skip
    for part in walk(value):
        if isinstance(part, ir.Input | ir.IndexVar | ir.DataRef | ir.ResultRef):
            raise Wrong(Diagnostic("NN313", f"{what} must be known before anything is computed", part.span or node.span,
                                   f"{_LATER[type(part)]} has no single value"))  # fmt: skip
    try:
        return evaluate(value, _numbers(value, scope))
    except (ArithmeticError, ValueError):
        raise Wrong(_no_value(value, scope)) from None
    except (NotConstant, KeyError):
        raise Wrong(Diagnostic("NN313", f"{what} must be known before anything is computed", node.span,
                               "this is computed later", helps=("write its value as a number",))) from None  # fmt: skip


_LATER: dict[type, str] = {
    ir.Input: "an input point", ir.IndexVar: "an index", ir.DataRef: "a data set", ir.ResultRef: "a result",
}  # fmt: skip


def _numbers(value: ir.Expr, scope: Scope) -> dict[str, Any]:
    """The values of the constants in an expression, whatever else their names mean where it stands."""
    names = scope.declared or scope.names
    return {part.name: names[part.name].value for part in walk(value) if isinstance(part, ir.Const)}


def foresee(value: ir.Expr, scope: Scope) -> ir.Expr:
    """The formula; NN314 for parts of it that are constant and have no value, before a run finds NaN there."""
    numbers, todo = _numbers(value, scope), [value]
    while todo:
        part = todo.pop()
        if isinstance(part, ir.Bin) and part.op == "div" and _is_zero(part.right, numbers):
            place = part.right.span or part.span
            raise Wrong(Diagnostic("NN314", "division by zero", place, "this is zero", _values(part.right, scope)))
        if part.deps or part.free or isinstance(part, ir.Integral):
            todo.extend(children(part))
            continue
        try:
            evaluate(part, numbers)
        except (ArithmeticError, ValueError):
            raise Wrong(_no_value(part, scope)) from None
        except (NotConstant, KeyError):
            todo.extend(children(part))
    return value


def _no_value(value: ir.Expr, scope: Scope) -> Diagnostic:
    """NN314 at the innermost part that has no value, with the constants that are to blame."""
    numbers = _numbers(value, scope)
    while (inner := _failing(value, numbers)) is not None:
        value = inner
    try:
        evaluate(value, numbers)
        reason = "this has no value"
    except ZeroDivisionError:
        reason = "division by zero"
    except OverflowError:
        reason = "the value is too large"
    except (ArithmeticError, ValueError) as error:
        reason = str(error)
    label = "larger than 1.8e308" if reason == "the value is too large" else "this has no value"
    return Diagnostic("NN314", reason, value.span, label, _values(value, scope))


def _is_zero(value: ir.Expr, numbers: dict[str, Any]) -> bool:
    try:
        return not value.deps and not value.free and bool(evaluate(value, numbers) == 0)
    except (NotConstant, KeyError, ArithmeticError, ValueError):
        return False


def _values(value: ir.Expr, scope: Scope) -> tuple[Label, ...]:
    """Where the constants of an expression are given, with their values."""
    declared = scope.declared or scope.names
    given = ((f"`{name}` is {number:g}", declared[name].span) for name, number in _numbers(value, scope).items())
    return tuple(Label(span, text) for text, span in given if span is not None)[:3]


def _failing(value: ir.Expr, numbers: dict[str, Any]) -> ir.Expr | None:
    parts = value.values if isinstance(value, ir.Bind) else children(value)
    for part in parts:
        try:
            evaluate(part, numbers)
        except (ArithmeticError, ValueError):
            return part
        except (NotConstant, KeyError):
            continue
    return None


def number(node: ast.Expr, read: Read, scope: Scope, what: str, *, finite: bool = False) -> float | int:
    """A real number; `inf` only where it is allowed."""
    value = read(node)
    if value.type.kind != "real":
        raise Wrong(Diagnostic("NN304", f"{what} is a number, and this is {noun(value.type)}", node.span))
    plain = constant(node, value, scope, what)
    if plain != plain:
        raise Wrong(Diagnostic("NN314", "this is not a number", node.span, "infinite minus infinite, or the like"))
    if finite and abs(plain) == math.inf:
        raise Wrong(Diagnostic("NN314", f"{what} must be finite", node.span, "this is infinite"))
    return plain  # type: ignore[no-any-return]


def count(node: ast.Expr, read: Read, scope: Scope, what: str, *, least: int = 1) -> int:
    """A whole number, at least `least`; 1e5 is one."""
    value = number(node, read, scope, what)
    if abs(value) <= LARGEST and value == int(value) and value >= least:
        return int(value)
    given = _values(read(node), scope)
    if value > LARGEST:
        raise Wrong(Diagnostic("NN315", f"{what} is too large", node.span, f"{value:g} is more than {LARGEST:g}", given))
    kind = "a positive whole number" if least == 1 else f"a whole number from {least}"
    raise Wrong(Diagnostic("NN315", f"{what} must be {kind}", node.span, f"this is {value:g}", given))


def size(node: ast.Expr, read: Read, scope: Scope, what: str) -> int:
    """A count that decides shapes; the constants in it become static."""
    value = count(node, read, scope, what)
    expr = read(node)
    scope.static.update(part.name for part in walk(expr) if isinstance(part, ir.Const))
    return value
