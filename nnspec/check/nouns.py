"""Types in a user's words, with their article: `a number`, `a vector of R^2`."""

from __future__ import annotations

from nnspec.ir.types import Type

_NAMES = {
    "bool": "a comparison",
    "text": "a text",
    "field": "a field",
    "function": "a function",
    "matrix": "a matrix",
}


def noun(kind: Type) -> str:
    """What a value is, in words that fit behind `this is`."""
    match kind.kind:
        case "real":
            return "a number"
        case "vec":
            return f"a vector of {kind}"
        case "domain" | "dist":
            return f"a {kind}"
        case "result":
            return f"a {kind}" if kind.dims else "a number"
        case "data":
            return f"a data set ({' x '.join(map(str, kind.shape))})"
        case other:
            return _NAMES.get(other, f"a {other}")
