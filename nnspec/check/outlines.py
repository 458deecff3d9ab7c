"""The statements of a model, from the tree form or from the block form, before any of them has a meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from nnspec.check.attempts import parsed
from nnspec.check.scope import Scope
from nnspec.document.read import Given, as_leaf, as_mapping
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_block, parse_decl, parse_expr, parse_field_head, parse_range
from nnspec.syntax.tree import Leaf, Mapping, Node
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Span

T = TypeVar("T")


@dataclass(frozen=True)
class Definition:
    """`phi[a](x) = body`."""

    name: ast.Name
    components: tuple[ast.Name, ...]
    args: tuple[ast.Name, ...]
    body: ast.Expr


@dataclass
class Outline:
    """What a model says, statement by statement; the flags say that something could not be read."""

    lets: list[tuple[ast.Name, ast.Expr]] = field(default_factory=list)
    inputs: list[tuple[ast.Name, ast.Expr]] = field(default_factory=list)
    indices: list[tuple[ast.Name, ast.Range]] = field(default_factory=list)
    params: list[tuple[ast.Decl, ast.Expr | None]] = field(default_factory=list)
    fields: list[Definition] = field(default_factory=list)
    deform: ast.Expr | None = None
    missing: str = ""
    """The key that a definition still needs: `field` or `def`."""
    head_failed: bool = False
    inputs_failed: bool = False


def outline_of_block(leaf: Leaf, scope: Scope) -> Outline:
    """The statements of `model: |`."""
    outline = Outline()
    block = parsed(scope, parse_block, leaf)
    if block is None:
        outline.head_failed = scope.lost = True
        return outline
    deformed: Span | None = None
    for statement in block.statements:
        match statement:
            case ast.SIndex():
                outline.indices.append((statement.name, statement.range))
            case ast.SInput():
                outline.inputs.append((statement.name, statement.domain))
            case ast.SLet():
                outline.lets.append((statement.name, statement.value))
            case ast.SParam():
                outline.params.append((statement.decl, statement.density))
            case ast.SDef(name=name, components=components, args=args, body=body):
                outline.fields.append(Definition(name, components, args, body))
            case ast.SDeform(factor=factor, span=span) if deformed is None:
                outline.deform, deformed = factor, span
            case _:
                assert deformed is not None
                scope.complaints.add(Diagnostic("NN017", "the density is deformed twice", statement.span, "second time here",
                                                (Label(deformed, "first time here"),),
                                                helps=("multiply the factors: `P *= f*g`",)))  # fmt: skip
    outline.missing = "" if outline.fields else "def"
    return outline


def outline_of_tree(given: dict[str, Given], scope: Scope) -> Outline:
    """The keys `inputs`, `indices`, `params`, `field`, `def`, `deform`."""
    outline = Outline()
    for name, value in _entries(given, "inputs", scope):
        word, formula = _name(name, scope), _value(value, parse_expr, scope)
        if word and formula:
            outline.inputs.append((word, formula))
        else:
            scope.lost = True
    outline.inputs_failed = "inputs" not in given or scope.lost
    for name, value in _entries(given, "indices", scope):
        word, span = _name(name, scope), _value(value, parse_range, scope)
        if word and span:
            outline.indices.append((word, span))
        else:
            scope.lost = True
    for name, value in _entries(given, "params", scope):
        decl = parsed(scope, parse_decl, name)
        density = _value(value, parse_expr, scope)
        if decl:
            outline.params.append((decl, density))
        else:
            scope.lost = True
    _definitions(given, outline, scope)
    deform = as_leaf(given["deform"].value, "deform", scope.complaints) if "deform" in given else None
    outline.deform = parsed(scope, parse_expr, deform) if deform is not None else None
    return outline


def _definitions(given: dict[str, Given], outline: Outline, scope: Scope) -> None:
    """`field` and `def`, or several fields as a mapping under `def`."""
    body = given["def"].value if "def" in given else None
    if isinstance(body, Mapping):
        if "field" in given:
            scope.complaints.add(Diagnostic("NN017", "the fields are named twice", given["field"].key.span, "named here",
                                            (Label(given["def"].key.span, "and here, with their formulas"),),
                                            helps=("delete `field`",)))  # fmt: skip
        for entry in body.entries:
            _definition(entry.key, entry.value, outline, scope)
        return
    head = given["field"].value if "field" in given else None
    if head is None or body is None:
        outline.missing = "field" if head is None else "def"
        alone = head if head is not None else body
        leaf = as_leaf(alone, "field" if head is not None else "def", scope.complaints) if alone is not None else None
        if leaf is not None and head is not None:
            parsed(scope, parse_field_head, leaf)
        elif leaf is not None:
            parsed(scope, parse_expr, leaf)
        return
    leaf = as_leaf(head, "field", scope.complaints)
    if leaf is None:
        outline.head_failed = True
        return
    _definition(leaf, body, outline, scope)


def _definition(key: Leaf, value: Node, outline: Outline, scope: Scope) -> None:
    head = parsed(scope, parse_field_head, key)
    leaf = as_leaf(value, "def", scope.complaints)
    body = parsed(scope, parse_expr, leaf) if leaf else None
    if head is None or body is None:
        outline.head_failed = True
        scope.lost |= head is None
    else:
        outline.fields.append(Definition(*head, body))


def _entries(given: dict[str, Given], key: str, scope: Scope) -> list[tuple[Leaf, Node]]:
    if key not in given:
        return []
    mapping = as_mapping(given[key].value, key, scope.complaints)
    scope.lost |= mapping is None
    return [(entry.key, entry.value) for entry in mapping.entries] if mapping else []


def _value(node: Node, parse: Callable[[Leaf], T], scope: Scope) -> T | None:
    leaf = as_leaf(node, "a formula", scope.complaints)
    return parsed(scope, parse, leaf) if leaf else None


def _name(leaf: Leaf, scope: Scope) -> ast.Name | None:
    word = parsed(scope, parse_expr, leaf)
    if word is not None and not isinstance(word, ast.Name):
        scope.complaints.add(Diagnostic("NN207", "a name is needed here", leaf.span, "not a name",
                                        helps=("a letter, then letters, digits and `_`",)))  # fmt: skip
        return None
    return word
