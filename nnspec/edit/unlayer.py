"""A stack of layers as one formula: each layer said in terms of its inputs, from the readout down to the input point.

A layer says itself (`Layer.formula`), so that nothing here knows a layer by name. The parameters are named after the
random streams of the stack's arrays, so that both forms draw the same networks from the same seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from nnspec.edit.algebra import NOWHERE, factors, mentions, name, num, parts, product, rebuilt, summed
from nnspec.edit.layer_laws import NoFormula, law
from nnspec.edit.sayings import Saying
from nnspec.ir import expr as ir
from nnspec.ir.experiment import Experiment
from nnspec.lower.stack import StackParam, Step, resolve_stack, unit_variance
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_parse import leaf_of, parse_expr
from nnspec.syntax.show import show

MOST_LAYERS = 100
MOST_COMPONENTS = 16
"""Input points whose components are written out one by one, where no scalar product says it."""


@dataclass(frozen=True)
class Level:
    """What a layer gives: `at(index)` is its output with that number; `index` and `size` are those of its outputs.

    The input point has no index: there `of` gives a component of the level from a component of the point.
    """

    size: int
    text: ast.Expr
    index: str = ""
    at: Callable[[str | None], ast.Expr] | None = None
    of: Callable[[ast.Expr], ast.Expr] = lambda part: part
    bare: bool = False


@dataclass(frozen=True)
class Stage:
    """A layer on its level, with the size of its outputs as it is written."""

    step: Step
    below: Level
    size: ast.Expr

    @property
    def arrays(self) -> dict[str, StackParam]:
        """The arrays of the layer by their own names."""
        return {param.param.name: param for param in self.step.params}


@dataclass
class Writer:
    """Collects the parameters and indices of the formula while layers are written.

    `space` is the input space as it is written, `sizes` gives the width of a layer so where it can. Indices are called
    `letter` and a number; `taken` are the names of the spec, `functions` those of its functions.
    """

    experiment: Experiment
    words: Vocabulary
    space: ast.Expr
    sizes: Callable[[Step], ast.Expr | None]
    letter: str
    taken: frozenset[str]
    functions: frozenset[str]
    params: dict[str, tuple[str, ast.Expr]] = field(default_factory=dict)
    indices: dict[str, ast.Expr] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @property
    def dimension(self) -> ast.Expr:
        """The dimension of the input as it is written, else as a number."""
        match self.space:
            case ast.Bin(op="pow", left=ast.Name(text="R"), right=n):
                return n
        return num(self.experiment.model.dim)

    def write(self, head: str) -> list[Saying]:
        """All that the model says, as a formula for the field `head`.

        Raises:
            Misfit: with the layer that cannot be said.
        """
        model = self.experiment.model
        point = model.inputs[0].name
        steps = resolve_stack(model, self.words)
        if len(steps) > MOST_LAYERS:
            msg = f"{len(steps)} layers are nested too deeply for one formula"
            raise Misfit(msg, steps[-1])
        level = Level(model.dim, self.dimension, bare=True)
        for number, step in enumerate(steps):
            try:
                level = self.level(step, level, last=number + 1 == len(steps))
            except NoFormula as reason:
                raise Misfit(str(reason), step) from None
        if level.size > 1:
            msg = f"the network has {level.size} outputs, and a formula gives one number"
            raise Misfit(msg, steps[-1])
        body = level.at(None) if level.at is not None else level.of(name(point))
        laws = [self.params[param.key] for step in steps for param in step.params if param.key in self.params]
        return [
            Saying("input", point, show(self.space)),
            *(Saying("index", index, show(size)) for index, size in self.indices.items() if index in self.used),
            *(Saying("param", left, show(density)) for left, density in laws),
            Saying("field", f"{head}({point})", show(body)),
        ]

    # ------------------------------------------------------------ one layer
    def level(self, step: Step, below: Level, *, last: bool) -> Level:
        """The level above a layer."""
        if step.record.formula is None:
            msg = f"the layer `{step.node.name}` does not say itself as a formula"
            raise NoFormula(msg)
        text = self.plain(parse_expr(leaf_of(step.record.formula(step.node))))
        if any(isinstance(part, ast.Big) and part.names[0].text == "j" for part in parts(text)):
            size = num(1) if step.width == 1 and last else self.sizes(step) or num(step.width)
            index = f"{self.letter}{len(self.indices) + 1}"
            self.indices[index] = size
            return Level(step.width, size, index, partial(self.output, Stage(step, below, size), text))
        if below.at is not None:
            return replace(below, at=partial(self.output, Stage(step, below, below.text), text))
        if step.params:
            msg = "parameters of single components of the input have no place in a formula"
            raise NoFormula(msg)
        return replace(below, of=lambda part: _through(text, below.of(part)), bare=False)

    def plain(self, text: ast.Expr) -> ast.Expr:
        """The formula of a layer without the options of activations that are the usual ones."""

        def change(node: object) -> ast.Expr | None:
            if not isinstance(node, ast.Call) or not isinstance(node.fn, ast.Name):
                return None
            word = node.fn.text
            if word in self.functions:
                msg = f"`{word}` is a function of this spec, and an activation of its layers"
                raise NoFormula(msg)
            usual = {each.name: each.default for each in self.words.activations[word].parameters} if node.kwargs else {}
            kept = tuple(each for each in node.kwargs if show(each.value) != repr(usual.get(each.name.text)))
            return ast.Call(node.fn, tuple(rebuilt(arg, change) for arg in node.args), kept, (), NOWHERE)

        return rebuilt(text, change)

    def output(self, stage: Stage, text: ast.Expr, out: str | None) -> ast.Expr:
        """One output of a layer: its formula with everything put in place."""
        below = stage.below

        def change(node: object) -> ast.Expr | None:
            match node:
                case ast.Big(names=(ast.Name(text="j"),), body=body) if below.at is None:
                    return self.over_inputs(stage, body, out)
                case ast.Big(kind=kind, names=(ast.Name(text="j"),), body=body):
                    return summed(kind, below.index, rebuilt(body, change))
                case ast.Index(base=ast.Name(text="h"), items=(ast.Name(text=each),)) if below.at is not None:
                    return below.at(below.index if each == "j" else out)
                case ast.Index(base=ast.Name(text=each), items=items) if each in stage.arrays:
                    return self.entry(stage, stage.arrays[each], items, out)
                case ast.Name(text="h" | "i" | "j"):
                    msg = f"its formula uses `{node.text}` in another way than a formula of layers can"
                    raise NoFormula(msg)
            return None

        try:
            return rebuilt(text, change)
        except NoFormula as reason:
            raise Misfit(str(reason), stage.step) from None

    def entry(
        self, stage: Stage, param: StackParam, items: tuple[ast.Expr, ...], out: str | None, *, vector: bool = False
    ) -> ast.Expr:
        """An entry of an array, its factor in front; the parameter is declared on the way."""
        names = [each.text if isinstance(each, ast.Name) else "" for each in items]
        where = {"i": (out, stage.step.width), "j": (stage.below.index, stage.below.size)}
        shape = [where[each][1] for each in names if each in where] + ([stage.below.size] if vector else [])
        if len(names) + vector != len(shape) or tuple(shape) != param.param.shape:
            msg = f"the array `{param.param.name}` has another shape than its indices in the formula"
            raise NoFormula(msg)
        if param.key in self.taken:
            msg = f"a parameter must be called `{param.key}`, and the spec has something of this name"
            raise NoFormula(msg)
        indices = [index for index in (where[each][0] for each in names) if index]
        self.used.update(indices)
        density, e = param.param.density, param.exponents
        assert isinstance(density, ir.Density)
        n, d = (stage.size, stage.below.text) if param.role == "input" else (stage.below.text, num(1))
        found = law(
            density, self.words.densities[density.name], self.experiment.values,
            [(n, -e.a), (d, -e.a_in)], [(n, -e.b), (d, -e.b_in)], unit=unit_variance(self.experiment.model, self.words),
        )  # fmt: skip
        at = ast.Index(name(param.key), tuple(map(name, indices)), NOWHERE) if indices else name(param.key)
        left = f"{show(at)} in {show(_real(self.dimension))}" if vector else show(at)
        self.params.setdefault(param.key, (left, found.density))
        return product([found.factor, at])

    def over_inputs(self, stage: Stage, body: ast.Expr, out: str | None) -> ast.Expr:
        """A sum over the components of the input point: a scalar product."""
        inside = factors(body)
        weights = [part for part in inside if isinstance(part, ast.Index) and _named(part) in stage.arrays]
        others = [part for part in inside if part not in weights]
        last = weights[0].items[-1] if len(weights) == 1 else None
        if not (isinstance(last, ast.Name) and last.text == "j" and all(mentions(part, ("h",)) for part in others)):
            msg = "its sum over the components of the input is no scalar product"
            raise NoFormula(msg)
        point, array = self.experiment.model.inputs[0], stage.arrays[_named(weights[0])]
        if not point.space.type.shape:
            weight = factors(self.entry(stage, array, weights[0].items, out))
            return product([*weight, _through(product(others), stage.below.of(name(point.name)))])
        weight = factors(self.entry(stage, array, weights[0].items[:-1], out, vector=True))
        values = self.components(stage.below, product(others), name(point.name))
        return product([*weight[:-1], ast.Bin("dot", weight[-1], values, NOWHERE)])

    def components(self, below: Level, value: ast.Expr, point: ast.Expr) -> ast.Expr:
        """The vector of a function of each component of the input; the input itself where that is all."""
        if below.bare and _is_input(value):
            return point
        if below.size > MOST_COMPONENTS:
            msg = f"a formula would have to name {below.size} components of the input one by one"
            raise NoFormula(msg)
        each = (ast.Index(point, (num(k),), NOWHERE) for k in range(1, below.size + 1))
        return ast.Vector(tuple(_through(value, below.of(part)) for part in each), NOWHERE)


class Misfit(Exception):
    """A layer that has no formula, and why."""

    def __init__(self, reason: str, step: Step) -> None:
        """Keep the layer for its place."""
        super().__init__(reason)
        self.step = step


def _named(node: ast.Index) -> str:
    return node.base.text if isinstance(node.base, ast.Name) else ""


def _is_input(node: object) -> bool:
    return isinstance(node, ast.Index) and _named(node) == "h"


def _through(text: ast.Expr, value: ast.Expr) -> ast.Expr:
    """A formula of one input, at a value."""
    return rebuilt(text, lambda node: value if _is_input(node) else None)


def _real(dimension: ast.Expr) -> ast.Expr:
    return ast.Bin("pow", name("R"), dimension, NOWHERE)
