"""A spec whose model is one formula, whatever it was: layers are written out, a block becomes a mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nnspec.check.experiment import check
from nnspec.edit.forms import tree_form
from nnspec.edit.layout import layout
from nnspec.edit.places import places
from nnspec.edit.sayings import Saying, Sayings
from nnspec.edit.style import Restyled, end_of, replaced, restyle
from nnspec.edit.tidy import tidy
from nnspec.edit.unlayer import Misfit, Writer
from nnspec.edit.yaml_text import Plain
from nnspec.ir.experiment import Experiment
from nnspec.lower.stack import Step, resolve_stack
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax import expr_tree as ast
from nnspec.syntax.expr_build import fold
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.expr_scan import blanked
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node
from nnspec.syntax.yaml_tree import read_tree
from nnspec.text.diagnostic import Diagnostic, SpecError
from nnspec.text.source import Source, Span

_LETTERS = "ijklmnpq"
_HEADS = ("phi", "f", "psi", "field")
_WIDEST = 100


def formula_form(tree: Mapping, source: Source, words: Vocabulary) -> Restyled:
    """The same spec with its model as a formula; comments outside of a model made of layers stay where they are.

    Raises:
        SpecError: when the spec is wrong, or when its layers cannot be said by a formula (NN507).
    """
    if tree != read_tree(source):  # changed since it was read, or made of several files
        source = Source(source.name, layout(_values(tree, words)))
        tree = read_tree(source)
    entry = next((each for each in tree.entries if each.key.text == "model"), None)
    layers = entry.value.get("layers") if entry is not None and isinstance(entry.value, Mapping) else None
    if entry is None or layers is None:
        styled = restyle(source, words, "tree")
        return Restyled(tidy(Source(source.name, styled.text), words), styled.note)
    meaning = check(tree, words)
    if meaning.experiment is None:
        raise SpecError(meaning.complaints)
    text = replaced(entry, _lines(meaning.experiment, tree, words))
    note = _note(meaning.experiment, words)
    written = Source(source.name, text)
    _must_stand(written, words, entry)
    return Restyled(tidy(written, words), note)


def _lines(experiment: Experiment, tree: Mapping, words: Vocabulary) -> list[str]:
    """The lines of the model as a formula."""
    stack = experiment.model.stack
    assert stack is not None
    model = tree.get("model")
    assert isinstance(model, Mapping)
    spaces = model.get("inputs")
    for layer in stack.layers:
        if layer.name not in words.layers:
            raise _refused(layer.span, f"no installed plugin offers the layer `{layer.name}`")
    if len(experiment.model.inputs) != 1 or not isinstance(spaces, Mapping):
        raise _refused(stack.layers[0].span, "they act on several inputs")
    space = spaces.entries[0].value
    assert isinstance(space, Leaf)
    taken, functions = _names(tree)
    letter = next(each for each in _LETTERS if not any(word[:1] == each and word[1:].isdecimal() for word in taken))
    head = next(each for each in _HEADS if each not in taken)
    writer = Writer(
        experiment, words, parse_expr(space), lambda step: _width(step, model, words), letter, taken, functions
    )
    try:
        said = [replace(each, right=_folded(each.right)) for each in writer.write(head)]
        deform = model.get("deform")
        if isinstance(deform, Leaf):
            said.append(Saying("deform", "P", " ".join(blanked(deform, block=False).split())))
        return tree_form(Sayings(tuple(said)))
    except Misfit as misfit:
        raise _refused(misfit.step.node.span, str(misfit)) from None


def _refused(place: Span | None, label: str, notes: tuple[str, ...] = ()) -> SpecError:
    return SpecError(Diagnostic("NN507", "the layers have no formula form", place, label, notes=notes))


def _folded(formula: str) -> str:
    """A long formula over several lines, each beginning with a `+`."""
    lines = [""]
    for number, piece in enumerate(formula.split(" + ")):
        term = f"+ {piece}" if number else piece
        if lines[-1] and len(lines[-1]) + len(term) > _WIDEST:
            lines.append(term)
        else:
            lines[-1] = f"{lines[-1]} {term}".strip()
    return "\n".join(lines)


def _names(tree: Mapping) -> tuple[frozenset[str], frozenset[str]]:
    """The names of a spec, and those of its functions."""
    functions = frozenset(fold(key.partition("(")[0].strip()) for key in _keys(tree.get("functions")))
    others = (fold(key) for section in ("let", "data", "observables") for key in _keys(tree.get(section)))
    model = tree.get("model")
    inputs = _keys(model.get("inputs")) if isinstance(model, Mapping) else ()
    return functions | {*others, *map(fold, inputs)}, functions


def _keys(node: Node | None) -> Iterator[str]:
    yield from (entry.key.text for entry in node.entries) if isinstance(node, Mapping) else ()


def _width(step: Step, model: Mapping, words: Vocabulary) -> ast.Expr | None:
    """The width of a layer as it is written: the only option that is a size, when it is the width."""
    fields = [each.name for each in words.layers[step.node.name].fields if each.type == "size"]
    options = _options(model.get("layers"), step)
    leaf = options.get(fields[0]) if len(fields) == 1 and isinstance(options, Mapping) else None
    return parse_expr(leaf) if isinstance(leaf, Leaf) and step.node[fields[0]] == step.width else None


def _options(node: Node | None, step: Step) -> Node | None:
    """The options of a layer in the file, found by the place of its word."""
    for item in node.items if node is not None and not isinstance(node, Leaf | Mapping) else ():
        for entry in item.entries if isinstance(item, Mapping) else ():
            if entry.key.span == step.node.span:
                return entry.value
            found = _options(entry.value, step) if entry.key.text == "of" else None
            if found is not None:
                return found
    return None


def _note(experiment: Experiment, words: Vocabulary) -> str:
    """What a formula does not say: powers of the width in learning rates; and what refers to layers elsewhere."""
    name = experiment.model.stack.parameterization if experiment.model.stack else ""
    told = []
    if any(param.exponents.c for step in resolve_stack(experiment.model, words) for param in step.params):
        told.append(f"the learning rates of `{name}` depend on the width, which a formula does not say")
    swept = [axis.path for axis in experiment.sweep.axes if axis.path.startswith("model.")] if experiment.sweep else []
    told += [f"the sweep changes `{path}`, which the formula does not have" for path in swept]
    return "; ".join(told)


def _must_stand(written: Source, words: Vocabulary, entry: Entry) -> None:
    """The formula is one that the language accepts; very deep networks are too deep for it."""
    try:
        tree = read_tree(written)
        model = next(each for each in tree.entries if each.key.text == "model")
        inside = range(model.key.span.start, end_of(model))
        found = [each for each in check(tree, words).complaints if each.level == "error"]
        faults = [each for each in found if each.span is not None and each.span.start in inside]
    except SpecError as error:
        faults = list(error.diagnostics)
    if faults:
        notes = tuple(f"{each.code}: {each.message}" for each in faults[:1])
        raise _refused(entry.key.span, "the formula is refused", notes)


def _values(tree: Mapping, words: Vocabulary) -> dict[str, Plain]:
    """A spec as plain values; formulas without their comments."""
    formulas = {id(place.leaf): place for place in places(tree, words)}

    def of(node: Node) -> Plain:
        if isinstance(node, Leaf):
            place = formulas.get(id(node))
            if node.null:
                return None
            return node.text if place is None or place.kind == "block" else " ".join(blanked(node, block=False).split())
        if isinstance(node, Mapping):
            return {entry.key.text: of(entry.value) for entry in node.entries}
        return [of(item) for item in node.items]

    found = of(tree)
    assert isinstance(found, dict)
    return found
