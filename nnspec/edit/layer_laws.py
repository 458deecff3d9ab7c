"""The law of a layer's array in the formula form: its density, and what stands in front of it.

A family that is closed under multiplication says so (`Parameter.scales`), so that c*w with w of density D is a density
of the same word with other arguments. Where a deviation is known symbolically it stays so, else it is a number.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from nnspec.edit.algebra import Powers, is_one, is_zero, name, num, root, scaled
from nnspec.edit.formulas import formula
from nnspec.ir import expr as ir
from nnspec.ir.digest import canonical
from nnspec.ir.evaluate import evaluate
from nnspec.plugin.records import Density
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import leaf_of, parse_expr


class NoFormula(Exception):
    """Why a part of a network cannot be said by a formula."""


@dataclass(frozen=True)
class Law:
    """`factor * w` with w of `density`."""

    factor: ast.Expr
    density: ast.Expr


def written(node: ir.Expr) -> ast.Expr:
    """A part of a meaning as the formula that a user would write."""
    return parse_expr(leaf_of(formula(json.loads(canonical(node))["node"])))


def law(
    density: ir.Density, record: Density, values: dict[str, float | int], front: Powers, start: Powers, *, unit: bool
) -> Law:
    """The law of front * start * w, where `front` stands in the network and `start` in the density.

    With `unit` the variable has variance one, and its deviation stands in front; then `start` is the deviation that
    it begins with.

    Raises:
        NoFormula: when the density cannot be scaled.
    """
    args = dict(zip(density.names, map(written, density.args), strict=True))
    if not unit:
        return Law(scaled(num(1), front), _density(density, _times(args, record, density, start)))
    square, ones = _unit(density, record, args, values)
    return Law(root(square, front), _density(density, _times(ones, record, density, start)))


def _density(density: ir.Density, args: dict[str, ast.Expr]) -> ast.Expr:
    return ast.Call(name(density.name), tuple(args[each] for each in density.names), (), (), name(density.name).span)


def _scales(record: Density, density: ir.Density) -> dict[str, int]:
    """By which powers the arguments grow with the variable."""
    signature = next(each for each in record.signatures if {p.name for p in each.parameters} >= set(density.names))
    found = {each.name: each.scales for each in signature.parameters if each.name in density.names}
    if any(power is None for power in found.values()):
        msg = f"the density `{density.name}` does not say how it is scaled"
        raise NoFormula(msg)
    return {key: power for key, power in found.items() if power is not None}


def _times(args: dict[str, ast.Expr], record: Density, density: ir.Density, powers: Powers) -> dict[str, ast.Expr]:
    if not any(power and not is_one(n) for n, power in powers):
        return args
    scales = _scales(record, density)
    return {
        key: arg if is_zero(arg) else scaled(arg, [(n, scales[key] * power) for n, power in powers])
        for key, arg in args.items()
    }


def _unit(
    density: ir.Density, record: Density, args: dict[str, ast.Expr], values: dict[str, float | int]
) -> tuple[ast.Expr, dict[str, ast.Expr]]:
    """The second moment, and the arguments of the density with second moment one."""
    scales = _scales(record, density)
    plain = {key: float(evaluate(arg, values)) for key, arg in zip(density.names, density.args, strict=True)}
    sized = [key for key, power in scales.items() if power and not is_zero(args[key])]
    if len(sized) == 1:  # the second moment is a power of this argument, times a number
        (key,) = sized
        power = scales[key]
        moment = float(record.moment({**plain, key: 1.0}, 2))
        _finite(moment)
        square = scaled(num(_near(moment)), [(args[key], 2 / power)])
        return square, {**args, key: scaled(num(1), [(num(_near(moment)), -power / 2)])}
    moment = float(record.moment(plain, 2))
    _finite(moment)
    ones = {k: arg if is_zero(arg) else scaled(arg, [(num(moment), -scales[k] / 2)]) for k, arg in args.items()}
    return num(moment), ones


def _finite(moment: float) -> None:
    if not (math.isfinite(moment) and moment > 0):
        msg = "a variance is not finite, and the parameterization divides by it"
        raise NoFormula(msg)


def _near(value: float) -> float:
    """The whole number next to a value that rounding alone keeps from being one."""
    return float(round(value)) if math.isclose(value, round(value), rel_tol=1e-15) else value

