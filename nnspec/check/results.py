"""Functions of whole results, for checks: over all entries, over named dimensions, over a sweep."""

from __future__ import annotations

from collections.abc import Callable

from nnspec.check.nouns import noun
from nnspec.check.scope import Scope, Wrong
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.functions import OF_RESULTS
from nnspec.ir.types import BOOL, result
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, nearest

Read = Callable[[ast.Expr], ir.Expr]
_OVER_DIMS = ("max", "min", "mean", "sum")
_ARGUMENTS = {"slope": 2, "agree": 2}
_KEYWORDS = {
    "slope": ("where",), "spread": ("where",), "argmin": ("over", "by", "where"), "argmax": ("over", "by", "where"),
    "agree": ("false_alarm",),
}  # fmt: skip
ONLY_OF_RESULTS = frozenset(OF_RESULTS) - {"max", "min", "norm"}
"""Functions that mean something for whole results alone."""


_EXAMPLES = {"slope": "slope(log(N), log(max(abs(G2))))", "agree": "agree(G2, Gfree)"}
_PLACE = "checks over a sweep stand under `sweep`, in `checks`"


def takes_results(node: ast.Call, scope: Scope) -> bool:
    """Whether a call is one of a function of results, to be read here; `max(1, 2)` is not."""
    if not isinstance(node.fn, ast.Name) or node.fn.text not in OF_RESULTS or node.fn.text in scope.names:
        return False
    if node.fn.text in _OVER_DIMS:
        return len(node.args) == 1 or any(isinstance(arg, ast.Str) for arg in node.args)
    return node.fn.text != "norm"


def of_results(node: ast.Call, read: Read, scope: Scope) -> ir.Expr | None:
    """`max(G)`, `mean(fit.predictions, "draw")`, `slope(x, y)`; None when the argument is no result."""
    assert isinstance(node.fn, ast.Name)
    name = node.fn.text
    numbers = [arg for arg in node.args if not isinstance(arg, ast.Str)]
    wanted = _ARGUMENTS.get(name, 1)
    args = [read(arg) for arg in numbers]
    if name in _OVER_DIMS and (len(args) != 1 or args[0].type.kind != "result"):
        return None
    if len(args) != wanted or node.binders:
        many = "one result" if wanted == 1 else f"{wanted} results"
        helps = (f"as in `{_EXAMPLES[name]}`",) if name in _EXAMPLES else ()
        raise Wrong(Diagnostic("NN312", f"`{name}` takes {many}", node.span, f"this gives {len(args)}", helps=helps))
    for arg, given in zip(args, numbers, strict=True):
        if arg.type.kind != "result" and name != "agree":
            advice = (f"over an index it is written `{name}_i …`",) if name in ("sum", "mean") else _of_a_sweep(name, scope)
            raise Wrong(Diagnostic("NN304", f"`{name}` takes a whole result", given.span, f"this is {noun(arg.type)}",
                                   helps=advice))  # fmt: skip
    if name == "se" and not isinstance(args[0], ir.ResultRef):
        raise Wrong(Diagnostic("NN304", "`se` takes one result by its name", numbers[0].span, "this is a formula"))
    if name == "agree":
        shown = [arg.type.dims for arg in args if arg.type.kind == "result"]
        if len(shown) == 2 and shown[0] != shown[1]:
            over = " and ".join(f"({', '.join(dims)})" for dims in shown)
            raise Wrong(Diagnostic("NN310", f"results over different dimensions: {over}", node.span))
    texts = [ir.Text(value=each.text, span=each.span) for each in node.args if isinstance(each, ast.Str)]
    options = _options(node, name, read, scope)
    kind = BOOL if name == "agree" else result(_dims(name, node, args, texts, options, scope))
    return ir.Apply(fn=name, args=(*args, *texts), options=options, type=kind, span=node.span, **unite(*args))


def _of_a_sweep(name: str, scope: Scope) -> tuple[str, ...]:
    """What functions over a sweep can take."""
    if name not in ("slope", "spread", "argmin", "argmax"):
        return ()
    names = [path.removeprefix("let.") for path in scope.swept if path.startswith("let.")]
    return ("swept here: " + ", ".join(f"`{each}`" for each in names),) if names else () if scope.swept else (_PLACE,)


