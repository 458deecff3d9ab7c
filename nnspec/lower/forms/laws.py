"""What forms ask of the law of a parameter: whether it is normal, whether it is uniform on a period."""

from __future__ import annotations

import math
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import DomainValue, NotConstant, evaluate
from nnspec.plugin.records import Density
from nnspec.plugin.vocabulary import Vocabulary

HARMONICS = 64


def record_of(law: ir.Expr, words: Vocabulary) -> Density | None:
    """The record of a density that is given by its word."""
    return words.densities[law.name] if isinstance(law, ir.Density) else None


def is_normal(law: ir.Expr, words: Vocabulary) -> bool:
    """Whether a density is a normal one, or independent copies of such."""
    if isinstance(law, ir.Copies):
        return is_normal(law.base, words)
    record = record_of(law, words)
    return record is not None and record.gaussian is not None


def plain_args(law: ir.Density, values: Any) -> dict[str, Any] | None:
    """Arguments as plain numbers; None where they depend on other parameters."""
    try:
        return {name: evaluate(arg, values) for name, arg in zip(law.names, law.args, strict=True)}
    except (NotConstant, KeyError):
        return None


def period_of(law: ir.Expr, words: Vocabulary, values: Any) -> float | None:
    """The length of the interval on which a number is uniform, where it is."""
    record = record_of(law, words)
    if record is None or record.uniform is None:
        return None
    assert isinstance(law, ir.Density)
    args = plain_args(law, values)
    over = record.uniform(args) if args is not None else None
    if not isinstance(over, DomainValue) or over.shape != "interval":
        return None
    return float(over.args[1] - over.args[0])


def is_whole(number: float) -> bool:
    """Whether a number is a positive integer, up to rounding."""
    return number > 0.5 and math.isclose(number, round(number), rel_tol=1e-12)
