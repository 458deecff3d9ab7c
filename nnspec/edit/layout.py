"""A whole spec as text from its values: sections in the usual order of lines, formulas of a section one below the other."""

from __future__ import annotations

from nnspec.edit.yaml_text import Plain, entry

_OPENED = {"data": 1, "functions": 1, "observables": 1, "checks": 1, "plots": 1}
"""Sections with a line for each entry; the others stand on one line where they fit."""
_MODEL = {"params": 1, "layers": 1, "def": 1}
_HEAD = ("nnspec", "name", "doc", "extends", "plugins")


def layout(values: dict[str, Plain]) -> str:
    """The text of a spec; a section that has several lines has a blank line before it."""
    out: list[str] = []
    for name, value in values.items():
        lines = _model(value) if name == "model" and isinstance(value, dict) else entry(name, value, 0, _OPENED.get(name, 0))
        if out and name not in _HEAD:
            out.append("")
        out += lines
    return "\n".join(out) + "\n"


def _model(model: dict[str, Plain]) -> list[str]:
    if not model:
        return ["model: {}"]
    return ["model:", *(line for name, value in model.items() for line in entry(name, value, 2, _MODEL.get(name, 0)))]