def _options(node: ast.Call, name: str, read: Read, scope: Scope) -> tuple[tuple[str, ir.Expr], ...]:
    known = _KEYWORDS.get(name, ())
    found: dict[str, ir.Expr] = {}
    for keyword in node.kwargs:
        key = keyword.name.text
        if key not in known:
            near = nearest(key, known)
            shown = ", ".join(f"`{each}=`" for each in known) or "no named arguments"
            helps = (f"did you mean `{near}=`?",) if near else (f"it takes {shown}",)
            raise Wrong(Diagnostic("NN312", f"`{name}` has no argument called `{key}`", keyword.span, "not expected here",
                                   helps=helps))  # fmt: skip
        if key in ("over", "by", "where") and not isinstance(keyword.value, ast.Str):
            raise Wrong(Diagnostic("NN304", f"`{key}` is a text in quotes", keyword.value.span, "this is a formula",
                                   helps=(f"write `{key}=\"{keyword.value.span.text}\"`",)))  # fmt: skip
        if key in ("over", "by"):
            assert isinstance(keyword.value, ast.Str)
            _swept_path(keyword.value, scope)
        if key == "where" and isinstance(keyword.value, ast.Str) and keyword.value.text not in scope.swept_values:
            raise Wrong(_not_a_value(keyword.value, scope))
        found[key] = read(keyword.value)
    if name in ("argmin", "argmax") and "over" not in found:
        raise Wrong(Diagnostic("NN312", f"`{name}` needs `over`", node.span, "not given here",
                               helps=(f"the axis of the sweep: `{name}(…, over=\"let.lr\")`",)))  # fmt: skip
    return tuple(sorted(found.items()))


def _not_a_value(text: ast.Str, scope: Scope) -> Diagnostic:
    near = nearest(text.text, scope.swept_values)
    shown = ", ".join(f'`"{value}"`' for value in sorted(scope.swept_values)[:8])
    helps = (f'did you mean `"{near}"`?',) if near else (f"values here: {shown}",) if shown else (_PLACE,)
    return Diagnostic("NN807", f"nothing is swept to `{text.text}`", text.span, "no value of an axis of the sweep", helps=helps)


def _swept_path(text: ast.Str, scope: Scope) -> None:
    if text.text in scope.swept:
        return
    near = next((path for path in scope.swept if path.rpartition(".")[2] == text.text), None) or nearest(text.text, scope.swept)
    shown = ", ".join(f'`"{path}"`' for path in scope.swept)
    helps = (f'did you mean `"{near}"`?',) if near else (f"swept here: {shown}",) if shown else (
        _PLACE,
    )  # fmt: skip
    raise Wrong(Diagnostic("NN807", f"`{text.text}` is not swept", text.span, "no axis of the sweep", helps=helps))


def _dims(
    name: str, node: ast.Call, args: list[ir.Expr], texts: list[ir.Text], options: tuple[tuple[str, ir.Expr], ...],
    scope: Scope,
) -> tuple[str, ...]:  # fmt: skip
    """The dimensions that are left."""
    dims = args[0].type.dims
    swept = tuple(dim for dim in dims if dim in scope.swept)
    if name == "se":
        return dims
    if name in _OVER_DIMS and texts:
        for text in texts:
            if text.value not in dims:
                known = ", ".join(f"`{dim}`" for dim in dims) or "no dimension"
                near = nearest(text.value, dims)
                helps = (f'did you mean `"{near}"`?',) if near else ()
                raise Wrong(Diagnostic("NN310", f'there is no dimension "{text.value}" here', text.span, f"it has {known}",
                                       helps=helps))  # fmt: skip
        gone = {text.value for text in texts}
        return tuple(dim for dim in dims if dim not in gone)
    if texts:
        raise Wrong(Diagnostic("NN312", f"`{name}` takes no dimension", texts[0].span, "not expected here"))
    if name == "relative_change" and "step" not in dims:
        known = ", ".join(f"`{dim}`" for dim in dims) or "no dimension"
        raise Wrong(Diagnostic("NN310", 'a change is taken along "step"', node.args[0].span, f"this has {known}",
                               helps=("measure it along a process: `along: fit`",)))  # fmt: skip
    if name in ("argmin", "argmax"):
        over = next(value.value for key, value in options if key == "over" and isinstance(value, ir.Text))
        return tuple(dim for dim in dims if dim != over)
    # At each point of a sweep over what it has there; what has nothing else, over the sweep.
    return swept if name not in ("slope", "spread") and swept != dims else ()
