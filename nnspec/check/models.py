"""The formula form of a model: inputs, indices, parameters with their densities, fields, the deformation."""

from __future__ import annotations

from nnspec.check.attempts import attempt
from nnspec.check.domains import read_domain
from nnspec.check.expressions import Reader
from nnspec.check.indices import no_index, unsummed
from nnspec.check.nouns import noun
from nnspec.check.outlines import Definition, Outline
from nnspec.check.parameters import read_parameters
from nnspec.check.random_parts import random_part
from nnspec.check.scope import Meaning, Scope, distinct, parts_of
from nnspec.check.sizes import foresee, size
from nnspec.ir import expr as ir
from nnspec.ir.experiment import FieldDef, IndexDecl, InputDecl, Model
from nnspec.ir.types import INT, Type, vec
from nnspec.ir.walk import walk
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Span


def read_model(outline: Outline, scope: Scope, place: Span) -> Model | None:
    """The model of an outline; None with complaints kept when something in it is wrong."""
    before = len(scope.complaints.errors)
    inputs = declare_inputs(outline, scope, place)
    indices = _indices(outline, scope)
    params = read_parameters(outline.params, scope)
    fields = _fields(outline, scope, place)
    deform = read_deformation(outline.deform, scope)
    if len(scope.complaints.errors) > before or not fields:
        return None
    _lint_unused(outline, scope)
    return Model(inputs=tuple(inputs), indices=tuple(indices), params=tuple(params), fields=tuple(fields), deform=deform,
                 span=place)  # fmt: skip


def declare_inputs(outline: Outline, scope: Scope, place: Span) -> list[InputDecl]:
    """`x: R^d`: the inputs and their spaces."""
    found: list[InputDecl] = []
    read = Reader(scope)
    for name, formula in outline.inputs:
        space = attempt(scope, lambda formula=formula: read_domain(formula, read, scope))  # type: ignore[misc]
        if space is not None and space.shape != "reals":
            scope.complaints.add(Diagnostic("NN318", "an input lives in the whole of R^n", formula.span, "this is a part of it",
                                            helps=(f"write `R^{space.dim}`, and choose points in the domain",)))  # fmt: skip
            space = None
        kind = Type("real") if space is None or space.type.shape == () else vec(space.dim)
        shown = f"R^{space.dim}" if space else ""
        scope.declare(name, Meaning(kind="input", type=kind, span=name.span, space=shown, broken=space is None))
        if space is not None:
            found.append(InputDecl(name=name.text, space=space))
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


# ---------------------------------------------------------------- fields
def _fields(outline: Outline, scope: Scope, place: Span) -> list[FieldDef]:
    if outline.missing and not outline.head_failed:
        advice = "as in `field: phi(x)` and `def: sum_i a[i]*cos(w[i].x)`, or give `layers`"
        message = f"the model needs `{outline.missing}`"
        scope.complaints.add(Diagnostic("NN012", message, place, "not given here", helps=(advice,)))
    known = [each for each in outline.fields if _declare(each, outline, scope)]
    if not _no_circle(known, scope):
        return []
    found = [_field(each, scope) for each in known]
    return [each for each in found if each is not None]


def _declare(definition: Definition, outline: Outline, scope: Scope) -> bool:
    """The head of a field: its components are indices, its arguments inputs of the model."""
    name, args = definition.name, definition.args
    fine = distinct(args, scope)
    for index in definition.components:
        if index.text not in scope.sizes:
            fault = no_index(index, scope)
            if fault is not None:
                scope.complaints.add(fault)
            fine = False
    for arg in args:
        meaning = scope.names.get(arg.text)
        if meaning is None or meaning.kind != "input":
            if not outline.inputs_failed or outline.inputs:
                scope.complaints.add(_no_input(arg, scope))
            fine = False
    kinds = tuple(scope.names[arg.text].type for arg in args if arg.text in scope.names)
    indices = tuple(index.text for index in definition.components)
    scope.declare(name, Meaning(kind="field", type=Type("field"), span=name.span, indices=indices, args=kinds, broken=not fine))
    return fine


