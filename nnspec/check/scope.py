"""What every name means at some place of a spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from nnspec.document.read import Complaints
from nnspec.ir.functions import CONSTANTS, FUNCTIONS, OF_RESULTS
from nnspec.ir.types import Type
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, Label, nearest
from nnspec.text.source import Span

DOMAINS = ("R", "Ball", "Sphere", "Box", "Interval")
SPECIAL = ("integral", "E", "cumulant", "vol", "norm", "agree", "d", "truncate", "Density")
_WORDS = {*CONSTANTS, *DOMAINS, *FUNCTIONS, *OF_RESULTS, *SPECIAL} - {"d"}
"""Names that a spec cannot give to things of its own; `d` is left to dimensions."""
_KINDS = {
    "constant": "a constant", "data": "a data set", "input": "an input", "index": "an index", "param": "a parameter",
    "field": "the field", "result": "an observable", "function": "a function",
}  # fmt: skip
_VARIANTS = (("φ", "ϕ"), ("θ", "ϑ"), ("ε", "ϵ"))
"""Letters that look different on paper and are one letter here."""
_TRUTH = {"yes", "no", "on", "off", "true", "false", "True", "False", "Yes", "No"}


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
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Named parts of a result with their dimensions."""
    whole: bool = True
    """Whether a result has a value besides its parts."""
    process: bool = False
    """Whether a result has steps along which others can be measured."""
    args: tuple[Type, ...] = ()
    """What a field takes."""
    labelled: bool = False
    """Whether the points of a data set have labels."""
    broken: bool = False
    written: str = ""


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
    lost: bool = False
    """Whether names may be missing because what declares them could not be read."""
    no_indices: set[str] = field(default_factory=set)
    """Names that were used as indices and are none: one complaint for each of them is enough."""
    called: set[str] = field(default_factory=set)
    """Functions whose bodies were read."""
    bodies: int = 0
    """How many bodies of functions were read."""
    depth: int = 0
    """How deeply the formula that is being read is nested, with its functions written out."""
    lifted: tuple[str, Type] | None = None
    """The variable of the integral around, at which a field without a point is meant."""
    swept: tuple[str, ...] = ()
    """Axes of the sweep over which claims are read; empty where a formula is about one point of it."""
    uses: dict[str, frozenset[str]] = field(default_factory=dict)
    """The constants that stand in the formula of each constant."""
    swept_values: frozenset[str] = frozenset()
    """The values that the axes of the sweep take, as they are written."""

    def declare(self, name: ast.Name, meaning: Meaning) -> None:
        """Give a name its meaning; a second meaning is NN202."""
        if self.free(name, meaning.kind):
            self.names[name.text] = replace(meaning, written=name.written)
        else:  # uses of it say nothing new
            self.names.setdefault(name.text, replace(meaning, written=name.written, broken=True))

    def free(self, name: ast.Name, kind: str) -> bool:
        """Whether a name has no meaning yet; a complaint is kept when it has one."""
        first = self.names.get(name.text)
        function = self.functions.get(name.text)
        if first is not None and first.span is not None:
            self.complaints.add(clash(name, kind, first.written, first.kind, first.span))
        elif function is not None:
            self.complaints.add(clash(name, kind, function.span.text, "function", function.span))
        elif name.text in _WORDS:
            self.complaints.add(language_word(name))
        else:
            return True
        return False

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
            raise Wrong(self.missing(name))
        if meaning.broken:
            raise Wrong(None)
        if meaning.span is not None and variants(name.written, meaning.written):
            raise Wrong(clash(name, "", meaning.written, meaning.kind, meaning.span))
        self.used.add(name.text)
        return meaning

    def missing(self, name: ast.Name) -> Diagnostic | None:
        """NN201, unless the name may be one that could not be read."""
        return None if self.lost and nearest(name.text, self.known()) is None else self.unknown(name)

    def unknown(self, name: ast.Name) -> Diagnostic:
        """NN201, with the name that was probably meant and where that one is declared."""
        title = f"nothing is called `{name.written}`"
        base, _, subscript = name.text.partition("_")
        if subscript and base in self.names and self.names[base].indices and subscript in self.sizes:
            advice = f"an index goes in brackets: `{base}[{subscript}]`"
            return Diagnostic("NN201", title, name.span, "not known here", helps=(advice,))
        near = nearest(name.text, self.known()) if name.text not in self.words.densities else None
        if name.text in _TRUTH:
            helps = ("formulas know numbers only: `1` and `0`, or a comparison such as `N > 10`",)
            return Diagnostic("NN201", title, name.span, "a word for true or false is no number", helps=helps)
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
        known = sorted(each for each, meaning in self.names.items() if meaning.kind != "field")
        if not known:
            return ()
        return ("known here: " + ", ".join(f"`{each}`" for each in known[:12]) + (", ..." if len(known) > 12 else ""),)

    def known(self) -> set[str]:
        """Every word that could stand in a formula here."""
        return {*self.names, *self.functions, *CONSTANTS, *FUNCTIONS, *OF_RESULTS, *self.words.activations, *SPECIAL}


