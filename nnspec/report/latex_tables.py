r"""Results as LaTeX tables (booktabs): 0.53265(12), 1.234(5) \times 10^{-7}."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.report.columns import Changes, Column, columns, spread
from nnspec.result.estimate import Estimate
from nnspec.result.format import latex
from nnspec.text.diagnostic import Diagnostic, Refused

ACROSS = 8
"""A last dimension of more places than this runs down the table, not across."""
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "_": r"\_", "$": r"\$", "%": r"\%", "&": r"\&", "#": r"\#",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip


def to_latex(estimates: Sequence[Estimate], changes: Changes = ()) -> str:
    r"""Tables for `\usepackage{booktabs}`: numbers together, results over one axis side by side, others one by one.

    The digits in brackets are one standard deviation in units of the last digit. What was computed without sampling has
    no brackets, and no digits beyond its numerical error. A point of a sweep that failed is a dash.

    Raises:
        Refused: NN752 for a number that is not finite.
    """
    swept = bool(changes)
    numbers = [each for each in estimates if not each.dims]
    tables = [_numbers(numbers)] if numbers else []
    groups: dict[Any, list[Estimate]] = {}
    for each in (each for each in estimates if each.dims):
        (last, *_) = reversed([column for column in columns(each, changes) if column.own])
        alone = len(each.dims) > 1 and len(last.places) <= ACROSS
        key = each.name if alone else tuple((c.name, c.k, c.places) for c in columns(each, changes))
        groups.setdefault(key, []).append(each)
    for key, group in groups.items():
        given = columns(group[0], changes)
        tables.append(_across(group[0], given, swept=swept) if isinstance(key, str) else _beside(group, given, swept=swept))
    return "% \\usepackage{booktabs}\n" + "\n".join(tables)


def escaped(text: str) -> str:
    """A name as LaTeX prints it."""
    return "".join(_SPECIAL.get(each, each) for each in text)


def number(value: float, error: float | None, bound: float, *, swept: bool, name: str) -> str:
    r"""`$0.53265(12)$`; without an error as many digits as the bound leaves, at most ten.

    Raises:
        Refused: NN752 when it is not finite.
    """
    if swept and math.isnan(value):
        return "--"
    if not math.isfinite(value) or (error is not None and not math.isfinite(error)):
        message = f"`{name}` has an entry that is not a finite number, which a table cannot show"
        raise Refused(Diagnostic("NN752", message, where="tex", helps=("export it with `--csv` or `--npz`",)))
    return f"${latex(value, error, digits=_digits(value, bound))}$"


def _digits(value: float, bound: float) -> int:
    if bound <= 0 or value == 0:
        return 10
    return min(10, max(1, math.floor(math.log10(abs(value))) - math.ceil(math.log10(bound)) + 1))


def _place(value: Any) -> str:
    return f"${latex(float(value), None, digits=6)}$" if isinstance(value, int | float) else escaped(str(value))


def _cells(estimate: Estimate, *, swept: bool) -> dict[tuple[int, ...], str]:
    value, errors = np.asarray(estimate.value, dtype=float), spread(estimate)
    return {
        place: number(float(value[place]), None if errors is None else float(errors[place]), estimate.numerical_error,
                      swept=swept, name=estimate.name)
        for place in itertools.product(*map(range, value.shape))
    }  # fmt: skip


def _numbers(group: Sequence[Estimate]) -> str:
    rows = [[escaped(each.name), _cells(each, swept=False)[()], escaped(each.method)] for each in group]
    return _table(["result", "value", "method"], rows, "lll", [_about(each) for each in group])


def _beside(group: Sequence[Estimate], given: Sequence[Column], *, swept: bool) -> str:
    """One row for each entry; results that lie at the same places side by side."""
    found = [_cells(each, swept=swept) for each in group]
    rows = [[*(_place(c.places[place[c.k]]) for c in given), *(each[place] for each in found)] for place in found[0]]
    head = [escaped(each) for each in (*(c.name for c in given), *(each.name for each in group))]
    return _table(head, rows, "".join("r" if c.numeric else "l" for c in given) + "l" * len(group), map(_about, group))


def _across(estimate: Estimate, given: Sequence[Column], *, swept: bool) -> str:
    """The places of the last dimension across, all others down."""
    cells, last = _cells(estimate, swept=swept), len(estimate.dims) - 1
    down, (across, *_) = [c for c in given if c.k != last], [c for c in given if c.k == last and c.own]
    heads = [c.name for c in down[:-1]] + [f"{down[-1].name} \\ {across.name}"]
    rows = [
        [*(_place(c.places[place[c.k]]) for c in down), *(cells[(*place, n)] for n in range(len(across.places)))]
        for place in itertools.product(*map(range, np.shape(estimate.value)[:-1]))
    ]
    head = [escaped(each) for each in heads] + [_place(each) for each in across.places]
    form = "".join("r" if c.numeric else "l" for c in down) + "l" * len(across.places)
    return _table(head, rows, form, [_about(estimate)])


def _about(estimate: Estimate) -> str:
    draws = f", {estimate.draws} draws" if estimate.draws else ""
    return f"{estimate.name}: {estimate.word} by {estimate.method}{draws}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], form: str, about: Any) -> str:
    lines = [*(f"% {text}" for text in about), rf"\begin{{tabular}}{{{form}}}", r"\toprule", _row(head), r"\midrule"]
    return "\n".join([*lines, *map(_row, rows), r"\bottomrule", r"\end{tabular}", ""])


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
