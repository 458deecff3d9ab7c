"""What is random, as mathematics: fields at points, averages over networks, laws of parameters and where they live."""

from __future__ import annotations

from collections.abc import Callable

from nnspec.ir import expr as e
from nnspec.report.boxes import (
    ADD,
    ATOM,
    CASES,
    COMPARE,
    IN,
    MEAN,
    MID,
    MUL,
    OPEN,
    PARTIAL,
    PLUS,
    POSTFIX,
    SEMICOLON,
    TENSOR,
    THIN,
    TIMES,
    Box,
    Fence,
    Frac,
    Num,
    Script,
    Sym,
    Words,
    joined,
    listed,
    parens,
    row,
)  # fmt: skip
from nnspec.report.symbols import BALL, DENSITIES, REALS, SPHERE, indexed, symbol

At = Callable[[e.Expr, int], Box]
"""The box of a part, in brackets when it holds together less than a level."""


def average(node: e.Expr, at: At, *, flat: bool) -> tuple[Box, int]:
    """A field at a point, a mean, a cumulant, a derivative, or one entry of a result."""
    match node:
        case e.FieldAt(name=name, components=components, args=args):
            head = indexed(symbol(name), [at(each, ADD) for each in components])
            point = args[0].items if len(args) == 1 and isinstance(args[0], e.Vector) else args
            return (row(head, parens(listed([at(arg, CASES) for arg in point]))), POSTFIX) if args else (head, ATOM)
        case e.Mean(arg=arg):
            return row(MEAN, Fence("[", at(arg, CASES), "]")), POSTFIX
        case e.Cumulant(args=args):
            return Script(Fence("⟨", listed([at(arg, CASES) for arg in args]), "⟩"), Sym("c")), POSTFIX
        case e.Derivative(arg=arg, by=by):
            by_box, body = at(by, ATOM), at(arg, OPEN)
            sign = Script(PARTIAL, by_box) if flat else Frac(PARTIAL, row(PARTIAL, by_box))
            return row(sign, THIN, body), OPEN
        case e.Entry(arg=arg, places=places):
            return indexed(at(arg, ATOM), [Num(str(place)) for place in places]), ATOM
    raise AssertionError(type(node).__name__)


def law(node: e.Expr, at: At) -> tuple[Box, int]:
    """A density: by name, or made of others."""
    match node:
        case e.Density(name=name, args=args):
            return row(_named(name), parens(listed([at(arg, CASES) for arg in args]))), POSTFIX
        case e.Copies(base=base, n=n):
            return copied(at(base, POSTFIX), n), POSTFIX
        case e.Mixture(weights=weights, parts=parts):
            shown = [_weighted(weight, part, at) for weight, part in zip(weights, parts, strict=True)]
            return joined(shown, PLUS), ADD
        case e.Reweighted(base=base, factor=factor):
            return row(at(base, MUL), THIN, at(factor, MUL)), MUL
        case e.Truncated(base=base, over=over):
            return row(at(base, ADD), MID, at(over, POSTFIX)), COMPARE
        case e.Unnormalised(var=var, over=over, body=body):
            return Script(Fence("[", at(body, CASES), "]"), row(symbol(var), IN, at(over, POSTFIX))), POSTFIX
    raise AssertionError(type(node).__name__)


def _named(name: str) -> Box:
    return DENSITIES.get(name.lower()) or symbol(name)


def _weighted(weight: e.Expr, part: e.Expr, at: At) -> Box:
    """A part of a mixture; a weight of one is not shown."""
    whole = isinstance(weight, e.Lit) and weight.value == 1
    return at(part, MUL) if whole else row(at(weight, MUL), THIN, at(part, MUL))


def copied(box: Box, n: int) -> Box:
    """Independent copies of a law as a power of it; one copy is the law itself."""
    if n == 1:
        return box
    power = row(TENSOR, Num(str(n)))
    if isinstance(box, Script) and box.sup is None:
        return Script(box.base, box.sub, power)
    return Script(parens(box) if isinstance(box, Script) else box, None, power)


def density_at(node: e.Expr, point: Box, at: At) -> Box:
    """The value of a density at a point: `N(u; 0, 1)`."""
    match node:
        case e.Density(name=name, args=args):
            inside = row(point, SEMICOLON, listed([at(arg, CASES) for arg in args]))
            return row(_named(name), parens(inside))
        case _:
            return row(at(node, POSTFIX), parens(point))


def space(node: e.Domain, at: At) -> Box:
    """A domain; a product of equal ones is a power."""
    args = [at(arg, CASES) for arg in node.args]
    match node:
        case e.Domain(shape="reals", dim=dim):
            return REALS if dim == 1 else Script(REALS, None, Num(str(dim)))
        case e.Domain(shape="ball" | "sphere", dim=dim):
            sign, power = (BALL, dim) if node.shape == "ball" else (SPHERE, dim - 1)
            return Script(sign, args[-1] if args else None, Num(str(power)))
        case e.Domain(shape="interval"):
            return Fence("[", listed(args), "]")
    if len(args) > 1 and all(arg == args[0] for arg in args):
        return Script(args[0], None, Num(str(len(args))))
    return joined(args or [Words(node.shape)], TIMES)
