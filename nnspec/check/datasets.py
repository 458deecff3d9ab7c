"""Data sets: generators by their word, or lists of numbers; what their points are labelled with."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nnspec.check.attempts import attempt, parsed
from nnspec.check.constants import key_name, section
from nnspec.check.domains import read_domain
from nnspec.check.expressions import Reader
from nnspec.check.files import data_file
from nnspec.check.lists import literal, uneven
from nnspec.check.nouns import clauses, noun
from nnspec.check.scope import Meaning, Scope, Wrong
from nnspec.check.sizes import constant, foresee, number, size
from nnspec.document.read import as_leaf
from nnspec.ir import expr as ir
from nnspec.ir.evaluate import DomainValue
from nnspec.ir.experiment import DataDecl
from nnspec.ir.types import REAL, Type, data, domain, vec
from nnspec.plugin.records import Dataset, Parameter
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.tree import Node, Sequence
from nnspec.text.diagnostic import Diagnostic, Label, nearest

MOST_NUMBERS = 100_000_000
POINT = "x"
"""What a point is called in the formula of its label."""


@dataclass(frozen=True)
class Shaped:
    """A data set that is not made yet."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class _Made:
    value: ir.Expr
    shape: tuple[int, ...]
    target: ir.Lambda | None = None
    labelled: bool = False
    seed: tuple[str, float] | None = None
    """The word and the seed of random numbers."""


def read_data(node: Node | None, scope: Scope) -> list[DataDecl]:
    """`data`: each set may be made of those before it."""
    found: list[DataDecl] = []
    seeds: dict[tuple[str, float], ast.Name] = {}
    for entry in section(node, "data", scope):
        name = key_name(entry, scope)
        if name is None:
            continue
        made = _value(entry.value, scope)
        shape, labelled = (made.shape, made.labelled) if made is not None else ((), False)
        scope.declare(name, Meaning(kind="data", type=data(shape), span=name.span, labelled=labelled, broken=made is None))
        if made is None:
            continue
        if made.seed is not None and seeds.setdefault(made.seed, name) is not name:
            scope.complaints.add(_same_numbers(name, seeds[made.seed], made.seed))
        further = made.target.names[1:] if made.target is not None else ()
        found.append(DataDecl(name=name.text, value=made.value, shape=shape, target=made.target, coordinates=further,
                              labelled=labelled, span=name.span))  # fmt: skip
    return found


def _same_numbers(name: ast.Name, first: ast.Name, seed: tuple[str, float]) -> Diagnostic:
    """NN494."""
    message = f"`{name.written}` and `{first.written}` are the same random numbers"
    return Diagnostic("NN494", message, name.span, f"`{seed[0]}` with the seed {seed[1]:g} again",
                      (Label(first.span, "made with this seed first"),), level="warning",
                      helps=(f"give one of them another seed: `seed={int(seed[1]) + 1}`",))  # fmt: skip


def _value(node: Node, scope: Scope) -> _Made | None:
    if isinstance(node, Sequence):
        value = literal(node, scope)
        return _Made(value, value.type.shape) if value is not None else None
    leaf = as_leaf(node, "a data set", scope.complaints)
    formula = parsed(scope, parse_expr, leaf) if leaf else None
    return attempt(scope, lambda: _made(formula, scope)) if formula is not None else None


def _made(formula: ast.Expr, scope: Scope) -> _Made:
    if isinstance(formula, ast.Vector):
        numbers = _written(formula, scope)
        return _Made(numbers, numbers.type.shape)
    if not isinstance(formula, ast.Call) or not isinstance(formula.fn, ast.Name):
        raise Wrong(Diagnostic("NN606", "a data set is made by a generator, or is a list of numbers", formula.span,
                               "neither of them", helps=("as in `linspace(0, 4, 41)` or `[[0, 0], [1, 0]]`",)))  # fmt: skip
    record = scope.words.datasets.get(formula.fn.text)
    if record is None:
        raise Wrong(_unknown(formula.fn, scope))
    return _generated(record, formula, scope)


def generated(formula: ast.Call, scope: Scope) -> tuple[ir.Expr, tuple[int, ...]]:
    """The numbers of a generator where a list of them stands, as in a sweep."""
    made = _made(formula, scope)
    return made.value, made.shape


