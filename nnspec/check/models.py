"""The formula form of a model: inputs, indices, parameters with their densities, the field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from nnspec.check.densities import read_density
from nnspec.check.domains import read_domain
from nnspec.check.expressions import Reader
from nnspec.check.indices import no_index, unsummed
from nnspec.check.nouns import not_yet, noun
from nnspec.check.options import attempt, parsed
from nnspec.check.scope import Meaning, Scope, Wrong, distinct, parts_of
from nnspec.check.sizes import foresee, size
from nnspec.document.read import Given, as_leaf, as_mapping
from nnspec.ir.experiment import FieldDef, IndexDecl, InputDecl, Model, ParamDecl
from nnspec.ir.types import INT, REAL, Type, vec
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_block, parse_decl, parse_def_head, parse_expr, parse_range
from nnspec.syntax.tree import Leaf, Node
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Span

T = TypeVar("T")


@dataclass
class Outline:
    """The statements of a model, from the tree form or from the block form."""

    inputs: list[tuple[ast.Name, ast.Expr]] = field(default_factory=list)
    indices: list[tuple[ast.Name, ast.Range]] = field(default_factory=list)
    params: list[tuple[ast.Decl, ast.Expr | None]] = field(default_factory=list)
    head: tuple[ast.Name, tuple[ast.Name, ...]] | None = None
    body: ast.Expr | None = None
    head_failed: bool = False
    inputs_failed: bool = False


def outline_of_block(leaf: Leaf, scope: Scope) -> Outline:
    """The statements of `model: |`."""
    outline = Outline()
    block = parsed(scope, parse_block, leaf)
    if block is None:
        outline.head_failed = True
        return outline
    for statement in block.statements:
        match statement:
            case ast.SIndex():
                outline.indices.append((statement.name, statement.range))
            case ast.SInput():
                outline.inputs.append((statement.name, statement.domain))
            case ast.SParam():
                outline.params.append((statement.decl, statement.density))
            case ast.SDef():
                if outline.head is not None:
                    scope.complaints.add(not_yet("a second field", statement.name.span, "only one `phi(x) = …` in a block"))
                else:
                    outline.head, outline.body = (statement.name, statement.args), statement.body
            case _:
                if isinstance(statement, ast.SLet):
                    found = not_yet("`let` in a block", statement.name.span, "move it to `let:` at the top of the spec")
                else:
                    found = not_yet("deforming the density", statement.span)
                scope.complaints.add(found)
    return outline


def outline_of_tree(given: dict[str, Given], scope: Scope) -> Outline:
    """The keys `inputs`, `indices`, `params`, `field`, `def`."""
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
    head = _given_leaf(given, "field", scope)
    body = _given_leaf(given, "def", scope)
    outline.head = parsed(scope, parse_def_head, head) if head else None
    outline.body = parsed(scope, parse_expr, body) if body else None
    outline.head_failed |= (head is not None and outline.head is None) or (body is not None and outline.body is None)
    return outline


def _entries(given: dict[str, Given], key: str, scope: Scope) -> list[tuple[Leaf, Node]]:
    if key not in given:
        return []
    mapping = as_mapping(given[key].value, key, scope.complaints)
    scope.lost |= mapping is None
    return [(entry.key, entry.value) for entry in mapping.entries] if mapping else []


def _given_leaf(given: dict[str, Given], key: str, scope: Scope) -> Leaf | None:
    return as_leaf(given[key].value, key, scope.complaints) if key in given else None


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


# ---------------------------------------------------------------- meaning
def read_model(outline: Outline, scope: Scope, place: Span) -> Model | None:
    """The model of an outline; None with complaints kept when something in it is wrong."""
    before = len(scope.complaints.errors)
    inputs = declare_inputs(outline, scope, place)
    indices = _indices(outline, scope)
    params = [_param(decl, density, scope) for decl, density in outline.params]
    definition = _field(outline, scope, place)
    if len(scope.complaints.errors) > before or definition is None:
        return None
    _lint_unused(outline, scope)
    kept = tuple(param for param in params if param is not None)
    return Model(inputs=tuple(inputs), indices=tuple(indices), params=kept, field=definition, span=place)


def declare_inputs(outline: Outline, scope: Scope, place: Span) -> list[InputDecl]:
    """`x: R^d`: the input and its space."""
    found: list[InputDecl] = []
    read = Reader(scope)
    for name, formula in outline.inputs:
        space = attempt(scope, lambda formula=formula: read_domain(formula, read, scope))  # type: ignore[misc]
        if space is not None and space.shape != "reals":
            scope.complaints.add(not_yet("an input outside of R^d", formula.span, "write `R^d`"))
            space = None
        kind = Type("real") if space is None or space.type.shape == () else vec(space.dim)
        shown = f"R^{space.dim}" if space else ""
        scope.declare(name, Meaning(kind="input", type=kind, span=name.span, space=shown, broken=space is None))
        if space is not None:
            found.append(InputDecl(name=name.text, space=space))
    if len(outline.inputs) > 1:
        scope.complaints.add(not_yet("a second input", outline.inputs[1][0].span, "join them: `x` in R^n"))
    if not outline.inputs and not outline.inputs_failed and not outline.head_failed:
        scope.complaints.add(Diagnostic("NN012", "the model needs an input", place, "none is given here",
                                        helps=("as in `inputs: {x: R^d}`",)))  # fmt: skip
    return found


def _indices(outline: Outline, scope: Scope) -> list[IndexDecl]:
    found: list[IndexDecl] = []
    read = Reader(scope)
    for name, span in outline.indices:
        if span.lo is not None and not (isinstance(span.lo, ast.Num) and span.lo.value == 1):
            to = span.hi.span.text
            scope.complaints.add(Diagnostic("NN308", "an index starts at 1, as on paper", span.lo.span, "not 1",
                                            helps=(f"write `1..{to}`, or `{to}` alone",)))  # fmt: skip
        n = attempt(scope, lambda span=span, name=name: size(span.hi, read, scope, f"the size of `{name.written}`"))  # type: ignore[misc]
        scope.declare(name, Meaning(kind="index", type=INT, span=name.span, broken=n is None))
        if n is not None:
            scope.sizes[name.text] = n
            found.append(IndexDecl(name=name.text, size=n))
    return found


def _param(decl: ast.Decl, density: ast.Expr | None, scope: Scope) -> ParamDecl | None:
    target = decl.names[0]
    indices = tuple(each.text for each in target.indices)
    result = attempt(scope, lambda: _typed_param(decl, density, scope))
    for each in decl.names if result is None else ():
        scope.declare(each.name, Meaning(kind="param", type=REAL, span=each.name.span, indices=indices, broken=True))
    if result is None:
        return None
    param, kind, space = result
    scope.declare(
        target.name, Meaning(kind="param", type=kind, span=target.name.span, indices=indices, space=space)
    )
    return param


def _typed_param(decl: ast.Decl, density: ast.Expr | None, scope: Scope) -> tuple[ParamDecl, Type, str]:
    if decl.joint:
        raise Wrong(not_yet("a joint density of several parameters", decl.span, "give each its own line"))
    target, read = decl.names[0], Reader(scope)
    for index in target.indices:
        if index.text not in scope.sizes:
            raise Wrong(no_index(index, scope))
    space = read_domain(decl.domain, read, scope) if decl.domain is not None else None
    if density is None:
        raise Wrong(None)
    law = read_density(density, read, scope)
    event, kind = law.type.shape, REAL
    copies: tuple[int, ...] = ()
    if space is not None and space.shape != "reals":
        raise Wrong(not_yet("a parameter outside of R^n", decl.domain.span if decl.domain else decl.span,
                            "put the domain into the density: `Uniform(…)`"))  # fmt: skip
    if space is not None and space.type.shape:
        kind, copies = vec(space.dim), () if event else (space.dim,)
        if event and event != (space.dim,):
            message = f"a density on R^{event[0]} for a parameter in R^{space.dim}"
            place = decl.domain.span if decl.domain else target.span
            raise Wrong(Diagnostic("NN411", message, density.span, f"this gives vectors of R^{event[0]}",
                                   (Label(place, f"declared in R^{space.dim} here"),)))  # fmt: skip
    elif event:
        kind = vec(event[0])
    shown = f"R^{kind.shape[0]}" if kind.shape else "R"
    names = tuple(index.text for index in target.indices)
    param = ParamDecl(name=target.name.text, indices=names, copies=copies, density=law, span=target.name.span)
    return param, kind, shown


def _field(outline: Outline, scope: Scope, place: Span) -> FieldDef | None:
    if outline.head is None or outline.body is None:
        if not outline.head_failed:
            missing = "field" if outline.head is None else "def"
            advice = "as in `field: phi(x)` and `def: sum_i a[i]*cos(w[i].x)`, or give `layers`"
            scope.complaints.add(Diagnostic("NN012", f"the model needs `{missing}`", place, "not given here", helps=(advice,)))
        return None
    (name, args), formula = outline.head, outline.body
    for arg in args:
        if scope.names.get(arg.text) is None or scope.names[arg.text].kind != "input":
            if not outline.inputs_failed or outline.inputs:
                scope.complaints.add(_no_input(arg, scope))
            return None
    if not distinct(args, scope):
        return None
    scope.declare(name, Meaning(kind="field", type=Type("field"), span=name.span))
    itself = next((each for each in parts_of(formula) if isinstance(each, ast.Name) and each.text == name.text), None)
    if itself is not None:
        scope.complaints.add(Diagnostic("NN206", f"`{name.written}` is defined through itself", itself.span,
                                        "its own value is needed here", (Label(name.span, "defined here"),)))  # fmt: skip
        return None
    body = attempt(scope, lambda: foresee(Reader(scope)(formula), scope))
    if body is None:
        return None
    if body.free:
        scope.complaints.add(unsummed(formula, min(body.free)))
        return None
    if body.type.kind != "real":
        scope.complaints.add(Diagnostic("NN304", "a field is one number for each point", formula.span,
                                        f"this is {noun(body.type)}"))  # fmt: skip
        return None
    return FieldDef(name=name.text, inputs=tuple(arg.text for arg in args), body=body, span=formula.span)


def _no_input(arg: ast.Name, scope: Scope) -> Diagnostic:
    inputs = {name: meaning.span for name, meaning in scope.names.items() if meaning.kind == "input"}
    known = ", ".join(f"`{name}`" for name in inputs)
    secondary = tuple(Label(span, "the input is declared here") for span in inputs.values() if span is not None)[:1]
    helps = (f"write {known}, or rename the input",) if known else ()
    return Diagnostic("NN207", f"`{arg.written}` is not an input of the model", arg.span, "not an input", secondary,
                      helps=helps)  # fmt: skip


def _lint_unused(outline: Outline, scope: Scope) -> None:
    for decl, _ in outline.params:
        for each in decl.names:
            if each.name.text not in scope.used:
                message = f"the parameter `{each.name.written}` is never used"
                scope.complaints.add(Diagnostic("NN493", message, each.span, "drawn, but not part of the field",
                                                level="warning", helps=("use it, or delete it",)))  # fmt: skip
