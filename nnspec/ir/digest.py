"""The name of a meaning: canonical JSON of the nodes, and its sha256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from typing import Any

from nnspec.ir.experiment import Experiment, Model
from nnspec.ir.walk import parts

FORMAT = 2


def canonical(node: Any) -> str:
    """Canonical JSON: declarations by name, floats as hex, indices numbered in the order in which the field uses them.

    Comments, key order, docs, spans and the names of indices leave it unchanged; every other field changes it.
    """
    model = node.model if isinstance(node, Experiment) else node
    numbers = _numbers(model) if isinstance(model, Model) else {}
    return json.dumps({"nnspec_ir": FORMAT, "node": _plain(node, numbers)}, sort_keys=True, separators=(",", ":"))


def digest(node: Any) -> str:
    """sha256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(node).encode()).hexdigest()


_INDEX_FIELDS = {"IndexDecl": "name", "IndexVar": "name", "Param": "indices", "ParamDecl": "indices", "Reduce": "axes"}
_UNORDERED = {"constants", "indices", "params", "data", "observables"}
"""Fields whose entries have names: their order in the spec means nothing."""


def _numbers(model: Model) -> dict[str, str]:
    """Indices by the order in which the field uses them, then the parameters; the unused ones by their size."""
    params = sorted(model.params, key=lambda param: param.name)
    unused = sorted(model.indices, key=lambda index: index.size)
    names = dict.fromkeys(_index_names((model.field, params, unused)))
    return {name: f"#{number}" for number, name in enumerate(names)}


def _index_names(node: Any) -> Iterator[str]:
    if isinstance(node, tuple | list):
        for item in node:
            yield from _index_names(item)
    elif is_dataclass(node) and not isinstance(node, type):
        key = _INDEX_FIELDS.get(type(node).__name__)
        for name, value in parts(node):
            yield from (_several(value) if name == key else _index_names(value))


def _several(names: str | Iterable[str]) -> Iterable[str]:
    return (names,) if isinstance(names, str) else names


def _plain(value: Any, numbers: dict[str, str]) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, tuple | list):
        return [_plain(item, numbers) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(value[key], numbers) for key in sorted(value)}
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value).__name__
        return {"is": kind, **{name: _field(kind, name, item, numbers) for name, item in parts(value)}}
    raise TypeError(kind_of(value))


def _field(kind: str, name: str, value: Any, numbers: dict[str, str]) -> Any:
    if _INDEX_FIELDS.get(kind) == name:
        found = [numbers.get(each, each) for each in _several(value)]
        return found[0] if isinstance(value, str) else found
    plain = _plain(value, numbers)
    if kind in ("Experiment", "Model") and name in _UNORDERED:
        plain.sort(key=lambda entry: entry["name"])
    return plain


def kind_of(value: Any) -> str:
    """What a value is, for an internal error."""
    return f"{type(value).__name__} has no canonical form"
