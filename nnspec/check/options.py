"""Values under declared fields, resolved to what they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from nnspec.check.densities import read_density
from nnspec.check.expressions import Reader
from nnspec.check.scope import Scope, Wrong
from nnspec.check.sizes import count, number, size
from nnspec.document.fields import Field
from nnspec.document.read import Given, as_leaf, as_mapping, kind, read_fields, read_flag, wrong_shape
from nnspec.ir import expr as ir
from nnspec.ir.types import data, vec
from nnspec.plugin.records import Parameter
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.tree import Leaf, Mapping, Node, Sequence
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, SpecError, nearest
from nnspec.text.source import Span

T = TypeVar("T")


def parsed(scope: Scope, parse: Callable[[Leaf], T], leaf: Leaf) -> T | None:
    """A parsed leaf, or None with the complaints kept."""
    try:
        return parse(leaf)
    except SpecError as error:
        scope.complaints.found.extend(error.diagnostics)
        return None


def attempt(scope: Scope, read: Callable[[], T]) -> T | None:
    """What `read` gives, or None with its one complaint kept."""
    try:
        return read()
    except Wrong as wrong:
        if wrong.diagnostic is not None:
            scope.complaints.add(wrong.diagnostic)
        return None


@dataclass(frozen=True)
class Options:
    """Resolved options with their places; `complete` is false when one of them is wrong."""

    values: dict[str, Any]
    spans: dict[str, Span]
    complete: bool


def resolve_options(node: Mapping, fields: tuple[Field, ...], where: str, scope: Scope, place: Span) -> Options:
    """Every declared field with its value; defaults are read like given values."""
    before = len(scope.complaints.errors)
    given = read_fields(node, fields, where, scope.complaints, place)
    values: dict[str, Any] = {}
    for item in fields:
        if item.name in given:
            values[item.name] = resolve(given[item.name], scope)
        elif item.default is not None:
            values[item.name] = _default(item, scope)
    spans = {name: each.value.span for name, each in given.items()}
    return Options(values, spans, len(scope.complaints.errors) == before)


def _default(item: Field, scope: Scope) -> Any:
    from nnspec.syntax.yaml_tree import read_value

    value = read_value(str(item.default), f"default of {item.name}")
    assert isinstance(value, Leaf)
    return resolve(Given(item, value, value), scope)


def resolve(given: Given, scope: Scope) -> Any:
    """The value of one field by its type; None when it is wrong."""
    name, node = given.field.name, given.value
    match given.field.type:
        case "points" | "point" | "axis":
            return _numbers(given, scope)
        case "activation":
            return _activation(node, scope)
        case "results":
            return _results(node, name, scope)
        case "methods":
            return _methods(node, name, scope)
    leaf = as_leaf(node, name, scope.complaints)
    if leaf is None:
        return None
    return _leaf(given, leaf, scope)


def _leaf(given: Given, leaf: Leaf, scope: Scope) -> Any:
    name = given.field.name
    match given.field.type:
        case "text" | "name":
            return leaf.text
        case "word":
            return _word(given.field, leaf, scope)
        case "flag":
            flag = read_flag(leaf, name)
            if isinstance(flag, bool):
                return flag
            scope.complaints.add(flag)
            return None
        case "function":
            return _function(leaf, scope)
        case "observable":
            return _results(leaf, name, scope)
    formula = parsed(scope, parse_expr, leaf)
    if formula is None:
        return None
    return attempt(scope, lambda: _formula(given.field, formula, scope))


def _formula(item: Field, formula: ast.Expr, scope: Scope) -> Any:
    read, what = Reader(scope), f"`{item.name}`"
    match item.type:
        case "count":
            return count(formula, read, scope, what, least=0 if item.name == "seed" else 1)
        case "size":
            return size(formula, read, scope, what)
        case "number":
            return number(formula, read, scope, what)
        case "density":
            return read_density(formula, read, scope)
        case _:
            return read(formula)


def _word(item: Field, leaf: Leaf, scope: Scope) -> str | None:
    if leaf.text in item.choices:
        return leaf.text
    near = nearest(leaf.text, item.choices)
    fixes = (Fix("machine", (Edit(leaf.span.start, leaf.span.end, near),)),) if near else ()
    helps = (f"did you mean `{near}`?",) if near else ("one of " + ", ".join(f"`{c}`" for c in item.choices),)
    scope.complaints.add(Diagnostic("NN016", f"`{item.name}` cannot be `{leaf.text}`", leaf.span, helps=helps, fixes=fixes))
    return None


# ---------------------------------------------------------------- numbers in lists
def _numbers(given: Given, scope: Scope) -> ir.Expr | None:
    """A data set by name, or numbers as they stand."""
    if isinstance(given.value, Sequence):
        return literal(given.value, scope)
    leaf = as_leaf(given.value, given.field.name, scope.complaints)
    formula = parsed(scope, parse_expr, leaf) if leaf else None
    if formula is None:
        return None
    if not isinstance(formula, ast.Name):
        scope.complaints.add(
            Diagnostic("NN606", f"`{given.field.name}` takes the name of a data set, or a list", formula.span,
                       helps=("give it a name under `data`, and write the name here",))
        )  # fmt: skip
        return None
    meaning = attempt(scope, lambda: scope.look_up(formula))
    if meaning is None:
        return None
    if meaning.kind != "data":
        scope.complaints.add(Diagnostic("NN606", f"`{formula.written}` is not a data set", formula.span))
        return None
    return ir.DataRef(name=formula.text, type=meaning.type, span=formula.span, deps=frozenset({"data"}))


def literal(node: Sequence, scope: Scope) -> ir.Expr | None:
    """A list of numbers, or of points, as it stands in the file; each number may be a formula."""
    rows = [_literal_item(item, scope) for item in node.items]
    if not rows or any(row is None for row in rows):
        if not rows:
            scope.complaints.add(Diagnostic("NN606", "an empty list has no points", node.span))
        return None
    shapes = {row.type.shape for row in rows if row is not None}
    if len(shapes) != 1:
        scope.complaints.add(Diagnostic("NN606", "the entries of a list have different lengths", node.span))
        return None
    shape = (len(rows), *shapes.pop())
    return ir.Vector(items=tuple(row for row in rows if row is not None), type=data(shape), span=node.span)


def _literal_item(item: Node, scope: Scope) -> ir.Expr | None:
    if isinstance(item, Sequence):
        return literal(item, scope)
    leaf = as_leaf(item, "an entry", scope.complaints)
    formula = parsed(scope, parse_expr, leaf) if leaf else None
    if formula is None:
        return None
    value = attempt(scope, lambda: number(formula, Reader(scope), scope, "an entry"))
    return None if value is None else ir.Lit(value=value, span=formula.span)


# ---------------------------------------------------------------- words of plugins and names of the spec
def _activation(node: Node, scope: Scope) -> tuple[str, tuple[tuple[str, Any], ...]] | None:
    if isinstance(node, Mapping) and len(node.entries) == 1:
        word, options = node.entries[0].key, node.entries[0].value
    elif isinstance(node, Leaf):
        word, options = node, None
    else:
        scope.complaints.add(wrong_shape(node, "the word of an activation", "act"))
        return None
    record = scope.words.activations.get(word.text)
    if record is None:
        near, owner = nearest(word.text, scope.words.activations), scope.words.who_had("activations", word.text)
        helps = (f"did you mean `{near}`?",) if near else ("`nnspec plugins` lists those that are known",)
        if owner and not near:
            helps = (f"it comes with the plugin `{owner}`: pip install {owner}",)
        scope.complaints.add(Diagnostic("NN502", f"no activation is called `{word.text}`", word.span, helps=helps))
        return None
    values = {p.name: p.default for p in record.parameters}
    if options is not None:
        mapping = as_mapping(options, word.text, scope.complaints)
        fields = tuple(Field(name=p.name, type="number", doc=p.doc) for p in record.parameters)
        if mapping is None:
            return None
        values |= resolve_options(mapping, fields, f"`{word.text}`", scope, word.span).values
    return record.name, tuple(sorted(values.items()))


def _function(leaf: Leaf, scope: Scope) -> ir.Lambda | None:
    """A function of the spec as a function of points of the input space."""
    declared = scope.functions.get(leaf.text)
    if declared is None:
        near = nearest(leaf.text, scope.functions)
        helps = (f"did you mean `{near}`?",) if near else ("declare it under `functions`",)
        scope.complaints.add(Diagnostic("NN203", f"no function is called `{leaf.text}`", leaf.span, helps=helps))
        return None
    space = next((m.type for m in scope.names.values() if m.kind == "input" and not m.broken), vec(1))
    points = [ir.Local(name=arg.text, type=space) for arg in declared.args]
    body = attempt(scope, lambda: Reader(scope).body(declared, list(points)))
    if body is None:
        return None
    if "param" in body.deps or body.type.kind != "real":
        what = "is random" if "param" in body.deps else f"gives a {body.type}"
        scope.complaints.add(Diagnostic("NN408", f"`{leaf.text}` {what}, and a number is needed", leaf.span))
        return None
    return ir.Lambda(names=tuple(arg.text for arg in declared.args), dims=tuple((space.shape or (1,)) * len(points)),
                     body=body, span=leaf.span)  # fmt: skip


def _results(node: Node, name: str, scope: Scope) -> tuple[str, ...] | None:
    leaves = node.items if isinstance(node, Sequence) else (node,)
    found: list[str] = []
    for item in leaves:
        leaf = as_leaf(item, name, scope.complaints)
        if leaf is None:
            return None
        base, _, part = leaf.text.partition(".")
        meaning = scope.names.get(base)
        if meaning is None or meaning.kind != "result" or (part and not meaning.broken and part not in meaning.parts):
            near = nearest(leaf.text, [n for n, m in scope.names.items() if m.kind == "result"])
            helps = (f"did you mean `{near}`?",) if near else ()
            scope.complaints.add(Diagnostic("NN607", f"no observable is called `{leaf.text}`", leaf.span, helps=helps))
            return None
        found.append(leaf.text)
    return tuple(found)


def _methods(node: Node, name: str, scope: Scope) -> tuple[str, ...] | None:
    items = node.items if isinstance(node, Sequence) else (node,)
    leaves = [as_leaf(item, name, scope.complaints) for item in items]
    words = [leaf.text for leaf in leaves if leaf is not None]
    for word in {word for word in words if words.count(word) > 1}:
        scope.complaints.add(Diagnostic("NN614", f"the method `{word}` is named twice", node.span))
    return tuple(dict.fromkeys(words))


def bind_parameters(
    word: str, parameters: tuple[Parameter, ...], node: ast.Call, scope: Scope
) -> tuple[tuple[str, Any, ir.Expr], ...]:
    """Arguments of a data generator: name, plain value, expression."""
    shape = f"{word}({', '.join(p.name for p in parameters)})"
    if len(node.args) > len(parameters) or node.binders:
        raise Wrong(Diagnostic("NN312", f"it is written `{shape}`", node.span))
    bound: dict[str, ast.Expr] = {p.name: arg for p, arg in zip(parameters, node.args, strict=False)}
    for keyword in node.kwargs:
        if keyword.name.text not in {p.name for p in parameters} or keyword.name.text in bound:
            raise Wrong(Diagnostic("NN312", f"`{word}` has no free argument `{keyword.name.text}`", keyword.name.span,
                                   helps=(f"it is written `{shape}`",)))  # fmt: skip
        bound[keyword.name.text] = keyword.value
    found: list[tuple[str, Any, ir.Expr]] = []
    read = Reader(scope)
    for parameter in parameters:
        if parameter.name in bound:
            formula = bound[parameter.name]
            reads = size if parameter.type == "int" else number
            value = reads(formula, read, scope, f"`{parameter.name}`")
            found.append((parameter.name, value, read(formula)))
        elif parameter.default is not None:
            found.append((parameter.name, parameter.default, ir.Lit(value=parameter.default)))  # type: ignore[arg-type]
        else:
            raise Wrong(Diagnostic("NN312", f"`{shape}` needs `{parameter.name}`", node.span,
                                   helps=(f"`{parameter.name}`: {parameter.doc}",)))  # fmt: skip
    return tuple(found)


__all__ = [
    "Options", "attempt", "bind_parameters", "kind", "literal", "parsed", "resolve", "resolve_options",
]  # fmt: skip
