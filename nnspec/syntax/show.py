"""Formulas as text again, with as few parentheses as the grammar allows: `parse(show(t)) == t`."""

from __future__ import annotations

from nnspec.syntax.expr_tree import (
    Big,
    Bin,
    Binder,
    Block,
    Call,
    Cmp,
    Decl,
    DeclName,
    Expr,
    ExprNode,
    Factorial,
    If,
    Index,
    KwArg,
    Name,
    Num,
    Range,
    SDef,
    SDeform,
    SIndex,
    SInput,
    SLet,
    SParam,
    Str,
    Tuple_,
    Un,
    Vector,
)

# How tightly each form of the grammar binds, loosest first.
_IF, _OR, _AND, _NOT, _CMP, _ADD, _TERM, _MUL, _UNARY, _POW, _DOT, _POSTFIX, _ATOM = range(13)
# Operator: its sign, how tightly it binds, and what it needs at its left and at its right.
_BINARY = {
    "or": (" or ", _OR, _OR, _AND),
    "and": (" and ", _AND, _AND, _NOT),
    "add": (" + ", _ADD, _ADD, _TERM),
    "sub": (" - ", _ADD, _ADD, _TERM),
    "mul": ("*", _MUL, _MUL, _UNARY),
    "div": ("/", _MUL, _MUL, _UNARY),
    "pow": ("^", _POW, _DOT, _UNARY),
    "dot": (".", _DOT, _DOT, _POSTFIX),
}


def _is_big(expr: Expr) -> bool:
    """Whether an expression is a sum, perhaps with signs: it may stand as the last factor of a product."""
    while isinstance(expr, Un) and expr.op != "not":
        expr = expr.arg
    return isinstance(expr, Big)


def _list(items: tuple[Expr, ...]) -> str:
    return ", ".join(_show(item)[0] for item in items)


def _at(expr: Expr, need: int) -> str:
    text, level = _show(expr)
    return text if level >= need else f"({text})"


def _binary(expr: Bin) -> tuple[str, int]:
    sign, level, left_need, right_need = _BINARY[expr.op]
    if expr.op == "mul" and _is_big(expr.right):
        level = right_need = _TERM
    left, right = _at(expr.left, left_need), _at(expr.right, right_need)
    if expr.op == "dot" and right[0] in ".0123456789":
        sign = " . "  # `a.5` would read as two numbers
    return f"{left}{sign}{right}", level


def _unary(expr: Un) -> tuple[str, int]:
    if expr.op == "not":
        return f"not {_at(expr.arg, _NOT)}", _NOT
    sign = "-" if expr.op == "neg" else "+"
    level = _TERM if _is_big(expr.arg) else _UNARY
    return f"{sign}{_at(expr.arg, level)}", level


def _call(expr: Call) -> tuple[str, int]:
    parts = [_show(item)[0] for item in expr.args]
    parts += [show(item) for item in expr.kwargs]
    parts += [show(item) for item in expr.binders]
    return f"{_at(expr.fn, _POSTFIX)}({', '.join(parts)})", _POSTFIX


def _compare(expr: Cmp) -> str:
    first, *rest = (_at(operand, _ADD) for operand in expr.operands)
    return first + "".join(f" {op} {operand}" for op, operand in zip(expr.ops, rest, strict=True))


def _big(expr: Big) -> str:
    names = ", ".join(name.text for name in expr.names)
    bare = len(expr.names) == 1 and not names.startswith("_")
    return f"{expr.kind}_{names if bare else '{' + names + '}'} {_at(expr.body, _TERM)}"


def _show(expr: Expr) -> tuple[str, int]:
    """The text of an expression, and how tightly it binds."""
    match expr:
        case Num() | Name():
            return expr.text, _ATOM
        case Str():
            return f'"{expr.text}"', _ATOM
        case Tuple_():
            return f"({_list(expr.items)})", _ATOM
        case Vector():
            return f"[{_list(expr.items)}]", _ATOM
        case Index():
            return f"{_at(expr.base, _POSTFIX)}[{_list(expr.items)}]", _POSTFIX
        case Call():
            return _call(expr)
        case Factorial():
            return f"{_at(expr.arg, _POSTFIX)}!", _POSTFIX
        case Un():
            return _unary(expr)
        case Bin():
            return _binary(expr)
        case Cmp():
            return _compare(expr), _CMP
        case If():
            return f"{_at(expr.then, _OR)} if {_at(expr.cond, _OR)} else {_at(expr.else_, _IF)}", _IF
        case Big():
            return _big(expr), _TERM


def _decl(decl: Decl) -> str:
    names = ", ".join(show(name) for name in decl.names)
    if decl.joint:
        return f"({names})"
    return names if decl.domain is None else f"{names} in {_at(decl.domain, _ADD)}"


def _names(names: tuple[Name, ...]) -> str:
    return ", ".join(name.text for name in names)


def show(node: ExprNode) -> str:
    """Print a formula, a declaration, a range or a block; Greek letters come out spelt."""
    match node:
        case KwArg():
            return f"{node.name.text}={_show(node.value)[0]}"
        case Binder():
            return f"{node.name.text} in {_show(node.domain)[0]}"
        case DeclName():
            return f"{node.name.text}[{_names(node.indices)}]" if node.indices else node.name.text
        case Decl():
            return _decl(node)
        case Range():
            return _at(node.hi, _ADD) if node.lo is None else f"{_at(node.lo, _ADD)}..{_at(node.hi, _ADD)}"
        case SIndex():
            return f"index {node.name.text} in {show(node.range)}"
        case SInput():
            return f"input {node.name.text} in {show(node.domain)}"
        case SLet():
            return f"let {node.name.text} = {show(node.value)}"
        case SParam():
            return f"{show(node.decl)} ~ {show(node.density)}"
        case SDef():
            components = f"[{_names(node.components)}]" if node.components else ""
            return f"{node.name.text}{components}({_names(node.args)}) = {show(node.body)}"
        case SDeform():
            return f"P *= {show(node.factor)}"
        case Block():
            return "".join(f"{show(statement)}\n" for statement in node.statements)
        case _:
            return _show(node)[0]
