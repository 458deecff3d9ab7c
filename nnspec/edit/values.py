"""Python values as values of a spec: numbers, texts, lists, arrays; anything else is refused by its type."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nnspec.edit.yaml_text import Plain

DEEPEST = 30


def plain_value(value: Any, what: str = "this", depth: int = 0) -> Plain:
    """A value as it can be written into a spec.

    Raises:
        TypeError: when it is no number, text, list or mapping, with `what` it was meant for.
        ValueError: when it is not a number (NaN), or holds itself.
    """
    if depth > DEEPEST:
        message = f"{what} is nested more than {DEEPEST} levels deep"
        raise ValueError(message)
    if hasattr(value, "tolist") and hasattr(value, "dtype"):  # an array, or one number of an array
        value = value.tolist()
    match value:
        case None | bool() | int():
            return None if value is None else bool(value) if isinstance(value, bool) else int(value)
        case str():
            return _text(str(value), what)
        case float():
            return _float(float(value), what)
        case Mapping():
            return {_key(key, what): plain_value(each, f"{what}.{key}", depth + 1) for key, each in value.items()}
        case list() | tuple() | range():
            return [plain_value(each, f"{what}[{k}]", depth + 1) for k, each in enumerate(value)]
    message = f"{what} is a {type(value).__name__}; a spec holds numbers, texts, lists, arrays and mappings"
    raise TypeError(message)


def _float(value: float, what: str) -> Plain:
    if math.isnan(value):
        message = f"{what} is not a number (NaN), which a spec cannot say"
        raise ValueError(message)
    return ("inf" if value > 0 else "-inf") if math.isinf(value) else value


def _text(value: str, what: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        message = f"{what} has half of a character (a surrogate), which no file can hold"
        raise ValueError(message) from None
    return value


def _key(key: object, what: str) -> str:
    if not isinstance(key, str):
        message = f"a key of {what} is a {type(key).__name__}, and must be a text"
        raise TypeError(message)
    return _text(key, what)
