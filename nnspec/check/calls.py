"""Calls: functions of the language and of the spec, activations, integrals, domains."""

from __future__ import annotations

from typing import Protocol

from nnspec.check.domains import domain_call, is_domain, read_domain
from nnspec.check.fields import cumulant, derivative, field_at, is_derivative, is_field
from nnspec.check.nouns import noun
from nnspec.check.results import of_results, takes_results
from nnspec.check.scope import FunctionDecl, Meaning, Scope, Wrong, distinct
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.functions import FUNCTIONS, OF_RESULTS
from nnspec.ir.types import INT, REAL, result, vec
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, Label, nearest


class Read(Protocol):
    """A reader of formulas."""

    def __call__(self, node: ast.Expr) -> ir.Expr:
        """The typed expression of a formula."""
        ...

    def apply(self, function: FunctionDecl, node: ast.Call) -> ir.Expr:
        """A function of the spec at its arguments."""
        ...


def call(node: ast.Call, read: Read, scope: Scope) -> ir.Expr:
    """`fn(args)` by what `fn` is."""
    fn = node.fn
    if is_field(fn, scope):
        return field_at(node, read, scope)
    if not isinstance(fn, ast.Name):
        value = fn.span.text if len(fn.span.text) < 30 else "…"
        value = f"({value})" if isinstance(fn, ast.Bin | ast.Un | ast.Big | ast.If | ast.Cmp) else value
        raise Wrong(Diagnostic("NN311", "only a function can be followed by `(`", fn.span, "this is a value",
                               helps=(f"to multiply, write `{value}*(…)`",)))  # fmt: skip
    if is_domain(node):
        return domain_call(node, read, scope)
    if fn.text in scope.functions:
        _plain(node)
        return read.apply(scope.functions[fn.text], node)
    if is_derivative(node):
        return derivative(node, read, scope)
    if fn.text in scope.names:
        raise Wrong(_not_a_function(node, fn, scope))
    if takes_results(node, scope):
        found = of_results(node, read, scope)
        if found is not None:
            return found
    match fn.text:
        case "integral":
            return _integral(node, read, scope)
        case "vol":
            return _volume(node, read, scope)
        case "norm" | "d":
            return _special(node, fn, read, scope)
        case "cumulant":
            _plain(node)
            return cumulant(node, node.args, read)
    options = _options(node, fn, read, scope)
    if fn.text not in FUNCTIONS and fn.text not in OF_RESULTS and fn.text not in scope.words.activations:
        raise Wrong(unknown_function(fn, scope))
    args = list(map(read, node.args))
    if fn.text in FUNCTIONS or fn.text in scope.words.activations:
        return _elementwise(node, fn, args, options)
    raise Wrong(_not_of_results(node, fn, args))


def _options(node: ast.Call, fn: ast.Name, read: Read, scope: Scope) -> tuple[tuple[str, ir.Expr], ...]:
    """The parameters of an activation by name: `snake(u, beta=2)`; nothing else has any."""
    record = scope.words.activations.get(fn.text)
    names = {each.name for each in record.parameters} if record is not None and fn.text not in FUNCTIONS else set()
    if not names or node.binders or not {each.name.text for each in node.kwargs} <= names:
        _plain(node)
    found: dict[str, ir.Expr] = {}
    for keyword in node.kwargs:
        value = read(keyword.value)
        if value.type.kind != "real" or keyword.name.text in found:
            what = "given twice" if keyword.name.text in found else f"this is {noun(value.type)}"
            raise Wrong(Diagnostic("NN304", f"`{keyword.name.text}` of `{fn.text}` is one number", keyword.span, what))
        found[keyword.name.text] = value
    return tuple(sorted(found.items()))


def _plain(node: ast.Call) -> None:
    name = node.fn.span.text
    if node.binders:
        raise Wrong(Diagnostic("NN312", f"`{name}` binds no variable", node.binders[0].span, "not expected here",
                               helps=("a variable with its domain stands in `integral(f(y), y in D)` only",)))  # fmt: skip
    if node.kwargs:
        raise Wrong(Diagnostic("NN312", f"`{name}` has no argument called `{node.kwargs[0].name.text}`",
                               node.kwargs[0].span, "not expected here",
                               helps=(f"give its arguments in their order: `{name}({node.kwargs[0].value.span.text})`",),
                               ))  # fmt: skip


def _not_of_results(node: ast.Call, fn: ast.Name, args: list[ir.Expr]) -> Diagnostic:
    """A function of whole results that got something else."""
    if len(args) != 1:
        return Diagnostic("NN312", f"`{fn.text}` takes one result, and this gives {len(args)} arguments", node.span)
    helps = (f"over an index it is written `{fn.text}_i …`",) if fn.text in ("sum", "mean") else ()
    if fn.text == "mean" and "param" in args[0].deps:
        helps = (f"over networks it is written `E[{node.args[0].span.text}]`",)
    return Diagnostic("NN304", f"`{fn.text}` takes a whole result", node.args[0].span, f"this is {noun(args[0].type)}",
                      helps=helps)  # fmt: skip


