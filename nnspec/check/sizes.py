"""Formulas that must give a number now: sizes, counts, options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnspec.check.scope import Scope, Wrong
from nnspec.ir import expr as ir
from nnspec.ir.evaluate import NotConstant, evaluate
from nnspec.ir.walk import walk
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic

Read = Callable[[ast.Expr], ir.Expr]
LARGEST = 10**12


def constant(node: ast.Expr, value: ir.Expr, scope: Scope, what: str = "this") -> Any:
    """The plain value of an expression of constants; NN408 when it is random, NN310... when it is no number."""
    for part in walk(value):
        if isinstance(part, ir.Param):
            raise Wrong(Diagnostic("NN408", f"{what} must be a number, and `{part.name}` is random", node.span))
        if isinstance(part, ir.Input | ir.Local | ir.IndexVar | ir.DataRef | ir.ResultRef):
            raise Wrong(Diagnostic("NN313", f"{what} must be a number known beforehand", node.span,
                                   f"`{part.name}` is not known here"))  # fmt: skip
    numbers = {name: meaning.value for name, meaning in scope.names.items() if meaning.value is not None}
    try:
        return evaluate(value, numbers)
    except ZeroDivisionError:
        raise Wrong(Diagnostic("NN314", "division by zero", node.span)) from None
    except OverflowError:
        raise Wrong(Diagnostic("NN314", "the value is too large", node.span)) from None
    except (ArithmeticError, ValueError) as error:
        raise Wrong(Diagnostic("NN314", f"this has no value: {error}", node.span)) from None
    except NotConstant:
        raise Wrong(Diagnostic("NN313", f"{what} must be a number known beforehand", node.span)) from None


def number(node: ast.Expr, read: Read, scope: Scope, what: str) -> float | int:
    """A real number."""
    value = read(node)
    if value.type.kind != "real":
        raise Wrong(Diagnostic("NN304", f"{what} is a number, and this is a {value.type}", node.span))
    plain = constant(node, value, scope, what)
    if plain != plain:
        raise Wrong(Diagnostic("NN314", "this is not a number", node.span))
    return plain  # type: ignore[no-any-return]


def count(node: ast.Expr, read: Read, scope: Scope, what: str, *, least: int = 1) -> int:
    """A whole number, at least `least`; 1e5 is one."""
    value = number(node, read, scope, what)
    if abs(value) > LARGEST or value != int(value) or value < least:
        kind = "a positive whole number" if least == 1 else f"a whole number from {least}"
        raise Wrong(Diagnostic("NN315", f"{what} must be {kind}, and this is {value:g}", node.span))
    return int(value)


def size(node: ast.Expr, read: Read, scope: Scope, what: str) -> int:
    """A count that decides shapes; the constants in it become static."""
    value = count(node, read, scope, what)
    expr = read(node)
    scope.static.update(part.name for part in walk(expr) if isinstance(part, ir.Const))
    return value
