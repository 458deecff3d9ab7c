r"""Normal parameters that enter a neuron through linear combinations alone: few directions instead of many components.

u = w.x + b at P points is a Gaussian vector; with the root of its covariance it depends on as many standard normals as
the covariance has rank, however long w is. Each such combination becomes a variable of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import NotConstant, evaluate
from nnspec.ir.experiment import ParamDecl
from nnspec.ir.functions import FUNCTIONS
from nnspec.ir.walk import parts, rewrite, walk
from nnspec.lower.forms.laws import is_normal
from nnspec.lower.forms.terms import refreshed
from nnspec.lower.neurons.algebra import Place, Unfit, expand, is_affine
from nnspec.lower.neurons.transforms import argument, length_of
from nnspec.numerics.lazy import np
from nnspec.plugin.vocabulary import Vocabulary

RANK = 1e-11
KINKED = ("relu", "abs", "sign")
"""Functions of the language with a kink at zero; activations say theirs."""
_BINDERS = (ir.Bind, ir.Derivative, ir.Integral, ir.Reduce, ir.Lambda)
LONGEST = 4_000
"""Nodes of a neuron in which the functions of the spec are written out."""


@dataclass(frozen=True)
class Block:
    """Combinations of normal parameters, independent of all else: u_form(x) = offset + slopes z with z standard normal.

    `offset` is [form, point], `slopes` [form, point, rank]; `kinks` are rows (A, k) of planes A z = k; `rows` are the
    derivatives of the combinations by the parameters themselves, [form, point, parameter].
    """

    names: tuple[str, ...]
    offset: Any
    slopes: Any
    kinks: Any
    rows: Any

    @property
    def rank(self) -> int:
        """How many standard normals there are."""
        return int(self.slopes.shape[2])


@dataclass(frozen=True)
class Reduced:
    """A neuron in which the combinations are variables `%g0`, `%g1`, ...; the other parameters remain."""

    body: ir.Expr
    blocks: tuple[Block, ...]
    params: tuple[ParamDecl, ...]


def reduced(body: ir.Expr, params: tuple[ParamDecl, ...], at: Place, words: Vocabulary) -> Reduced:
    """The neuron with its normal parameters reduced, where they enter linearly."""
    body = _written_out(body)
    referred = {part.name for decl in params for part in walk(decl.density) if isinstance(part, ir.Param)}
    able = [decl for decl in params if _independent_normal(decl, at, words) and not set(decl.targets) & referred]
    while True:
        finder = _Finder({name for decl in able for name in decl.targets}, at)
        found = finder.visit(body)
        left = {part.name for part in walk(found) if isinstance(part, ir.Param)}
        stuck = [decl for decl in able if set(decl.targets) & left]
        if not stuck:
            break
        able = [decl for decl in able if decl not in stuck]
    blocks = tuple(_blocks(finder.forms, able, found, at, words))
    return Reduced(body=found, blocks=blocks, params=tuple(decl for decl in params if decl not in able))


def _written_out(body: ir.Expr) -> ir.Expr:
    """The neuron with functions of the spec written out at their arguments, so that what they do to these is seen."""

    def change(part: ir.Expr) -> ir.Expr:
        if not isinstance(part, ir.Bind) or any(isinstance(each, _BINDERS) for each in walk(part.body)):
            return part
        values = dict(zip(part.names, part.values, strict=True))
        return rewrite(part.body, lambda each: values.get(each.name, each) if isinstance(each, ir.Local) else each)

    found = rewrite(body, change)
    return refreshed(found) if sum(1 for _ in walk(found)) <= LONGEST else body


def _independent_normal(decl: ParamDecl, at: Place, words: Vocabulary) -> bool:
    law = decl.density.base if isinstance(decl.density, ir.Copies) else decl.density
    if not is_normal(law, words) or not isinstance(law, ir.Density):
        return False
    try:
        argument(law, at.values)
    except Unfit:
        return False
    return True


class _Finder:
    """Replaces combinations of the parameters `names` by variables, the largest first."""

    def __init__(self, names: set[str], at: Place) -> None:
        self.names, self.at = names, at
        self.forms: dict[ir.Expr, tuple[str, Any]] = {}

    def visit(self, node: ir.Expr) -> ir.Expr:
        if not any(isinstance(part, ir.Param) and part.name in self.names for part in walk(node)):
            return node
        if isinstance(node, ir.Derivative):
            return node
        if node.type.kind == "real":
            form = self.form(node)
            if form is not None:
                return form
        updates = {name: self._inside(value) for name, value in parts(node)}
        return replace(node, **updates)

    def _inside(self, value: Any) -> Any:
        if isinstance(value, ir.Expr):
            return self.visit(value)
        if isinstance(value, tuple):
            return tuple(self._inside(item) for item in value)
        return value

    def form(self, node: ir.Expr) -> ir.Expr | None:
        """The variable for a combination, if it is one."""
        if node not in self.forms:
            try:
                sum_ = expand(node, self.at)
            except Unfit:
                return None
            variables = {variable for term in sum_ for variable, _ in term.powers}
            if not is_affine(sum_) or not variables or any(name not in self.names for name, _ in variables):
                return None
            self.forms[node] = (f"%g{len(self.forms)}", sum_)
        return ir.Local(name=self.forms[node][0], span=node.span, deps=node.deps, free=node.free)


def _blocks(
    forms: Mapping[ir.Expr, tuple[str, Any]], decls: list[ParamDecl], body: ir.Expr, at: Place, words: Vocabulary
) -> list[Block]:
    """Combinations that share a parameter are one block."""
    kinks = _kinks(body, at.values, words)
    rest = [(name, found, {variable[0] for term in found for variable, _ in term.powers}) for name, found in forms.values()]
    owner = {name: decl for decl in decls for name in decl.targets}
    blocks: list[Block] = []
    while rest:
        members = [rest.pop(0)]
        mine = {owner[name].name for name in members[0][2]}
        while near := [each for each in rest if {owner[name].name for name in each[2]} & mine]:
            members += near
            rest = [each for each in rest if each not in near]
            mine |= {owner[name].name for each in near for name in each[2]}
        chosen = [decl for decl in decls if decl.name in mine]
        blocks.append(_block([(name, found) for name, found, _ in members], chosen, kinks, at, words))
    return blocks


def _block(
    forms: list[tuple[str, Any]], decls: list[ParamDecl], kinks: Mapping[str, set[float]], at: Place, words: Vocabulary
) -> Block:
    variables, mean, root = _gaussian(decls, at, words)
    place = {variable: k for k, variable in enumerate(variables)}
    offset = np.zeros((len(forms), at.count))
    rows = np.zeros((len(forms), at.count, len(variables)))
    for f, (_, found) in enumerate(forms):
        for term in found:
            c = np.broadcast_to(np.real(term.c), (at.count,))
            if term.powers:
                rows[f, :, place[term.powers[0][0]]] += c
            else:
                offset[f] += c
    offset = offset + rows @ mean
    flat = (rows @ root).reshape(-1, len(variables))
    _, sizes, directions = np.linalg.svd(flat, full_matrices=False)
    rank = int(np.sum(sizes > RANK * max(1e-300, float(np.max(sizes, initial=0.0)))))
    slopes = (flat @ directions[:rank].T).reshape(len(forms), at.count, rank)
    planes = [
        (*slopes[f, p], value - offset[f, p])
        for f, (name, _) in enumerate(forms) for value in sorted(kinks.get(name, ())) for p in range(at.count)
        if np.any(slopes[f, p])
    ]  # fmt: skip
    return Block(tuple(name for name, _ in forms), offset, slopes, _distinct(np.array(planes).reshape(-1, rank + 1)), rows)


def _distinct(planes: Any) -> Any:
    """Planes once each, whatever their length and sign."""
    if not len(planes):
        return planes
    scaled = planes / np.linalg.norm(planes[:, :-1], axis=1)[:, None]
    lead = np.argmax(np.abs(scaled[:, :-1]) > 1e-12, axis=1)
    scaled = scaled * np.sign(scaled[np.arange(len(scaled)), lead])[:, None]
    _, first = np.unique(np.round(scaled, 12), axis=0, return_index=True)
    return scaled[np.sort(first)]


def _gaussian(decls: list[ParamDecl], at: Place, words: Vocabulary) -> tuple[list[tuple[str, int]], Any, Any]:
    """The components of normal parameters, their means, and a root of their covariance."""
    variables: list[tuple[str, int]] = []
    means, roots = [], []
    for decl in decls:
        law = decl.density.base if isinstance(decl.density, ir.Copies) else decl.density
        assert isinstance(law, ir.Density)
        record = words.densities[law.name]
        assert record.gaussian is not None
        mean, cov = (np.asarray(part, np.float64) for part in record.gaussian(argument(law, at.values)))
        own = [(name, 0) for name in decl.targets]
        if len(decl.targets) == 1:
            own = [(decl.targets[0], k) for k in range(length_of(decl) or 1)]
        if mean.size != len(own):  # independent copies of a number
            mean, cov = np.full(len(own), float(mean)), float(cov) * np.eye(len(own))
        variables += own
        means.append(mean.reshape(-1))
        roots.append(np.linalg.cholesky(cov.reshape(len(own), len(own))))
    size = len(variables)
    root = np.zeros((size, size))
    start = 0
    for block in roots:
        root[start : start + len(block), start : start + len(block)] = block
        start += len(block)
    return variables, np.concatenate(means), root


def _kinks(body: ir.Expr, values: Mapping[str, Any], words: Vocabulary) -> dict[str, set[float]]:
    """Where functions of a combination have kinks, by its variable, and where it is compared with numbers."""
    found: dict[str, set[float]] = {}
    for part in walk(body):
        compared = _compared(part)
        for variable in {name for each in compared for name in _through(each)}:
            found.setdefault(variable, set()).update(_numbers(compared, values))
        if isinstance(part, ir.Apply) and part.args and isinstance(part.args[0], ir.Local):
            name = part.args[0].name
            if part.fn in KINKED:
                found.setdefault(name, set()).add(0.0)
            elif part.fn not in FUNCTIONS and part.fn in words.activations:
                found.setdefault(name, set()).update(words.activations[part.fn].kinks)
    return {name: places for name, places in found.items() if places}


def _compared(part: ir.Expr) -> tuple[ir.Expr, ...]:
    """What a function, or a condition, compares with each other."""
    if isinstance(part, ir.Compare):
        return part.operands
    return part.args if isinstance(part, ir.Apply) and part.fn in ("max", "min") else ()


def _through(node: ir.Expr) -> set[str]:
    """The variables whose value this may be."""
    if isinstance(node, ir.Local):
        return {node.name}
    return {name for each in _compared(node) for name in _through(each)} if isinstance(node, ir.Apply) else set()


def _numbers(compared: tuple[ir.Expr, ...], values: Mapping[str, Any]) -> Iterator[float]:
    """The values of what is a number."""
    for each in compared:
        with suppress(NotConstant, KeyError, TypeError):
            yield float(evaluate(each, values))
