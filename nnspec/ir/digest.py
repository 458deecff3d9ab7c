"""The name of a meaning: canonical JSON of the nodes, and its sha256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, is_dataclass
from typing import Any

from nnspec.ir.experiment import Experiment, Model
from nnspec.ir.walk import parts

FORMAT = 4


def canonical(node: Any, *, bound: bool = True) -> str:
    """Canonical JSON: declarations by name, floats as hex, indices numbered in the order in which the field uses them.

    Comments, key order, docs, spans, the names of indices and, with `bound`, of bound variables leave it unchanged;
    every other field changes it.
    """
    model = node.model if isinstance(node, Experiment) else node
    numbers = _numbers(model) if isinstance(model, Model) else {}
    names = _Names(numbers, {} if bound else None)
    return json.dumps({"nnspec_ir": FORMAT, "node": _plain(node, names)}, sort_keys=True, separators=(",", ":"))


def digest(node: Any) -> str:
    """sha256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(node).encode()).hexdigest()


_INDEX_FIELDS = {
    "IndexDecl": "name", "IndexVar": "name", "Param": "indices", "ParamDecl": "indices", "Reduce": "axes",
    "FieldDef": "components",
}  # fmt: skip
_BINDERS = {
    "Integral": ("var", "body"), "Bind": ("names", "body"), "Lambda": ("names", "body"),
    "Reweighted": ("var", "factor"), "Unnormalised": ("var", "body"),
}  # fmt: skip
"""Nodes that bind variables: the field with their names, and the one in which they hold."""
_UNORDERED = {"constants", "indices", "params", "fields", "data", "observables"}
"""Fields whose entries have names: their order in the spec means nothing."""


@dataclass(frozen=True)
class _Names:
    """Numbers in place of names: those of indices, and those of the variables bound so far (None: kept)."""

    indices: dict[str, str]
    variables: dict[str, str] | None
    count: int = 0
    """How many variables are bound around; a name that is bound again is another variable."""

    def binding(self, names: Iterable[str]) -> _Names:
        """The names inside a binder."""
        if self.variables is None:
            return self
        inner, count = dict(self.variables), self.count
        for name in names:
            inner[name] = f"${count}"
            count += 1
        return _Names(self.indices, inner, count)


def _numbers(model: Model) -> dict[str, str]:
    """Indices by the order in which the field uses them, then the parameters; the unused ones by their size."""
    params = sorted(model.params, key=lambda param: param.targets)
    fields = sorted(model.fields, key=lambda each: each.name)
    unused = sorted(model.indices, key=lambda index: index.size)
    names = dict.fromkeys(_index_names((fields, model.deform, params, unused)))
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


def _plain(value: Any, names: _Names) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, tuple | list):
        return [_plain(item, names) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(value[key], names) for key in sorted(value)}
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value).__name__
        return {"is": kind, **{name: _field(value, name, item, names) for name, item in parts(value)}}
    raise TypeError(kind_of(value))


def _field(node: Any, name: str, value: Any, names: _Names) -> Any:
    kind = type(node).__name__
    if _INDEX_FIELDS.get(kind) == name:
        found = [names.indices.get(each, each) for each in _several(value)]
        return found[0] if isinstance(value, str) else found
    if kind == "Local" and name == "name":
        return (names.variables or {}).get(value, value)
    if kind in _BINDERS:
        bound, body = _BINDERS[kind]
        if name == body:
            return _plain(value, names.binding(_several(getattr(node, bound))))
        if name == bound and names.variables is not None:
            return len(list(_several(value)))
    plain = _plain(value, names)
    if kind in ("Experiment", "Model", "Sweep") and name in _UNORDERED:
        plain.sort(key=_key)
    return plain


def _key(entry: dict[str, Any]) -> str:
    """What an entry is called: a name, the names of a joint declaration, or a path."""
    return json.dumps([entry.get(key) for key in ("name", "targets", "path")])


def kind_of(value: Any) -> str:
    """What a value is, for an internal error."""
    return f"{type(value).__name__} has no canonical form"