def _generated(record: Dataset, formula: ast.Call, scope: Scope) -> _Made:
    bound = _bind(record, formula)
    plain: dict[str, Any] = {}
    options: list[tuple[str, ir.Expr]] = []
    target: ast.Expr | None = None
    for parameter in record.parameters:
        given = bound.get(parameter.name)
        if parameter.type == "target":
            target = given
        elif given is None:
            plain[parameter.name] = parameter.default
            options.append((parameter.name, _default(parameter)))
        else:
            plain[parameter.name], expression = _argument(parameter, given, record, scope)
            options.append((parameter.name, expression))
    reason = record.refuse(plain)
    if reason:
        rule, label = clauses(reason)
        raise Wrong(Diagnostic("NN609", f"`{record.name}`: {rule}", formula.span, label))
    shape = record.shape(plain)
    if math.prod(shape) > MOST_NUMBERS:
        label = f"{' x '.join(f'{n:,}' for n in shape)} numbers; {MOST_NUMBERS:,} at most"
        raise Wrong(Diagnostic("NN609", f"`{record.name}` would make too many numbers", formula.span, label))
    value = ir.Apply(fn=record.name, args=(), options=tuple(options), type=data(shape), span=formula.span)
    label_ = _target(target, record, options, shape, scope) if target is not None else None
    seed = (record.name, float(plain[record.seed])) if record.seed else None
    own = record.label is not None and record.has_labels(plain)
    return _Made(value, shape, label_, labelled=own or label_ is not None, seed=seed)


def _bind(record: Dataset, node: ast.Call) -> dict[str, ast.Expr]:
    """Arguments by name; NN312 for what is missing, unknown or given twice."""
    parameters = record.parameters
    shape = f"{record.name}({', '.join(p.name for p in parameters)})"
    if len(node.args) > len(parameters) or node.binders:
        extra = node.binders[0].span if node.binders else node.args[len(parameters)].span
        raise Wrong(Diagnostic("NN312", f"it is written `{shape}`", extra, "not expected here"))
    bound: dict[str, ast.Expr] = {p.name: arg for p, arg in zip(parameters, node.args, strict=False)}
    known = {p.name for p in parameters}
    for keyword in node.kwargs:
        key = keyword.name.text
        if key not in known or key in bound:
            message = f"`{key}` is given twice" if key in known else f"`{record.name}` has no argument `{key}`"
            raise Wrong(Diagnostic("NN312", message, keyword.name.span, "not expected here",
                                   helps=(f"it is written `{shape}`",)))  # fmt: skip
        bound[key] = keyword.value
    for parameter in parameters:
        if parameter.name not in bound and parameter.default is None:
            raise Wrong(Diagnostic("NN312", f"`{shape}` needs `{parameter.name}`", node.span, "not given here",
                                   helps=(f"`{parameter.name}`: {parameter.doc}",)))  # fmt: skip
    return bound


def _argument(parameter: Parameter, node: ast.Expr, record: Dataset, scope: Scope) -> tuple[Any, ir.Expr]:
    """The plain value of an argument, and the expression that is kept."""
    read, what = Reader(scope), f"`{parameter.name}` of `{record.name}`"
    match parameter.type:
        case "int":
            value: Any = _count(parameter, node, read, scope, what)
        case "domain":
            value = constant(node, read_domain(node, read, scope), scope, what)
            return value, _fixed(value)
        case "data":
            return _nested(node, scope)
        case "text":
            if not isinstance(node, ast.Str):
                raise Wrong(Diagnostic("NN304", f"{what} is a text in quotes", node.span, "this is a formula"))
            return node.text, ir.Text(value=node.text, span=node.span)
        case "file":
            if not isinstance(node, ast.Str):
                raise Wrong(Diagnostic("NN304", f"{what} is the name of a file, in quotes", node.span, "this is a formula"))
            file = data_file(node)
            return file, ir.File(sha256=file.sha256, path=str(file.path), name=node.text, span=node.span)
        case _:
            value = number(node, read, scope, what, finite=True)
    read(node)  # uses its names
    return value, ir.Lit(value=value)


def _default(parameter: Parameter) -> ir.Expr:
    assert parameter.default is not None
    return ir.Text(value=parameter.default) if isinstance(parameter.default, str) else ir.Lit(value=parameter.default)


def _count(parameter: Parameter, node: ast.Expr, read: Reader, scope: Scope, what: str) -> int:
    """A whole number; a seed may be 0, and decides no shape."""
    if parameter.name != "seed":
        return size(node, read, scope, what)
    value = number(node, read, scope, what, finite=True)
    if value != int(value) or value < 0:
        raise Wrong(Diagnostic("NN315", f"{what} must be a whole number from 0", node.span, f"this is {value:g}"))
    return int(value)