def variants(one: str, other: str) -> bool:
    """Whether two spellings of one name use letters that look different, such as `φ` and `ϕ`."""
    return any((a in one and b in other) or (b in one and a in other) for a, b in _VARIANTS)


def clash(name: ast.Name, kind: str, first: str, first_kind: str, place: Span) -> Diagnostic:
    """NN202: one name for two things; NN204: two letters that are one."""
    written = name.written
    if variants(written, first):
        message = f"`{written}` and `{first}` are one name: both letters are read as `{name.text}`"
        fix = Fix("maybe", (Edit(name.span.start, name.span.end, first),))
        return Diagnostic("NN204", message, name.span, "written with this letter here",
                          (Label(place, "and with that one here"),),
                          helps=(f"write `{first}` in both places, or choose another name",), fixes=(fix,))  # fmt: skip
    message = f"`{written}` is given twice" if kind == first_kind else f"`{written}` is given two meanings"
    if written != first:
        message = f"`{written}` and `{first}` are one name: Greek letters and their names are the same"
    same = kind == first_kind
    now, before = ("second time here", "first time here") if same else (_here(kind), _here(first_kind))
    return Diagnostic("NN202", message, name.span, now, (Label(place, before),), helps=("rename one of the two",))


def _here(kind: str) -> str:
    return f"{_KINDS.get(kind, 'a name')} here"


def language_word(name: ast.Name) -> Diagnostic:
    """NN205."""
    what = "a constant" if name.text in CONSTANTS else "a domain" if name.text in DOMAINS else "a function"
    return Diagnostic("NN205", f"`{name.text}` is a word of the language and cannot be given a meaning", name.span,
                      f"{what} of the language", helps=(f"choose another name, for example `{name.text}0`",))  # fmt: skip


def distinct(names: tuple[ast.Name, ...], scope: Scope) -> bool:
    """Whether the arguments of a definition have names of their own; a complaint is kept when they do not."""
    first: dict[str, ast.Name] = {}
    for name in names:
        earlier = first.setdefault(name.text, name)
        if name.text in _WORDS:
            scope.complaints.add(language_word(name))
            return False
        if earlier is not name:
            scope.complaints.add(clash(name, "argument", earlier.written, "argument", earlier.span))
            return False
    return True


def parts_of(node: Any) -> Iterator[Any]:
    """A node of a formula and all nodes inside of it, from left to right."""
    todo = [node]
    while todo:
        top = todo.pop()
        yield top
        below: list[Any] = []
        for item in fields(top):
            value = getattr(top, item.name)
            below += value if isinstance(value, tuple) else (value,)
        todo += [each for each in reversed(below) if is_dataclass(each) and not isinstance(each, (type, Span))]
