"""An experiment: the model, the data it is looked at on, what is asked, and what must hold."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from nnspec.ir.expr import Domain, Expr
from nnspec.text.source import Span


def silent(default: Any = None) -> Any:
    """A field that carries no meaning: not compared, not hashed, not part of the digest."""
    return field(default=default, compare=False, repr=False, metadata={"silent": True})


@dataclass(frozen=True, kw_only=True, slots=True)
class Constant:
    """A constant of `let`: its value, and whether it feeds a size (then programs are compiled for it)."""

    name: str
    value: float | int
    static: bool
    span: Span | None = silent()


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexDecl:
    """An index i in 1..size."""

    name: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class InputDecl:
    """An input point, with the space it lives in."""

    name: str
    space: Domain

    @property
    def dim(self) -> int:
        """The dimension d of R^d."""
        return self.space.dim


@dataclass(frozen=True, kw_only=True, slots=True)
class ParamDecl:
    """A parameter `name[indices]` with independent entries: an array of the index sizes, the copies, the event.

    Several `targets` share one density on R^n, whose components they are: `(a[i], b[i])`.
    """

    targets: tuple[str, ...]
    indices: tuple[str, ...]
    copies: tuple[int, ...]
    density: Expr
    span: Span | None = silent()

    @property
    def name(self) -> str:
        """The name, or those of a joint declaration: `a, b`."""
        return ", ".join(self.targets)


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldDef:
    """phi(x) = body, or phi[a](x) = body with a component for each value of the index a."""

    name: str
    inputs: tuple[str, ...]
    body: Expr
    components: tuple[str, ...] = ()
    span: Span | None = silent()


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerNode:
    """One layer by the name of its record, with resolved options (sizes are ints, densities are `Density`)."""

    name: str
    options: tuple[tuple[str, Any], ...]
    span: Span | None = silent()

    def __getitem__(self, key: str) -> Any:
        """The option of this name, None when it was not given."""
        return dict(self.options).get(key)


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerStack:
    """phi = layer_L o ... o layer_1, with the powers of width that the parameterization puts in."""

    input: str
    layers: tuple[LayerNode, ...]
    parameterization: str
    parameterization_options: tuple[tuple[str, Any], ...] = ()
    parameterization_span: Span | None = silent()


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A random function: either a formula over declared parameters, or a stack of layers."""

    inputs: tuple[InputDecl, ...]
    indices: tuple[IndexDecl, ...] = ()
    params: tuple[ParamDecl, ...] = ()
    fields: tuple[FieldDef, ...] = ()
    stack: LayerStack | None = None
    deform: Expr | None = None
    span: Span | None = silent()

    @property
    def field(self) -> FieldDef | None:
        """The first field of a model given by formulas, which observables are about."""
        return self.fields[0] if self.fields else None

    @property
    def dim(self) -> int:
        """Dimension of the input space; several inputs are the components of one point."""
        return sum(item.dim for item in self.inputs)


@dataclass(frozen=True, kw_only=True, slots=True)
class DataDecl:
    """A data set: a generator's call, or numbers as they stand; `shape` is known before anything is made.

    `target` is what each point is labelled with, a function of its coordinates and of the names in `coordinates`.
    """

    name: str
    value: Expr
    shape: tuple[int, ...]
    target: Expr | None = None
    coordinates: tuple[str, ...] = ()
    labelled: bool = False
    span: Span | None = silent()


@dataclass(frozen=True, kw_only=True, slots=True)
class Observable:
    """One thing that is asked: its name in the spec, its word, its options; `spans` places each option."""

    name: str
    word: str
    options: tuple[tuple[str, Any], ...]
    dims: tuple[str, ...]
    methods: tuple[str, ...] = ()
    sampled: bool = False
    """Whether the spec gives a number of draws, or an error to draw for: then sampling comes before other ways."""
    span: Span | None = silent()
    spans: tuple[tuple[str, Span], ...] = silent(())

    def option(self, key: str) -> Any:
        """The resolved value of an option (its default when it was not given)."""
        return dict(self.options).get(key)

    def place(self, key: str) -> Span | None:
        """Where an option stands in the spec, or the observable itself."""
        return dict(self.spans).get(key, self.span)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A claim that `run` judges; exit code 3 when it fails."""

    that: Expr
    text: str = silent("")
    span: Span | None = silent()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """A picture of results: lines of `y` over `x`."""

    name: str
    word: str
    options: tuple[tuple[str, Any], ...]
    span: Span | None = silent()

    def option(self, key: str) -> Any:
        """The resolved value of an option."""
        return dict(self.options).get(key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Numerics:
    """Choices that every computation shares; `integral` is the rule for integrals over fields, with its options."""

    seed: int = 0
    integral: tuple[str, tuple[tuple[str, Any], ...]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Axis:
    """One thing that a sweep changes: its path in the spec, and the values as they would stand there, or a generator."""

    path: str
    count: int
    values: tuple[str, ...] = ()
    made: Expr | None = None
    group: str = ""
    """Axes of one group move together: those of `zip`, while each axis of `grid` has its path for a group of its own."""
    span: Span | None = silent()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """The points at which a spec is computed, and what must hold over all of them."""

    axes: tuple[Axis, ...]
    seeds: int = 1
    checks: tuple[Check, ...] = ()
    workers: int = silent(1)
    meanings: tuple[str, ...] = ()
    """Digests of the spec at single values: what is a formula of something swept is not the number that it gives now."""

    @property
    def size(self) -> int:
        """How many points there are, seeds included."""
        lengths = {axis.group: axis.count for axis in self.axes}
        return self.seeds * math.prod(lengths.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """A whole spec, meaningful: what `nnspec check` gives and everything later reads."""

    name: str
    constants: tuple[Constant, ...]
    model: Model
    data: tuple[DataDecl, ...]
    observables: tuple[Observable, ...]
    sampler: str = "iid"
    sampler_options: tuple[tuple[str, Any], ...] = ()
    numerics: Numerics = Numerics()
    checks: tuple[Check, ...] = ()
    sweep: Sweep | None = None
    plots: tuple[Plot, ...] = silent(())
    output: tuple[tuple[str, Any], ...] = silent(())
    doc: str = silent("")
    sampler_span: Span | None = silent()

    def constant(self, name: str) -> Constant:
        """The constant of this name."""
        return next(c for c in self.constants if c.name == name)

    @property
    def values(self) -> dict[str, float | int]:
        """Values of all constants by name."""
        return {c.name: c.value for c in self.constants}
