"""Typeset mathematics as boxes, whatever they are printed in: LaTeX and MathML both read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Sym:
    """An identifier; single letters are italic, words upright. `latex` differs from `text` for Greek and the like."""

    text: str
    latex: str = ""


@dataclass(frozen=True)
class Num:
    """Digits."""

    text: str


@dataclass(frozen=True)
class Op:
    """An operator, with the space that its kind asks for."""

    text: str
    latex: str
    kind: Literal["binary", "relation", "prefix", "comma", "space"] = "binary"


@dataclass(frozen=True)
class Words:
    """Words in the text's own letters."""

    text: str


@dataclass(frozen=True)
class Row:
    """Boxes side by side."""

    items: tuple[Box, ...]


@dataclass(frozen=True)
class Frac:
    """One box above another."""

    top: Box
    bottom: Box


@dataclass(frozen=True)
class Root:
    """A square root."""

    body: Box


@dataclass(frozen=True)
class Script:
    """A box with something below or above right of it."""

    base: Box
    sub: Box | None = None
    sup: Box | None = None


@dataclass(frozen=True)
class Fence:
    """A box between brackets that grow with it."""

    left: str
    body: Box
    right: str


@dataclass(frozen=True)
class Big:
    """A sum, product, mean or integral sign with what it runs over."""

    sign: Literal["sum", "prod", "mean", "int"]
    under: Box


@dataclass(frozen=True)
class Cases:
    """Alternatives, each with its condition; the last one without."""

    rows: tuple[tuple[Box, Box | None], ...] = field(default=())


@dataclass(frozen=True)
class Matrix:
    """Rows of a matrix in round brackets."""

    rows: tuple[tuple[Box, ...], ...]


Box = Sym | Num | Op | Words | Row | Frac | Root | Script | Fence | Big | Cases | Matrix

PLUS = Op("+", "+")
MINUS = Op("−", "-")
NEGATIVE = Op("−", "-", "prefix")
DOT = Op("·", r"\cdot")
TIMES = Op("×", r"\times")
COMMA = Op(",", ",", "comma")
THIN = Op("\u2009", r"\,", "space")
QUAD = Op("\u2003", r"\quad", "space")
EQUALS = Op("=", "=", "relation")
DRAWN = Op("∼", r"\sim", "relation")
IN = Op("∈", r"\in", "relation")
TO = Op("→", r"\to", "relation")
MAPS = Op("↦", r"\mapsto", "relation")
RING = Op("∘", r"\circ")
MID = Op("∣", r"\mid", "relation")
PROPORTIONAL = Op("∝", r"\propto", "relation")
SEMICOLON = Op(";", ";", "comma")
TENSOR = Op("⊗", r"\otimes", "prefix")
PARTIAL = Sym("∂", r"\partial")
MEAN = Sym("𝔼", r"\mathbb{E}")

# How tightly a thing holds together. OPEN things (a sum, an integral) swallow what stands to their right.
CASES, OR, AND, NOT, COMPARE, ADD, OPEN, MUL, POSTFIX, ATOM = range(10)


def row(*items: Box) -> Row:
    """Boxes side by side; rows inside are opened."""
    flat: list[Box] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Row) else (item,))
    return Row(tuple(flat))


def listed(items: list[Box]) -> Row:
    """Boxes with commas between."""
    out: list[Box] = []
    for k, item in enumerate(items):
        out += [COMMA, item] if k else [item]
    return row(*out)


def joined(items: list[Box], sign: Box) -> Row:
    """Boxes with a sign between."""
    first, *others = items
    return row(first, *(box for other in others for box in (sign, other)))


def parens(body: Box) -> Fence:
    """A box in round brackets."""
    return Fence("(", body, ")")
