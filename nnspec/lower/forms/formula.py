"""The field as one formula over declared parameters, whatever the model is written as; what forms are looked for in.

Fields that stand in the field and components that are chosen are written out; a stack of layers is put together from what
each layer says of itself (`Layer.formula`), so that no layer is known by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Experiment, FieldDef, InputDecl, Model, ParamDecl
from nnspec.ir.expr import unite
from nnspec.ir.types import REAL, vec
from nnspec.ir.walk import rewrite, walk
from nnspec.lower.forms.base import Hindrance
from nnspec.lower.forms.terms import refreshed
from nnspec.lower.stack import StackParam, Step, resolve_stack
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import leaf_of, parse_expr


@dataclass(frozen=True, kw_only=True)
class Formula:
    """phi(x) = body, the parameters that may stand in it in the order in which they are drawn, sizes of indices, inputs."""

    body: ir.Expr
    params: tuple[ParamDecl, ...]
    sizes: Mapping[str, int]
    inputs: tuple[InputDecl, ...]

    @cached_property
    def decls(self) -> Mapping[str, ParamDecl]:
        """Declarations by the parameters that belong to them."""
        return {name: each for each in self.params for name in each.targets}

    @cached_property
    def order(self) -> Mapping[str, int]:
        """The place of each parameter among all."""
        return {name: place for place, name in enumerate(self.decls)}

    @cached_property
    def needs(self) -> Mapping[str, frozenset[str]]:
        """Parameters that the density of each parameter depends on, and those that it is drawn with."""
        found = {
            each: frozenset(part.name for part in walk(each.density) if isinstance(part, ir.Param)) | set(each.targets)
            for each in self.params
        }
        return {name: found[each] for each in self.params for name in each.targets}

    def decl(self, name: str) -> ParamDecl:
        """The declaration that a parameter belongs to."""
        return self.decls[name]

    def sorted(self, names: Iterable[str]) -> tuple[ParamDecl, ...]:
        """The declarations of parameters in the order in which they are drawn."""
        return tuple(dict.fromkeys(self.decls[name] for name in sorted(names, key=self.order.__getitem__)))


def focused(experiment: Experiment, which: ir.Expr | None, *, undeformed: bool = False) -> Experiment:
    """The experiment with the field that is meant, and its component, in the first place."""
    model = experiment.model
    if isinstance(which, ir.FieldAt):
        chosen = next(each for each in model.fields if each.name == which.name)
        inputs = tuple(_input(item) for item in model.inputs if item.name in chosen.inputs)
        body = ir.FieldAt(name=chosen.name, components=which.components, args=inputs, **unite(chosen.body), span=chosen.span)
        first = FieldDef(name="", inputs=chosen.inputs, body=body, span=chosen.span)
        model = replace(model, fields=(first, *model.fields))
    return replace(experiment, model=replace(model, deform=None if undeformed else model.deform))


def formula_of(experiment: Experiment, words: Vocabulary) -> Formula:
    """The first field of a model as a formula.

    Raises:
        Hindrance: a layer that does not say itself, several outputs.
    """
    model = experiment.model
    if model.stack is not None:
        return _stack(model, resolve_stack(model, words))
    definition = model.fields[0]
    writer = _Writer(model)
    body = writer.written(definition.body)
    if definition.components:
        reason = f"the field has several components: `field: {definition.name}[1]` chooses one"
        raise Hindrance(reason, definition.span)
    inputs = tuple(item for name in definition.inputs for item in model.inputs if item.name == name)
    sizes = {index.name: index.size for index in model.indices}
    return Formula(body=body, params=tuple(writer.params), sizes=sizes, inputs=inputs)


def _input(item: InputDecl) -> ir.Input:
    kind = vec(item.dim) if item.space.type.shape else REAL
    return ir.Input(name=item.name, type=kind, deps=frozenset({"input"}))


class _Writer:
    """Writes fields out where they stand, and makes parameters of single components."""

    def __init__(self, model: Model) -> None:
        self.fields = {each.name: each for each in model.fields if each.name}
        self.params = list(model.params)

    def written(self, body: ir.Expr) -> ir.Expr:
        """The body without fields in it."""
        if not any(isinstance(part, ir.FieldAt) for part in walk(body)):
            return body
        return refreshed(rewrite(body, lambda part: self._inlined(part) if isinstance(part, ir.FieldAt) else part))

    def _inlined(self, node: ir.FieldAt) -> ir.Expr:
        definition = self.fields[node.name]
        body = self.written(definition.body)
        for index, component in zip(definition.components, node.components, strict=False):
            if not isinstance(component, ir.Lit):
                reason = f"the components of `{node.name}` are mixed"
                raise Hindrance(reason, node.span)
            body = self._component(body, index, int(component.value))
        moved = [
            (name, arg) for name, arg in zip(definition.inputs, node.args, strict=True)
            if not (isinstance(arg, ir.Input) and arg.name == name)
        ]  # fmt: skip
        if not moved:
            return body
        if any(arg.free for _, arg in moved) or any(isinstance(part, ir.Derivative) for part in walk(body)):
            reason = f"`{node.name}` stands at another point than the input"
            raise Hindrance(reason, node.span)
        places = dict(moved)
        return rewrite(body, lambda part: places.get(part.name, part) if isinstance(part, ir.Input) else part)

    def _component(self, body: ir.Expr, index: str, number: int) -> ir.Expr:
        """The body at one value of an index: parameters with that index are others for every value."""
        own = {name for decl in self.params if index in decl.indices for name in decl.targets}

        def change(part: ir.Expr) -> ir.Expr:
            if isinstance(part, ir.IndexVar) and part.name == index:
                return ir.Lit(value=number, span=part.span)
            if isinstance(part, ir.Param) and part.name in own and index in part.indices:
                left = tuple(each for each in part.indices if each != index)
                return replace(part, name=f"{part.name}={number}", indices=left)
            return part

        for decl in list(self.params):
            names = tuple(f"{name}={number}" for name in decl.targets)
            if index in decl.indices and all(names[0] not in each.targets for each in self.params):
                left = tuple(each for each in decl.indices if each != index)
                law = refreshed(rewrite(decl.density, change))
                self.params.append(replace(decl, targets=names, indices=left, density=law))
        return rewrite(body, change)


# ---------------------------------------------------------------- layers
def _stack(model: Model, steps: tuple[Step, ...]) -> Formula:
    """Each layer's formula in terms of the one below; indices are called `layer 1`, `layer 2`, ..."""
    if steps[-1].width != 1:
        reason = f"the network has {steps[-1].width} outputs"
        raise Hindrance(reason, steps[-1].node.span)
    level = _Level(model)
    for number, step in enumerate(steps, start=1):
        level.add(step, number)
    return Formula(body=refreshed(level.text), params=tuple(level.params), sizes=level.sizes, inputs=model.inputs)


