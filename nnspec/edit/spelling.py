"""Two ways to spell a formula: with the signs of paper, σ_w² ≤ 2·π, or with the letters of every keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from nnspec.document.paths import steps
from nnspec.edit.places import Place
from nnspec.ir.functions import FUNCTIONS
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.expr_build import ALIASES, fold
from nnspec.syntax.expr_scan import Token, scan
from nnspec.syntax.tree import Leaf, Mapping
from nnspec.text.diagnostic import Edit

Spelling = Literal["unicode", "ascii"]
_ASCII = {"·": ".", "⋅": ".", "≤": "<=", "≥": ">=", "≠": "!=", "Σ": "sum_", "∑": "sum_", "Π": "prod_", "∏": "prod_"}
_SIGNS = {".": "·", "<=": "≤", ">=": "≥", "!=": "≠"}
_UP = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_DOWN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_TIGHTER = {"^", "**", "!", ".", "·", "⋅", "[", "("}
_LETTERS = {word: sign for sign, word in reversed(ALIASES.items()) if sign.isalpha() and len(word) > 1}
_GREEK = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(sorted(_LETTERS, key=len, reverse=True))})(?![^\W\d_])")


def kept_names(tree: Mapping, words: Vocabulary) -> frozenset[str]:
    """Names that keep their letters: words of plugins and functions, results, whose names are those of files, and paths."""
    asked = tree.get("observables")
    results = (entry.key.text for entry in asked.entries) if isinstance(asked, Mapping) else ()
    return frozenset((*results, *_in_paths(tree), *FUNCTIONS, *words.activations, *words.densities, *words.datasets))


def _in_paths(tree: Mapping) -> Iterator[str]:
    """Names in the paths of a sweep, which are no formulas."""
    sweep = tree.get("sweep")
    for part in (sweep.get("grid"), sweep.get("zip")) if isinstance(sweep, Mapping) else ():
        for entry in part.entries if isinstance(part, Mapping) else ():
            yield from (fold(step) for step, _, _ in steps(entry.key.text))


def respell(place: Place, spelling: Spelling, kept: frozenset[str]) -> list[Edit]:
    """The edits that spell a formula so."""
    found: list[Edit] = []
    for formula in scan(place.leaf, block=place.kind == "block"):
        if spelling == "ascii":
            found += [edit for token in formula.tokens for edit in _to_ascii(place.leaf, token)]
        else:
            found += _to_unicode(place.leaf, formula.tokens, kept)
    return found


def _edit(leaf: Leaf, start: int, end: int, text: str) -> Edit:
    return Edit(leaf.offsets[start], leaf.offsets[end], text)


def _to_ascii(leaf: Leaf, token: Token) -> Iterator[Edit]:
    if token.kind == "super":
        yield _edit(leaf, token.start, token.end, f"^{token.text.translate(_DOWN)}")
    elif token.kind == "big" or token.text in _ASCII:
        plain = _ASCII.get(token.text.rstrip("_") or token.text)
        if plain is not None:
            yield _edit(leaf, token.start, token.end, plain)
    elif token.kind in ("name", "sub"):
        for k, sign in enumerate(token.text, token.start):
            if sign in ALIASES:
                yield _edit(leaf, k, k + 1, ALIASES[sign])


def _to_unicode(leaf: Leaf, tokens: Sequence[Token], kept: frozenset[str]) -> Iterator[Edit]:
    results_dot = {k + 1 for k, token in enumerate(tokens) if token.kind == "name" and fold(token.text) in kept}
    for k, token in enumerate(tokens):
        if token.kind in ("name", "sub") and fold(token.text) not in kept:
            for match in _GREEK.finditer(token.text):
                yield _edit(leaf, token.start + match.start(), token.start + match.end(), _LETTERS[match[0]])
        elif token.text in _SIGNS and k not in results_dot:
            yield _edit(leaf, token.start, token.end, _SIGNS[token.text])
        elif token.text in ("^", "**"):
            last = k + 2 if k + 1 < len(tokens) and tokens[k + 1].text == "-" else k + 1
            if _is_exponent(tokens, last):
                power = "".join(each.text for each in tokens[k + 1 : last + 1])
                yield _edit(leaf, token.start, tokens[last].end, power.translate(_UP))


def _is_exponent(tokens: Sequence[Token], k: int) -> bool:
    """Whether the token is a whole number to which nothing binds more tightly."""
    if k >= len(tokens) or tokens[k].kind != "number" or not tokens[k].text.isdecimal():
        return False
    return k + 1 == len(tokens) or (tokens[k + 1].text not in _TIGHTER and tokens[k + 1].kind != "super")