def _elementwise(
    node: ast.Call, fn: ast.Name, args: list[ir.Expr], options: tuple[tuple[str, ir.Expr], ...] = ()
) -> ir.Expr:
    known = FUNCTIONS.get(fn.text)
    low, high = (known.low, known.high) if known else (1, 1)
    if fn.text in ("min", "max") and not (len(args) == 1 and args[0].type.kind == "vec"):
        low = 2  # of one result they are handled before
    if len(args) < low or (high is not None and len(args) > high):
        wanted = str(low) if low == high else f"at least {low}"
        message = f"`{fn.text}` takes {wanted} argument{'' if wanted == '1' else 's'}"
        raise Wrong(Diagnostic("NN312", message, node.span, f"this gives {len(args)}"))
    for number, arg in enumerate(args):
        if arg.type.kind == "vec":
            text = arg.span.text if arg.span else "x"
            helps = (f"a component is `{text}[1]`, the squared length `{text}.{text}`",)
            label = f"this is {noun(arg.type)}"
            raise Wrong(Diagnostic("NN304", f"`{fn.text}` takes a number", arg.span, label, helps=helps))
        wanted = "a comparison" if fn.text == "where" and number == 0 else "a number"
        kinds = ("bool",) if wanted == "a comparison" else ("real", "result") if known else ("real",)
        if arg.type.kind not in kinds:
            label = f"this is {noun(arg.type)}"
            raise Wrong(Diagnostic("NN304", f"`{fn.text}` takes {wanted} here", arg.span, label))
    dims = {arg.type.dims for arg in args if arg.type.kind == "result" and arg.type.dims}
    if len(dims) > 1:
        shown = " and ".join(f"({', '.join(each)})" for each in sorted(dims))
        raise Wrong(Diagnostic("NN310", f"results over different dimensions: {shown}", node.span))
    kind = result(next(iter(dims), ())) if any(arg.type.kind == "result" for arg in args) else REAL
    whole = fn.text in ("abs", "min", "max", "floor", "mod") and all(arg.type == INT for arg in args)
    return ir.Apply(fn=fn.text, args=tuple(args), options=options, type=INT if whole else kind, span=node.span,
                    **unite(*args, *(value for _, value in options)))  # fmt: skip


def _not_a_function(node: ast.Call, fn: ast.Name, scope: Scope) -> Diagnostic:
    meaning = scope.look_up(fn)
    what = {"constant": "a number", "param": "a parameter", "input": "an input point", "index": "an index",
            "data": "a data set", "result": "a result"}.get(meaning.kind, "a value")  # fmt: skip
    start = node.span.start + len(fn.span.text)
    if fn.text == "d" and len(node.args) == 1 and not isinstance(node.args[0], ast.Num | ast.Name | ast.Bin):
        return Diagnostic("NN312", "a derivative needs a quantity and a variable", node.span, "no variable is given here",
                          helps=(f"as in `d({node.args[0].span.text}, {_variable(node.args[0])}[1])`",))  # fmt: skip
    fix = Fix("maybe", (Edit(start, start, "*"),))
    return Diagnostic("NN311", f"`{fn.written}` is {what}, not a function", fn.span, "followed by `(`",
                      helps=(f"to multiply, write `{fn.written}*(…)`",), fixes=(fix,))  # fmt: skip


def _variable(quantity: ast.Expr) -> str:
    """The point at which a field is taken, for an example of its derivative."""
    point = quantity.args[0] if isinstance(quantity, ast.Call) and quantity.args else None
    return point.text if isinstance(point, ast.Name) else "x"


_MEANT = {
    "E": "a mean over networks has square brackets: `E[…]`",
    **dict.fromkeys(("var", "Var", "variance", "Variance"), "the variance of `f` is `cumulant(f, f)`"),
    **dict.fromkeys(("cov", "Cov", "covariance"), "the covariance of `f` and `g` is `cumulant(f, g)`"),
    **dict.fromkeys(("grad", "diff", "derivative", "D", "partial"), "a derivative is `d(f, x[1])`, by a component of a point"),
}  # fmt: skip
"""Names from elsewhere, and what they are called here."""


