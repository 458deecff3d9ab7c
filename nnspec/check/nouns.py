"""Words that complaints share: types with their article, and what this version does not have."""

from __future__ import annotations

from nnspec.ir.types import Type
from nnspec.text.diagnostic import Diagnostic
from nnspec.text.source import Span

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


def not_yet(what: str, span: Span, *helps: str) -> Diagnostic:
    """NN390: a part of the language whose meaning this version does not have; refused, never ignored."""
    return Diagnostic("NN390", f"{what} is not supported in this version", span, "not yet", helps=helps)
