"""The typed expressions of the field language: one frozen node for each thing that can be written on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from nnspec.ir.types import REAL, Type
from nnspec.text.source import Span

Dependency = Literal["param", "input", "data", "result"]
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Expr:
    """Any expression; `type`, `free` (unsummed indices) and `deps` follow from the fields, so they do not count."""

    type: Type = field(default=REAL, compare=False)
    free: frozenset[str] = field(default=NOTHING, compare=False)
    deps: frozenset[str] = field(default=NOTHING, compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)


def unite(*parts: Expr) -> dict[str, Any]:
    """Free indices and dependencies of an expression made from these parts."""
    return {
        "free": frozenset().union(*(part.free for part in parts)),
        "deps": frozenset().union(*(part.deps for part in parts)),
    }


# ---------------------------------------------------------------- leaves
@dataclass(frozen=True, kw_only=True, slots=True)
class Lit(Expr):
    """A number."""

    value: float | int


@dataclass(frozen=True, kw_only=True, slots=True)
class Text(Expr):
    """A quoted word."""

    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class File(Expr):
    """A file of data: what is in it counts, not where it lies, nor the name that the spec has for it."""

    sha256: str
    path: str = field(default="", compare=False)
    name: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Const(Expr):
    """A constant of `let`."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Input(Expr):
    """An input point x in R^d."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Local(Expr):
    """A variable bound by `integral` or by a function of the spec."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexVar(Expr):
    """The number of a neuron, from 1."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Param(Expr):
    """A random parameter at its indices, as in `w[i]`."""

    name: str
    indices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DataRef(Expr):
    """A data set of the spec."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultRef(Expr):
    """An observable's result, or one field of it as in `fit.final_loss`."""

    name: str
    field_name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept(Expr):
    """The values of something that a sweep changes, by its path: an array over that axis of the sweep."""

    path: str


# ---------------------------------------------------------------- arithmetic
@dataclass(frozen=True, kw_only=True, slots=True)
class Neg(Expr):
    """-x."""

    arg: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin(Expr):
    """x + y, x - y, x * y, x / y, x ^ y; operands keep their order, since reordering changes rounding."""

    op: Literal["add", "sub", "mul", "div", "pow"]
    left: Expr
    right: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Factorial(Expr):
    """n!."""

    arg: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Compare(Expr):
    """A chain of comparisons, as in 0 < x < 1."""

    operands: tuple[Expr, ...]
    ops: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Logic(Expr):
    """and, or, not."""

    op: Literal["and", "or", "not"]
    args: tuple[Expr, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Select(Expr):
    """`then if condition else other`."""

    condition: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Apply(Expr):
    """A function of the language, or an activation, by name: cos(u)."""

    fn: str
    args: tuple[Expr, ...]
    options: tuple[tuple[str, Expr], ...] = ()


# ---------------------------------------------------------------- vectors
@dataclass(frozen=True, kw_only=True, slots=True)
class Vector(Expr):
    """[x, y, ...]; of vectors, a matrix by rows."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Component(Expr):
    """x[k], with k counted from 1."""

    arg: Expr
    k: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot(Expr):
    """u.v."""

    left: Expr
    right: Expr


# ---------------------------------------------------------------- binding
@dataclass(frozen=True, kw_only=True, slots=True)
class Reduce(Expr):
    """sum_i, prod_i or mean_i over the indices `axes`."""

    op: Literal["sum", "prod", "mean"]
    axes: tuple[str, ...]
    body: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Integral(Expr):
    """The integral of `body` over `var` in `over`."""

    var: str
    over: Expr
    body: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Bind(Expr):
    """A function of the spec at its arguments: the body, with each variable bound to a value computed once."""

    fn: str
    names: tuple[str, ...]
    values: tuple[Expr, ...]
    body: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Lambda(Expr):
    """A function of points, as a thing to be evaluated."""

    names: tuple[str, ...]
    dims: tuple[int, ...]
    body: Expr


# ---------------------------------------------------------------- fields and averages
@dataclass(frozen=True, kw_only=True, slots=True)
class FieldAt(Expr):
    """phi(y), or phi[a](y) with its components: a field of the model at a point."""

    name: str
    components: tuple[Expr, ...] = ()
    args: tuple[Expr, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Derivative(Expr):
    """d(f, x[k]): the partial derivative by one component of an input or of a bound variable."""

    arg: Expr
    by: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Mean(Expr):
    """E[f]: the mean over the parameter density."""

    arg: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Cumulant(Expr):
    """cumulant(f, g, ...): the joint cumulant under the parameter density."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry(Expr):
    """G2[1, 2]: one entry of a result or of a data set, or one of its points; counted from 1."""

    arg: Expr
    places: tuple[int, ...]


# ---------------------------------------------------------------- domains and densities
@dataclass(frozen=True, kw_only=True, slots=True)
class Domain(Expr):
    """R^n, Ball(n, r), Sphere(n, r), Interval(a, b), Box(a, b), or a power or product of domains."""

    shape: Literal["reals", "ball", "sphere", "interval", "product"]
    dim: int
    args: tuple[Expr, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Density(Expr):
    """A density by name, its arguments in the order and under the names that its record declares."""

    name: str
    names: tuple[str, ...]
    args: tuple[Expr, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Copies(Expr):
    """p^n: independent copies of a density on R."""

    base: Expr
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Mixture(Expr):
    """0.3*p + 0.7*q: one of several densities, chosen with these probabilities."""

    weights: tuple[Expr, ...]
    parts: tuple[Expr, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reweighted(Expr):
    """p*f: the density proportional to p(u) f(u)."""

    base: Expr
    var: str
    factor: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Truncated(Expr):
    """truncate(p, D): p on D, and nothing outside."""

    base: Expr
    over: Expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Unnormalised(Expr):
    """Density(f, u in D): the density proportional to f on D."""

    var: str
    over: Expr
    body: Expr
