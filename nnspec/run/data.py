"""Data sets made, and requests with their data in place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnspec.check.files import COPIES, copy_name
from nnspec.ir import expr as ir
from nnspec.ir.evaluate import evaluate
from nnspec.ir.experiment import DataDecl, Experiment, Observable
from nnspec.ir.files import FileValue
from nnspec.ir.walk import walk
from nnspec.lower.datasets import made, made_args
from nnspec.numerics.lazy import np
from nnspec.plugin.records import Ask, Table
from nnspec.plugin.vocabulary import Vocabulary

MOST_COPIED = 2**26


def make_data(experiment: Experiment, words: Vocabulary) -> dict[str, Any]:
    """Every data set of the spec, float64 arrays by name."""
    found: dict[str, Any] = {}
    for decl in experiment.data:  # each may be made of those before it
        found[decl.name] = made(decl.value, found, words)
    return found


def files_of(experiment: Experiment) -> list[ir.File]:
    """The files that data come from."""
    return [node for decl in experiment.data for node in walk(decl.value) if isinstance(node, ir.File)]


def keep_files(experiment: Experiment, folder: Path) -> None:
    """Copies of data files in a run folder, in which the spec finds them again; large ones are linked to."""
    for file in files_of(experiment):
        place = folder / COPIES / copy_name(file.name)
        place.parent.mkdir(exist_ok=True)
        place.unlink(missing_ok=True)
        content = FileValue(file.sha256, Path(file.path)).read()
        if len(content) <= MOST_COPIED:
            place.write_bytes(content)
        else:
            place.symlink_to(file.path)


def labels(decl: DataDecl, data: dict[str, Any], constants: Mapping[str, Any], words: Vocabulary) -> Any:
    """What each point of a data set is labelled with, float64 [point]; None where it has no labels."""
    points = data[decl.name]
    if not decl.labelled:
        return None
    assert isinstance(decl.value, ir.Apply)
    record = words.datasets[decl.value.fn]
    args = made_args(decl.value, data, words)
    if decl.target is None:
        assert record.label is not None
        return np.asarray(record.label(args, points), dtype=np.float64)
    assert isinstance(decl.target, ir.Lambda)
    point, *names = decl.target.names
    further = {
        name: _coordinate(each, decl.value, data, words) for name, each in zip(names, decl.coordinates, strict=True)
    }

    def at(place: int) -> float:
        values = {point: points[place], **{name: array[place] for name, array in further.items()}}
        plain = {name: tuple(map(float, value)) if np.ndim(value) else float(value) for name, value in values.items()}
        if decl.target.dims[0] == 0 and np.ndim(points) > 1:  # type: ignore[union-attr]
            plain[point] = plain[point][0]  # type: ignore[index]
        return float(evaluate(decl.target.body, {**constants, **plain}))  # type: ignore[union-attr]

    return np.asarray([at(place) for place in range(len(points))], dtype=np.float64)


def _coordinate(name: str, value: ir.Apply, data: dict[str, Any], words: Vocabulary) -> Any:
    """A further coordinate of each point: of the generator, or of the data set that it was given."""
    record = words.datasets[value.fn]
    if name in record.coordinates and record.coordinate is not None:
        return np.asarray(record.coordinate(made_args(value, data, words), name))
    inner = next(option for _, option in value.options if isinstance(option, ir.Apply))
    return _coordinate(name, inner, data, words)


def request(asked: Observable, experiment: Experiment, data: dict[str, Any], words: Vocabulary) -> Ask:
    """An observable's options with data sets as arrays, tables with their labels, and what it is measured along."""
    options = {key: _option(value, data) for key, value in asked.options}
    kinds = {item.name: item.type for item in words.observables[asked.word].fields}
    for key, value in asked.options:
        if kinds.get(key) == "table" and isinstance(value, ir.DataRef):
            decl = next(each for each in experiment.data if each.name == value.name)
            options[key] = Table(data[decl.name], labels(decl, data, experiment.values, words))
    along = options.get("along")
    if isinstance(along, tuple):
        process = next(each for each in experiment.observables if each.name == along[0])
        options["along"] = request(process, experiment, data, words)
    return Ask(name=asked.name, dim=experiment.model.dim, options=options)


def _option(value: Any, data: dict[str, Any]) -> Any:
    if isinstance(value, tuple):  # the options of a choice, or of a mapping
        return tuple(_option(each, data) for each in value)
    if isinstance(value, ir.DataRef):
        return data[value.name]
    if isinstance(value, ir.Vector):
        return np.asarray(evaluate(value, {}), dtype=np.float64)
    return value
