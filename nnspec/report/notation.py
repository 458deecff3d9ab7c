"""Expressions as mathematics: one fold over the nodes decides brackets once, for every language it is printed in."""

from __future__ import annotations

import math
from dataclasses import replace

from nnspec.ir import expr as e
from nnspec.report.boxes import (
    ADD,
    AND,
    ATOM,
    CASES,
    COMPARE,
    DOT,
    EQUALS,
    MAPS,
    MINUS,
    MUL,
    NEGATIVE,
    NOT,
    OPEN,
    OR,
    PLUS,
    POSTFIX,
    THIN,
    TIMES,
    Big,
    Box,
    Cases,
    Fence,
    Frac,
    Matrix,
    Num,
    Op,
    Root,
    Row,
    Script,
    Sym,
    Words,
    listed,
    parens,
    row,
)  # fmt: skip
from nnspec.report.randomness import average, law, space
from nnspec.report.symbols import FUNCTIONS, indexed, symbol
from nnspec.result.format import plain_number

_COMPARE = {
    "<": Op("<", "<", "relation"), ">": Op(">", ">", "relation"), "<=": Op("≤", r"\le", "relation"),
    ">=": Op("≥", r"\ge", "relation"), "==": EQUALS, "!=": Op("≠", r"\ne", "relation"),
}  # fmt: skip
_LOGIC = {"and": (Op("∧", r"\land"), AND), "or": (Op("∨", r"\lor"), OR)}
_FENCES = {"abs": ("|", "|"), "norm": ("‖", "‖"), "floor": ("⌊", "⌋")}
_FAMOUS = {math.pi: "pi", math.e: "e"}
_POWERED = frozenset({"sin", "cos", "tan", "tanh", "sinh", "cosh", "log"})


def notation(node: e.Expr) -> Box:
    """An expression, typeset."""
    return _fold(node, inline=False)[0]


def inline(node: e.Expr) -> Box:
    """An expression with slashes for fractions, as in an exponent or the arguments of a density."""
    return _fold(node, inline=True)[0]


def operand(node: e.Expr, level: int) -> Box:
    """A part of an inline expression, in brackets when it holds together less than `level`."""
    return _at(node, level, True)


def _at(node: e.Expr, level: int, flat: bool) -> Box:
    """An operand, in brackets when it holds together less than `level`."""
    box, holds = _fold(node, inline=flat)
    return box if holds >= level else parens(box)


def _fold(node: e.Expr, *, inline: bool) -> tuple[Box, int]:
    """The box of a node, and how tightly it holds together."""
    match node:
        case e.Bin() | e.Neg() | e.Factorial() | e.Dot() | e.Component() | e.Vector():
            return _arithmetic(node, inline)
        case e.Compare() | e.Logic() | e.Select():
            return _logic(node, inline)
        case e.Reduce() | e.Integral() | e.Bind() | e.Lambda():
            return _binding(node, inline)
        case e.Apply():
            return _apply(node, inline)
        case e.FieldAt() | e.Mean() | e.Cumulant() | e.Derivative() | e.Entry():
            return average(node, lambda part, level: _at(part, level, inline), flat=inline)
        case e.Density() | e.Copies() | e.Mixture() | e.Reweighted() | e.Truncated() | e.Unnormalised():
            return law(node, operand)
        case e.Domain():
            return space(node, operand), POSTFIX
        case _:
            return _leaf(node)


# ---------------------------------------------------------------- leaves
def _leaf(node: e.Expr) -> tuple[Box, int]:
    match node:
        case e.Lit(value=value):
            return _number(value)
        case e.Text(value=text):
            return Words(f"“{text}”"), ATOM
        case e.Param(name=name, indices=indices):
            return indexed(symbol(name), [symbol(i) for i in indices]), ATOM
        case e.ResultRef(name=name, field_name=field):
            return symbol(name) if field is None else Words(f"{name}.{field}"), ATOM
        case e.Swept(path=path):
            return symbol(path.rpartition(".")[2]), ATOM
        case e.Const() | e.Input() | e.Local() | e.IndexVar() | e.DataRef():
            return symbol(node.name), ATOM
        case _:
            return Words(type(node).__name__.lower()), ATOM


