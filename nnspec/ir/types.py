"""The types of the language: a kind, a shape, and for results the names of their dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["real", "bool", "text", "vec", "matrix", "domain", "dist", "data", "function", "field", "result"]


@dataclass(frozen=True, slots=True)
class Type:
    """Kind and shape of an expression.

    `shape` is () for numbers, (n,) for `Vec[n]` and `Domain[n]`, the event shape for a density, and the array
    shape for data. `dims` names the axes of a result. `integer` marks reals that are known to be integers.
    """

    kind: Kind
    shape: tuple[int, ...] = ()
    dims: tuple[str, ...] = ()
    integer: bool = False

    def __str__(self) -> str:
        """The type as users read it: `R`, `R^3`, `density on R^2`."""
        space = "R" if not self.shape else "R^" + "x".join(map(str, self.shape))
        match self.kind:
            case "real" | "vec" | "matrix":
                return space
            case "dist":
                return f"density on {space}"
            case "domain":
                return f"domain in {space}"
            case "data":
                return "data " + "x".join(map(str, self.shape))
            case "result":
                return f"result over ({', '.join(self.dims)})"
            case _:
                return self.kind


REAL = Type("real")
INT = Type("real", integer=True)
BOOL = Type("bool")
TEXT = Type("text")


def vec(n: int) -> Type:
    """A vector of R^n."""
    return Type("vec", (n,))


def matrix(rows: int, columns: int) -> Type:
    """A real matrix."""
    return Type("matrix", (rows, columns))


def domain(n: int) -> Type:
    """A subset of R^n."""
    return Type("domain", (n,))


def dist(event: tuple[int, ...]) -> Type:
    """A probability density with the given event shape."""
    return Type("dist", event)


def data(shape: tuple[int, ...]) -> Type:
    """An array of numbers; a list of points has the shape (point, in)."""
    return Type("data", shape)


def result(dims: tuple[str, ...]) -> Type:
    """What an observable gives, named dimension by named dimension."""
    return Type("result", (), dims)
