"""Constants and functions: the names that everything else may use."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Sequence_
from typing import Any

from nnspec.check.attempts import attempt, parsed
from nnspec.check.calls import unknown_function
from nnspec.check.expressions import Reader
from nnspec.check.scope import DOMAINS, FunctionDecl, Meaning, Scope, clash, distinct, parts_of
from nnspec.check.sizes import number
from nnspec.document.read import as_leaf, as_mapping
from nnspec.ir.types import INT, REAL
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_def_head, parse_expr, parse_name
from nnspec.syntax.tree import Entry, Node
from nnspec.text.diagnostic import Diagnostic, Label


def key_name(entry: Entry, scope: Scope) -> ast.Name | None:
    """The name that a key gives, or None with the complaint kept."""
    name = parsed(scope, parse_name, entry.key)
    scope.lost |= name is None
    return name


def section(node: Node | None, name: str, scope: Scope) -> tuple[Entry, ...]:
    """The entries of a mapping that gives names their meaning."""
    mapping = as_mapping(node, name, scope.complaints) if node is not None else None
    scope.lost |= node is not None and mapping is None
    return mapping.entries if mapping else ()


def read_constants(node: Node | None, scope: Scope, block: Sequence_[tuple[ast.Name, ast.Expr]] = ()) -> None:
    """`let`, and those of a block: each constant may use the others, in any order, but not itself."""
    formulas: dict[str, tuple[ast.Name, ast.Expr | None]] = {}
    given: list[tuple[ast.Name, ast.Expr | None]] = []
    for entry in section(node, "let", scope):
        name = key_name(entry, scope)
        leaf = as_leaf(entry.value, entry.key.text, scope.complaints)
        formula = parsed(scope, parse_expr, leaf) if leaf else None
        if name is not None:
            given.append((name, formula))
    for name, formula in (*given, *block):
        if name.text in formulas:
            first = formulas[name.text][0]
            scope.complaints.add(clash(name, "constant", first.written, "constant", first.span))
        else:
            formulas[name.text] = (name, formula)
    for word in _in_order(formulas, scope):
        _constant(*formulas[word], scope)
        scope.uses[word] = frozenset(each.text for each in _uses(formulas[word][1])) & formulas.keys()


def _constant(name: ast.Name, formula: ast.Expr | None, scope: Scope) -> None:
    if name.text in scope.names:  # a circle, reported before
        return
    value = None
    if formula is not None:
        value = attempt(scope, lambda: number(formula, Reader(scope), scope, f"`{name.written}`"))
    kind = INT if isinstance(value, int) else REAL
    scope.declare(name, Meaning(kind="constant", type=kind, span=name.span, value=value, broken=value is None))


def _in_order(formulas: dict[str, tuple[ast.Name, ast.Expr | None]], scope: Scope) -> list[str]:
    """The constants, each after those that it uses; those in a circle are declared as broken."""
    order: list[str] = []
    seen: set[str] = set()
    for first in formulas:
        path: dict[str, Iterator[ast.Name]] = {}
        if first not in seen:
            path[first] = _uses(formulas[first][1])
            seen.add(first)
        while path:
            word = next(reversed(path))
            used = next((each for each in path[word] if each.text in formulas), None)
            if used is None:
                order.append(word)
                del path[word]
            elif used.text in path:
                on_path = list(path)
                _circle([*on_path[on_path.index(used.text) :], used.text], used, formulas, scope)
            elif used.text not in seen:
                seen.add(used.text)
                path[used.text] = _uses(formulas[used.text][1])
    return order


def _uses(formula: ast.Expr | None) -> Iterator[ast.Name]:
    return _names(formula) if formula is not None else iter(())


def _circle(
    chain: list[str], used: ast.Name, formulas: dict[str, tuple[ast.Name, ast.Expr | None]], scope: Scope
) -> None:
    """NN206, at the name that closes the circle."""
    name = formulas[used.text][0]
    shown = chain if len(chain) <= 8 else [*chain[:4], "...", *chain[-3:]]
    notes = (" -> ".join(shown),) if len(chain) > 2 else ()
    scope.complaints.add(Diagnostic("NN206", f"`{used.text}` is defined through itself", used.span, "its own value is needed here",
                                    (Label(name.span, "defined here"),), notes=notes))  # fmt: skip
    if name.text not in scope.names:
        scope.declare(name, Meaning(kind="constant", type=REAL, span=name.span, broken=True))


def _names(node: Any) -> Iterator[ast.Name]:
    return (each for each in parts_of(node) if isinstance(each, ast.Name))


def read_functions(node: Node | None, scope: Scope) -> None:
    """`functions`: heads and bodies; the bodies are checked where they are used."""
    for entry in section(node, "functions", scope):
        head = parsed(scope, parse_def_head, entry.key)
        leaf = as_leaf(entry.value, entry.key.text, scope.complaints)
        body = parsed(scope, parse_expr, leaf) if leaf else None
        if head is None:
            scope.lost = True
            continue
        name, args = head
        if body is None or not distinct(args, scope):
            scope.declare(name, Meaning(kind="function", type=REAL, span=name.span, broken=True))
        elif scope.free(name, "function"):
            scope.functions[name.text] = FunctionDecl(name.text, args, body, name.span)


def check_uncalled(scope: Scope) -> None:
    """Functions that nothing uses: without the types of their arguments, the names in them can be checked."""
    for function in scope.functions.values():
        if function.name in scope.called:
            continue
        bound = {name.text for name in _bound(function.body)} | {name.text for name in function.args}
        known = {*scope.known(), *DOMAINS, *bound}
        called = {id(name) for name in _called(function.body)}
        for name in _names(function.body):
            if name.text not in known:
                unknown = unknown_function(name, scope) if id(name) in called else scope.unknown(name)
                scope.complaints.add(unknown)


def _called(node: Any) -> Iterator[ast.Name]:
    return (each.fn for each in parts_of(node) if isinstance(each, ast.Call) and isinstance(each.fn, ast.Name))


def _bound(node: Any) -> Iterator[ast.Name]:
    return (each.name for each in parts_of(node) if isinstance(each, ast.Binder | ast.KwArg))
