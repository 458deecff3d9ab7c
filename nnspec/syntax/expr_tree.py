"""The expression tree: what a formula says before any name in it has a meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from nnspec.text.source import Span

UnaryOp: TypeAlias = Literal["neg", "pos", "not"]
BinaryOp: TypeAlias = Literal["add", "sub", "mul", "div", "pow", "dot", "and", "or"]
CompareOp: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]
BigOp: TypeAlias = Literal["sum", "prod", "mean"]


@dataclass(frozen=True, slots=True)
class Num:
    """A number; `text` tells `1` from `1.0`."""

    text: str
    value: int | float
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Str:
    """A text in double quotes; `text` is what stands between them."""

    text: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A name; `text` has Greek letters spelt out, `written` is as the user typed it."""

    text: str
    written: str = field(compare=False, repr=False)
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Tuple_:
    """`(a, b)`: two or more values."""

    items: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Vector:
    """`[a, b]`: components."""

    items: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Index:
    """`base[i, j]`: an indexed parameter, a component, or `E[...]`."""

    base: Expr
    items: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class KwArg:
    """`name=value` in a call."""

    name: Name
    value: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binder:
    """`name in domain` in a call: it gives the name a meaning in the other arguments."""

    name: Name
    domain: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`fn(args, name=value, name in domain)`."""

    fn: Expr
    args: tuple[Expr, ...]
    kwargs: tuple[KwArg, ...]
    binders: tuple[Binder, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Un:
    """A sign or `not`."""

    op: UnaryOp
    arg: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Factorial:
    """`arg!`."""

    arg: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Bin:
    """An operator between two values."""

    op: BinaryOp
    left: Expr
    right: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Cmp:
    """A chain of comparisons: `operands[k] ops[k] operands[k + 1]` for every k."""

    operands: tuple[Expr, ...]
    ops: tuple[CompareOp, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class If:
    """`then if cond else else_`."""

    then: Expr
    cond: Expr
    else_: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Big:
    """`sum_i body`: binds the names in the whole product to its right."""

    kind: BigOp
    names: tuple[Name, ...]
    body: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DeclName:
    """`w[i]` on the left of a declaration."""

    name: Name
    indices: tuple[Name, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Decl:
    """A declared parameter, `w[i] in R^d`, or several with one joint density, `(a[i], b[i])`."""

    names: tuple[DeclName, ...]
    joint: bool
    domain: Expr | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Range:
    """Values of an index: `lo..hi`, or `hi` alone for `1..hi`."""

    lo: Expr | None
    hi: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SIndex:
    """`index i in N`."""

    name: Name
    range: Range
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SInput:
    """`input x in R^d`."""

    name: Name
    domain: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SLet:
    """`let m = 1`."""

    name: Name
    value: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SParam:
    """`a[i] ~ Normal(0, 1/N)`."""

    decl: Decl
    density: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SDef:
    """`phi(x) = ...`, or `phi[a](x) = ...` with a component for each value of the index."""

    name: Name
    args: tuple[Name, ...]
    body: Expr
    span: Span = field(compare=False, repr=False)
    components: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class SDeform:
    """`P *= factor`."""

    factor: Expr
    span: Span = field(compare=False, repr=False)


Expr: TypeAlias = Num | Str | Name | Tuple_ | Vector | Index | Call | Un | Factorial | Bin | Cmp | If | Big
Statement: TypeAlias = SIndex | SInput | SLet | SParam | SDef | SDeform


@dataclass(frozen=True, slots=True)
class Block:
    """The statements of a `model: |` block."""

    statements: tuple[Statement, ...]
    span: Span = field(compare=False, repr=False)


ExprNode: TypeAlias = Expr | KwArg | Binder | DeclName | Decl | Range | Statement | Block
"""Everything that a parser of this room returns, or that occurs inside of it."""