def _number(value: float) -> tuple[Box, int]:
    if value in _FAMOUS:
        return symbol(_FAMOUS[value]), ATOM
    text, _, power = plain_number(abs(value), 6).partition("e")
    box: Box = symbol("inf") if text == "inf" else Num(text)
    level = ATOM
    if power:
        box, level = row(box, TIMES, Script(Num("10"), None, _signed(int(power)))), MUL
    return (row(NEGATIVE, box), ADD) if value < 0 else (box, level)


def _signed(power: int) -> Box:
    return row(NEGATIVE, Num(str(-power))) if power < 0 else Num(str(power))


# ---------------------------------------------------------------- arithmetic
def _arithmetic(node: e.Expr, flat: bool) -> tuple[Box, int]:
    match node:
        case e.Bin(op="add", left=left, right=right):
            return row(_at(left, ADD, flat), PLUS, _right(right, ADD, flat)), ADD
        case e.Bin(op="sub", left=left, right=right):
            return row(_at(left, ADD, flat), MINUS, _right(right, OPEN, flat)), ADD
        case e.Bin(op="mul"):
            return _product(node, flat)
        case e.Bin(op="div"):
            return _quotient(node, flat)
        case e.Bin(op="pow"):
            return _power(node, flat), POSTFIX
        case e.Neg(arg=arg):
            return row(NEGATIVE, _at(arg, OPEN, flat)), ADD
        case e.Factorial(arg=arg):
            return row(_at(arg, ATOM, flat), Op("!", "!", "prefix")), POSTFIX
        case e.Dot(left=left, right=right) if left == right:
            return Script(Fence("|", _at(left, ADD, flat), "|"), None, Num("2")), POSTFIX
        case e.Dot(left=left, right=right):
            return row(_at(left, POSTFIX, flat), DOT, _at(right, POSTFIX, flat)), OPEN
        case e.Component(arg=arg, k=k):
            return indexed(_at(arg, ATOM, flat), [Num(str(k))]), ATOM
        case e.Vector(items=items) if items and all(isinstance(item, e.Vector) for item in items):
            rows = [item.items for item in items if isinstance(item, e.Vector)]
            return Matrix(tuple(tuple(_at(entry, CASES, flat) for entry in entries) for entries in rows)), ATOM
        case e.Vector(items=items):
            return parens(listed([_at(item, CASES, flat) for item in items])), ATOM
    raise AssertionError(type(node).__name__)


def _right(node: e.Expr, level: int, flat: bool) -> Box:
    """A summand that is not the first: a leading minus needs brackets."""
    box = _at(node, level, flat)
    return parens(box) if isinstance(box, Row) and box.items[0] == NEGATIVE else box


def _product(node: e.Bin, flat: bool) -> tuple[Box, int]:
    """Factors side by side, with a dot only where digits would run together."""
    first, minus = _unsigned(node.left)
    left = _at(first, MUL, flat)
    box, holds = _fold(node.right, inline=flat)
    dot = isinstance(node.right, e.Dot) and holds == OPEN
    right = box if holds >= OPEN and not dot else parens(box)
    product = row(left, _between(left, right), right)
    return (row(NEGATIVE, product), ADD) if minus else (product, min(MUL, max(holds, OPEN)))


def _unsigned(node: e.Expr) -> tuple[e.Expr, bool]:
    """A factor without the minus in front of its first factor, and whether there was one."""
    match node:
        case e.Neg(arg=arg):
            return arg, True
        case e.Bin(op="mul" | "div", left=left):
            first, minus = _unsigned(left)
            return (replace(node, left=first), True) if minus else (node, False)
        case _:
            return node, False


def _between(left: Box, right: Box) -> Row:
    """What stands between two factors: a dot before digits, nothing between a number and a letter, else a space."""
    first = right.items[0] if isinstance(right, Row) else right
    first = first.base if isinstance(first, Script) else first
    if isinstance(first, Num):
        return row(DOT)
    return row() if isinstance(left, Num) and isinstance(first, Sym) and len(first.text) == 1 else row(THIN)


def _quotient(node: e.Bin, flat: bool) -> tuple[Box, int]:
    """A fraction, or a slash in narrow places; the sign of the numerator moves in front."""
    top, minus = _unsigned(node.left)
    if flat:
        box: Box = row(_at(top, MUL, flat), Op("/", "/", "prefix"), _at(node.right, POSTFIX, flat))
    else:
        box = Frac(_at(top, CASES, flat), _at(node.right, CASES, flat))
    return (row(NEGATIVE, box), ADD) if minus else (box, OPEN if flat else MUL)


