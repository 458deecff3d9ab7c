"""The name of a meaning: canonical JSON of the nodes, and its sha256."""

from __future__ import annotations

import hashlib
import json
from dataclasses import is_dataclass
from typing import Any

from nnspec.ir.walk import parts

FORMAT = 1


def canonical(node: Any) -> str:
    """Canonical JSON: sorted keys, floats as hex, indices numbered in the order in which they appear.

    Comments, key order, docs, spans and the names of indices leave it unchanged; every other field changes it.
    """
    return json.dumps({"nnspec_ir": FORMAT, "node": _plain(node, {})}, sort_keys=True, separators=(",", ":"))


def digest(node: Any) -> str:
    """sha256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(node).encode()).hexdigest()


def _plain(value: Any, indices: dict[str, str]) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, tuple | list):
        return [_plain(item, indices) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(value[key], indices) for key in sorted(value)}
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value).__name__
        out = {name: _plain(item, indices) for name, item in parts(value)}
        _number_indices(kind, out, indices)
        return {"is": kind, **out}
    raise TypeError(kind_of(value))


def kind_of(value: Any) -> str:
    """What a value is, for an internal error."""
    return f"{type(value).__name__} has no canonical form"


_INDEX_FIELDS = {"IndexDecl": "name", "IndexVar": "name", "Param": "indices", "ParamDecl": "indices", "Reduce": "axes"}


def _number_indices(kind: str, out: dict[str, Any], indices: dict[str, str]) -> None:
    """Replace the names of indices by their number of first appearance."""
    key = _INDEX_FIELDS.get(kind)
    if key is None:
        return
    names = out[key]
    if isinstance(names, str):
        out[key] = indices.setdefault(names, f"#{len(indices)}")
    else:
        out[key] = [indices.setdefault(name, f"#{len(indices)}") for name in names]