def _fixed(value: DomainValue) -> ir.Domain:
    """A domain with its numbers."""
    args = tuple(_fixed(arg) if isinstance(arg, DomainValue) else ir.Lit(value=arg) for arg in value.args)
    scalar = value.shape == "interval" or (value.shape == "reals" and value.dim == 1)
    return ir.Domain(shape=value.shape, dim=value.dim, args=args, type=Type("domain") if scalar else domain(value.dim))  # type: ignore[arg-type]


def _nested(node: ast.Expr, scope: Scope) -> tuple[Shaped, ir.Expr]:
    """A data set inside of another: by its name, by a generator, or as a list."""
    if isinstance(node, ast.Name):
        meaning = scope.look_up(node)
        if meaning.kind != "data":
            raise Wrong(Diagnostic("NN606", f"`{node.written}` is not a data set", node.span, "a data set is needed here"))
        return Shaped(meaning.type.shape), ir.DataRef(name=node.text, type=meaning.type, span=node.span)
    made = _made(node, scope)
    return Shaped(made.shape), made.value


def _target(
    node: ast.Expr, record: Dataset, options: list[tuple[str, ir.Expr]], shape: tuple[int, ...], scope: Scope
) -> ir.Lambda:
    """What each point is labelled with, as a function of the point and of its further coordinates.

    A point on a line is a number; who writes its one component, `x[1]`, is understood too.
    """
    names = _coordinates(record, options, scope)
    kinds = [vec(shape[1])] if len(shape) > 1 and shape[1] > 1 else [REAL, vec(1)]
    try:
        return _labelled(node, names, kinds[0], scope)
    except Wrong:
        if len(kinds) > 1:
            with suppress(Wrong):
                return _labelled(node, names, kinds[1], scope)
        raise


def _labelled(node: ast.Expr, further: tuple[str, ...], kind: Type, scope: Scope) -> ir.Lambda:
    if isinstance(node, ast.Name) and node.text in scope.functions:
        function = scope.functions[node.text]
        if len(function.args) != 1:
            message = f"a label is a function of one point, and `{function.name}` takes {len(function.args)}"
            raise Wrong(Diagnostic("NN312", message, node.span, "used for labels", (Label(function.span, "declared here"),)))
        names: tuple[str, ...] = (function.args[0].text,)
        body = Reader(scope).body(function, [ir.Local(name=names[0], type=kind)])
    else:
        names = (POINT, *further)
        types = (kind, *(REAL for _ in further))
        local = {name: Meaning(kind="local", type=each) for name, each in zip(names, types, strict=True)}
        with scope.local(local):
            body = foresee(Reader(scope)(node), scope)
    if body.type.kind != "real" or body.deps or body.free:
        what = "random" if "param" in body.deps else noun(body.type) if body.type.kind != "real" else "no function of the point"
        helps = ("a function of the spec, or a formula: `y=sin(x[1])`",)
        raise Wrong(Diagnostic("NN304", "a label is a number for each point", node.span, f"this is {what}", helps=helps))
    dims = (kind.shape[0] if kind.shape else 0, *(0 for _ in names[1:]))
    return ir.Lambda(names=names, dims=dims, body=body, span=node.span)


def _coordinates(record: Dataset, options: list[tuple[str, ir.Expr]], scope: Scope) -> tuple[str, ...]:
    """Further names that a point has: those of the generator, or of the data set that it was given."""
    found = list(record.coordinates)
    for _, value in options:
        if isinstance(value, ir.Apply):
            found += scope.words.datasets[value.fn].coordinates
    return tuple(dict.fromkeys(found))


def _written(formula: ast.Vector, scope: Scope) -> ir.Vector:
    """A list of numbers, or of points, that stands in a formula: `"[[0, 0], [1, 0]]"`."""
    rows: list[ir.Expr] = []
    for item in formula.items:
        if isinstance(item, ast.Vector):
            rows.append(_written(item, scope))
        else:
            rows.append(ir.Lit(value=number(item, Reader(scope), scope, "an entry", finite=True), span=item.span))
    odd = next((k for k, row in enumerate(rows) if row.type.shape != rows[0].type.shape), None)
    if odd is not None:
        raise Wrong(uneven(formula.items[odd].span, rows[odd], rows[0]))
    return ir.Vector(items=tuple(rows), type=data((len(rows), *rows[0].type.shape)), span=formula.span)


def _unknown(word: ast.Name, scope: Scope) -> Diagnostic:
    near = nearest(word.text, scope.words.datasets)
    known = ", ".join(f"`{each}`" for each in scope.words.words("datasets"))
    helps = (f"did you mean `{near}`?",) if near else (f"known here: {known}",)
    return Diagnostic("NN610", f"no data generator is called `{word.text}`", word.span, "not known here", helps=helps)
