"""What may stand under a key: one declaration that reading, documentation and editors share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

FieldType = Literal[
    "text",  # free text
    "name",  # an identifier
    "word",  # one of `choices`
    "flag",  # true or false
    "count",  # a formula that gives a positive whole number (draws, steps)
    "size",  # the same, and it decides shapes: constants in it are static
    "number",  # a formula that gives a real number
    "formula",  # a formula that is kept
    "density",  # a density
    "activation",  # the word of an activation, or {word: {options}}
    "points",  # a data set of points, or a list of them
    "point",  # one point
    "axis",  # a list of numbers
    "table",  # a data set whose points are labelled
    "formula of results",  # a formula over other observables
    "map",  # a vector formula of the input, as a text in quotes: where a symmetry takes a point
    "mapping",  # a mapping with the declared keys `fields`
    "choice",  # one key, which is one of `options`, with the keys that this one declares
    "function",  # a function of the spec
    "field",  # a field of the model, or one of its components
    "observable",  # another observable of the spec
    "results",  # names of observables, one or several
    "methods",  # a method's word, or a list of them
    "nested",  # a mapping or a list with a meaning of its own
]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One key: its type, whether it must be there, what it is without being given, and what it is for.

    `default` is in the form a user would write it (text), or None for "not given".
    """

    name: str
    type: FieldType
    doc: str
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    fields: tuple[Field, ...] = ()
    options: tuple[tuple[str, tuple[Field, ...]], ...] = ()
