"""Values under declared fields, resolved to what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from nnspec.check.attempts import attempt, parsed
from nnspec.check.expressions import Reader
from nnspec.check.laws import read_density
from nnspec.check.lists import numbers
from nnspec.check.mentions import named_field, named_function, named_methods, named_results
from nnspec.check.nouns import noun
from nnspec.check.scope import Scope, Wrong
from nnspec.check.sizes import count, foresee, number, size
from nnspec.document.fields import Field
from nnspec.document.read import Given, as_leaf, as_mapping, read_fields, read_flag, wrong_shape
from nnspec.ir import expr as ir
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.tree import Leaf, Mapping, Node
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, Label, nearest
from nnspec.text.source import Span

T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """Resolved options with their places; `complete` is false when one of them is wrong."""

    values: dict[str, Any]
    spans: dict[str, Span]
    complete: bool


def resolve_options(
    node: Mapping, fields: tuple[Field, ...], where: str, scope: Scope, place: Span, elsewhere: dict[str, str] | None = None
) -> Options:
    """Every declared field with its value; defaults are read like given values."""
    before = len(scope.complaints.errors)
    given = read_fields(node, fields, where, scope.complaints, place, elsewhere)
    values: dict[str, Any] = {}
    for item in fields:
        if item.name in given:
            values[item.name] = resolve(given[item.name], scope)
        elif item.default is not None:
            values[item.name] = _default(item, scope)
    spans = {name: each.value.span for name, each in given.items()}
    # What was reported elsewhere, as a function with a fault in its body, is missing without a complaint of its own.
    whole = all(values[name] is not None for name in given)
    return Options(values, spans, whole and len(scope.complaints.errors) == before)


def _default(item: Field, scope: Scope) -> Any:
    """The value of a default, in which no name of the spec means anything."""
    from nnspec.syntax.yaml_tree import read_value

    value = read_value(str(item.default), f"default of {item.name}")
    assert isinstance(value, Leaf)
    return resolve(Given(item, value, value), Scope(words=scope.words, complaints=scope.complaints))


def resolve(given: Given, scope: Scope) -> Any:
    """The value of one field by its type; None when it is wrong."""
    name, node = given.field.name, given.value
    match given.field.type:
        case "points" | "point" | "axis":
            return numbers(given, scope)
        case "activation":
            return _activation(node, scope)
        case "results":
            return named_results(node, name, scope)
        case "methods":
            return named_methods(node, name, scope)
        case "table":
            return _table(given, scope)
        case "mapping":
            return _mapping(given, scope)
        case "choice":
            return _choice(given, scope)
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
            return named_function(leaf, scope)
        case "observable":
            return named_results(leaf, name, scope)
        case "field":
            return named_field(leaf, scope)
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
        case "map":
            return _map(formula, read, scope)
        case _:
            return read(formula)


def _mapping(given: Given, scope: Scope) -> tuple[tuple[str, Any], ...] | None:
    """A mapping with declared keys."""
    node = as_mapping(given.value, given.field.name, scope.complaints)
    if node is None:
        return None
    options = resolve_options(node, given.field.fields, f"`{given.field.name}`", scope, given.key.span)
    return tuple(sorted(options.values.items())) if options.complete else None


def _choice(given: Given, scope: Scope) -> tuple[str, tuple[tuple[str, Any], ...]] | None:
    """One word with its options, `{sgd: {lr: 0.1}}`; a bare word where nothing must be given."""
    name, known = given.field.name, dict(given.field.options)
    node = given.value
    if isinstance(node, Leaf) and not node.null:
        word, body = node, Mapping((), node.span)
    elif isinstance(node, Mapping) and len(node.entries) == 1:
        word, value = node.entries[0].key, node.entries[0].value
        empty = isinstance(value, Leaf) and value.null
        first = next((item.name for item in known.get(word.text, ())), "key")
        example = f"{word.text}: {{{first}: {value.text if isinstance(value, Leaf) else '…'}}}"
        found = Mapping((), word.span) if empty else as_mapping(value, word.text, scope.complaints, example)
        if found is None:
            return None
        body = found
    else:
        example = f"{{{next(iter(known))}: {{…}}}}"
        scope.complaints.add(wrong_shape(node, "one word with its options", name, f"{name}: {example}"))
        return None
    if word.text not in known:
        scope.complaints.add(_no_choice(name, word, tuple(known)))
        return None
    options = resolve_options(body, known[word.text], f"`{word.text}`", scope, word.span)
    return (word.text, tuple(sorted(options.values.items()))) if options.complete else None


def _no_choice(name: str, leaf: Leaf, choices: tuple[str, ...]) -> Diagnostic:
    """NN016."""
    near = nearest(leaf.text, choices)
    fixes = (Fix("machine", (Edit(leaf.span.start, leaf.span.end, near),)),) if near else ()
    helps = (f"did you mean `{near}`?",) if near else ("one of " + ", ".join(f"`{c}`" for c in choices),)
    return Diagnostic("NN016", f"`{name}` cannot be `{leaf.text}`", leaf.span, "not one of its words", helps=helps, fixes=fixes)


def _table(given: Given, scope: Scope) -> ir.Expr | None:
    """A data set whose points are labelled."""
    found = numbers(given, scope)
    if isinstance(found, ir.DataRef) and scope.names[found.name].labelled:
        return found
    if found is not None:
        place = scope.names[found.name].span if isinstance(found, ir.DataRef) else None
        secondary = (Label(place, "made here, without labels"),) if place else ()
        scope.complaints.add(Diagnostic("NN616", f"`{given.field.name}` needs points with labels", given.value.span,
                                        "these have none", secondary,
                                        helps=("give them a target: `table(x=xs, y=sin(3*x[1]))`",)))  # fmt: skip
    return None


def _map(formula: ast.Expr, read: Reader, scope: Scope) -> ir.Expr:
    """Where a point goes: a vector as long as the input."""
    value = foresee(read(formula), scope)
    space = next((m.type for m in scope.names.values() if m.kind == "input" and not m.broken), None)
    if space is not None and value.type != space:
        raise Wrong(Diagnostic("NN304", f"the image of a point is {noun(space)}", formula.span, f"this is {noun(value.type)}"))
    return value


def _word(item: Field, leaf: Leaf, scope: Scope) -> str | None:
    if leaf.text in item.choices:
        return leaf.text
    scope.complaints.add(_no_choice(item.name, leaf, item.choices))
    return None


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
        known = ", ".join(f"`{each}`" for each in scope.words.words("activations"))
        helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
        if owner and not near:
            helps = (f"it comes with the plugin `{owner}`: pip install {owner}",)
        scope.complaints.add(Diagnostic("NN502", f"no activation is called `{word.text}`", word.span, "not known here",
                                        helps=helps))  # fmt: skip
        return None
    values = {p.name: p.default for p in record.parameters}
    if options is not None:
        mapping = as_mapping(options, word.text, scope.complaints)
        fields = tuple(Field(name=p.name, type="count" if p.type == "int" else "number", doc=p.doc) for p in record.parameters)
        if mapping is None:
            return None
        values |= resolve_options(mapping, fields, f"`{word.text}`", scope, word.span).values
    return record.name, tuple(sorted(values.items()))
