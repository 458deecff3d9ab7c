"""The two forms of a model as text: a mapping of `inputs`, `indices`, `params`, `field` and `def`, or a block."""

from __future__ import annotations

import re
from dataclasses import replace

from nnspec.edit.sayings import Kind, Saying, Sayings, Unfit
from nnspec.edit.yaml_text import key, scalar

_SIMPLE = re.compile(r"[\w^.*+/() -]+")
_SECTIONS: tuple[tuple[str, Kind], ...] = (("inputs", "input"), ("indices", "index"), ("params", "param"))
_SIGNS: dict[Kind, tuple[str, str]] = {
    "input": ("input ", " in "), "index": ("index ", " in "), "let": ("let ", " = "),
    "param": ("", " ~ "), "field": ("", " = "), "deform": ("", " *= "),
}  # fmt: skip


def tree_form(model: Sayings) -> list[str]:
    """The lines of `model:` as a mapping.

    Raises:
        Unfit: when only a block can say it.
    """
    by_kind = {kind: [each for each in model.all if each.kind == kind] for kind in _SIGNS}
    if by_kind["let"]:
        msg = "only a block can say `let`"
        raise Unfit(msg)
    for found in by_kind.values():
        twice = next((each.left for k, each in enumerate(found) if each.left in {other.left for other in found[:k]}), None)
        if twice is not None:
            msg = f"`{twice}` stands twice in it"
            raise Unfit(msg)
    out = [f"model:{_behind(model.head)}"]
    short = [name for name, kind in _SECTIONS[:2] if by_kind[kind] and all(map(_is_simple, by_kind[kind]))]
    width = max(map(len, short), default=0) + 1
    for name, kind in _SECTIONS:
        found = by_kind[kind]
        if name in short:
            pairs = ", ".join(f"{each.left}: {each.right}" for each in found)
            out.append(f"  {name + ':':<{width}} {{{pairs}}}")
        elif found:
            out.append(f"  {name}:")
            out += [line for each in found for line in _pair(each, each.left, 4)]
    if len(by_kind["field"]) > 1:
        out += ["  def:", *(line for each in by_kind["field"] for line in _pair(each, each.left, 4))]
    for each in by_kind["field"] if len(by_kind["field"]) == 1 else ():
        out += [*_comments(each.above, 2), f"  field: {scalar(each.left)}"]
        out += _pair(replace(each, above=()), "def", 2)
    for each in by_kind["deform"]:
        out += _pair(each, "deform", 2)
    return [*out, *_comments(model.foot, 2)]


def block_form(model: Sayings) -> list[str]:
    """The lines of `model: |`."""
    out = [f"model: |{_behind(model.head)}"]
    for each in model.all:
        before, sign = _SIGNS[each.kind]
        first, *others = each.right.split("\n")
        above, beside = _split(each)
        lines = [f"  {before}{each.left}{sign}{first}", *(f"      {line}" for line in others)]
        lines[-1] += _behind(beside)
        out += [*_comments(above, 2), *lines]
    return [*out, *_comments(model.foot, 2)]


def _is_simple(saying: Saying) -> bool:
    """Whether a saying can stand between braces, together with others."""
    return not saying.above and not saying.beside and bool(
        _SIMPLE.fullmatch(saying.left) and _SIMPLE.fullmatch(saying.right)
    )  # fmt: skip


def _split(saying: Saying) -> tuple[tuple[str, ...], str]:
    """Comments above, and the one that stays beside: of several, all go above."""
    if len(saying.beside) == 1:
        return saying.above, saying.beside[0]
    return (*saying.above, *saying.beside), ""


def _pair(saying: Saying, name: str, indent: int) -> list[str]:
    """`name: formula`; one of several lines is folded, and has its comments above."""
    blank = " " * indent
    above, beside = _split(saying)
    if "\n" not in saying.right:
        return [*_comments(above, indent), f"{blank}{key(name)}: {scalar(saying.right)}{_behind(beside)}"]
    above = (*above, beside) if beside else above
    lines = [f"{blank}  {line}" for line in saying.right.split("\n")]
    return [*_comments(above, indent), f"{blank}{key(name)}: >-", *lines]


def _comments(comments: tuple[str, ...], indent: int) -> list[str]:
    return [f"{' ' * indent}{each}" for each in comments]


def _behind(comment: str) -> str:
    return f"  {comment}" if comment else ""