def _power(node: e.Bin, flat: bool) -> Box:
    """A raised exponent; on the name of a function when it is a positive whole number."""
    base, exponent = node.left, node.right
    whole = isinstance(exponent, e.Lit) and isinstance(exponent.value, int) and exponent.value > 0
    if isinstance(base, e.Apply) and base.fn in _POWERED and whole:
        return row(Script(FUNCTIONS[base.fn], None, inline(exponent)), _arguments(base, flat))
    raised = inline(exponent)
    if isinstance(base, e.FieldAt | e.Mean):
        return Script(_at(base, POSTFIX, flat), None, raised)
    simple = _at(base, ATOM, flat)
    match simple:
        case Script(inner, sub, None):
            return Script(inner, sub, raised)
        case Script():
            return Script(parens(simple), None, raised)
        case _:
            return Script(simple, None, raised)


# ---------------------------------------------------------------- logic
def _logic(node: e.Expr, flat: bool) -> tuple[Box, int]:
    match node:
        case e.Compare(operands=operands, ops=ops):
            items: list[Box] = [_at(operands[0], ADD, flat)]
            for op, operand in zip(ops, operands[1:], strict=True):
                items += [_COMPARE.get(op, Op(op, op, "relation")), _at(operand, ADD, flat)]
            return row(*items), COMPARE
        case e.Logic(op="not", args=args):
            return row(Op("¬", r"\lnot", "prefix"), _at(args[0], NOT, flat)), NOT
        case e.Logic(op=op, args=args):
            sign, level = _LOGIC[op]
            first, *others = (_at(arg, level + 1, flat) for arg in args)
            return row(first, *(box for other in others for box in (sign, other))), level
        case e.Select():
            return Cases(_alternatives(node)), CASES
    raise AssertionError(type(node).__name__)


def _alternatives(node: e.Expr) -> tuple[tuple[Box, Box | None], ...]:
    if not isinstance(node, e.Select):
        return ((notation(node), None),)
    return ((notation(node.then), notation(node.condition)), *_alternatives(node.other))


# ---------------------------------------------------------------- functions and binders
def _apply(node: e.Apply, flat: bool) -> tuple[Box, int]:
    match node.fn:
        case "sqrt":
            return Root(_at(node.args[0], CASES, False)), ATOM
        case "abs" | "norm" | "floor":
            left, right = _FENCES[node.fn]
            return Fence(left, _at(node.args[0], CASES, flat), right), ATOM
        case "where" if len(node.args) == 3:
            condition, then, other = (notation(arg) for arg in node.args)
            return Cases(((then, condition), (other, None))), CASES
        case fn:
            return row(FUNCTIONS.get(fn) or symbol(fn), _arguments(node, flat)), POSTFIX


def _arguments(node: e.Apply, flat: bool) -> Fence:
    given = [_at(arg, CASES, flat) for arg in node.args]
    named: list[Box] = [row(symbol(key), EQUALS, _at(value, ADD, flat)) for key, value in node.options]
    return parens(listed(given + named))


def _binding(node: e.Expr, flat: bool) -> tuple[Box, int]:
    match node:
        case e.Reduce(op=op, axes=axes, body=body):
            return row(Big(op, listed([symbol(i) for i in axes])), THIN, _at(body, OPEN, flat)), OPEN
        case e.Integral(var=var, over=over, body=body):
            n = over.dim if isinstance(over, e.Domain) else sum(over.type.shape)
            measure: Box = Sym("d", r"\mathrm{d}") if n <= 1 else Script(Sym("d", r"\mathrm{d}"), None, Num(str(n)))
            return row(Big("int", inline(over)), measure, symbol(var), THIN, _at(body, OPEN, flat)), OPEN
        case e.Bind(fn=fn, values=values):
            return row(symbol(fn), parens(listed([_at(value, CASES, flat) for value in values]))), POSTFIX
        case e.Lambda(names=names, body=body):
            bound = listed([symbol(name) for name in names])
            return row(bound if len(names) == 1 else parens(bound), MAPS, _at(body, CASES, flat)), CASES
    raise AssertionError(type(node).__name__)
