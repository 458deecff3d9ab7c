"""A layer that says itself as a formula says what it does: the formula read by hand, against `apply`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nnspec.ir.experiment import LayerNode
from nnspec.lower.functions import function
from nnspec.numerics.lazy import jnp, np
from nnspec.plugin.records import Layer, Vocabulary
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import leaf_of, parse_expr
from nnspec.testing.close import assert_close

_OPS = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
}  # fmt: skip


def check_formula(
    record: Layer, node: LayerNode, weights: Mapping[str, Any], h: Any, y: Any, words: Vocabulary
) -> None:
    """Check `formula` of a layer on inputs [point, in] with outputs [point, out], each output one by one."""
    assert record.formula is not None
    text = parse_expr(leaf_of(record.formula(node), f"the formula of '{record.name}'"))
    shape = np.shape(y)
    found = [[_value(text, {"i": i, "j": None}, weights, h[p], words) for i in range(shape[1])] for p in range(shape[0])]
    assert_close(f"'{record.name}' by its formula", np.array(found, float), y, 1e-12)


def _value(node: ast.Expr, at: dict[str, Any], weights: Mapping[str, Any], h: Any, words: Vocabulary) -> Any:
    def of(part: ast.Expr) -> Any:
        return _value(part, at, weights, h, words)

    match node:
        case ast.Num(value=value):
            return value
        case ast.Un(op=op, arg=arg):
            return -of(arg) if op == "neg" else of(arg)
        case ast.Bin(op=op, left=left, right=right) if op in _OPS:
            return _OPS[op](of(left), of(right))
        case ast.Index(base=ast.Name(text=name), items=items):
            place = tuple(at[each.text] for each in items if isinstance(each, ast.Name))
            return (h if name == "h" else weights[name])[place]
        case ast.Big(kind=kind, names=(ast.Name(text="j"),), body=body):
            terms = [_value(body, {**at, "j": j}, weights, h, words) for j in range(len(h))]
            return {"sum": math.fsum, "prod": math.prod, "mean": np.mean}[kind](np.array(terms, float))
        case ast.Call(fn=ast.Name(text=name), args=args, kwargs=kwargs):
            options = {each.name.text: of(each.value) for each in kwargs}
            values = [jnp.asarray(of(arg), jnp.float64) for arg in args]
            apply = words.activations[name].apply if options else function(name, words)  # type: ignore[arg-type]
            return float(apply(*values, **options))
    message = f"the formula of a layer cannot hold this: {node.span.text}"
    raise AssertionError(message)
