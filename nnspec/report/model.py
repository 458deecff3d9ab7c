"""A model as lines of mathematics: the field, the laws of its parameters, or the layers it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnspec.ir.experiment import FieldDef, LayerNode, LayerStack, Model, ParamDecl
from nnspec.ir.expr import Bin, Bind, Expr, Mixture, Reweighted, Truncated, Unnormalised
from nnspec.ir.walk import walk
from nnspec.report.boxes import (
    COMMA,
    DRAWN,
    EQUALS,
    IN,
    MAPS,
    MID,
    MUL,
    NEGATIVE,
    PLUS,
    PROPORTIONAL,
    QUAD,
    RING,
    THIN,
    TIMES,
    TO,
    Box,
    Fence,
    Num,
    Op,
    Row,
    Script,
    Sym,
    Words,
    joined,
    listed,
    parens,
    row,
)  # fmt: skip
from nnspec.report.notation import inline, notation, operand
from nnspec.report.randomness import copied, density_at
from nnspec.report.symbols import FUNCTIONS, REALS, indexed, symbol
from nnspec.result.format import plain_number

DOTS = Sym("…", r"\dots")


def lines(model: Model) -> list[Box]:
    """What the model says, one box for each line."""
    if model.stack is not None:
        return [*_stack(model, model.stack), *_deformed(model)]
    out: list[Box] = [_field(each) for each in model.fields]
    out += [_law(param) for param in model.params]
    out += _deformed(model)
    out += _functions(model)
    ranges: list[Box] = [
        row(symbol(item.name), EQUALS, Num("1"), COMMA, DOTS, COMMA, Num(str(item.size))) for item in model.indices
    ]
    ranges += [row(symbol(item.name), IN, notation(item.space)) for item in model.inputs]
    return [*out, joined(ranges, row(COMMA, QUAD))] if ranges else out


def _field(field: FieldDef) -> Box:
    head = indexed(symbol(field.name), [symbol(each) for each in field.components])
    return row(head, parens(listed([symbol(name) for name in field.inputs])), EQUALS, notation(field.body))


def _deformed(model: Model) -> list[Box]:
    """The factor on the density of whole networks."""
    if model.deform is None:
        return []
    measure = row(Sym("P"), Fence("[", symbol("theta"), "]"))
    factor = notation(model.deform)
    loose = isinstance(model.deform, Bin) and model.deform.op in ("add", "sub")
    return [row(measure, TO, measure, TIMES, parens(factor) if loose else factor)]


def _functions(model: Model) -> list[Box]:
    """The functions of the spec that the model calls, each once."""
    found: dict[str, Bind] = {}
    for node in walk(model):
        if isinstance(node, Bind):
            found.setdefault(node.fn, node)
    return [
        row(symbol(name), parens(listed([symbol(arg) for arg in node.names])), EQUALS, notation(node.body))
        for name, node in found.items()
    ]


# ---------------------------------------------------------------- laws
def _law(param: ParamDecl) -> Box:
    """Parameters and the density that they are drawn from; i.i.d. copies as a power of it."""
    indices = [symbol(i) for i in param.indices]
    names = [indexed(symbol(name), indices) for name in param.targets]
    head = names[0] if len(names) == 1 else parens(listed(list(names)))
    match param.density:
        case Truncated(base=base, over=over) if not param.copies:
            return row(head, DRAWN, inline(base), MID, head, IN, inline(over))
        case Reweighted() | Unnormalised():
            return _up_to_a_factor(param, head)
    return row(head, DRAWN, _copies(param, inline(param.density)))


def _copies(param: ParamDecl, law: Box) -> Box:
    loose = isinstance(param.density, Mixture | Truncated) and any(count > 1 for count in param.copies)
    law = parens(law) if loose else law
    for count in param.copies:
        law = copied(law, count)
    return law


def _up_to_a_factor(param: ParamDecl, head: Box) -> Box:
    """A density that is known up to its norm: a line that names it, and says what it is proportional to."""
    density = Script(Sym("p"), listed([symbol(name) for name in param.targets]))
    match param.density:
        case Reweighted(base=base, var=var, factor=factor):
            shape: Box = row(density_at(base, symbol(var), operand), THIN, operand(factor, MUL))
            where: tuple[Box, ...] = ()
        case Unnormalised(var=var, over=over, body=body):
            shape = inline(body)
            where = (COMMA, QUAD, symbol(var), IN, inline(over))
        case _:
            raise AssertionError(type(param.density).__name__)
    drawn = row(head, DRAWN, _copies(param, density), COMMA, QUAD)
    return row(drawn, density, parens(symbol(var)), PROPORTIONAL, shape, *where)


# ---------------------------------------------------------------- stacks of layers
def _stack(model: Model, stack: LayerStack) -> list[Box]:
    """The composition, then one line for each layer that has options of its own."""
    names = _names(stack.layers)
    point = symbol(stack.input)
    groups = [_power(block, times, names) for block, times in reversed(repeats(stack.layers))]
    composed = joined(groups, RING)
    field = row(symbol("phi"), parens(point), EQUALS, parens(composed), parens(point), COMMA, QUAD)
    out: list[Box] = [row(field, point, IN, notation(model.inputs[0].space))]
    seen: list[LayerNode] = []
    for layer in stack.layers:
        if layer not in seen and layer.name != "act":
            seen.append(layer)
            out.append(_definition(layer, names[layer]))
    return [*out, *_exponents(stack)]


def _exponents(stack: LayerStack) -> list[Box]:
    """Powers of the width that the spec gives itself: what they are in front of, and their values by role."""
    if not stack.parameterization_options:
        return []
    n, w, sigma = Sym("n"), Sym("w"), symbol("sigma")
    powers = {name: Script(n, None, row(NEGATIVE, Sym(name))) for name, _ in stack.parameterization_options}
    meanings = {
        "a": row(Sym("W"), EQUALS, powers.get("a", n), w),
        "b": row(Script(sigma, w), PROPORTIONAL, powers.get("b", n)),
        "c": row(symbol("eta"), PROPORTIONAL, powers.get("c", n)),
    }
    first = [meanings[name] for name, _ in stack.parameterization_options if name in meanings]
    values = [row(symbol(name), EQUALS, _triple(value)) for name, value in stack.parameterization_options]
    between = row(COMMA, QUAD)
    return [joined(list(first), between), joined(list(values), between)] if first else [joined(list(values), between)]


def _triple(value: Any) -> Box:
    """One number, or those of the input, the hidden and the readout layers."""
    numbers = [_option(each) for each in _flat(value)]
    return numbers[0] if all(each == numbers[0] for each in numbers) else parens(listed(numbers))


def repeats(layers: Sequence[LayerNode]) -> list[tuple[tuple[LayerNode, ...], int]]:
    """The layers as blocks with how often each comes in a row; longest runs first, from the input on."""
    out: list[tuple[tuple[LayerNode, ...], int]] = []
    start = 0
    while start < len(layers):
        best, times = 1, 1
        for period in range(1, (len(layers) - start) // 2 + 1):
            block, count = layers[start : start + period], 1
            while layers[start + count * period : start + (count + 1) * period] == block:
                count += 1
            if count > 1 and count * period > best * times:
                best, times = period, count
        out.append((tuple(layers[start : start + best]), times))
        start += best * times
    return out


def _names(layers: Sequence[LayerNode]) -> dict[LayerNode, Box]:
    """A sign for every different layer: activations by their name, others by their initial and a number."""
    names: dict[LayerNode, Box] = {}
    for layer in layers:
        if layer in names:
            continue
        if layer.name == "act":
            names[layer] = _activation(layer)
            continue
        initial = layer.name[:1].upper()
        count = 1 + sum(other.name[:1].upper() == initial for other in names if other.name != "act")
        names[layer] = Script(Sym(initial), Num(str(count)))
    return names


def _activation(layer: LayerNode) -> Box:
    word = next((value for value in _flat(dict(layer.options)) if isinstance(value, str)), "act")
    return FUNCTIONS.get(word) or symbol(word)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _flat(item)]
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in _flat(item)]
    return [value]


def _power(block: Sequence[LayerNode], times: int, names: dict[LayerNode, Box]) -> Box:
    """Layers in the order of composition (the last one first), to the power of their number."""
    body = joined([names[layer] for layer in reversed(block)], RING)
    return body if times == 1 else Script(parens(body), None, Num(str(times)))


def _definition(layer: LayerNode, name: Box) -> Box:
    """What a layer does. `dense` is written out; of others, the word and the options."""
    if layer.name != "dense":
        shown = [row(symbol(key), EQUALS, _option(value)) for key, value in layer.options if value is not None]
        options = (parens(listed(list(shown))),) if shown else ()
        return row(name, Op(":", ":", "relation"), Words(layer.name), *options)
    h, weight, bias, width = symbol("h"), Sym("W"), Sym("b"), layer["width"]
    out: Row = row(name, Op(":", ":", "relation"), h, MAPS, weight, h)
    out = row(out, PLUS, bias) if layer["bias"] is not None else out
    out = row(out, IN, Script(REALS, None, Num(str(width))), COMMA, QUAD)
    out = row(out, Script(weight, Row((symbol("i"), symbol("j")))), DRAWN, _option(layer["weight"]))
    if layer["bias"] is not None:
        out = row(out, COMMA, QUAD, Script(bias, symbol("i")), DRAWN, _option(layer["bias"]))
    return out


def _option(value: Any) -> Box:
    if isinstance(value, Expr):
        return inline(value)
    if isinstance(value, bool | str):
        return Words(str(value).lower() if isinstance(value, bool) else value)
    if isinstance(value, int | float):
        return Num(plain_number(value))
    return Words(", ".join(str(leaf) for leaf in _flat(value)))


def remark(model: Model) -> str:
    """What the lines leave out, in words; empty when they say everything."""
    if model.stack is None:
        return ""
    return (
        f"W stands for the O(1) variable; the powers of the width are those of the "
        f"{model.stack.parameterization} parameterization."
    )