def unknown_function(fn: ast.Name, scope: Scope) -> Diagnostic:
    """NN203, with the function that was probably meant."""
    if fn.text in scope.words.densities:
        return Diagnostic("NN203", f"`{fn.text}` is a density, not a function", fn.span, "not a number",
                          helps=(f"declare a parameter with it: `s: {fn.text}(…)` under `params`",))  # fmt: skip
    if fn.text in scope.words.datasets:
        return Diagnostic("NN203", f"`{fn.text}` makes data, and is not a function", fn.span, "not a number",
                          helps=(f"give it a name: `xs: {fn.text}(…)` under `data`",))  # fmt: skip
    if fn.text in _MEANT:
        return Diagnostic("NN203", f"no function is called `{fn.written}`", fn.span, "not known here", helps=(_MEANT[fn.text],))
    fields = [name for name, meaning in scope.names.items() if meaning.kind == "field"]
    known = [*fields, *scope.functions, *FUNCTIONS, *scope.words.activations, "integral", "cumulant", "vol", "norm"]
    near = nearest(fn.text, known)
    place = scope.functions[near].span if near in scope.functions else None
    secondary = (Label(place, f"`{near}` is given here"),) if place else ()
    shown = ", ".join(f"`{name}`" for name in known[:14])
    helps = (f"did you mean `{near}`?",) if near else (f"known here: {shown}, ...",)
    return Diagnostic("NN203", f"no function is called `{fn.written}`", fn.span, "not known here", secondary, helps=helps)


def _special(node: ast.Call, fn: ast.Name, read: Read, scope: Scope) -> ir.Expr:
    if fn.text == "norm" and len(node.args) == 1:
        arg = read(node.args[0])
        if arg.type.kind == "vec":
            square = ir.Dot(left=arg, right=arg, span=node.span, **unite(arg))
            return ir.Apply(fn="sqrt", args=(square,), span=node.span, **unite(arg))
        if arg.type.kind == "result":
            swept = tuple(dim for dim in arg.type.dims if dim in scope.swept)
            left = swept if swept != arg.type.dims else ()  # at each point of a sweep over what it has there
            return ir.Apply(fn="norm", args=(arg,), type=result(left), span=node.span, **unite(arg))
    if fn.text == "norm":
        given = f"this is {noun(read(node.args[0]).type)}" if len(node.args) == 1 else ""
        raise Wrong(Diagnostic("NN312", "`norm` takes one vector", node.span, given))
    raise Wrong(Diagnostic("NN312", "a derivative needs a quantity and a variable", node.span, "one of them is missing",
                           helps=("as in `d(phi(x), x[1])`",)))  # fmt: skip


def _integral(node: ast.Call, read: Read, scope: Scope) -> ir.Expr:
    if len(node.args) != 1 or len(node.binders) != 1 or node.kwargs:
        message = "an integral needs one integrand and one variable with its domain"
        raise Wrong(Diagnostic("NN312", message, node.span, _given(node),
                               helps=("as in `integral(exp(-k.k), k in Ball(2, L))`",)))  # fmt: skip
    binder = node.binders[0]
    over = read_domain(binder.domain, read, scope)
    if over.shape == "reals":
        n = binder.domain.span.text.partition("^")[2]
        instead = f"`Ball({n}, L)` or `Box(-L, L)^{n}`" if n.isalnum() else "`Interval(-L, L)`" if not n else "`Ball(n, L)`"
        raise Wrong(Diagnostic("NN316", "an integral needs a bounded domain", binder.domain.span, "unbounded",
                               helps=(f"cut it off: {instead}",)))  # fmt: skip
    kind = REAL if over.type.shape == () else vec(over.dim)
    name = binder.name
    if not distinct((name,), scope):
        raise Wrong(None)
    variable = Meaning(kind="local", type=kind, span=name.span, space=f"R^{over.dim}", written=name.written)
    before, scope.lifted = scope.lifted, (name.text, kind)
    try:
        with scope.local({name.text: variable}):
            body = read(node.args[0])
    finally:
        scope.lifted = before
    if body.type.kind != "real":
        raise Wrong(Diagnostic("NN304", "an integrand is a number", node.args[0].span, f"this is {noun(body.type)}"))
    return ir.Integral(var=binder.name.text, over=over, body=body, span=node.span, **unite(body, over))


def _given(node: ast.Call) -> str:
    if node.kwargs:
        return "`=` is not expected here"
    if not node.binders:
        return "no variable is given here"
    return f"this has {len(node.args)} of the one and {len(node.binders)} of the other"


def _volume(node: ast.Call, read: Read, scope: Scope) -> ir.Expr:
    if len(node.args) != 1:
        raise Wrong(Diagnostic("NN312", "`vol` takes one domain", node.span, helps=("as in `vol(Ball(d, L))`",)))
    _plain(node)
    over = read_domain(node.args[0], read, scope)
    if over.shape == "reals":
        raise Wrong(Diagnostic("NN314", "the volume of R^n is infinite", node.args[0].span, "unbounded",
                               helps=("cut it off: `Ball(n, L)` or `Box(-L, L)^n`",)))  # fmt: skip
    return ir.Apply(fn="vol", args=(over,), span=node.span, **unite(over))
