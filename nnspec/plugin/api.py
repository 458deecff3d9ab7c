"""The version of the plugin interface, and whether a plugin was made for it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

API_VERSION = 1
"""Grows when a record or a hook loses something; new optional fields leave it alone."""

_CLAUSE = re.compile(r"\s*(>=|<=|==|!=|>|<)\s*(\d+)\s*")
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


def mismatch(text: Any) -> str | None:
    """Why `NNSPEC_API = text` shuts a plugin out of this nnspec, None when it is in range or has no range.

    A range is a list of comparisons with whole numbers, all of which must hold: `>=1,<2`.
    """
    if text == "":
        return None
    if not isinstance(text, str):
        return f"NNSPEC_API is {text!r}, not a range such as '>=1,<2'"
    for part in text.split(","):
        clause = _CLAUSE.fullmatch(part)
        if clause is None:
            return f"NNSPEC_API is '{text}', not a range such as '>=1,<2'"
        if not _COMPARE[clause[1]](API_VERSION, int(clause[2])):
            return f"it was made for API '{text}', and this is API {API_VERSION}"
    return None
