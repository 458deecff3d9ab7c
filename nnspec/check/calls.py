"""Calls: functions of the language and of the spec, activations, integrals, domains."""

from __future__ import annotations

from typing import Protocol

from nnspec.check.domains import domain_call, is_domain, read_domain
from nnspec.check.scope import FunctionDecl, Meaning, Scope, Wrong
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.functions import FUNCTIONS, OF_RESULTS
from nnspec.ir.types import BOOL, INT, REAL, result, vec
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, nearest


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
    if not isinstance(fn, ast.Name):
        raise Wrong(Diagnostic("NN311", "only a name can be called", node.span))
    if is_domain(node):
        return domain_call(node, read, scope)
    if fn.text in scope.functions:
        _plain(node)
        return read.apply(scope.functions[fn.text], node)
    if fn.text in scope.names:
        raise Wrong(_not_a_function(node, fn, scope))
    match fn.text:
        case "integral":
            return _integral(node, read, scope)
        case "vol":
            return _volume(node, read, scope)
        case "norm" | "d" | "cumulant" | "agree":
            return _special(node, fn, read)
    _plain(node)
    args = list(map(read, node.args))
    if fn.text in OF_RESULTS and len(args) == 1 and args[0].type.kind == "result":
        dims = args[0].type.dims if fn.text == "se" else ()
        return ir.Apply(fn=fn.text, args=tuple(args), type=result(dims), span=node.span, **unite(*args))
    if fn.text in FUNCTIONS or fn.text in scope.words.activations:
        return _elementwise(node, fn, args)
    raise Wrong(_unknown_function(fn, scope))


def _plain(node: ast.Call) -> None:
    if node.binders:
        raise Wrong(Diagnostic("NN312", f"`{node.fn.span.text}` binds no variable", node.binders[0].span))
    if node.kwargs:
        raise Wrong(Diagnostic("NN312", f"`{node.fn.span.text}` has no argument `{node.kwargs[0].name.text}`",
                               node.kwargs[0].span))  # fmt: skip


def _elementwise(node: ast.Call, fn: ast.Name, args: list[ir.Expr]) -> ir.Expr:
    known = FUNCTIONS.get(fn.text)
    low, high = (known.low, known.high) if known else (1, 1)
    if len(args) < low or (high is not None and len(args) > high):
        wanted = str(low) if low == high else f"at least {low}"
        message = f"`{fn.text}` takes {wanted} argument{'' if wanted == '1' else 's'}, and this gives {len(args)}"
        raise Wrong(Diagnostic("NN312", message, node.span))
    for arg in args:
        if arg.type.kind == "vec":
            text = arg.span.text if arg.span else "x"
            raise Wrong(Diagnostic("NN304", f"`{fn.text}` takes a number, and this is a vector of {arg.type}", arg.span,
                                   helps=(f"a component is `{text}[1]`, the squared length `{text}.{text}`",)))  # fmt: skip
        if arg.type.kind not in ("real", "result") and arg.type != BOOL:
            raise Wrong(Diagnostic("NN304", f"`{fn.text}` takes a number, and this is a {arg.type}", arg.span))
    dims = {arg.type.dims for arg in args if arg.type.kind == "result" and arg.type.dims}
    if len(dims) > 1:
        raise Wrong(Diagnostic("NN310", "results over different dimensions", node.span))
    kind = result(next(iter(dims), ())) if any(arg.type.kind == "result" for arg in args) else REAL
    whole = fn.text in ("abs", "min", "max", "floor", "mod") and all(arg.type == INT for arg in args)
    return ir.Apply(fn=fn.text, args=tuple(args), type=INT if whole else kind, span=node.span, **unite(*args))


def _not_a_function(node: ast.Call, fn: ast.Name, scope: Scope) -> Diagnostic:
    meaning = scope.look_up(fn)
    if meaning.kind == "field":
        return Diagnostic("NN390", f"the field `{fn.text}` inside a formula is not supported in this version", node.span)
    what = {"constant": "a number", "param": "a parameter", "input": "an input point", "index": "an index",
            "data": "a data set", "result": "a result"}.get(meaning.kind, "a value")  # fmt: skip
    start = node.span.start + len(fn.span.text)
    fix = Fix("maybe", (Edit(start, start, "*"),))
    return Diagnostic("NN311", f"`{fn.text}` is {what}, not a function", fn.span, "followed by `(`",
                      helps=(f"to multiply, write `{fn.text}*(…)`",), fixes=(fix,))  # fmt: skip


def _unknown_function(fn: ast.Name, scope: Scope) -> Diagnostic:
    candidates = {*FUNCTIONS, *scope.functions, *scope.words.activations, "integral", "vol"}
    near = nearest(fn.text, candidates)
    helps = (f"did you mean `{near}`?",) if near else ("`nnspec doc functions` lists those that are known",)
    return Diagnostic("NN203", f"nothing is called `{fn.written}`", fn.span, "not a known function", helps=helps)


def _special(node: ast.Call, fn: ast.Name, read: Read) -> ir.Expr:
    if fn.text == "norm" and len(node.args) == 1:
        arg = read(node.args[0])
        if arg.type.kind == "vec":
            square = ir.Dot(left=arg, right=arg, span=node.span, **unite(arg))
            return ir.Apply(fn="sqrt", args=(square,), span=node.span, **unite(arg))
        if arg.type.kind == "result":
            return ir.Apply(fn="norm", args=(arg,), type=result(()), span=node.span, **unite(arg))
    if fn.text == "norm":
        raise Wrong(Diagnostic("NN312", "`norm` takes one vector", node.span))
    raise Wrong(Diagnostic("NN390", f"`{fn.text}(...)` is not supported in this version", node.span))


def _integral(node: ast.Call, read: Read, scope: Scope) -> ir.Expr:
    if len(node.args) != 1 or len(node.binders) != 1 or node.kwargs:
        raise Wrong(Diagnostic("NN312", "an integral needs one integrand and one variable with its domain", node.span,
                               helps=("as in `integral(exp(-k.k), k in Ball(2, L))`",)))  # fmt: skip
    binder = node.binders[0]
    over = read_domain(binder.domain, read, scope)
    if over.shape == "reals":
        raise Wrong(Diagnostic("NN390", "integrals over all of R^n are not supported in this version", binder.domain.span,
                               helps=("cut it off: `Ball(n, L)` or `Interval(-L, L)`",)))  # fmt: skip
    kind = REAL if over.type.shape == () else vec(over.dim)
    with scope.local({binder.name.text: Meaning(kind="local", type=kind, span=binder.name.span, space=f"R^{over.dim}")}):
        body = read(node.args[0])
    if body.type.kind != "real":
        raise Wrong(Diagnostic("NN304", f"an integrand is a number, and this is a {body.type}", node.args[0].span))
    return ir.Integral(var=binder.name.text, over=over, body=body, span=node.span, **unite(body, over))


def _volume(node: ast.Call, read: Read, scope: Scope) -> ir.Expr:
    if len(node.args) != 1:
        raise Wrong(Diagnostic("NN312", "`vol` takes one domain", node.span, helps=("as in `vol(Ball(d, L))`",)))
    _plain(node)
    over = read_domain(node.args[0], read, scope)
    return ir.Apply(fn="vol", args=(over,), span=node.span, **unite(over))
