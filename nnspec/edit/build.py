"""A spec written in Python, line by line: each method says one thing, checks its formulas, and prints as YAML."""

from __future__ import annotations

from typing import Any, Self

from nnspec.check.domains import is_domain
from nnspec.document.spec import LANGUAGE, TOP
from nnspec.edit.layout import layout
from nnspec.edit.values import plain_value
from nnspec.edit.yaml_text import Plain
from nnspec.syntax.expr_parse import (
    Start,
    leaf_of,
    parse_def_head,
    parse_expr,
    parse_field_head,
    parse_name,
    parse_text,
)
from nnspec.syntax.expr_tree import Expr
from nnspec.text.diagnostic import SpecError, nearest

_ORDER = tuple(item.name for item in TOP)
_OWN = {"let": "let", "data": "data", "functions": "function", "observables": "observe", "checks": "check",
        "plots": "plot", "sampler": "sampler", "numerics": "numerics", "model": "field, layers, ..."}  # fmt: skip


class Draft:
    """A spec in the making. Methods return it, so that calls can be chained; saying a thing again replaces it.

    Where a formula stands, a number, a list or an array may stand too. A formula that cannot be read is refused at once
    (`SpecError`), a value that no spec can hold too (`TypeError`); what the whole means is for `check` to say.
    """

    def __init__(self, name: str, doc: str | None = None, **given: Any) -> None:
        """A spec with a name; `x="R^d"` declares an input, since a domain is a space, and `N=100` a constant."""
        self._top: dict[str, Any] = {"nnspec": LANGUAGE, "name": self._word(name, "the name of a spec")}
        if doc is not None:
            self._top["doc"] = self._word(doc, "doc")
        self._model: dict[str, Any] = {}
        for key, value in given.items():
            self.input(**{key: value}) if _is_space(value, key) else self.let(**{key: value})

    # ------------------------------------------------------------ the model
    def let(self, **constants: Any) -> Self:
        """Constants, each a number or a formula: `let(N=100, s="1/N")`."""
        return self._named("let", constants)

    def input(self, **spaces: str) -> Self:
        """The input point with its space: `input(x="R^d")`."""
        return self._add(self._model, "inputs", {_name(key): _formula(space, f"input {key}") for key, space in spaces.items()})

    def index(self, **sizes: Any) -> Self:
        """Indices with their sizes: `index(i="N")`, `index(i=100)`."""
        read = {_name(key): _formula(size, f"index {key}", "range") for key, size in sizes.items()}
        return self._add(self._model, "indices", read)

    def param(self, declaration: str, density: str) -> Self:
        """A random parameter with its density: `param("w[i] in R^d", "Normal(0, 1/d)")`."""
        _parse(self._word(declaration, "a declaration"), "a parameter", "decl")
        return self._add(self._model, "params", {declaration: _formula(density, f"the density of {declaration}")})

    def field(self, head: str, body: Any) -> Self:
        """The field: `field("phi(x)", "sum_i a[i]*cos(w[i].x)")`; another head is a further field."""
        parse_field_head(leaf_of(self._word(head, "the head of a field"), "the head of the field"))
        return self._add(self._model, "def", {head: _formula(body, head)})

    def layers(self, layers: list[Any], parameterization: Any = None) -> Self:
        """The model as layers, written as in a spec: `layers([{"dense": {...}}, {"act": "relu"}], "ntk")`."""
        if isinstance(layers, str | dict) or not hasattr(layers, "__iter__"):
            message = f"layers are a list, as in [{{'act': 'relu'}}], not a {type(layers).__name__}"
            raise TypeError(message)
        self._model["layers"] = plain_value(list(layers), "layers")
        if parameterization is not None:
            self._model["parameterization"] = plain_value(parameterization, "parameterization")
        return self

    def deform(self, factor: Any) -> Self:
        """A factor on the density of whole networks."""
        self._model["deform"] = _formula(factor, "deform")
        return self

    # ------------------------------------------------------------ what it is asked
    def data(self, **sets: Any) -> Self:
        """Data sets: `data(xs="linspace(0, 1, 5)")`, `data(xs=np.linspace(0, 1, 5))`."""
        return self._named("data", sets)

    def function(self, head: str, body: Any) -> Self:
        """A function of the spec: `function("K(x, y)", "exp(-(x - y)^2)")`."""
        parse_def_head(leaf_of(self._word(head, "the head of a function"), "the head of a function"))
        return self._add(self._top, "functions", {head: _formula(body, head)})

    def observe(self, **asked: Any) -> Self:
        """Observables by name: `observe(G2={"correlator": {"n": 2, "at": "xs"}})`."""
        for name, value in asked.items():
            if not isinstance(value, dict) or len(value) != 1:
                message = f"{name} must be one observable with its options, as in {{'correlator': {{'n': 2, 'at': 'xs'}}}}"
                raise TypeError(message)
        read = {_name(name): plain_value(value, name) for name, value in asked.items()}
        return self._add(self._top, "observables", read)

    def check(self, *claims: str) -> Self:
        """Claims that a run must pass: `check("max(abs(G2)) < 5")`."""
        read = [_formula(self._word(each, "a check"), "a check") for each in claims]
        self._top["checks"] = list(dict.fromkeys([*self._top.get("checks", ()), *read]))
        return self

    def plot(self, **plots: Any) -> Self:
        """Pictures by name: `plot(both={"lines": {"x": "xs", "y": "G2"}})`."""
        return self._add(self._top, "plots", {_name(name): plain_value(value, name) for name, value in plots.items()})

    def sampler(self, word: str, **options: Any) -> Self:
        """How draws are made: `sampler("hmc", chains=4)`."""
        self._top["sampler"] = {self._word(word, "a sampler"): plain_value(options, word)}
        return self

    def numerics(self, **choices: Any) -> Self:
        """Choices that all computations share: `numerics(seed=1)`."""
        return self._add(self._top, "numerics", {key: plain_value(value, key) for key, value in choices.items()})

    def put(self, **sections: Any) -> Self:
        """Other keys of a spec as they stand in it: `put(sweep={"grid": {"let.N": [10, 20]}})`."""
        for key, value in sections.items():
            if key not in _ORDER or key in _OWN:
                near = nearest(key, set(_ORDER) - set(_OWN))
                advice = f"; use `{_OWN[key]}`" if key in _OWN else f"; did you mean `{near}`?" if near else ""
                message = f"`{key}` is not a key that `put` knows{advice}"
                raise TypeError(message)
            self._top[key] = plain_value(value, key)
        return self

    # ------------------------------------------------------------ as text
    def values(self) -> dict[str, Plain]:
        """The spec as plain values, in the order in which it is printed."""
        order = ("inputs", "indices", "params", "field", "def", "parameterization", "layers", "deform")
        model = dict(self._model)
        if len(model.get("def", ())) == 1:
            ((model["field"], model["def"]),) = model["def"].items()
        model = {key: model[key] for key in order if key in model}
        found = self._top | ({"model": model} if model else {})
        return {key: found[key] for key in _ORDER if key in found}

    def __str__(self) -> str:
        """The YAML spec."""
        return layout(self.values())

    def __repr__(self) -> str:
        """The name, and what is said so far."""
        said = ", ".join(key for key in self.values() if key not in ("nnspec", "name", "doc"))
        return f"<nnspec.{type(self).__name__} {self._top['name']!r}: {said or 'nothing yet'}>"

    # ------------------------------------------------------------ parts
    def _named(self, section: str, given: dict[str, Any]) -> Self:
        return self._add(self._top, section, {_name(name): _formula(value, name) for name, value in given.items()})

    def _add(self, where: dict[str, Any], section: str, read: dict[str, Plain]) -> Self:
        """Keep what was read; a fault in one of several leaves all as they were."""
        where[section] = {**where.get(section, {}), **read}
        return self

    @staticmethod
    def _word(value: Any, what: str) -> str:
        if not isinstance(value, str):
            message = f"{what} must be a text, not a {type(value).__name__}"
            raise TypeError(message)
        return str(plain_value(value, what))


def _formula(value: Any, what: str, start: Start = "expr") -> Plain:
    """A formula, read once to see that it is one; numbers and arrays are none and stay."""
    plain = plain_value(value, what)
    if isinstance(plain, dict) or plain is None:
        message = f"{what} must be a formula, a number or a list, not a {type(value).__name__}"
        raise TypeError(message)
    for text in _texts(plain):
        _parse(text, what, start)
    return plain


def _texts(value: Plain) -> list[str]:
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def _parse(text: str, what: str, start: Start) -> Any:
    return parse_text(text, start, what)


def _name(text: str) -> str:
    """A keyword as a name of the language; `sum_a` and `E` are none."""
    parse_name(leaf_of(text, "a name"))
    return text


def _is_space(value: Any, key: str) -> bool:
    """Whether a value is the domain of an input, as in `x="R^d"`, rather than a constant."""
    if not isinstance(value, str):
        return False
    try:
        parsed: Expr = parse_expr(leaf_of(value, key))
    except SpecError:
        return False  # `let` says what is wrong
    return is_domain(parsed)
