"""Signs that other languages write and this one does not, with what to write instead."""

from __future__ import annotations

import re
import unicodedata

from nnspec.syntax.expr_scan import Formula
from nnspec.text.diagnostic import Diagnostic, Edit, Fix

_LOOKALIKES = {
    "−": "-", "–": "-", "—": "-", "×": "*", "∙": "*", "•": "*", "∗": "*", "÷": "/", "∕": "/", "′": "'", "’": "'",
    "“": '"', "”": '"', "„": '"', "（": "(", "）": ")", "，": ",", "＋": "+", "＊": "*", "＝": "==", "≡": "==",
    "≈": "==", "⟨": "E[", "⟩": "]", "∈": " in ", "∧": " and ", "∨": " or ", "¬": "not ", "…": "..",
}  # fmt: skip
_HINTS = {
    "&": "write `and`",
    "|": "write the absolute value as `abs(…)`, and a choice of two conditions with `or`",
    "?": "a choice is written `a if c else b`",
    ":": "a choice is written `a if c else b`",
    "%": "write the remainder as `mod(a, b)`",
    "@": "write the product of vectors as `u.v`",
    "{": "curly brackets only name indices, as in `sum_{i, j} …`; group with `(…)`",
    "}": "curly brackets only name indices, as in `sum_{i, j} …`; group with `(…)`",
    "$": "formulas are not TeX: write them as on paper, without `$`",
    "'": "a text stands in double quotes",
    '"': 'a text starts and ends with `"` on one line',
    ";": "one field holds one formula",
    "`": "write formulas without backquotes",
    "\\": "Greek letters are written by name, without the backslash: `phi`",
    "∂": "derivatives are not part of the language",
    "∇": "derivatives are not part of the language",
}


def bad_character(formula: Formula) -> Diagnostic | None:
    """Complain about the first character that has no meaning in a formula, with what to write instead."""
    for number, token in enumerate(formula.tokens):
        if token.kind == "bad" or (token.text == "{" and token.kind != "sub"):
            return _strange(formula, number)
    return None


def _strange(formula: Formula, number: int) -> Diagnostic:
    token = formula.tokens[number]
    sign, rest = token.text, formula.text[token.start :]
    span, shown = formula.span(token), f"`{sign}`"
    hint = _HINTS.get(sign, "")
    fixes: tuple[Fix, ...] = ()
    ternary = ternary_help(formula.text[formula.start : formula.end])
    bars = re.match(r"\|([^|]+)\|", rest)
    command = re.match(r"\\([A-Za-z]+)", rest)
    double = re.match(r"&&|\|\|", rest)
    if sign in "?:" and ternary:
        hint = ternary
    elif double:
        span, shown = formula.leaf.span_of(token.start, token.start + 2), f"`{double[0]}`"
        hint = f"write `{'and' if sign == '&' else 'or'}`"
    elif sign == "|" and bars:
        hint = f"write the absolute value as `abs({bars[1].strip()})`"
    elif command:
        span, shown = formula.leaf.span_of(token.start, token.start + len(command[0])), f"`{command[0]}`"
        hint = f"write it without the backslash: `{command[1]}`"
    elif sign in _LOOKALIKES:
        hint = f"write `{_LOOKALIKES[sign].strip()}`"
        fixes = (Fix("machine", (Edit(span.start, span.end, _LOOKALIKES[sign]),)),)
    elif not hint and (unicodedata.combining(sign) or not sign.isprintable() or not sign.isascii()):
        shown = f"U+{ord(sign):04X}"
        hint = f"this is {unicodedata.name(sign, 'a character without a name').lower()}; names are letters and digits"
    message = f"{shown} is not part of the formula language"
    return Diagnostic("NN105", message, span, "not understood", helps=(hint,) if hint else (), fixes=fixes)


def ternary_help(text: str) -> str:
    """The advice for C's `c ? a : b`, in the user's own words; empty if the text is not of this form."""
    match = re.fullmatch(r"([^?:]+?)\s*\?\s*([^?:]+?)\s*:\s*([^?:]+?)\s*", text)
    return f"write the choice as `{match[2]} if {match[1].strip()} else {match[3]}`" if match else ""
