"""Formulas of a meaning as text again: canonical JSON to the tree that `syntax.show` prints.

Indices have numbers there, and get the names i, j, k, ... here: two specs that name them differently read the same.
"""

from __future__ import annotations

import json
import math
from typing import Any

from nnspec.syntax import expr_tree as ast
from nnspec.syntax.show import show
from nnspec.text.source import Source, Span

_NOWHERE = Span(Source("", ""), 0, 0)
_INDICES = "ijklmnopq"
_NAMED = {math.pi: "pi", math.e: "e", math.inf: "inf"}
_SHAPES = {"reals": "R", "ball": "Ball", "sphere": "Sphere", "interval": "Interval"}


def number(value: Any) -> Any:
    """A number of canonical JSON."""
    return float.fromhex(value["float"]) if isinstance(value, dict) and set(value) == {"float"} else value


def index(name: str) -> str:
    """The shown name of a numbered index."""
    if not name.startswith("#"):
        return name
    place = int(name[1:])
    return _INDICES[place] if place < len(_INDICES) else f"i{place}"


def formula(node: Any) -> str:
    """A value of canonical JSON as a user would write it."""
    if isinstance(node, list):
        return f"[{', '.join(formula(item) for item in node)}]" if node else "nothing"
    if isinstance(node, dict) and "is" in node:
        return show(_tree(node))
    value = number(node)
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def power(node: Any, copies: list[int]) -> str:
    """A density, with its independent copies as powers."""
    out = _tree(node)
    for size in copies:
        out = ast.Bin("pow", out, _value(size), _NOWHERE)
    return show(out)


def field_head(node: dict[str, Any]) -> str:
    """`phi(x)`, or `phi[i](x)` with components."""
    components = f"[{', '.join(map(index, node['components']))}]" if node["components"] else ""
    return f"{node['name']}{components}({', '.join(node['inputs'])})"


def _name(text: str) -> ast.Name:
    return ast.Name(text, text, _NOWHERE)


def _call(word: str, args: Any, options: Any = (), binders: tuple[ast.Binder, ...] = ()) -> ast.Call:
    kwargs = tuple(ast.KwArg(_name(key), _tree(value), _NOWHERE) for key, value in options)
    return ast.Call(_name(word), tuple(_tree(each) for each in args), kwargs, binders, _NOWHERE)


def _tree(node: Any) -> ast.Expr:
    """The expression tree of a node; what is not known here appears as a call with its parts."""
    if not isinstance(node, dict) or "is" not in node:
        return _value(number(node))
    at = _NOWHERE
    match node:
        case {"is": "Lit", "value": value}:
            return _value(number(value))
        case {"is": "Text", "value": value}:
            return ast.Str(value, at)
        case {"is": "Const" | "Input" | "Local" | "DataRef", "name": name}:
            return _name(name)
        case {"is": "IndexVar", "name": name}:
            return _name(index(name))
        case {"is": "ResultRef", "name": name, "field_name": part}:
            return _name(name) if part is None else ast.Bin("dot", _name(name), _name(part), at)
        case {"is": "Neg", "arg": arg}:
            return ast.Un("neg", _tree(arg), at)
        case {"is": "Bin", "op": op, "left": left, "right": right}:
            return ast.Bin(op, _tree(left), _tree(right), at)
        case {"is": "Dot", "left": left, "right": right}:
            return ast.Bin("dot", _tree(left), _tree(right), at)
        case {"is": "Factorial", "arg": arg}:
            return ast.Factorial(_tree(arg), at)
        case {"is": "Compare", "operands": operands, "ops": ops}:
            return ast.Cmp(tuple(map(_tree, operands)), tuple(ops), at)
        case {"is": "Logic", "op": "not", "args": [arg]}:
            return ast.Un("not", _tree(arg), at)
        case {"is": "Logic", "op": op, "args": [first, *rest]}:
            out = _tree(first)
            for each in rest:
                out = ast.Bin(op, out, _tree(each), at)
            return out
        case {"is": "Select", "condition": condition, "then": then, "other": other}:
            return ast.If(_tree(then), _tree(condition), _tree(other), at)
        case _:
            return _larger(node)


