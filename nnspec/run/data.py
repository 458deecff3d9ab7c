"""Data sets made, and requests with their data in place."""

from __future__ import annotations

from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import evaluate
from nnspec.ir.experiment import DataDecl, Experiment, Observable
from nnspec.numerics.lazy import np
from nnspec.plugin.records import Ask
from nnspec.plugin.vocabulary import Vocabulary


def make_data(experiment: Experiment, words: Vocabulary) -> dict[str, Any]:
    """Every data set of the spec, float64 arrays by name."""
    return {decl.name: _made(decl, words) for decl in experiment.data}


def _made(decl: DataDecl, words: Vocabulary) -> Any:
    if isinstance(decl.value, ir.Apply):
        args = {name: evaluate(value, {}) for name, value in decl.value.options}
        return np.asarray(words.datasets[decl.value.fn].make(args), dtype=np.float64)
    return _numbers(decl.value)


def _numbers(value: ir.Expr) -> Any:
    return np.asarray(evaluate(value, {}), dtype=np.float64)


def request(asked: Observable, experiment: Experiment, data: dict[str, Any]) -> Ask:
    """An observable's options with data sets as arrays."""
    options = {key: _option(value, data) for key, value in asked.options}
    return Ask(name=asked.name, dim=experiment.model.dim, options=options)


def _option(value: Any, data: dict[str, Any]) -> Any:
    if isinstance(value, ir.DataRef):
        return data[value.name]
    if isinstance(value, ir.Vector):
        return _numbers(value)
    return value
