"""A model as lines of mathematics: the field, the laws of its parameters, or the layers it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnspec.ir.experiment import LayerNode, LayerStack, Model, ParamDecl
from nnspec.ir.expr import Expr
from nnspec.report.boxes import (
    COMMA,
    DRAWN,
    EQUALS,
    IN,
    MAPS,
    PLUS,
    QUAD,
    RING,
    Box,
    Num,
    Op,
    Row,
    Script,
    Sym,
    Words,
    listed,
    parens,
    row,
)  # fmt: skip
from nnspec.report.notation import inline, notation
from nnspec.report.symbols import FUNCTIONS, REALS, indexed, symbol
from nnspec.result.format import plain_number

DOTS = Sym("…", r"\dots")


def lines(model: Model) -> list[Box]:
    """What the model says, one box for each line."""
    if model.stack is not None:
        return _stack(model, model.stack)
    out: list[Box] = []
    if model.field is not None:
        inputs = parens(listed([symbol(name) for name in model.field.inputs]))
        out.append(row(symbol(model.field.name), inputs, EQUALS, notation(model.field.body)))
    out += [_law(param) for param in model.params]
    ranges: list[Box] = [
        row(symbol(item.name), EQUALS, Num("1"), COMMA, DOTS, COMMA, Num(str(item.size))) for item in model.indices
    ]
    ranges += [row(symbol(item.name), IN, notation(item.space)) for item in model.inputs]
    if ranges:
        first, *others = ranges
        out.append(row(first, *(box for other in others for box in (COMMA, QUAD, other))))
    return out


def _law(param: ParamDecl) -> Box:
    """A parameter and the density it is drawn from; i.i.d. copies as a power of it."""
    name = indexed(symbol(param.name), [symbol(i) for i in param.indices])
    law = inline(param.density)
    for count in param.copies:
        power = row(Op("⊗", r"\otimes", "prefix"), Num(str(count)))
        law = Script(parens(law) if isinstance(law, Script) else law, None, power)
    return row(name, DRAWN, law)


# ---------------------------------------------------------------- stacks of layers
def _stack(model: Model, stack: LayerStack) -> list[Box]:
    """The composition, then one line for each layer that has options of its own."""
    names = _names(stack.layers)
    point = symbol(stack.input)
    groups = [_power(block, times, names) for block, times in reversed(repeats(stack.layers))]
    first, *others = groups
    composed = row(first, *(box for other in others for box in (RING, other)))
    field = row(symbol("phi"), parens(point), EQUALS, parens(composed), parens(point), COMMA, QUAD)
    out: list[Box] = [row(field, point, IN, notation(model.inputs[0].space))]
    seen: list[LayerNode] = []
    for layer in stack.layers:
        if layer not in seen and layer.name != "act":
            seen.append(layer)
            out.append(_definition(layer, names[layer]))
    return out


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
    first, *others = [names[layer] for layer in reversed(block)]
    body = row(first, *(box for other in others for box in (RING, other)))
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
