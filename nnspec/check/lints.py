"""Warnings about a whole spec that has a meaning, and probably not the one that was meant."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from nnspec.document.paths import with_value
from nnspec.ir import expr as ir
from nnspec.ir.evaluate import NotConstant, evaluate
from nnspec.ir.experiment import Experiment
from nnspec.ir.walk import walk
from nnspec.syntax.tree import Entry, Leaf, Mapping
from nnspec.text.diagnostic import Diagnostic, Label

_NUMBER = re.compile(r"[\d_.eE+]+")
FEWEST = 10
"""Sums with fewer terms than this are not those of a width."""
Again = Callable[[Mapping], Experiment | None]


def lint(experiment: Experiment, tree: Mapping, again: Again) -> list[Diagnostic]:
    """NN492: a sum of independent terms in which nothing falls off with their number.

    Decided by numbers and not by how a formula is written: each constant that is a plain whole number is doubled, and
    `again` reads the spec anew. If indices become longer and nothing else changes, in the whole spec and not only in the
    formula, then the law of one term does not know how many there are, and the variance of the sum grows like their
    number. Whoever uses the size anywhere else thought of it, rightly or wrongly, and gets no warning; neither does who
    seems to have put the number in by hand, as in a variance of 0.01 for a hundred terms.
    """
    sizes = {index.name: index.size for index in experiment.model.indices}
    sums = [
        each for item in experiment.model.fields for each in _outer_sums(item.body)
        if _independent(each) and _terms(each, sizes) >= FEWEST
    ]  # fmt: skip
    if experiment.model.deform is not None or not sums:
        return []
    careless, cared = _careless(experiment, tree, again)
    return [
        _growing(each, experiment, sizes, careless)
        for each in sums
        if set(each.axes) & set(careless) and not set(each.axes) & cared and not _by_hand(_terms(each, sizes), experiment)
    ]


def _terms(found: ir.Reduce, sizes: dict[str, int]) -> int:
    return math.prod(sizes[axis] for axis in found.axes)


def _growing(found: ir.Reduce, experiment: Experiment, sizes: dict[str, int], constants: dict[str, str]) -> Diagnostic:
    inside = {part.name for part in walk(found) if isinstance(part, ir.Param)}
    params = [each for each in experiment.model.params if inside & set(each.targets) and set(found.axes) <= set(each.indices)]
    terms = _terms(found, sizes)
    secondary = tuple(Label(each.span, "each term has its own") for each in params[:1] if each.span is not None)
    grown = [axis for axis in found.axes if axis in constants]
    names = [constants[axis] for axis in grown]
    number = "*".join(names) if all(experiment.values[constants[axis]] == sizes[axis] for axis in grown) else ""
    root = f"`sqrt({number})`" if number else "the root of that number"
    part = f"`…/{number if len(names) == 1 else f'({number})'}`" if number else "one over that number"
    return Diagnostic(
        "NN492", f"the variance of the field grows with {f'`{number}`' if number else 'the number of terms'}", found.span,
        f"a sum of {terms} terms, which do not get smaller when there are more", secondary, level="warning",
        helps=(f"divide the sum by {root}, or give a parameter the variance {part}",),
    )  # fmt: skip


# ---------------------------------------------------------------- sums that make up the field
def _outer_sums(body: ir.Expr) -> Iterator[ir.Reduce]:
    """Sums that are terms or factors of the field itself: what stands inside of a function may be bounded by it."""
    match body:
        case ir.Reduce(op="sum"):
            yield body
        case ir.Neg(arg=arg) | ir.Bind(body=arg):
            yield from _outer_sums(arg)
        case ir.Bin(op="add" | "sub", left=left, right=right):
            yield from _outer_sums(left)
            yield from _outer_sums(right)
        case ir.Bin(op="mul", left=left, right=right) if not (_sums(left) and _sums(right)):
            yield from _outer_sums(left)
            yield from _outer_sums(right)
        case ir.Bin(op="div", left=left, right=right) if not _sums(right):
            yield from _outer_sums(left)


def _sums(node: ir.Expr) -> bool:
    return any(isinstance(part, ir.Reduce) for part in walk(node))


def _independent(found: ir.Reduce) -> bool:
    """Whether each term has random parameters of its own, and all terms the same law."""
    inside = list(walk(found.body))
    own = {index for part in inside if isinstance(part, ir.Param) for index in part.indices}
    uneven = any(isinstance(part, ir.Reduce) or (isinstance(part, ir.IndexVar) and part.name in found.axes) for part in inside)
    return set(found.axes) <= own and not uneven


def _by_hand(terms: int, experiment: Experiment) -> bool:
    """Whether a number of the model is near the number of terms, its root, or one over these."""
    for part in walk(experiment.model):
        if part.deps or part.free or part.type.kind != "real":
            continue
        try:
            value = abs(float(evaluate(part, experiment.values)))
        except (NotConstant, KeyError, TypeError, ArithmeticError, ValueError):
            continue
        if any(0.5 <= value * scale <= 2 for scale in (terms, terms**0.5, terms**-0.5, 1 / terms)):
            return True
    return False


# ---------------------------------------------------------------- what changes with a size
def _careless(experiment: Experiment, tree: Mapping, again: Again) -> tuple[dict[str, str], set[str]]:
    """Indices that become longer with a constant while nothing else changes, with the constant; and those with which more does."""
    alone: dict[str, str] = {}
    cared: set[str] = set()
    before = {index.name: index.size for index in experiment.model.indices}
    for name, value in _whole_numbers(experiment, tree):
        wider = again(with_constant(tree, name, 2 * value))
        if wider is None:
            continue
        longer = [index.name for index in wider.model.indices if index.size > before.get(index.name, index.size)]
        if _same_otherwise(experiment, wider):
            alone.update(dict.fromkeys(longer, name))
        else:
            cared.update(longer)
    return alone, cared


def _same_otherwise(experiment: Experiment, wider: Experiment) -> bool:
    """Whether two readings of a spec differ in sizes of indices alone, and not in a constant that is used."""
    model = replace(wider.model, indices=experiment.model.indices)
    resized = replace(wider, constants=experiment.constants, model=model, sweep=experiment.sweep)
    changed = {name for name, value in experiment.values.items() if wider.values.get(name) != value}
    used = {part.name for part in walk(experiment) if isinstance(part, ir.Const)}
    return resized == experiment and not changed & used


def _whole_numbers(experiment: Experiment, tree: Mapping) -> Iterator[tuple[str, int]]:
    """Constants that are given as plain whole numbers, under the names that they have in the tree."""
    for entry in _let(tree):
        value: Any = experiment.values.get(entry.key.text)
        plain = isinstance(entry.value, Leaf) and _NUMBER.fullmatch(entry.value.text) and entry.key.text.isidentifier()
        if plain and isinstance(value, int) and value > 1:
            yield entry.key.text, value


def _let(tree: Mapping) -> tuple[Entry, ...]:
    node = tree.get("let")
    return node.entries if isinstance(node, Mapping) else ()


def with_constant(tree: Mapping, name: str, value: int) -> Mapping:
    """A spec at one point, with another value of a constant of `let`; without its sweep and plots, which do not matter."""
    bare = Mapping(tuple(entry for entry in tree.entries if entry.key.text not in ("sweep", "plots")), tree.span)
    place = next(entry.value.span for entry in _let(tree) if entry.key.text == name)
    text = str(value)
    return with_value(bare, f"let.{name}", Leaf(text, place, "plain", (place.start,) * (len(text) + 1)), place)
