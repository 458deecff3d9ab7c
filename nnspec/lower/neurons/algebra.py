r"""Neurons as sums of terms c(x) \prod_j v_j^{p_j} e^{\sum_j t_j(x) v_j} in their parameters v, at many points at once.

Cosines, sines and exponentials of what is linear in the parameters are such sums; products of neurons are again, and
their means follow from the Laplace transforms of the densities. NumPy, complex128.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import NotConstant, evaluate
from nnspec.numerics.lazy import np

Variable = tuple[str, int]
"""A component of a parameter."""
MOST_TERMS = 32


class Unfit(Exception):
    """The expression is no such sum."""


@dataclass(frozen=True)
class Term:
    """c [point] times powers of variables times the exponential of their combination, whose coefficients are [point]."""

    c: Any
    powers: tuple[tuple[Variable, int], ...] = ()
    rates: tuple[tuple[Variable, Any], ...] = ()

    @property
    def constant(self) -> bool:
        """Whether no variable is in it."""
        return not self.powers and not self.rates


Sum = tuple[Term, ...]


@dataclass(frozen=True)
class Place:
    """The points [point, in] by input, and what names stand for."""

    inputs: Mapping[str, Any]
    values: Mapping[str, Any]
    given: Mapping[str, Any]
    vectors: Mapping[str, int]
    arrays: frozenset[str]
    count: int
    """`given` are parameters with values; `vectors` the lengths of vectors; `arrays` have indices within a neuron."""


def expand(node: ir.Expr, at: Place, local: Mapping[str, Any] | None = None) -> Any:
    """The sum that a number is; of a vector a list of sums.

    Raises:
        Unfit: for anything else.
    """
    local = local or {}
    match node:
        case ir.Param(name=name):
            return _param(name, at)
        case ir.Input(name=name):
            x = at.inputs[name]
            return [(Term(x[:, k] + 0j),) for k in range(x.shape[1])] if node.type.kind == "vec" else (Term(x[:, 0] + 0j),)
        case ir.Local(name=name) if name in local:
            return local[name]
        case ir.Bind(names=names, values=values, body=body):
            inner = {name: expand(value, at, local) for name, value in zip(names, values, strict=True)}
            return expand(body, at, {**local, **inner})
        case _ if not node.deps and not local:
            return _known(node, at)
        case ir.Neg(arg=arg):
            return _each(lambda s: _scale(s, -1.0), expand(arg, at, local))
        case ir.Bin(op=op, left=left, right=right):
            return _binary(op, expand(left, at, local), expand(right, at, local))
        case ir.Vector(items=items):
            return [expand(item, at, local) for item in items]
        case ir.Component(arg=arg, k=k):
            return expand(arg, at, local)[k - 1]
        case ir.Dot(left=left, right=right):
            a, b = expand(left, at, local), expand(right, at, local)
            return _added([_times(x, y) for x, y in zip(a, b, strict=True)])
        case ir.Apply(fn=fn, args=(arg,), options=()):
            return _applied(fn, expand(arg, at, local))
        case ir.Lit() | ir.Const():
            return _known(node, at)
    raise Unfit


def is_affine(found: Any) -> bool:
    """Whether a sum is a constant plus multiples of single variables."""
    return isinstance(found, tuple) and all(
        not term.rates and sum(power for _, power in term.powers) <= 1 for term in found
    )


def _known(node: ir.Expr, at: Place) -> Any:
    try:
        value = evaluate(node, at.values)
    except (NotConstant, KeyError, ArithmeticError, ValueError):
        raise Unfit from None
    if isinstance(value, tuple):
        return [(Term(np.asarray(entry, np.complex128)),) for entry in value]
    return (Term(np.asarray(value, np.complex128)),)


def _param(name: str, at: Place) -> Any:
    if name in at.arrays:
        raise Unfit
    if name in at.given:
        value = np.asarray(at.given[name], np.complex128)
        return (Term(value),) if value.ndim == 0 else [(Term(entry),) for entry in value]
    if name in at.vectors:
        return [(Term(np.asarray(1.0 + 0j), (((name, k), 1),)),) for k in range(at.vectors[name])]
    return (Term(np.asarray(1.0 + 0j), (((name, 0), 1),)),)


def _each(change: Any, value: Any) -> Any:
    return [change(item) for item in value] if isinstance(value, list) else change(value)


def _scale(s: Sum, factor: Any) -> Sum:
    return tuple(Term(term.c * factor, term.powers, term.rates) for term in s)


def _binary(op: str, left: Any, right: Any) -> Any:
    if op in ("add", "sub"):
        sign = 1.0 if op == "add" else -1.0
        if isinstance(left, list) and isinstance(right, list):
            return [_added([a, _scale(b, sign)]) for a, b in zip(left, right, strict=True)]
        if isinstance(left, list) or isinstance(right, list):
            raise Unfit
        return _added([left, _scale(right, sign)])
    if op == "mul":
        if isinstance(left, list):
            left, right = right, left
        if isinstance(left, list):
            raise Unfit
        return [_times(left, item) for item in right] if isinstance(right, list) else _times(left, right)
    if isinstance(right, list):
        raise Unfit
    if op == "div":
        return _each(lambda s: _scale(s, 1 / _plain(right)), left)
    return _power(left, right)


def _power(left: Any, right: Sum) -> Sum:
    exponent = _plain(right)
    if isinstance(left, list):
        raise Unfit
    if all(term.constant for term in left):
        base = _plain(left)
        real = np.real(base)
        whole = np.all(np.real(exponent) == np.round(np.real(exponent)))
        return (Term((real ** np.real(exponent) if whole or np.all(real >= 0) else np.full_like(real, np.nan)) + 0j),)
    if exponent.ndim or np.real(exponent) not in (1, 2, 3, 4):
        raise Unfit
    found: Sum = left
    for _ in range(int(np.real(exponent)) - 1):
        found = _times(found, left)
    return found


def _plain(s: Sum) -> Any:
    """The numbers [point] of a sum without variables."""
    if not all(term.constant for term in s):
        raise Unfit
    total = np.asarray(0j)
    for term in s:
        total = total + term.c
    return total


def _added(parts: list[Sum]) -> Sum:
    """Terms of the same variables are one."""
    known: dict[Any, Term] = {}
    for term in (term for part in parts for term in part):
        key: Any = (term.powers, id(term)) if term.rates else term.powers
        known[key] = Term(known[key].c + term.c, term.powers, term.rates) if key in known else term
    if len(known) > MOST_TERMS:
        raise Unfit
    return tuple(known.values())


def _times(left: Sum, right: Sum) -> Sum:
    return _added([tuple(_product(a, b) for a in left for b in right)])


def _product(a: Term, b: Term) -> Term:
    powers: dict[Variable, int] = dict(a.powers)
    for variable, power in b.powers:
        powers[variable] = powers.get(variable, 0) + power
    rates: dict[Variable, Any] = dict(a.rates)
    for variable, rate in b.rates:
        rates[variable] = rates[variable] + rate if variable in rates else rate
    return Term(a.c * b.c, tuple(sorted(powers.items())), tuple(sorted(rates.items(), key=lambda item: item[0])))


_WAVES = {"cos": ((1j, 0.5), (-1j, 0.5)), "sin": ((1j, -0.5j), (-1j, 0.5j)), "exp": ((1.0, 1.0),),
          "cosh": ((1.0, 0.5), (-1.0, 0.5)), "sinh": ((1.0, 0.5), (-1.0, -0.5))}  # fmt: skip
_PLAIN = ("sqrt", "exp", "log", "tan", "tanh", "sinh", "cosh", "sin", "cos", "abs")


def _applied(fn: str, arg: Any) -> Sum:
    if isinstance(arg, list):
        raise Unfit
    if all(term.constant for term in arg):
        if fn not in _PLAIN:
            raise Unfit
        with np.errstate(all="ignore"):
            return (Term(getattr(np, fn)(np.real(_plain(arg))) + 0j),)
    if fn not in _WAVES or not is_affine(arg):
        raise Unfit
    fixed = _plain(tuple(term for term in arg if term.constant)) if any(term.constant for term in arg) else np.asarray(0j)
    moving = [(term.powers[0][0], term.c) for term in arg if not term.constant]
    return tuple(
        Term(c * np.exp(z * fixed), (), tuple(sorted(((v, z * rate) for v, rate in moving), key=lambda item: item[0])))
        for z, c in _WAVES[fn]
    )
