"""Formulas, declarations, ranges and blocks: from the text of a leaf to a tree with spans in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from nnspec.syntax import expr_errors, tables
from nnspec.syntax.expr_build import DEEPEST, Builder, fold, refuse_reserved, too_deep
from nnspec.syntax.expr_scan import KEYWORDS, Formula, scan
from nnspec.syntax.expr_tree import Block, Call, Decl, Expr, ExprNode, Index, Name, Range, Statement
from nnspec.syntax.tree import Leaf
from nnspec.text.diagnostic import Diagnostic, SpecError
from nnspec.text.source import Source, Span

if TYPE_CHECKING:
    from lark import Token, Tree

Start: TypeAlias = Literal["expr", "decl", "range", "block"]
LONGEST = 20_000


def _tree(formula: Formula, start: Start) -> Tree[Token]:
    from lark.exceptions import UnexpectedInput

    text = formula.text[formula.start : formula.end]
    try:
        return tables.load().parse(text, start=f"{start}_field")
    except UnexpectedInput as error:
        place = getattr(error, "pos_in_stream", None)
        token = getattr(error, "token", None)
        if token is not None:
            place = len(text) if token.type == "$END" else token.start_pos
        expected = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
        at = formula.start + (len(text) if place is None else place)
        diagnostic = expr_errors.unexpected(formula, start, at, frozenset(expected))
    raise SpecError(diagnostic)


def _parse(formula: Formula, start: Start) -> ExprNode:
    if not formula.tokens:
        raise SpecError(expr_errors.empty(formula, start))
    if formula.end - formula.start > LONGEST:
        message = f"the formula has more than {LONGEST:,} characters"
        raise SpecError(Diagnostic("NN108", message, formula.span(formula.tokens[0]), "it starts here"))
    problem = expr_errors.before_parsing(formula, start, DEEPEST)
    if problem is not None:
        raise SpecError(problem)
    if start == "expr" and len(formula.tokens) == 1 and formula.tokens[0].kind == "name":
        return _word(formula)
    return Builder(formula).build(_tree(formula, start))


def _word(formula: Formula) -> Name:
    """A formula that is one name, as most keys and many values are: the parser has nothing to add."""
    token = formula.tokens[0]
    name = Name(fold(token.text), token.text, formula.span(token))
    return refuse_reserved(name) if name.text in KEYWORDS else name


def _one(leaf: Leaf, start: Start) -> ExprNode:
    if len(leaf.text) > 50 * LONGEST:  # not worth scanning
        raise SpecError(too_deep(Span(leaf.span.source, leaf.span.start, leaf.span.start)))
    return _parse(scan(leaf)[0], start)


def parse_expr(leaf: Leaf) -> Expr:
    """Parse a value: `sum_i a[i]*cos(w[i].x)`."""
    return cast("Expr", _one(leaf, "expr"))


def parse_decl(leaf: Leaf) -> Decl:
    """Parse a declared parameter: `a[i]`, `w[i] in R^d`, `(a[i], b[i])`."""
    return cast("Decl", _one(leaf, "decl"))


def parse_range(leaf: Leaf) -> Range:
    """Parse the values of an index: `N`, `1..N`."""
    return cast("Range", _one(leaf, "range"))


def parse_block(leaf: Leaf) -> Block:
    """Parse the statements of a `model: |` block; a fault in one does not hide those of the others."""
    statements: list[Statement] = []
    problems: list[Diagnostic] = []
    formulas = scan(leaf, block=True)
    for formula in formulas:
        try:
            statements.append(cast("Statement", _parse(formula, "block")))
        except SpecError as error:
            problems += error.diagnostics
    if not formulas:
        problems.append(Diagnostic("NN106", "the block is empty", leaf.span, "no statement stands here"))
    if problems:
        raise SpecError(problems)
    return Block(tuple(statements), statements[0].span.join(statements[-1].span))


def parse_name(leaf: Leaf) -> Name:
    """Parse a key that must be a plain name: `sigma_w`."""
    expr = parse_expr(leaf)
    if not isinstance(expr, Name):
        raise SpecError(Diagnostic("NN101", f"`{leaf.text}` is not a name", expr.span, "only a name can stand here"))
    return refuse_reserved(expr)


def parse_def_head(leaf: Leaf) -> tuple[Name, tuple[Name, ...]]:
    """Parse what stands left of a function's definition: `G(x, y)`."""
    name, components, arguments = parse_field_head(leaf)
    if components:
        raise SpecError(expr_errors.bad_head(leaf, components[0].span))
    return name, arguments


def parse_field_head(leaf: Leaf) -> tuple[Name, tuple[Name, ...], tuple[Name, ...]]:
    """Parse the head of a field: `phi(x)`, `phi[a](x)`; its name, its indices of components, its arguments."""
    head = parse_expr(leaf)
    if not isinstance(head, Call) or head.kwargs or head.binders or not head.args:
        raise SpecError(expr_errors.bad_head(leaf, head.span))
    fn, items = (head.fn.base, head.fn.items) if isinstance(head.fn, Index) else (head.fn, ())
    for part in (fn, *items, *head.args):
        if not isinstance(part, Name):
            raise SpecError(expr_errors.bad_head(leaf, part.span if part is not fn else head.span))
    names = [refuse_reserved(cast("Name", part)) for part in (fn, *items, *head.args)]
    return names[0], tuple(names[1 : 1 + len(items)]), tuple(names[1 + len(items) :])


def leaf_of(text: str, name: str = "<text>") -> Leaf:
    """A leaf that holds a text as it is, for formulas that do not come from a YAML file."""
    source = Source(name, text)
    return Leaf(text, Span(source, 0, len(text)), "plain", range(len(text) + 1))


def parse_text(text: str, start: Start = "expr", name: str = "<text>") -> ExprNode:
    """Parse a formula that does not come from a file."""
    leaf = leaf_of(text, name)
    return parse_block(leaf) if start == "block" else _one(leaf, start)
