"""What of a formula is random."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.ir import expr as ir
from nnspec.ir.walk import children


def random_part(value: ir.Expr) -> ir.Expr | None:
    """The first part of a formula that is drawn anew for each network, and over which no mean is taken."""
    return next(_random_parts(value), None)


def _random_parts(value: ir.Expr) -> Iterator[ir.Expr]:
    if isinstance(value, ir.Param | ir.FieldAt):
        yield value
    elif not isinstance(value, ir.Mean | ir.Cumulant):
        for part in children(value):
            yield from _random_parts(part)
