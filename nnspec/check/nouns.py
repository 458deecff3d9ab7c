"""Words that complaints share: types with their article, names of files, the clauses of a refusal."""

from __future__ import annotations

from nnspec.ir.types import Type
from nnspec.syntax.tree import Leaf
from nnspec.text.diagnostic import Diagnostic

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
            return f"a {kind}" if kind.dims else "a single result"
        case "data":
            return f"a data set ({' x '.join(map(str, kind.shape))})"
        case other:
            return _NAMES.get(other, f"a {other}")


def file_name(leaf: Leaf, why: str) -> Diagnostic | None:
    """NN021: a name that is also the name of a file or folder must be one on every system."""
    legal = leaf.text.replace("-", "").replace("_", "").replace(".", "")
    if legal.isalnum() and not leaf.text.startswith((".", "-")) and len(leaf.text) <= 100:
        return None
    strange = next((c for c in leaf.text if not (c.isalnum() or c in "-_.")), "")
    if not leaf.text:
        label = "nothing stands here"
    elif leaf.text.startswith((".", "-")):
        label = f"`{leaf.text[0]}` cannot stand first"
    elif len(leaf.text) > 100:
        label = f"{len(leaf.text)} characters"
    else:
        label = "a space cannot stand in it" if strange == " " else f"`{strange}` cannot stand in it"
    helps = ("letters, digits, `-`, `_` and `.`, at most 100 of them",)
    return Diagnostic("NN021", why, leaf.span, label, helps=helps)


def clauses(reason: str) -> tuple[str, str]:
    """What a record says against its arguments: the rule, and behind a colon or `, and` what was given instead."""
    for sign in (": ", ", and "):
        rule, found, given = reason.partition(sign)
        if found:
            return rule, given
    return reason, ""
