r"""Means of \prod_j v_j^{p_j} e^{\sum_j t_j v_j} over the densities of parameters: the closed forms of single-neuron moments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import NotConstant, evaluate
from nnspec.ir.experiment import ParamDecl
from nnspec.ir.walk import rewrite
from nnspec.lower.neurons.algebra import Sum, Term, Unfit
from nnspec.numerics import packed
from nnspec.numerics.lazy import np
from nnspec.plugin.vocabulary import Vocabulary

MOST_PRODUCTS = 4096
Known = Mapping[str, Any]


def argument(law: ir.Density, values: Known) -> dict[str, Any]:
    """Arguments of a density as numbers.

    Raises:
        Unfit: where one depends on a parameter that has no value.
    """
    try:
        return {name: evaluate(_valued(arg, values), values) for name, arg in zip(law.names, law.args, strict=True)}
    except (NotConstant, KeyError):
        raise Unfit from None


def _valued(node: ir.Expr, values: Known) -> ir.Expr:
    """Parameters that have values as constants."""
    def change(part: ir.Expr) -> ir.Expr:
        return ir.Const(name=part.name, type=part.type) if isinstance(part, ir.Param) and part.name in values else part

    return rewrite(node, change)


def packed_moments(neuron: Sum, k: int, points: int, params: tuple[ParamDecl, ...], words: Vocabulary, values: Known) -> Any:
    """E h(x_1) ... h(x_k) of one neuron for all tuples of points, [tuple].

    Raises:
        Unfit: a mean that is not known in closed form, or too many terms.
    """
    if len(neuron) ** k > MOST_PRODUCTS:
        raise Unfit
    rows = packed.tuples(points, k)
    total = np.zeros(len(rows), np.complex128)
    for chosen in product(neuron, repeat=k):
        term = _joined(chosen, rows)
        if np.any(term.c):
            total += term.c * _mean(term, params, words, values)
    return np.real(total)


def _at(array: Any, column: Any) -> Any:
    array = np.asarray(array)
    return array[column] if array.ndim else array


def _joined(chosen: tuple[Term, ...], rows: Any) -> Term:
    """The product of one term at each point of the tuples."""
    c: Any = np.ones(len(rows), np.complex128)
    powers: dict[Any, int] = {}
    rates: dict[Any, Any] = {}
    for term, column in zip(chosen, rows.T, strict=True):
        c = c * _at(term.c, column)
        for variable, power in term.powers:
            powers[variable] = powers.get(variable, 0) + power
        for variable, rate in term.rates:
            rates[variable] = rates.get(variable, 0.0) + _at(rate, column)
    return Term(c, tuple(powers.items()), tuple(rates.items()))


def _mean(term: Term, params: tuple[ParamDecl, ...], words: Vocabulary, values: Known) -> Any:
    total: Any = 1.0
    powers, rates = dict(term.powers), dict(term.rates)
    for decl in params:
        variables = _variables(decl)
        if any(each in powers or each in rates for each in variables):
            p = [powers.get(each, 0) for each in variables]
            t = [rates.get(each) for each in variables]
            total = total * law_mean(decl.density, p, t, words, values)
    return total


def _variables(decl: ParamDecl) -> list[tuple[str, int]]:
    if len(decl.targets) > 1:
        return [(name, 0) for name in decl.targets]
    length = length_of(decl)
    return [(decl.targets[0], k) for k in range(length or 1)]


def length_of(decl: ParamDecl) -> int | None:
    """How many components one entry has; None for a number."""
    if decl.copies:
        return decl.copies[0]
    shape = decl.density.type.shape
    return shape[0] if shape and len(decl.targets) == 1 else None


def law_mean(law: ir.Expr, p: list[int], t: list[Any], words: Vocabulary, values: Known) -> Any:
    r"""E \prod_j v_j^{p_j} e^{\sum_j t_j v_j} of one event; `t` has None for 0."""
    match law:
        case ir.Copies(base=base):
            return _each(base, p, t, words, values)
        case ir.Mixture(weights=weights, parts=parts):
            shares = [float(np.real(evaluate(_valued(each, values), values))) for each in weights]
            means = [law_mean(part, p, t, words, values) for part in parts]
            return sum(share * mean for share, mean in zip(shares, means, strict=True)) / sum(shares)
        case ir.Density(name=name):
            record = words.densities[name]
            args = argument(law, values)
            if len(p) > 1 and law.type.shape == ():  # copies of a number declared by their domain
                return _each(law, p, t, words, values)
            if all(rate is None for rate in t) and len(p) == 1:
                return _moment(record, args, p[0])
            if record.gaussian is not None:
                return _normal(*record.gaussian(args), p, t)
            if not any(p) and record.laplace is not None:
                found = record.laplace(args, t[0] if len(t) == 1 and law.type.shape == () else _stacked(t))
                if np.all(np.isfinite(found)):
                    return found
    raise Unfit


def _each(law: ir.Expr, p: list[int], t: list[Any], words: Vocabulary, values: Known) -> Any:
    """Independent components, each with this law."""
    parts = [law_mean(law, [a], [b], words, values) for a, b in zip(p, t, strict=True) if a or b is not None]
    return math.prod(parts, start=1.0)


def _stacked(t: list[Any]) -> Any:
    size = next(np.shape(rate) for rate in t if rate is not None)
    return np.stack([np.broadcast_to(0j if rate is None else rate, size) for rate in t], axis=-1)


def _moment(record: Any, args: Any, k: int) -> float:
    try:
        found = float(np.asarray(record.moment(args, k)))
    except ZeroDivisionError:  # at the border of existence
        found = math.inf
    if not math.isfinite(found):
        message = f"the mean of the power {k} of a {record.name} variable does not exist"
        raise ArithmeticError(message)
    return found


def _normal(mean: Any, cov: Any, p: list[int], t: list[Any]) -> Any:
    r"""e^{t \cdot \mu + t C t / 2} E \prod (v_j + (C t)_j)^{p_j} by Isserlis' recursion."""
    n = len(p)
    mean = np.asarray(mean, np.float64).reshape(-1)
    cov = np.asarray(cov, np.float64).reshape(n, n)
    rates = [np.asarray(0j) if rate is None else np.asarray(rate) for rate in t]
    exponent: Any = 0j
    for i in range(n):
        exponent = exponent + rates[i] * mean[i] + sum(0.5 * cov[i, j] * rates[i] * rates[j] for j in range(n))
    shifted = [mean[i] + sum(cov[i, j] * rates[j] for j in range(n)) for i in range(n)]
    return np.exp(exponent) * _powers(tuple(p), shifted, cov)


def _powers(p: tuple[int, ...], mean: list[Any], cov: Any) -> Any:
    if not any(p):
        return 1.0
    i = next(k for k, power in enumerate(p) if power)
    less = (*p[:i], p[i] - 1, *p[i + 1 :])
    total = mean[i] * _powers(less, mean, cov)
    for j, power in enumerate(less):
        if power and cov[i, j]:
            total = total + cov[i, j] * power * _powers((*less[:j], power - 1, *less[j + 1 :]), mean, cov)
    return total
