"""Fields inside formulas: their values at points, averages over networks, derivatives by the input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from nnspec.check.indices import declared
from nnspec.check.nouns import noun
from nnspec.check.scope import Meaning, Scope, Wrong
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.types import INT, REAL, Type, vec
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label

Read = Callable[[ast.Expr], ir.Expr]


def is_field(node: ast.Expr, scope: Scope) -> bool:
    """Whether a name, with or without components, is that of a field."""
    base = node.base if isinstance(node, ast.Index) else node
    meaning = scope.names.get(base.text) if isinstance(base, ast.Name) else None
    return meaning is not None and meaning.kind == "field"


def field_at(node: ast.Call, read: Read, scope: Scope) -> ir.Expr:
    """`phi(y)` and `phi[a](y)`: a random number for each point."""
    fn = node.fn
    name, items = (fn.base, fn.items) if isinstance(fn, ast.Index) else (fn, ())
    assert isinstance(name, ast.Name)
    meaning = scope.look_up(name)
    extra = (*node.kwargs, *node.binders)
    if extra or len(node.args) != len(meaning.args):
        given = [arg.span.text for arg in node.args][: len(meaning.args)]
        points = [*given, *(("x" if n == 0 else f"x{n + 1}") for n in range(len(given), len(meaning.args)))]
        head = f"{fn.span.text}({', '.join(points)})"
        place = (node.kwargs[0].span if node.kwargs else node.binders[0].span) if extra else node.span
        label = "not expected here" if extra else f"this gives {len(node.args)} arguments"
        many = "one point" if len(meaning.args) == 1 else f"{len(meaning.args)} inputs"
        raise Wrong(Diagnostic("NN312", f"the field `{name.written}` takes {many}", place, label, declared(name, scope),
                               helps=(f"write `{head}`",)))  # fmt: skip
    args = [_point(arg, wanted, name, read, scope) for arg, wanted in zip(node.args, meaning.args, strict=True)]
    components = _components(name, items, meaning, node, scope)
    return _value(name.text, components, args, node)


def lifted(node: ast.Name | ast.Index, scope: Scope) -> ir.Expr:
    """A field without a point: its value at the variable of the integral around it, if there is one that fits."""
    name, items = (node.base, node.items) if isinstance(node, ast.Index) else (node, ())
    assert isinstance(name, ast.Name)
    meaning = scope.look_up(name)
    if scope.lifted is None or meaning.args != (scope.lifted[1],):
        shown, n = node.span.text, (*meaning.args[0].shape, 1)[0] if meaning.args else 1
        space = "Interval(-1, 1)" if meaning.args and not meaning.args[0].shape else f"Box(-1, 1)^{n}"
        notes: tuple[str, ...] = ()
        if scope.lifted is not None:
            notes = (f"`{scope.lifted[0]}` of the integral is {noun(scope.lifted[1])}, which is no point of `{name.written}`",)
        raise Wrong(Diagnostic("NN311", f"`{name.written}` is a field, and here it has no point", name.span,
                               "not followed by `(`", notes=notes,
                               helps=(f"at a point: `{shown}(x)`", f"over a domain: `integral({shown}(y)^2, y in {space})`"),
                               ))  # fmt: skip
    variable, kind = scope.lifted
    point = ir.Local(name=variable, type=kind, span=name.span)
    return _value(name.text, _components(name, items, meaning, node, scope), [point], node)


def chosen(node: ast.Name | ast.Index, scope: Scope) -> ir.Expr:
    """A field, or one of its components, as a thing to be measured: without a point."""
    name, items = (node.base, node.items) if isinstance(node, ast.Index) else (node, ())
    assert isinstance(name, ast.Name)
    meaning = scope.look_up(name)
    return _value(name.text, _components(name, items, meaning, node, scope), [], node)


def _value(name: str, components: tuple[ir.Expr, ...], args: Sequence[ir.Expr], node: ast.Expr) -> ir.Expr:
    whole = unite(*components, *args)
    return ir.FieldAt(name=name, components=components, args=tuple(args), type=REAL, span=node.span, free=whole["free"],
                      deps=whole["deps"] | {"param"})  # fmt: skip


def _point(node: ast.Expr, wanted: Type, name: ast.Name, read: Read, scope: Scope) -> ir.Expr:
    """An argument of a field; a data set that is one point will do."""
    point = read(node)
    if isinstance(point, ir.DataRef) and scope.names[point.name].type.shape == wanted.shape:
        return replace(point, type=wanted)
    if point.type.kind == wanted.kind == "vec" and point.type.shape != wanted.shape:
        (n,), (d,) = point.type.shape, wanted.shape
        message = f"`{name.written}` takes points of R^{d}, and this is in R^{n}"
        raise Wrong(Diagnostic("NN302", message, node.span, f"R^{n}", declared(name, scope)))
    if point.type.kind != wanted.kind:
        message = f"the field `{name.written}` takes {noun(wanted)}, and this is {noun(point.type)}"
        helps: tuple[str, ...] = ()
        if isinstance(point, ir.DataRef) and len(scope.names[point.name].type.shape) > 1:
            helps = (f"the first of its points is `{node.span.text}[1]`",)
        elif isinstance(point, ir.Local) and wanted.shape and point.type.kind == "real":
            n, shown = wanted.shape[0], node.span.text
            helps = (f"give `{shown}` a domain in R^{n}: `{shown} in Box(-1, 1)^{n}`",)
        raise Wrong(Diagnostic("NN304", message, node.span, f"this is {noun(point.type)}", declared(name, scope), helps=helps))
    return point


def _components(
    name: ast.Name, items: tuple[ast.Expr, ...], meaning: Meaning, node: ast.Expr, scope: Scope
) -> tuple[ir.Expr, ...]:
    """`phi[a]`: an index over the same range, or the number of a component."""
    if len(items) != len(meaning.indices):
        raise Wrong(_other_components(name, items, meaning, node, scope))
    return tuple(_component(name, item, index, scope) for item, index in zip(items, meaning.indices, strict=True))


def _other_components(
    name: ast.Name, items: tuple[ast.Expr, ...], meaning: Meaning, node: ast.Expr, scope: Scope
) -> Diagnostic:
    """NN303: no component where there are some, or the other way round."""
    field, own = f"the field `{name.written}`", len(meaning.indices)
    args = node.span.text[node.span.text.index("(") :] if isinstance(node, ast.Call) and "(" in node.span.text else ""
    first = f"{name.written}[{', '.join('1' for _ in meaning.indices)}]{args}"
    if not meaning.indices:
        message, label, help_ = f"{field} has no components", "a component is chosen here", f"write `{name.written}{args}`"
    elif not items:
        sizes = " x ".join(str(scope.sizes[index]) for index in meaning.indices)
        message, label = f"{field} has {sizes} components: which one is meant?", "no component is chosen here"
        help_ = f"the first one is `{first}`"
    else:
        message = f"a component of {field} is chosen by {own} {'index' if own == 1 else 'indices'}"
        label, help_ = f"this gives {len(items)}", f"as in `{first}`"
    return Diagnostic("NN303", message, node.span, label, declared(name, scope), helps=(help_,))


def _component(name: ast.Name, item: ast.Expr, index: str, scope: Scope) -> ir.Expr:
    size = scope.sizes[index]
    if isinstance(item, ast.Name) and item.text in scope.sizes:
        if scope.sizes[item.text] != size:
            message = f"`{name.written}` has {size} components, and `{item.text}` runs over 1..{scope.sizes[item.text]}"
            raise Wrong(Diagnostic("NN307", message, item.span, "another range", declared(name, scope)))
        return ir.IndexVar(name=item.text, type=INT, free=frozenset({item.text}), span=item.span)
    if isinstance(item, ast.Num) and isinstance(item.value, int):
        if not 1 <= item.value <= size:
            raise Wrong(Diagnostic("NN308", f"component {item.value} of the field `{name.written}`", item.span,
                                   f"components are numbered 1..{size}"))  # fmt: skip
        return ir.Lit(value=item.value, type=INT, span=item.span)
    raise Wrong(Diagnostic("NN303", f"`{item.span.text}` is no component of `{name.written}`", item.span,
                           "neither an index nor a whole number", declared(name, scope),
                           helps=(f"components are numbered 1..{size}: `{name.written}[1](…)`",)))  # fmt: skip


# ---------------------------------------------------------------- averages
def mean(node: ast.Index, read: Read) -> ir.Expr:
    """`E[f]`: the mean over the parameter density; what it is taken of must be random (NN404)."""
    if len(node.items) != 1:
        raise Wrong(Diagnostic("NN312", "`E[…]` takes one quantity", node.items[1].span, "and this is another one",
                               helps=("of a product: `E[f*g]`",)))  # fmt: skip
    arg = _random(node.items[0], read, "the mean")
    return ir.Mean(arg=arg, type=REAL, span=node.span, free=arg.free, deps=arg.deps - {"param"})


def cumulant(node: ast.Call | ast.Index, args: Sequence[ast.Expr], read: Read) -> ir.Expr:
    """`cumulant(f, g, ...)`: the joint cumulant under the parameter density."""
    if not args:
        raise Wrong(Diagnostic("NN312", "`cumulant` takes at least one quantity", node.span, "nothing stands in it",
                               helps=("as in `cumulant(phi(x), phi(y))`",)))  # fmt: skip
    found = tuple(_random(arg, read, "a cumulant") for arg in args)
    whole = unite(*found)
    return ir.Cumulant(args=found, type=REAL, span=node.span, free=whole["free"], deps=whole["deps"] - {"param"})


def _random(node: ast.Expr, read: Read, what: str) -> ir.Expr:
    arg = read(node)
    if arg.type.kind != "real":
        raise Wrong(Diagnostic("NN304", f"{what} is taken of a number", node.span, f"this is {noun(arg.type)}"))
    if "param" not in arg.deps:
        raise Wrong(Diagnostic("NN404", f"{what} is taken of something that is not random", node.span,
                               "the same for every network", helps=(f"write `{node.span.text}` alone",)))  # fmt: skip
    return arg


# ---------------------------------------------------------------- derivatives
def is_derivative(node: ast.Call) -> bool:
    """`d(f, x[k])`: told from a number `d` by its arguments."""
    return isinstance(node.fn, ast.Name) and node.fn.text == "d" and len(node.args) >= 2 and not node.kwargs


def derivative(node: ast.Call, read: Read, scope: Scope) -> ir.Expr:
    """`d(f, x[1])`, and `d(f, x[1], x[2])` for the derivative of the derivative."""
    arg = read(node.args[0])
    if arg.type.kind != "real" or node.binders:
        place = node.binders[0].span if node.binders else node.args[0].span
        label = "not expected here" if node.binders else f"this is {noun(arg.type)}"
        raise Wrong(Diagnostic("NN304", "a derivative is taken of a number", place, label))
    for by in node.args[1:]:
        variable = read(by)
        base = variable.arg if isinstance(variable, ir.Component) else variable
        if not isinstance(base, ir.Input | ir.Local) or variable.type.kind != "real":
            vector = isinstance(base, ir.Input | ir.Local) and variable.type == vec(*variable.type.shape)
            helps = (f"by its first component: `{by.span.text}[1]`",) if vector else ("as in `d(phi(x), x[1])`",)
            secondary = tuple(Label(place.span, place.text) for place in declared(by, scope))
            raise Wrong(Diagnostic("NN317", "a derivative is taken by a component of a point", by.span,
                                   f"this is {noun(variable.type)}", secondary, helps=helps))  # fmt: skip
        arg = ir.Derivative(arg=arg, by=variable, type=REAL, span=node.span, **unite(arg, variable))
    return arg