def last_layer(model: Model, steps: tuple[Step, ...], hidden: str) -> Formula:
    """The last layer alone, in terms of the outputs of the one below, which are a variable called `hidden`."""
    if steps[-1].width != 1 or not steps[-1].params:
        reason = "the network has several outputs" if steps[-1].width != 1 else f"`{steps[-1].node.name}` has no weights"
        raise Hindrance(reason, steps[-1].node.span)
    level = _Level(model)
    if len(steps) > 1:
        level.index = f"layer {len(steps) - 1}"
        level.sizes[level.index] = steps[-1].fan_in
        level.text = ir.Local(name=hidden, free=frozenset({level.index}), deps=frozenset({"param", "input"}))
    level.add(steps[-1], len(steps))
    return Formula(body=refreshed(level.text), params=tuple(level.params), sizes=level.sizes, inputs=model.inputs)


class _Level:
    """The outputs of the layers so far."""

    def __init__(self, model: Model) -> None:
        self.point = _input(model.inputs[0])
        self.dim = model.dim
        self.params: list[ParamDecl] = []
        self.sizes: dict[str, int] = {}
        self.index = ""
        self.text: ir.Expr = self.point

    def add(self, step: Step, number: int) -> None:
        """Put a layer on top."""
        if step.record.formula is None:
            reason = f"the layer `{step.node.name}` does not say itself as a formula"
            raise Hindrance(reason, step.node.span)
        tree = parse_expr(leaf_of(step.record.formula(step.node)))
        sums = any(isinstance(part, ast.Big) for part in _syntax(tree))
        out = (f"layer {number}" if step.width > 1 or not self.index else "") if sums else self.index
        if not sums and (step.params or not self.index):
            reason = f"`{step.node.name}` acts on the components of the input one by one"
            raise Hindrance(reason, step.node.span)
        reader = _Reader(self, step, out)
        text = reader.expr(tree)
        self.params += reader.found.values()
        if sums:
            self.index = out
            if out:
                self.sizes[out] = step.width
        self.text = text


