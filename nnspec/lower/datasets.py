"""Data sets made, and whether they are known before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import evaluate
from nnspec.ir.experiment import DataDecl, Experiment
from nnspec.ir.walk import walk
from nnspec.numerics.lazy import np
from nnspec.plugin.vocabulary import Vocabulary

FEW = 10_000
"""Numbers of a data set that may be made for a plan."""


def made(value: ir.Expr, data: Mapping[str, Any], words: Vocabulary) -> Any:
    """The numbers of a data set, of which others may be made already."""
    if isinstance(value, ir.DataRef):
        return data[value.name]
    if isinstance(value, ir.Apply):
        return np.asarray(words.datasets[value.fn].make(made_args(value, data, words)), dtype=np.float64)
    return np.asarray(evaluate(value, {}), dtype=np.float64)


def made_args(value: ir.Apply, data: Mapping[str, Any], words: Vocabulary) -> dict[str, Any]:
    """The arguments of a generator: numbers, texts, domains, data sets that are made."""
    nested = (ir.DataRef, ir.Apply, ir.Vector)
    return {
        name: made(option, data, words) if isinstance(option, nested) else evaluate(option, {})
        for name, option in value.options
    }


def foreseen(value: ir.Expr, experiment: Experiment, words: Vocabulary) -> Any:
    """The numbers of a data set where they are few and nothing is drawn for them, else None; for plans."""
    if value.type.shape and np.prod(value.type.shape) > FEW:
        return None
    decls = {decl.name: decl for decl in experiment.data}
    if _drawn(value, decls, words):
        return None
    data: dict[str, Any] = {}
    for decl in experiment.data:  # each may be made of those before it
        if not _drawn(decl.value, decls, words) and np.prod(decl.shape) <= FEW:
            data[decl.name] = made(decl.value, data, words)
    return made(value, data, words)


def _drawn(value: ir.Expr, decls: Mapping[str, DataDecl], words: Vocabulary) -> bool:
    """Whether random numbers are in it, or more numbers than a plan makes."""
    for part in walk(value):
        if isinstance(part, ir.Apply) and part.fn in words.datasets and words.datasets[part.fn].seed:
            return True
        if isinstance(part, ir.DataRef):
            decl = decls[part.name]
            if np.prod(decl.shape) > FEW or _drawn(decl.value, decls, words):
                return True
    return False
