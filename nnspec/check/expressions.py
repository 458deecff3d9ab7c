"""Formulas to typed expressions: one bottom-up pass, one complaint at most for each formula."""

from __future__ import annotations

from typing import Any

from nnspec.check.arithmetic import add_like, compare, logic, multiply, power, quotient, select
from nnspec.check.calls import call
from nnspec.check.fields import cumulant, is_field, lifted, mean
from nnspec.check.indices import indexed, reduce
from nnspec.check.nouns import noun
from nnspec.check.scope import DOMAINS, FunctionDecl, Meaning, Scope, Wrong
from nnspec.ir import expr as ir
from nnspec.ir.expr import unite
from nnspec.ir.functions import CONSTANTS, FUNCTIONS
from nnspec.ir.types import INT, REAL, TEXT, matrix, result, vec
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_build import DEEPEST, too_deep
from nnspec.text.diagnostic import Diagnostic, Label, nearest

MOST_BODIES = 2_000


class Reader:
    """Reads formulas in a scope: `reader(ast)` is the typed expression, or raises `Wrong`."""

    def __init__(self, scope: Scope) -> None:
        """Bind the scope."""
        self.scope = scope

    def __call__(self, node: ast.Expr) -> ir.Expr:
        """The typed expression of a formula."""
        if self.scope.depth >= DEEPEST:
            raise Wrong(too_deep(node.span))
        self.scope.depth += 1
        try:
            return self._read(node)
        finally:
            self.scope.depth -= 1

    def _read(self, node: ast.Expr) -> ir.Expr:
        match node:
            case ast.Num(value=value):
                return ir.Lit(value=value, type=INT if isinstance(value, int) else REAL, span=node.span)
            case ast.Str(text=text):
                return ir.Text(value=text, type=TEXT, span=node.span)
            case ast.Name():
                return self._name(node)
            case ast.Index() if is_field(node, self.scope):
                return lifted(node, self.scope)
            case ast.Index(base=ast.Name(text="E")) if "E" not in self.scope.names:
                return mean(node, self)
            case ast.Index(base=ast.Name(text="cumulant")):
                return cumulant(node, node.items, self)
            case ast.Index():
                return indexed(node, self, self.scope)
            case ast.Call():
                return call(node, self, self.scope)
            case ast.Big():
                return reduce(node, self, self.scope)
            case ast.Vector(items=items):
                return self._vector(node, [self(item) for item in items])
            case ast.Un() | ast.Factorial():
                return self._unary(node)
            case ast.Bin():
                return self._binary(node)
            case ast.Cmp(operands=operands, ops=ops):
                return compare(node, [self(operand) for operand in operands], ops, self.scope.swept)
            case ast.If(then=then, cond=cond, else_=other):
                return select(node, self(cond), self(then), self(other))
            case _:
                raise Wrong(Diagnostic("NN304", "several values in round brackets are not one value", node.span, "not a value",
                                       helps=("a vector is written with square brackets: `[a, b]`",)))  # fmt: skip

    def apply(self, function: FunctionDecl, node: ast.Call) -> ir.Expr:
        """A function of the spec at its arguments, checked with their types."""
        if len(node.args) != len(function.args):
            many = "1 argument" if len(function.args) == 1 else f"{len(function.args)} arguments"
            message = f"`{function.name}` takes {many}, and this gives {len(node.args)}"
            head = f"{function.name}({', '.join(arg.text for arg in function.args)})"
            raise Wrong(Diagnostic("NN312", message, node.span, f"it is defined as `{head}`",
                                   (Label(function.span, "declared here"),)))  # fmt: skip
        if function.name in self.scope.active:
            active = self.scope.active
            chain = (*active[active.index(function.name) :], function.name)
            notes = (" -> ".join(chain),) if len(chain) > 2 else ()
            raise Wrong(Diagnostic("NN206", f"`{function.name}` is defined through itself", node.fn.span,
                                   "its own value is needed here", (Label(function.span, "defined here"),),
                                   notes=notes))  # fmt: skip
        self.scope.depth += 1  # a call of a function takes twice the room of an operator
        try:
            values = list(map(self, node.args))
            body = self.body(function, values)
        finally:
            self.scope.depth -= 1
        names = tuple(arg.text for arg in function.args)
        return ir.Bind(
            fn=function.name, names=names, values=tuple(values), body=body,
            type=body.type, span=node.span, **unite(body, *values),
        )  # fmt: skip

    def body(self, function: FunctionDecl, values: list[ir.Expr]) -> ir.Expr:
        """The body of a function, its arguments being variables of the given types."""
        bound = {
            arg.text: Meaning(kind="local", type=value.type, span=arg.span, written=arg.written)
            for arg, value in zip(function.args, values, strict=True)
        }
        self.scope.called.add(function.name)
        self.scope.bodies += 1
        if self.scope.bodies > MOST_BODIES:
            message = f"written out, the functions of this spec are called more than {MOST_BODIES:,} times"
            raise Wrong(Diagnostic("NN108", message, function.span, helps=("let fewer functions call each other twice",)))
        before = self.scope.active
        self.scope.active = (*before, function.name)
        try:
            with self.scope.local(bound, closed=True):  # a body means the same wherever it is used
                return self(function.body)
        finally:
            self.scope.active = before

    def _name(self, node: ast.Name) -> ir.Expr:
        if node.text not in self.scope.names:
            if node.text in CONSTANTS:
                return ir.Lit(value=CONSTANTS[node.text], span=node.span)
            self._reject_bare_word(node)
        meaning = self.scope.look_up(node)
        place: dict[str, Any] = {"type": meaning.type, "span": node.span}
        match meaning.kind:
            case "constant":
                return ir.Const(name=node.text, **place)
            case "local":
                return ir.Local(name=node.text, **place)
            case "index":
                return ir.IndexVar(name=node.text, free=frozenset({node.text}), **place)
            case "input":
                return ir.Input(name=node.text, deps=frozenset({"input"}), **place)
            case "param":
                return self._bare_param(node, meaning.indices, place)
            case "data":
                if meaning.type.shape and len(meaning.type.shape) == 1:
                    place["type"] = result((node.text,))
                return ir.DataRef(name=node.text, deps=frozenset({"data"}), **place)
            case "swept":
                return ir.Swept(path=meaning.space, deps=frozenset({"result"}), **place)
            case "result":
                if not meaning.whole:
                    choice = ", ".join(f"`{node.text}.{each}`" for each in meaning.parts)
                    message = f"`{node.text}` has several results: which one is meant?"
                    raise Wrong(Diagnostic("NN613", message, node.span, "several results", helps=(f"one of {choice}",)))
                return ir.ResultRef(name=node.text, deps=frozenset({"result"}), **place)
            case _:
                return lifted(node, self.scope)

    def _bare_param(self, node: ast.Name, indices: tuple[str, ...], place: dict[str, Any]) -> ir.Expr:
        if indices:
            written = f"{node.text}[{', '.join(indices)}]"
            declared = self.scope.names[node.text].span
            secondary = (Label(declared, f"declared over `{', '.join(indices)}` here"),) if declared else ()
            raise Wrong(Diagnostic("NN303", f"`{node.written}` needs its index", node.span, f"which `{node.written}`?",
                                   secondary, helps=(f"write `{written}`",)))  # fmt: skip
        return ir.Param(name=node.text, deps=frozenset({"param"}), **place)

    def _reject_bare_word(self, node: ast.Name) -> None:
        if node.text in self.scope.functions or node.text in FUNCTIONS or node.text in self.scope.words.activations:
            raise Wrong(Diagnostic("NN311", f"`{node.written}` is a function, and here it has no argument", node.span,
                                   "not followed by `(`", helps=(f"write `{node.written}(…)`",)))  # fmt: skip
        if node.text in DOMAINS:
            raise Wrong(Diagnostic("NN304", f"`{node.written}` is a domain", node.span, "a number is needed here"))

    def _vector(self, node: ast.Vector, items: list[ir.Expr]) -> ir.Expr:
        kinds = {item.type.kind for item in items}
        if kinds == {"real"}:
            kind = vec(len(items))
        elif kinds == {"vec"} and len({item.type.shape for item in items}) == 1:
            kind = matrix(len(items), items[0].type.shape[0])
        else:
            first = items[0].type
            odd = next((k for k, item in enumerate(items) if item.type.kind not in ("real", "vec")), None)
            odd = odd if odd is not None else next(k for k, item in enumerate(items) if item.type != first)
            raise Wrong(Diagnostic("NN304", "a vector holds numbers, or rows of one length", node.items[odd].span,
                                   f"this is {noun(items[odd].type)}"))  # fmt: skip
        return ir.Vector(items=tuple(items), type=kind, span=node.span, **unite(*items))

    def _unary(self, node: ast.Un | ast.Factorial) -> ir.Expr:
        arg = self(node.arg)
        if isinstance(node, ast.Factorial):
            if arg.type != INT:
                what = "a number, which need not be whole" if arg.type.kind == "real" else noun(arg.type)
                raise Wrong(Diagnostic("NN304", "a factorial needs a whole number", node.arg.span, f"this is {what}"))
            return ir.Factorial(arg=arg, type=INT, span=node.span, **unite(arg))
        if node.op == "not":
            return logic(node, "not", [arg])
        if arg.type.kind not in ("real", "vec", "matrix", "result"):
            raise Wrong(Diagnostic("NN304", "only numbers and vectors have a sign", node.arg.span, f"this is {noun(arg.type)}"))
        return arg if node.op == "pos" else ir.Neg(arg=arg, type=arg.type, span=node.span, **unite(arg))

    def _binary(self, node: ast.Bin) -> ir.Expr:
        if node.op == "dot" and isinstance(node.left, ast.Name) and isinstance(node.right, ast.Name):
            meaning = self.scope.names.get(node.left.text)
            if meaning is not None and meaning.kind == "result" and not meaning.broken:
                return self._part(node, node.left, node.right, meaning)
        left, right = self(node.left), self(node.right)
        match node.op:
            case "add" | "sub":
                return add_like(node, node.op, left, right)
            case "mul":
                return multiply(node, left, right)
            case "div":
                return quotient(node, left, right)
            case "pow":
                return power(node, left, right)
            case "dot":
                return self._dot(node, left, right)
            case op:
                return logic(node, op, [left, right])

    def _part(self, node: ast.Bin, name: ast.Name, part: ast.Name, meaning: Meaning) -> ir.Expr:
        """`G4.exact`: the result by one of its methods."""
        if part.text not in meaning.parts:
            known = ", ".join(f"`{name.text}.{each}`" for each in meaning.parts) if not meaning.whole else ""
            near = nearest(part.text, meaning.parts)
            helps = (f"did you mean `{name.text}.{near}`?",) if near else (f"it has {known}",) if known else (
                f"it has no parts: write `{name.text}`",
            )  # fmt: skip
            raise Wrong(Diagnostic("NN613", f"`{name.text}` has no part `{part.text}`", part.span, "not known here", helps=helps))
        self.scope.used.add(name.text)
        # A result by the one method that it was asked for by is the result.
        chosen = None if meaning.whole else part.text
        kind = result((*self.scope.swept, *meaning.parts[part.text]))
        return ir.ResultRef(name=name.text, field_name=chosen, type=kind, span=node.span, deps=frozenset({"result"}))

    def _dot(self, node: ast.Bin, left: ir.Expr, right: ir.Expr) -> ir.Expr:
        for side, ast_side in ((left, node.left), (right, node.right)):
            if side.type.kind != "vec":
                secondary = tuple(filter(None, (self._declared(ast_side),)))
                raise Wrong(Diagnostic("NN304", "the dot product needs two vectors", ast_side.span,
                                       f"this is {noun(side.type)}", secondary,
                                       helps=("numbers are multiplied with `*`",)))  # fmt: skip
        (n,), (m,) = left.type.shape, right.type.shape
        if n != m:
            message = f"the dot product needs vectors of one length; these have {n} and {m}"
            secondary = tuple(filter(None, (self._declared(node.right), self._declared(node.left))))
            raise Wrong(Diagnostic("NN302", message, node.span, f"R^{n} . R^{m}", secondary))
        return ir.Dot(left=left, right=right, span=node.span, **unite(left, right))

    def _declared(self, node: ast.Expr) -> Label | None:
        base = node.base if isinstance(node, ast.Index) else node
        meaning = self.scope.names.get(base.text) if isinstance(base, ast.Name) else None
        if meaning is None or meaning.span is None or not meaning.space:
            return None
        return Label(meaning.span, f"`{base.text}` is declared in {meaning.space} here")  # type: ignore[union-attr]