def _larger(node: dict[str, Any]) -> ast.Expr:
    """Nodes with names or lists of parts."""
    at = _NOWHERE
    match node:
        case {"is": "Param", "name": name, "indices": indices}:
            names = tuple(_name(index(each)) for each in indices)
            return ast.Index(_name(name), names, at) if names else _name(name)
        case {"is": "Component", "arg": arg, "k": k}:
            return ast.Index(_tree(arg), (_value(k),), at)
        case {"is": "Vector", "items": items}:
            return ast.Vector(tuple(map(_tree, items)), at)
        case {"is": "Apply", "fn": fn, "args": args, "options": options}:
            return _call(fn, args, options)
        case {"is": "Reduce", "op": op, "axes": axes, "body": body}:
            return ast.Big(op, tuple(_name(index(each)) for each in axes), _tree(body), at)
        case {"is": "Integral", "var": var, "over": over, "body": body}:
            return _call("integral", [body], binders=(ast.Binder(_name(var), _tree(over), at),))
        case {"is": "Bind", "fn": fn, "values": values}:
            return _call(fn, values)
        case {"is": "Lambda", "body": body}:
            return _tree(body)
        case {"is": "FieldAt", "name": name, "components": components, "args": args}:
            whole = ast.Index(_name(name), tuple(map(_tree, components)), at) if components else _name(name)
            return ast.Call(whole, tuple(map(_tree, args)), (), (), at) if args else whole
        case {"is": "Mean", "arg": arg}:
            return ast.Index(_name("E"), (_tree(arg),), at)
        case {"is": "Cumulant", "args": args}:
            return _call("cumulant", args)
        case {"is": "Derivative", "arg": arg, "by": by}:
            return _call("d", [arg, by])
        case {"is": "Entry", "arg": arg, "places": places}:
            return ast.Index(_tree(arg), tuple(map(_value, places)), at)
        case {"is": "Swept", "path": path}:
            return _name(path.removeprefix("let."))
        case {"is": "Domain", "shape": shape, "dim": dim, "args": args}:
            return _domain(shape, dim, args)
        case _:
            return _law(node)


def _law(node: dict[str, Any]) -> ast.Expr:
    """Densities; what is not known appears as a call with its parts."""
    at = _NOWHERE
    match node:
        case {"is": "Density", "name": name, "args": args}:
            return _call(name, args)
        case {"is": "Copies", "base": base, "n": n}:
            return ast.Bin("pow", _tree(base), _value(n), at)
        case {"is": "Mixture", "weights": weights, "parts": parts}:
            first, *others = (_weighted(weight, part) for weight, part in zip(weights, parts, strict=True))
            for each in others:
                first = ast.Bin("add", first, each, at)
            return first
        case {"is": "Reweighted", "base": base, "factor": {"is": "Bin", "op": "div", "left": {"value": 1}, "right": factor}}:
            return ast.Bin("div", _tree(base), _factor(factor), at)
        case {"is": "Reweighted", "base": base, "factor": factor}:
            return ast.Bin("mul", _tree(base), _factor(factor), at)
        case {"is": "Truncated", "base": base, "over": over}:
            return _call("truncate", [base, over])
        case {"is": "Unnormalised", "var": var, "over": over, "body": body}:
            return _call("Density", [body], binders=(ast.Binder(_name(var), _tree(over), at),))
        case _:
            options = [(key, value) for key, value in node.items() if key != "is" and not isinstance(value, list)]
            lists = [each for value in node.values() if isinstance(value, list) for each in value]
            return _call(node["is"], lists, options)


def _weighted(weight: Any, part: Any) -> ast.Expr:
    whole = isinstance(weight, dict) and weight.get("is") == "Lit" and number(weight["value"]) == 1
    return _tree(part) if whole else ast.Bin("mul", _tree(weight), _tree(part), _NOWHERE)


def _factor(node: dict[str, Any]) -> ast.Expr:
    """A factor of a density: a function of the spec stands there by its name."""
    return _name(node["fn"]) if node["is"] == "Bind" else _tree(node)


def _value(value: Any) -> ast.Expr:
    """A number, a text or a list that stands where an expression can."""
    if isinstance(value, list):
        return ast.Vector(tuple(map(_tree, value)), _NOWHERE)
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return _name(formula(value))
    if value in _NAMED:
        return _name(_NAMED[value])
    if value < 0:
        return ast.Un("neg", _value(-value), _NOWHERE)
    return ast.Num(str(value), value, _NOWHERE)


def _domain(shape: str, dim: int, args: list[Any]) -> ast.Expr:
    if shape == "reals":
        return ast.Bin("pow", _name("R"), _value(dim), _NOWHERE) if dim > 1 else _name("R")
    if shape in ("ball", "sphere"):
        return _call(_SHAPES[shape], [dim, *args])
    if shape == "interval":
        return _call("Interval", args)
    out = _tree(args[0])
    if len(args) > 1 and all(each == args[0] for each in args):
        return ast.Bin("pow", out, _value(len(args)), _NOWHERE)
    for each in args[1:]:
        out = ast.Bin("mul", out, _tree(each), _NOWHERE)
    return out
