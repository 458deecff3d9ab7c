"""What every name means at some place of a spec."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nnspec.document.read import Complaints
from nnspec.ir.expr import Expr
from nnspec.ir.functions import CONSTANTS, FUNCTIONS, OF_RESULTS
from nnspec.ir.types import Type
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label, nearest
from nnspec.text.source import Span

DOMAINS = ("R", "Ball", "Sphere", "Box", "Interval")
SPECIAL = ("integral", "E", "cumulant", "vol", "norm", "agree", "d")


class Wrong(Exception):
    """One fault in a formula; the reader of the formula keeps it and goes on with the next formula."""

    def __init__(self, diagnostic: Diagnostic | None) -> None:
        """Carry the complaint; None when the cause was reported already."""
        super().__init__(diagnostic.message if diagnostic else "reported before")
        self.diagnostic = diagnostic


@dataclass(frozen=True)
class Meaning:
    """A declared name: what it stands for, its type, where it was declared, and what was wrong with it."""

    kind: str
    type: Type
    span: Span | None = None
    indices: tuple[str, ...] = ()
    value: float | int | None = None
    space: str = ""
    parts: tuple[str, ...] = ()
    broken: bool = False


@dataclass(frozen=True)
class FunctionDecl:
    """A function of the spec; its body is checked at each use with the types it is used at."""

    name: str
    args: tuple[ast.Name, ...]
    body: ast.Expr
    span: Span


@dataclass
class Scope:
    """Names in force, the vocabulary, and the complaints so far; `static` collects constants that feed sizes."""

    words: Vocabulary
    complaints: Complaints
    names: dict[str, Meaning] = field(default_factory=dict)
    functions: dict[str, FunctionDecl] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    static: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    active: tuple[str, ...] = ()
    declared: dict[str, Meaning] | None = None
    """The names of the spec itself, while an expression binds names of its own."""

    def declare(self, name: ast.Name, meaning: Meaning) -> None:
        """Give a name its meaning; a second meaning is NN202."""
        first = self.names.get(name.text)
        if first is not None and first.span is not None:
            secondary = (Label(first.span, "first time here"),)
            message = f"`{name.text}` is given two meanings"
            if name.written != first.span.text.split("[")[0] and name.text != name.written:
                message = f"`{name.written}` and `{first.span.text}` are the same name `{name.text}`"
            self.complaints.add(Diagnostic("NN202", message, name.span, "second time here", secondary))
            return
        if name.text in CONSTANTS or name.text in DOMAINS:
            self.complaints.add(
                Diagnostic("NN205", f"`{name.text}` is a word of the language and cannot be given", name.span,
                           helps=("choose another name",))
            )  # fmt: skip
            return
        self.names[name.text] = meaning

    @contextmanager
    def local(self, bound: dict[str, Meaning], *, closed: bool = False) -> Iterator[None]:
        """Names that hold inside one expression only; in a `closed` one, none of those bound further out do."""
        before, declared = self.names, self.declared
        self.declared = before if declared is None else declared
        self.names = {**(self.declared if closed else before), **bound}
        try:
            yield
        finally:
            self.names, self.declared = before, declared

    def look_up(self, name: ast.Name) -> Meaning:
        """The meaning of a name; NN201 when it has none."""
        meaning = self.names.get(name.text)
        if meaning is None:
            raise Wrong(self.unknown(name))
        if meaning.broken:
            raise Wrong(None)
        self.used.add(name.text)
        return meaning

    def unknown(self, name: ast.Name) -> Diagnostic:
        """NN201, with the name that was probably meant and where that one is declared."""
        title = f"nothing is called `{name.written}`"
        base, _, subscript = name.text.partition("_")
        if subscript and base in self.names and self.names[base].indices and subscript in self.sizes:
            advice = f"an index goes in brackets: `{base}[{subscript}]`"
            return Diagnostic("NN201", title, name.span, "not known here", helps=(advice,))
        near = nearest(name.text, self.known())
        if near is None:
            return Diagnostic("NN201", title, name.span, "not known here", helps=self._near_words(name))
        place = self.names[near].span if near in self.names else None
        secondary = (Label(place, f"`{near}` is given here"),) if place else ()
        return Diagnostic(
            "NN201", title, name.span, "not known here", secondary=secondary, helps=(f"did you mean `{near}`?",)
        )

    def _near_words(self, name: ast.Name) -> tuple[str, ...]:
        if name.text in self.words.densities:
            return (f"`{name.text}` is a density: it stands after the colon of a parameter",)
        known = sorted(self.names)
        if not known:
            return ()
        return ("known here: " + ", ".join(f"`{each}`" for each in known[:12]) + (", ..." if len(known) > 12 else ""),)

    def known(self) -> set[str]:
        """Every word that could stand in a formula here."""
        return {*self.names, *self.functions, *CONSTANTS, *FUNCTIONS, *OF_RESULTS, *self.words.activations, *SPECIAL}
