"""Joint quadrature nodes of several parameters, of which some may depend on others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.experiment import ParamDecl
from nnspec.ir.walk import walk
from nnspec.lower.composed import tabulated_parts
from nnspec.lower.expressions import Env
from nnspec.lower.neurons.rules import MOST_NODES, NoRule, TooMany, law_rule
from nnspec.lower.neurons.transforms import length_of
from nnspec.lower.soundness import Asked, hidden_peak
from nnspec.numerics.lazy import jnp, np

ONE_BY_ONE = 4_000
"""Nodes of a parameter for each of which a rule for those that depend on it is made."""


@dataclass(frozen=True)
class Grid:
    """Values of parameters by name, [node] or [node, component], and weights [node]."""

    values: Mapping[str, Any]
    weights: Any


def other_nodes(
    params: tuple[ParamDecl, ...], axes: tuple[str, ...], level: int, env: Env, phases: Mapping[str, int]
) -> Grid:
    """The joint rule of parameters in the order in which they are drawn.

    Raises:
        NoRule: a parameter for whose density none is known, with its name.
        TooMany: more nodes than can be afforded.
    """
    values: dict[str, Any] = {}
    weights = np.ones(1)
    for decl in params:
        if decl.copies[1:] or set(decl.indices) - set(axes):
            msg = f"`{decl.name}` cannot be integrated over: it is an array within one neuron"
            raise NoRule(msg)
        try:
            if set(values) & {part.name for part in walk(decl.density) if isinstance(part, ir.Param)}:
                index, nodes, own = _conditional(decl, values, level, env)
            else:
                nodes, own = _rule(decl, level, env, phases.get(decl.name, 0))
                if len(own) * float(len(weights)) > MOST_NODES:
                    raise TooMany(len(own) * float(len(weights)))
                index = np.repeat(np.arange(len(weights)), len(own))
                nodes, own = np.tile(nodes, (len(weights), 1)), np.tile(own, len(weights))
        except NoRule as reason:
            msg = f"`{decl.name}` cannot be integrated over: {reason}"
            raise NoRule(msg) from None
        values = {name: array[index] for name, array in values.items()}
        weights = weights[index] * own
        values |= _named(decl, nodes)
    return Grid(values, weights)


def _rule(decl: ParamDecl, level: int, env: Env, phase: int) -> tuple[Any, Any]:
    for law in tabulated_parts(decl.density):
        why = hidden_peak(Asked.of(law, env))
        if why:
            raise NoRule(why)
    return law_rule(decl.density, length_of(decl), level, env, phase=phase)


def _conditional(decl: ParamDecl, values: Mapping[str, Any], level: int, env: Env) -> tuple[Any, Any, Any]:
    count = len(next(iter(values.values())))
    if count > ONE_BY_ONE:
        raise TooMany(float(count) ** 2)
    rules = []
    for q in range(count):
        here = {name: jnp.asarray(array[q]) for name, array in values.items()}
        rules.append(_rule(decl, level, replace(env, params={**env.params, **here}), 0))
    index = np.repeat(np.arange(count), [len(w) for _, w in rules])
    return index, np.concatenate([nodes for nodes, _ in rules]), np.concatenate([w for _, w in rules])


def _named(decl: ParamDecl, nodes: Any) -> dict[str, Any]:
    if len(decl.targets) > 1:
        return {name: nodes[:, k] for k, name in enumerate(decl.targets)}
    return {decl.targets[0]: nodes if length_of(decl) is not None else nodes[:, 0]}
