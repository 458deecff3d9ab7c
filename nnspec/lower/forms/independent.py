r"""The form phi(x) = \sum_g \sum_{i = 1}^{N_g} h_g(x; v_i, c) + m(x; c): sums over neurons that are independent given c.

Within a neuron parameters may be correlated. Parameters c that several terms share are common: given them everything is
independent, so that conditional cumulants add up. Terms without an index are groups of one neuron.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import evaluate
from nnspec.ir.experiment import Experiment, InputDecl, ParamDecl
from nnspec.ir.walk import walk
from nnspec.lower.expressions import Env
from nnspec.lower.forms.base import TOO_DEEP, Hindrance, Obstacle
from nnspec.lower.forms.formula import Formula, formula_of
from nnspec.lower.forms.terms import Term, binary, terms
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.text.source import Span


@dataclass(frozen=True, kw_only=True)
class Neuron:
    """`count` independent copies of `body`, each with its own draw of `params` (in their order), summed over `axes`."""

    body: ir.Expr
    axes: tuple[str, ...]
    count: int
    params: tuple[ParamDecl, ...]


@dataclass(frozen=True, kw_only=True)
class IndependentNeurons:
    """Groups of independent neurons, what is added without randomness of its own, and the common parameters."""

    groups: tuple[Neuron, ...]
    shift: tuple[ir.Expr, ...]
    common: tuple[ParamDecl, ...]
    sizes: Mapping[str, int]
    inputs: tuple[InputDecl, ...]
    words: Vocabulary
    experiment: Experiment = field(repr=False)
    env: Env | None = None

    def bind(self, env: Env) -> IndependentNeurons:
        """The form with its constants."""
        return replace(self, env=replace(env, sizes={**env.sizes, **self.sizes}))

    @property
    def summary(self) -> str:
        """The neurons, and what they share."""
        told = [
            f"{group.count:,} neurons of ({'; '.join(decl.name for decl in group.params)})" if group.axes
            else f"an independent ({'; '.join(decl.name for decl in group.params)})" for group in self.groups
        ]  # fmt: skip
        told += [f"given `{decl.name}`" for decl in self.common]
        return ", ".join(told) or "nothing random"

    @property
    def values(self) -> Mapping[str, float | int]:
        """Constants as plain numbers."""
        return self.experiment.values


def independent_neurons(experiment: Experiment, words: Vocabulary) -> IndependentNeurons | Obstacle:
    """The neurons of a model, or what keeps them from being independent."""
    if experiment.model.deform is not None:
        return Obstacle("`deform` makes the neurons depend on each other", experiment.model.deform.span)
    without_rule = _without_rule(experiment)
    if without_rule is not None:
        return without_rule
    try:
        return neurons_of(formula_of(experiment, words), experiment, words)
    except Hindrance as hindrance:
        return hindrance.obstacle
    except RecursionError:
        return TOO_DEEP


def _without_rule(experiment: Experiment) -> Obstacle | None:
    """A density by formula over which no rule of quadrature integrates."""
    for law in walk(experiment.model.params):
        if isinstance(law, ir.Unnormalised | ir.Reweighted) and (law.deps or law.free):
            return Obstacle("the normalisation of a density depends on other parameters", law.span)
        if isinstance(law, ir.Unnormalised) and law.type.shape and evaluate(law.over, experiment.values).volume == math.inf:
            return Obstacle("no rule integrates over a density of vectors that is given on an unbounded domain", law.span)
    return None


def neurons_of(formula: Formula, experiment: Experiment, words: Vocabulary) -> IndependentNeurons:
    """The neurons of a formula.

    Raises:
        Hindrance: where they are not independent, or not alike.
    """
    found = [_narrowed(term, formula) for term in terms(formula.body, formula.sizes)]
    shared = _shared(found, formula)
    own = [tuple(name for name in used(term.body, formula) if name not in shared) for term in found]
    groups: list[Neuron] = []
    shift = [term.body for term, names in zip(found, own, strict=True) if not names and not term.axes]
    rest = [(term, set(names)) for term, names in zip(found, own, strict=True) if names or term.axes]
    while rest:
        members = [rest.pop(0)]
        names = set(members[0][1])
        while near := [each for each in rest if each[1] & names]:
            members += near
            rest = [each for each in rest if each not in near]
            names |= set().union(*(each[1] for each in near))
        groups.append(_group([term for term, _ in members], names, formula))
    common = tuple(decl for decl in formula.params if set(decl.targets) & shared)
    for decl in common:
        if decl.indices:
            reason = f"`{decl.name}` is not a neuron's own: all terms of a sum share it"
            raise Hindrance(reason, _place(found, decl) or decl.span)
    return IndependentNeurons(
        groups=tuple(groups), shift=tuple(shift), common=common, sizes=formula.sizes, inputs=formula.inputs, words=words,
        experiment=experiment,
    )  # fmt: skip


def used(node: ir.Expr, formula: Formula) -> tuple[str, ...]:
    """Parameters that an expression depends on, those of their densities included, in the order of the declarations."""
    names: set[str] = set()
    more = {part.name for part in walk(node) if isinstance(part, ir.Param)}
    while more:
        names |= more
        more = set().union(*(formula.needs[name] for name in more)) - names
    return tuple(sorted(names, key=formula.order.__getitem__))


def _narrowed(term: Term, formula: Formula) -> Term:
    """The sum over those indices alone that number whole neurons; the others stay inside the neuron."""
    if not term.axes:
        return term
    decls = formula.sorted(used(term.body, formula))
    mine = [set(decl.indices) & set(term.axes) for decl in decls]
    mine = [each for each in mine if each]
    if not mine:
        msg = "a sum over an index that no parameter has"
        raise Hindrance(msg, term.body.span)
    whole = set.intersection(*mine)
    if not whole:
        names = [decl.name for decl in decls if set(decl.indices) & set(term.axes)]
        reason = f"`{names[0]}` and `{names[1]}` are combined in all pairs, so the terms share them"
        raise Hindrance(reason, term.body.span)
    inner = tuple(axis for axis in term.axes if axis not in whole)
    axes = tuple(axis for axis in term.axes if axis in whole)
    body = term.body
    if inner:
        body = ir.Reduce(op="sum", axes=inner, body=body, free=body.free - set(inner), deps=body.deps, span=body.span)
    _alike(body, axes, decls)
    return Term(axes, body)


def _alike(body: ir.Expr, axes: tuple[str, ...], decls: Iterable[ParamDecl]) -> None:
    """Every neuron has the same function and the same densities: none depends on its number."""
    for node in (body, *(decl.density for decl in decls)):
        for part in walk(node):
            if isinstance(part, ir.IndexVar) and part.name in axes:
                reason = f"the neurons are not alike: the number `{part.name}` enters"
                raise Hindrance(reason, part.span)


def _shared(found: list[Term], formula: Formula) -> set[str]:
    """Parameters that are not a neuron's own: without the index of the sum in which they stand."""
    shared: set[str] = set()
    for term in found:
        for name in used(term.body, formula) if term.axes else ():
            if not set(term.axes) <= set(formula.decl(name).indices):
                shared.add(name)
    for decl in formula.params:  # densities that depend on each other
        if set(decl.targets) & shared:
            shared |= {part.name for part in walk(decl.density) if isinstance(part, ir.Param)} | set(decl.targets)
    return shared


def _group(members: list[Term], names: set[str], formula: Formula) -> Neuron:
    axes = members[0].axes
    for term in members[1:]:
        if set(term.axes) != set(axes):
            reason = "two sums over different indices have a parameter in common"
            raise Hindrance(reason, term.body.span)
    body = reduce(lambda left, right: binary("add", left, right), [term.body for term in members])
    params = formula.sorted(names)
    if not axes:
        for decl in params:
            if decl.indices:
                msg = f"the entries of `{decl.name}` are not summed over"
                raise Hindrance(msg, decl.span)
    return Neuron(body=body, axes=axes, count=math.prod(formula.sizes[axis] for axis in axes), params=params)


def _place(found: list[Term], decl: ParamDecl) -> Span | None:
    parts = (part for term in found for part in walk(term.body) if isinstance(part, ir.Param) and part.name in decl.targets)
    return next((part.span for part in parts), None)
