"""Whether the log density of a model can be seen to be continuous and free of poles in the coordinates in which chains move.

Identities by partial integration need that. Each density brings a smooth map onto its support, so that what is left are
the deformation, the fields in it, and densities whose arguments are random. A formula that is not known to be harmless
counts as one that is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Model
from nnspec.ir.walk import children, walk
from nnspec.lower.deformation import logarithm
from nnspec.lower.stack import resolve_stack
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.text.source import Span

Reason = tuple[str, Span | None]
SMOOTH = ("exp", "tanh", "sinh", "cosh", "cos", "sin", "erf", "gelu")
KINKED = ("abs", "relu", "min", "max")
ROOTS = ("sqrt", "log")


def jump(model: Model, words: Vocabulary) -> Reason | None:
    """Why the log density may jump or have a pole, as a clause, and the place; None when it cannot."""
    look = _Look(words, derived=False, random=frozenset())
    for each in model.params:
        for part in walk(each.density):
            found = next((why for arg in part.args if (why := look.at(arg))), None) if isinstance(part, ir.Density) else None
            if found is not None:
                return found
    if model.deform is None:
        return None
    formulas = [each.body for each in model.fields]
    sharp = any(isinstance(part, ir.Derivative) for whole in (model.deform, *formulas) for part in walk(whole))
    look = replace(look, derived=sharp)
    if model.stack is not None and (why := _in_stack(model, words, sharp=sharp)):
        return why
    return next((why for node in (logarithm(model.deform), *formulas) if (why := look.at(node))), None)


def _in_stack(model: Model, words: Vocabulary, *, sharp: bool) -> Reason | None:
    """Layers are linear in what comes in, or apply an activation."""
    for step in resolve_stack(model, words):
        names = [field.name for field in step.record.fields if field.type == "activation"]
        if not names and not step.params:
            return f"nothing is known of jumps of the layer `{step.record.name}`", step.node.span
        for name in names:
            word = step.node[name][0]
            record = words.activations[word]
            if record.jumps or (sharp and record.kinks):
                return f"`{word}` jumps", step.node.span
    return None


@dataclass(frozen=True)
class _Look:
    """A look at formulas; with `derived` a kink counts as a jump. `random` are local names of random values."""

    words: Vocabulary
    derived: bool
    random: frozenset[str]

    def at(self, node: ir.Expr) -> Reason | None:
        """The first doubt about a formula."""
        if isinstance(node, ir.Bind):
            values = next((why for each in node.values if (why := self.at(each))), None)
            names = {name for name, each in zip(node.names, node.values, strict=True) if self.varies(each)}
            inside = replace(self, random=(self.random - frozenset(node.names)) | names)
            return values or inside.at(node.body)
        if not self.varies(node):
            return None
        return self._doubt(node) or next((why for each in children(node) if (why := self.at(each))), None)

    def varies(self, node: ir.Expr) -> bool:
        """Whether a formula may differ from network to network."""
        return "param" in node.deps or any(isinstance(part, ir.Local) and part.name in self.random for part in walk(node))

    def _doubt(self, node: ir.Expr) -> Reason | None:
        match node:
            case ir.Bin(op="div", right=right) if self.varies(right) and not self.positive(right):
                return "a random denominator may be zero", right.span
            case ir.Bin(op="pow", left=left, right=right) if self.varies(right) or not _whole(right):
                if not (self.positive(left) and not self.varies(right)):
                    return "a power of a random number that is not whole may have a pole", node.span
            case ir.Apply(fn=fn, args=(arg, *_)) if fn in ROOTS:
                if not self.positive(arg):
                    return f"`{fn}` of a random number is not smooth at zero", node.span
            case ir.Apply(fn=fn) if fn in KINKED:
                return (f"the derivative of `{fn}` jumps", node.span) if self.derived else None
            case ir.Apply(fn=fn) if fn not in SMOOTH:
                record = self.words.activations.get(fn)
                if record is None or record.jumps or (self.derived and record.kinks):
                    return f"`{fn}` may jump", node.span
            case ir.FieldAt(args=args) if any(map(self.varies, args)):
                return "the field is read at a random point", node.span
            case ir.Integral(over=over) if self.varies(over):
                return "its domain of integration is random", node.span
            case ir.Select() | ir.Compare() | ir.Logic():
                return "it depends on a comparison of random numbers", node.span
            case ir.Mean() | ir.Cumulant() | ir.Lambda():
                return "nothing is known of its jumps", node.span
        return None

    def positive(self, node: ir.Expr) -> bool:
        """Whether a formula is seen to be at least some positive number."""
        match node:
            case ir.Lit(value=value):
                return value > 0
            case ir.Bin(op="add", left=left, right=right):
                pairs = ((left, right), (right, left))
                return any(self.positive(one) and (self.positive(other) or _square(other)) for one, other in pairs)
            case ir.Apply(fn="cosh"):
                return True
            case ir.Bin(op="mul" | "div", left=left, right=right) if not self.varies(right):
                return self.positive(left) and isinstance(right, ir.Lit) and right.value > 0
            case ir.Bin(op="pow", left=left, right=right) if _whole(right):
                return self.positive(left)
        return False


def _whole(node: ir.Expr) -> bool:
    """Whether an exponent is a whole number, zero or more."""
    return isinstance(node, ir.Lit) and float(node.value).is_integer() and node.value >= 0


def _square(node: ir.Expr) -> bool:
    """Whether a formula is seen not to be negative."""
    match node:
        case ir.Bin(op="pow", right=ir.Lit(value=value)):
            return float(value).is_integer() and value % 2 == 0
        case ir.Bin(op="mul" | "div", left=left, right=right):
            return (left == right) or (_square(left) and isinstance(right, ir.Lit) and right.value > 0)
        case ir.Apply(fn="abs" | "exp" | "cosh"):
            return True
        case ir.Dot(left=left, right=right):
            return left == right
        case ir.Lit(value=value):
            return value >= 0
        case ir.Bin(op="add", left=left, right=right):
            return _square(left) and _square(right)
    return False