def _no_circle(definitions: list[Definition], scope: Scope) -> bool:
    """NN206: a field whose value is needed for its own value."""
    names = {each.name.text: each for each in definitions}
    uses = {
        name: [part for part in parts_of(each.body) if isinstance(part, ast.Name) and part.text in names]
        for name, each in names.items()
    }
    for start in names:
        path, todo = {start}, list(uses[start])
        while todo:
            used = todo.pop()
            if used.text == start:
                place = next((part for part in uses[start] if part.text == start), uses[start][0])
                scope.complaints.add(Diagnostic("NN206", f"`{names[start].name.written}` is defined through itself", place.span,
                                                "its own value is needed here",
                                                (Label(names[start].name.span, "defined here"),)))  # fmt: skip
                return False
            if used.text not in path:
                path.add(used.text)
                todo += uses[used.text]
    return True


def _field(definition: Definition, scope: Scope) -> FieldDef | None:
    formula = definition.body
    body = attempt(scope, lambda: foresee(Reader(scope)(formula), scope))
    if body is None:
        return None
    loose = body.free - {index.text for index in definition.components}
    if loose:
        scope.complaints.add(unsummed(formula, min(loose)))
        return None
    if body.type.kind != "real":
        scope.complaints.add(Diagnostic("NN304", "a field is one number for each point", formula.span,
                                        f"this is {noun(body.type)}"))  # fmt: skip
        return None
    strange = next((part for part in walk(body) if isinstance(part, ir.DataRef)), None)
    if strange is not None:
        scope.complaints.add(Diagnostic("NN319", "a field depends on parameters and inputs alone", strange.span or formula.span,
                                        "this is a data set", helps=("give the numbers under `let`",)))  # fmt: skip
        return None
    return FieldDef(name=definition.name.text, inputs=tuple(arg.text for arg in definition.args), body=body,
                    components=tuple(index.text for index in definition.components), span=formula.span)  # fmt: skip


def _no_input(arg: ast.Name, scope: Scope) -> Diagnostic:
    inputs = {name: meaning.span for name, meaning in scope.names.items() if meaning.kind == "input"}
    known = ", ".join(f"`{name}`" for name in inputs)
    secondary = tuple(Label(span, "the input is declared here") for span in inputs.values() if span is not None)[:1]
    helps = (f"write {known}, or rename the input",) if known else ()
    return Diagnostic("NN207", f"`{arg.written}` is not an input of the model", arg.span, "not an input", secondary,
                      helps=helps)  # fmt: skip


# ---------------------------------------------------------------- the deformation
def read_deformation(formula: ast.Expr | None, scope: Scope) -> ir.Expr | None:
    """`deform`: a positive factor on the density of whole networks; no input is free in it (NN405)."""
    if formula is None:
        return None
    factor = attempt(scope, lambda: foresee(Reader(scope)(formula), scope))
    if factor is None:
        return None
    free = next((part for part in walk(factor) if isinstance(part, ir.Input)), None)
    if free is not None:
        message = "the deformation weighs whole networks; it cannot depend on one input"
        scope.complaints.add(Diagnostic("NN405", message, formula.span, f"`{free.name}` is free in here",
                                        helps=("integrate it out: `integral(…, x in Box(…))`",)))  # fmt: skip
        return None
    if factor.free:
        scope.complaints.add(unsummed(formula, min(factor.free), "a deformation is one number for each network"))
        return None
    if factor.type.kind != "real":
        scope.complaints.add(Diagnostic("NN304", "a deformation is a number for each network", formula.span,
                                        f"this is {noun(factor.type)}"))  # fmt: skip
        return None
    if random_part(factor) is None:
        scope.complaints.add(Diagnostic("NN404", "the deformation is the same for every network", formula.span, "nothing random",
                                        helps=("as in `exp(-g*integral(phi(y)^4, y in Box(-1, 1)^d))`",)))  # fmt: skip
        return None
    return factor


def _lint_unused(outline: Outline, scope: Scope) -> None:
    for decl, _ in outline.params:
        for each in decl.names:
            if each.name.text not in scope.used:
                message = f"the parameter `{each.name.written}` is never used"
                scope.complaints.add(Diagnostic("NN493", message, each.span, "drawn, but not part of the field",
                                                level="warning", helps=("use it, or delete it",)))  # fmt: skip
