"""The hooks: what a plugin may teach, one hook for each kind of record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

import pluggy

if TYPE_CHECKING:
    from nnspec.plugin.records import (
        Activation,
        Backend,
        Dataset,
        Density,
        Layer,
        Observable,
        Parameterization,
        Rule,
        Sampler,
    )

PROJECT = "nnspec"
F = TypeVar("F", bound=Callable[..., Any])


class Mark(Protocol):
    """A decorator with or without options that leaves the function as it is."""

    @overload
    def __call__(self, function: F) -> F: ...
    @overload
    def __call__(self, *, optionalhook: bool = ..., tryfirst: bool = ..., trylast: bool = ...) -> Callable[[F], F]: ...


hookspec: Mark = pluggy.HookspecMarker(PROJECT)
hookimpl: Mark = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as an answer to the hook of the same name."""


@hookspec
def nnspec_activations() -> Iterable[Activation]:  # type: ignore[empty-body]
    """Nonlinearities: `- act: NAME` among the layers of a spec, and `NAME(u)` in its formulas."""


@hookspec
def nnspec_densities() -> Iterable[Density]:  # type: ignore[empty-body]
    """Laws of parameters: `a[i]: NAME(...)` under `params`, and `weight: NAME(...)` of a layer."""


@hookspec
def nnspec_layers() -> Iterable[Layer]:  # type: ignore[empty-body]
    """Layers: `- NAME: {...}` under `layers`."""


@hookspec
def nnspec_parameterizations() -> Iterable[Parameterization]:  # type: ignore[empty-body]
    """Powers of the width: `parameterization: NAME` beside `layers`."""


@hookspec
def nnspec_datasets() -> Iterable[Dataset]:  # type: ignore[empty-body]
    """Generators of numbers: `xs: NAME(...)` under `data`."""


@hookspec
def nnspec_observables() -> Iterable[Observable]:  # type: ignore[empty-body]
    """Things that can be asked: `G: {NAME: {...}}` under `observables`."""


@hookspec
def nnspec_rules() -> Iterable[Rule]:  # type: ignore[empty-body]
    """Other ways to an observable, where the model has a certain form: what `method: closed_form` finds."""


@hookspec
def nnspec_samplers() -> Iterable[Sampler]:  # type: ignore[empty-body]
    """Ways to draw parameters: `sampler: NAME` in a spec."""


@hookspec
def nnspec_backends() -> Iterable[Backend]:  # type: ignore[empty-body]
    """Ways to compute: what the planner asks for each of the `observables`."""
