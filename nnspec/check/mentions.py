"""Names of a spec as values of options: functions, fields, observables, methods."""

from __future__ import annotations

from nnspec.check.attempts import attempt, parsed
from nnspec.check.expressions import Reader
from nnspec.check.fields import chosen, is_field
from nnspec.check.nouns import noun
from nnspec.check.scope import Scope
from nnspec.check.sizes import foresee
from nnspec.document.read import as_leaf, left_empty
from nnspec.ir import expr as ir
from nnspec.ir.types import vec
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_build import fold
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.tree import Leaf, Node, Sequence
from nnspec.text.diagnostic import Diagnostic, Label, nearest
from nnspec.text.source import Span


def named_field(leaf: Leaf, scope: Scope) -> ir.Expr | None:
    """A field of the model by its name, and the number of a component where it has some."""
    formula = parsed(scope, parse_expr, leaf)
    if formula is None:
        return None
    if not isinstance(formula, ast.Name | ast.Index) or not is_field(formula, scope):
        known = [name for name, meaning in scope.names.items() if meaning.kind == "field"]
        near = nearest(leaf.text, known)
        shown = ", ".join(f"`{name}`" for name in known)
        helps = (f"did you mean `{near}`?",) if near else (f"fields here: {shown}",) if shown else ()
        scope.complaints.add(Diagnostic("NN615", f"no field is called `{leaf.text}`", leaf.span, "not known here", helps=helps))
        return None
    return attempt(scope, lambda: chosen(formula, scope))


def named_function(leaf: Leaf, scope: Scope) -> ir.Lambda | None:
    """A function of the spec as a function of points of the input space."""
    declared = scope.functions.get(fold(leaf.text))
    if declared is None:
        near = nearest(leaf.text, scope.functions)
        helps = (f"did you mean `{near}`?",) if near else ("declare it under `functions`",)
        if leaf.text not in scope.names or not scope.names[leaf.text].broken:
            scope.complaints.add(Diagnostic("NN203", f"no function is called `{leaf.text}`", leaf.span, "not known here",
                                            helps=helps))  # fmt: skip
        return None
    space = next((m.type for m in scope.names.values() if m.kind == "input" and not m.broken), vec(1))
    points = [ir.Local(name=arg.text, type=space) for arg in declared.args]
    body = attempt(scope, lambda: Reader(scope).body(declared, list(points)))
    if body is None:
        return None
    if "param" in body.deps or body.type.kind != "real":
        random, text = "param" in body.deps and body.type.kind == "real", " ".join(declared.body.span.text.split())
        what = "it is random" if "param" in body.deps else f"it gives {noun(body.type)}"
        advice = (f"its mean over networks is `E[{text if len(text) < 40 else '…'}]`",) if random else ()
        scope.complaints.add(Diagnostic("NN408", f"`{leaf.text}` must give a number at each point", leaf.span, what,
                                        (Label(declared.span, "defined here"),), helps=advice))  # fmt: skip
        return None
    if attempt(scope, lambda: foresee(body, scope)) is None:
        return None
    return ir.Lambda(names=tuple(arg.text for arg in declared.args), dims=tuple((space.shape or (1,)) * len(points)),
                     body=body, span=leaf.span)  # fmt: skip


def named_results(node: Node, name: str, scope: Scope) -> tuple[str, ...] | None:
    """One observable or several, or parts of them such as `fit.loss`."""
    leaves = node.items if isinstance(node, Sequence) else (node,)
    if not leaves:
        scope.complaints.add(left_empty(name, node.span, "no observable is named here"))
        return None
    found: list[str] = []
    for item in leaves:
        leaf = as_leaf(item, name, scope.complaints)
        if leaf is None:
            return None
        base, _, part = fold(leaf.text).partition(".")
        meaning = scope.names.get(base)
        if meaning is None or meaning.kind != "result" or (part and not meaning.broken and part not in meaning.parts):
            if meaning is not None and meaning.kind == "result" and meaning.parts:
                names = [f"{base}.{each}" for each in meaning.parts]
            else:
                names = [each for each, other in scope.names.items() if other.kind == "result"]
            near, known = nearest(leaf.text, names), ", ".join(f"`{each}`" for each in names)
            helps = (f"did you mean `{near}`?",) if near else (f"observables here: {known}",) if known else ()
            scope.complaints.add(Diagnostic("NN607", f"no observable is called `{leaf.text}`", leaf.span, "not known here",
                                            helps=helps))  # fmt: skip
            return None
        found.append(fold(leaf.text))
    return tuple(found)


def named_methods(node: Node, name: str, scope: Scope) -> tuple[str, ...] | None:
    """One method or several, each once."""
    items = node.items if isinstance(node, Sequence) else (node,)
    if not items:
        scope.complaints.add(left_empty(name, node.span, "no method stands in it"))
    first: dict[str, Span] = {}
    for item in items:
        leaf = as_leaf(item, name, scope.complaints)
        if leaf is not None and leaf.text in first:
            secondary = (Label(first[leaf.text], "first time here"),)
            scope.complaints.add(Diagnostic("NN614", f"the method `{leaf.text}` is named twice", leaf.span,
                                            "second time here", secondary))  # fmt: skip
        elif leaf is not None:
            first[leaf.text] = leaf.span
    return tuple(first)
