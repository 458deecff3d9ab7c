"""What holds for words that a spec may say before any program computes them: they are well formed, and say why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.document.fields import Field
from nnspec.ir.expr import DataRef, Lambda, Lit, Local
from nnspec.ir.types import data
from nnspec.plugin.records import Layer, Observable, Sampler
from nnspec.testing.layer_laws import example_node

DIM = 2
_WORDS: dict[str, Any] = {"true": True, "false": False}


def check_later(record: Observable | Layer | Sampler) -> None:
    """Check a word that is known and cannot be computed: its reason, its fields, and what follows from options alone.

    Options are made from the fields: the required ones with the defaults, each other one on top, and all of them, with
    every key of a choice. Some must be accepted, and from those an observable gives its dimensions, shape and parts.

    Args:
        record: an observable, a layer or a sampler with `later`.

    Raises:
        AssertionError: with the law that is broken.
    """
    _check_clause(record.name, record.later)
    assert record.doc, f"`{record.name}` has no `doc`"
    check_fields(record.name, record.fields)
    match record:
        case Observable():
            _check_observable(record)
        case Layer():
            _check_layer(record)
        case Sampler():
            computed = [deed for deed in ("draw", "start", "warm", "step") if getattr(record, deed) is not None]
            assert not computed, f"`{record.name}` is for later, and has {', '.join(computed)}"


def _check_clause(name: str, reason: str) -> None:
    """It stands behind "cannot be computed by this version: "."""
    assert reason, f"`{name}` does not say why it cannot be computed"
    clause = reason[0].islower() and not reason.endswith(".") and "\n" not in reason
    assert clause, f"the reason of `{name}` is no clause in lower case without a full stop: {reason!r}"


def check_fields(where: str, fields: tuple[Field, ...]) -> None:
    """Check declared fields: names once, each explained, defaults as a user writes them, and what lies under them.

    Args:
        where: whose fields they are, for the message.
        fields: the fields.
    """
    names = [item.name for item in fields]
    assert len(set(names)) == len(names), f"`{where}` has a field twice: {', '.join(names)}"
    for item in fields:
        place = f"`{item.name}` of `{where}`"
        assert item.doc, f"{place} is not explained"
        assert not item.doc.endswith("."), f"the explanation of {place} ends with a full stop"
        assert item.default is None or isinstance(item.default, str), f"the default of {place} is no text: {item.default!r}"
        assert not (item.required and item.default is not None), f"{place} is required and has a default"
        assert bool(item.choices) == (item.type == "word"), f"{place} is a word of no choices, or has choices and is none"
        assert item.default is None or not item.choices or item.default in item.choices, f"{place} has a default of its own"
        assert bool(item.fields) == (item.type == "mapping"), f"{place} has fields, and is no mapping, or the other way round"
        assert bool(item.options) == (item.type == "choice"), f"{place} has options, and is no choice, or the other way round"
        for under, inner in ((item.name, item.fields), *item.options):
            check_fields(f"{where}: {under}", inner)


def _check_observable(record: Observable) -> None:
    assert record.equation, f"`{record.name}` has no equation"
    accepted = 0
    for options in example_options(record.fields):
        refusal = record.refuse(options, DIM)
        if refusal is not None:
            key, reason = refusal
            assert key in {item.name for item in record.fields}, f"`{record.name}` refuses `{key}`, which is none of its fields"
            assert reason, f"`{record.name}` refuses `{key}` without a reason"
            continue
        accepted += 1
        dims, shape, parts = record.dims(options), record.shape(options, DIM), record.parts(options)
        assert len(dims) == len(shape), f"`{record.name}` has {len(shape)} axes and names {len(dims)} dimensions"
        assert all(isinstance(n, int) for n in shape), f"`{record.name}` has a shape that is not of whole numbers: {shape}"
        assert not (parts and dims), f"`{record.name}` has parts, and so no whole with dimensions"
        for part, axes in {"": dims, **parts}.items():
            assert len(set(axes)) == len(axes), f"`{record.name}` {part} has a dimension twice: {', '.join(axes)}"
            assert all(isinstance(axis, str) and axis for axis in axes), f"dimensions of `{record.name}` {part} have no names"
    assert accepted, f"`{record.name}` refuses all options that can be made from its fields"


def _check_layer(record: Layer) -> None:
    node = example_node(record)
    assert record.width(node, 4) > 0, f"`{record.name}` has no outputs"
    assert record.params(node, 4) == (), f"`{record.name}` is for later, and has arrays"
    assert record.kernel is None, f"`{record.name}` is for later, and has a kernel"


def example_options(fields: tuple[Field, ...]) -> Iterator[dict[str, Any]]:
    """Resolved options as the fields allow them: the fewest, each other one on top, and all."""
    fewest = {item.name: value for item in fields if (value := _default(item)) is not None}
    yield fewest
    others = {item.name: _examples(item) for item in fields}
    for name, values in others.items():
        for value in values:
            yield {**fewest, name: value}
    yield {**fewest, **{name: values[0] for name, values in others.items()}}


def _default(item: Field) -> Any:
    """The value of a field that must be there, or has a default; None for any other."""
    if item.default is not None:
        return _read(item)
    return _examples(item)[0] if item.required else None


def _read(item: Field) -> Any:
    """A default as it is resolved."""
    match item.type:
        case "count" | "size":
            return int(item.default)
        case "number":
            return float(item.default)
        case "flag":
            return _WORDS[item.default]
        case _:
            return item.default


def _examples(item: Field) -> list[Any]:
    """Values that a field can have."""
    match item.type:
        case "count" | "size":
            return [2, 1]
        case "word":
            return list(item.choices)
        case "choice":
            return [(word, _pairs(inner)) for word, inner in item.options]
        case "mapping":
            return [_pairs(item.fields)]
        case _:
            return [_simple()[item.type]]


def _pairs(fields: tuple[Field, ...]) -> tuple[tuple[str, Any], ...]:
    return tuple((item.name, _default(item)) for item in fields if _default(item) is not None)


def _simple() -> Mapping[str, Any]:
    """One value of each type that needs no declaration."""
    point = Lambda(names=("x", "y"), dims=(DIM, DIM), body=Lit(value=1.0))
    return {
        "text": "text", "name": "name", "flag": True, "number": 0.5, "formula": Lit(value=0.5),
        "points": DataRef(name="xs", type=data((3, DIM))), "point": DataRef(name="x0", type=data((DIM,))),
        "axis": DataRef(name="r", type=data((3,))), "table": DataRef(name="toy", type=data((4, DIM))),
        "map": Lambda(names=("x",), dims=(DIM,), body=Local(name="x")), "function": point,
        "observable": ("other",), "results": ("other",), "methods": ("monte_carlo",), "field": "phi",
        "formula of results": Lit(value=0.5), "activation": ("tanh", ()), "nested": None, "density": None,
    }  # fmt: skip
