"""Plots: pictures of results, whose dimensions are those of the picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nnspec.check.nouns import file_name
from nnspec.check.options import Options, resolve_options
from nnspec.check.scope import Meaning, Scope
from nnspec.document.read import as_mapping
from nnspec.document.spec import PLOT_DIMENSIONS, PLOTS
from nnspec.ir.experiment import Model, Observable, Plot
from nnspec.syntax.expr_build import fold
from nnspec.syntax.tree import Entry, Node
from nnspec.text.diagnostic import Diagnostic, Label, nearest

Single = Mapping[str, frozenset[str]]
"""Dimensions of results in which there is one place alone: no picture needs to show them."""


def single(observables: Iterable[Observable], model: Model | None, scope: Scope) -> Single:
    """The dimensions of length one of every observable."""
    found: dict[str, frozenset[str]] = {}
    for asked in observables if model is not None else ():
        assert model is not None
        shape = scope.words.observables[asked.word].shape(dict(asked.options), model.dim)
        if len(shape) == len(asked.dims):
            found[asked.name] = frozenset(dim for dim, size in zip(asked.dims, shape, strict=True) if size == 1)
    return found


def read_plots(node: Node | None, alone: Single, scope: Scope) -> list[Plot]:
    """Each plot with its options; its dimensions must be those of everything that it shows."""
    mapping = as_mapping(node, "plots", scope.complaints) if node is not None else None
    found = [_plot(entry, alone, scope) for entry in mapping.entries] if mapping else []
    return [each for each in found if each is not None]


def _plot(entry: Entry, alone: Single, scope: Scope) -> Plot | None:
    fault = file_name(entry.key, "the name of a plot also names its file")
    if fault is not None:
        scope.complaints.add(fault)
    value = as_mapping(entry.value, entry.key.text, scope.complaints, "{lines: {x: r, y: [G2]}}")
    if value is None or len(value.entries) != 1:
        if value is not None:
            second = value.entries[1].key.span if value.entries else value.span
            label = "and another word here" if value.entries else "no word here"
            scope.complaints.add(Diagnostic("NN715", f"`{entry.key.text}` is one plot by its word", second, label,
                                            helps=("as in `{lines: {x: r, y: [G2]}}`",)))  # fmt: skip
        return None
    word, body = value.entries[0].key, value.entries[0].value
    if word.text not in PLOTS:
        near = nearest(word.text, list(PLOTS))
        known = ", ".join(f"`{each}`" for each in PLOTS)
        helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
        scope.complaints.add(Diagnostic("NN716", f"no plot is called `{word.text}`", word.span, "not known here", helps=helps))
        return None
    mapping = as_mapping(body, word.text, scope.complaints)
    if mapping is None:
        return None
    options = resolve_options(mapping, PLOTS[word.text], f"`{word.text}`", scope, word.span)
    if not options.complete:
        return None
    for key in PLOT_DIMENSIONS[word.text]:
        if key in options.values and options.values[key] not in scope.swept:
            options.values[key] = fold(options.values[key])
    asked = _Asked(word.text, "y" if word.text == "lines" else "of", options, alone, scope)
    if not all(asked.fits(name) for name in options.values[asked.key]) or not asked.compares():
        return None
    return Plot(name=entry.key.text, word=word.text, options=tuple(sorted(options.values.items())), span=word.span)


_ROOM = {"lines": "one dimension", "heatmap": "two dimensions"}


@dataclass(frozen=True)
class _Asked:
    """A plot by its word, and the option under which it names results."""

    word: str
    key: str
    options: Options
    alone: Single
    scope: Scope

    def fits(self, name: str) -> bool:
        """Whether a result has the dimensions of the plot and no others; over a sweep its axes are dimensions too."""
        meaning = self.scope.names[name.partition(".")[0]]
        if meaning.broken:
            return True
        own = self._dims(name, meaning, self.key)
        if own is None:
            return False
        swept = self.scope.swept
        used = {key: self.options.values[key] for key in PLOT_DIMENSIONS[self.word] if key in self.options.values}
        dims = (*(swept if any(dim in swept for dim in used.values()) else ()), *own)
        return self._known(name, used, dims, meaning) and self._room(name, used, dims, meaning)

    def _dims(self, name: str, meaning: Meaning, key: str) -> tuple[str, ...] | None:
        """The dimensions of a result; NN613 where there are several of the name."""
        base, _, part = name.partition(".")
        if part or meaning.whole:
            return meaning.parts[part] if part else meaning.type.dims
        secondary = (Label(meaning.span, f"`{base}` is asked for here"),) if meaning.span else ()
        choice = ", ".join(f"`{base}.{each}`" for each in meaning.parts)
        self.scope.complaints.add(Diagnostic("NN613", f"`{base}` has several results: which one is meant?",
                                             self.options.spans[key], "several results", secondary,
                                             helps=(f"one of {choice}",)))  # fmt: skip
        return None

    def _known(self, name: str, used: Mapping[str, str], dims: tuple[str, ...], meaning: Meaning) -> bool:
        base, swept = name.partition(".")[0], self.scope.swept
        secondary = (Label(meaning.span, f"`{base}` is asked for here"),) if meaning.span else ()
        for key, dim in used.items():
            if dim not in dims:
                known = ", ".join(f"`{each}`" for each in dims) or "no dimension"
                near = next((each for each in swept if each.rpartition(".")[2] == dim), None) or nearest(dim, dims)
                advice = (f"did you mean `{near}`?",) if near else ()
                message = f"`{name}` has no dimension `{dim}`"
                self.scope.complaints.add(Diagnostic("NN717", message, self.options.spans[key], f"it has {known}", secondary,
                                                     helps=advice))  # fmt: skip
                return False
        return True

    def _room(self, name: str, used: Mapping[str, str], dims: tuple[str, ...], meaning: Meaning) -> bool:
        """Whether every dimension with more than one place has its place in the picture."""
        if self.word == "histogram":
            return True
        short = self.alone.get(name.partition(".")[0], frozenset())
        left = [dim for dim in dims if dim not in used.values() and dim not in short]
        free = [key for key in PLOT_DIMENSIONS[self.word] if key not in used]
        if not left or (self.word == "heatmap" and len(left) == len(free)):
            return True
        many = " and ".join(f"`{dim}`" for dim in dims)
        message = f"`{self.word}` shows results over {_ROOM[self.word]}, and `{name}` has {len(dims)}"
        helps = (f"give the others: {', '.join(f'`{key}: …`' for key in free)}",)
        if len(left) > len(free):
            helps = (f"a picture of this kind shows at most {len(PLOT_DIMENSIONS[self.word])} dimensions",)
        elif self.word == "heatmap":
            helps = ("`lines` shows results over one dimension",)
        over = (Label(meaning.span, f"it is over {many}"),) if meaning.span else ()
        self.scope.complaints.add(Diagnostic("NN717", message, self.options.spans[self.key], "named here", over, helps=helps))
        return False

    def compares(self) -> bool:
        """Whether the result that others are compared with has their dimensions."""
        for name in self.options.values.get("residuals", ()):
            meaning = self.scope.names[name.partition(".")[0]]
            dims = None if meaning.broken else self._dims(name, meaning, "residuals")
            if dims is None:
                return meaning.broken
            for other in self.options.values[self.key]:
                theirs = self.scope.names[other.partition(".")[0]]
                part = other.partition(".")[2]
                its = theirs.parts[part] if part else theirs.type.dims
                if not theirs.broken and its != dims:
                    over = f"`{name}` is over {_listed(dims)}, and `{other}` over {_listed(its)}"
                    self.scope.complaints.add(Diagnostic("NN717", over, self.options.spans["residuals"], "compared with this",
                                                         helps=("compare results over the same dimensions",)))  # fmt: skip
                    return False
        return True


def _listed(dims: tuple[str, ...]) -> str:
    return " and ".join(f"`{dim}`" for dim in dims) or "no dimension"