class _Reader:
    """The formula of one layer, read into the IR."""

    def __init__(self, below: _Level, step: Step, out: str) -> None:
        self.below, self.step, self.out = below, step, out
        self.arrays: dict[str, StackParam] = {each.param.name: each for each in step.params}
        self.found: dict[str, ParamDecl] = {}

    def expr(self, node: object) -> ir.Expr:
        match node:
            case ast.Num(value=value):
                return ir.Lit(value=value)
            case ast.Un(op="neg", arg=arg):
                inner = self.expr(arg)
                return ir.Neg(arg=inner, **unite(inner))
            case ast.Bin(op=("add" | "sub" | "mul" | "div" | "pow") as op, left=left, right=right):
                a, b = self.expr(left), self.expr(right)
                return ir.Bin(op=op, left=a, right=b, **unite(a, b), span=self.step.node.span)
            case ast.Call(fn=ast.Name(text=fn), args=args, kwargs=kwargs):
                inner_args = tuple(self.expr(arg) for arg in args)
                options = tuple((each.name.text, self.expr(each.value)) for each in kwargs)
                return ir.Apply(fn=fn, args=inner_args, options=options, **unite(*inner_args), span=self.step.node.span)
            case ast.Index(base=ast.Name(text="h")) if self.below.index:
                return self.below.text
            case ast.Index(base=ast.Name(text=name)) if name in self.arrays:
                return self._entry(self.arrays[name], ())
            case ast.Big(kind="sum", body=body):
                return self._sum(body)
        reason = f"the formula of `{self.step.node.name}` cannot be taken apart"
        raise Hindrance(reason, self.step.node.span)

    def _sum(self, body: object) -> ir.Expr:
        if self.below.index:
            inner = self.expr(body)
            return ir.Reduce(op="sum", axes=(self.below.index,), body=inner, **unite(inner), span=self.step.node.span)
        match body:
            case ast.Bin(op="mul", left=ast.Index(base=ast.Name(text=name)), right=ast.Index(base=ast.Name(text="h"))) if (
                name in self.arrays
            ):
                weight = self._entry(self.arrays[name], (self.below.dim,))
                point = self.below.point
                if weight.type.kind == "vec":
                    return _scaled_dot(weight, point)
                return ir.Bin(op="mul", left=weight, right=point, **unite(weight, point), span=self.step.node.span)
        reason = f"the formula of `{self.step.node.name}` cannot be taken apart"
        raise Hindrance(reason, self.step.node.span)

    def _entry(self, array: StackParam, event: tuple[int, ...]) -> ir.Expr:
        """An entry with the powers of the width in front of it."""
        shape = array.param.shape
        places = [(self.out, self.step.width), (self.below.index, self.step.fan_in)][: len(shape)]
        indices = tuple(name for name, _ in places if name)
        copies = event if event and self.below.point.type.shape else ()
        self.found.setdefault(
            array.key, ParamDecl(targets=(array.key,), indices=indices, copies=copies, density=array.param.density,
                                 span=array.param.density.span),
        )  # fmt: skip
        kind = vec(copies[0]) if copies else REAL
        param = ir.Param(name=array.key, indices=indices, type=kind, free=frozenset(indices), deps=frozenset({"param"}),
                         span=self.step.node.span)  # fmt: skip
        factor = array.multiplier * array.initial
        if factor == 1:
            return param
        return ir.Bin(op="mul", left=ir.Lit(value=factor), right=param, type=kind, **unite(param), span=self.step.node.span)


def _scaled_dot(weight: ir.Expr, point: ir.Expr) -> ir.Expr:
    """(c w).x as c (w.x)."""
    if isinstance(weight, ir.Bin):
        dot = ir.Dot(left=weight.right, right=point, **unite(weight, point), span=weight.span)
        return ir.Bin(op="mul", left=weight.left, right=dot, **unite(dot), span=weight.span)
    return ir.Dot(left=weight, right=point, **unite(weight, point), span=weight.span)


def _syntax(node: object) -> Iterable[object]:
    yield node
    if is_dataclass(node) and not isinstance(node, type):
        for item in fields(node):
            value = getattr(node, item.name)
            for part in value if isinstance(value, tuple) else (value,):
                if is_dataclass(part) and item.name != "span":
                    yield from _syntax(part)
