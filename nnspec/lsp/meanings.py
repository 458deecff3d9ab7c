"""What the names of a spec mean: types, values and the model, as far as the checker can tell in a spec with faults."""

from __future__ import annotations

from collections.abc import Mapping as Mapping_
from dataclasses import dataclass

from nnspec.check.constants import read_constants, read_functions
from nnspec.check.datasets import read_data
from nnspec.check.models import read_model
from nnspec.check.networks import read_stack
from nnspec.check.observables import read_observables
from nnspec.check.outlines import Outline, outline_of_block, outline_of_tree
from nnspec.check.scope import Meaning, Scope
from nnspec.document.read import Complaints, read_fields
from nnspec.document.spec import MODEL_KEYS
from nnspec.ir.experiment import Model
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.tree import Leaf, Mapping, Node
from nnspec.text.source import Span


@dataclass(frozen=True)
class Meanings:
    """Names with their meanings, the constants that feed sizes, and the model if nothing is wrong with it."""

    names: Mapping_[str, Meaning]
    static: frozenset[str]
    model: Model | None


def meanings(tree: Mapping, words: Vocabulary) -> Meanings:
    """Read the parts of a spec one after the other, as `check` does, and keep what they are found to mean."""
    scope = Scope(words=words, complaints=Complaints())
    node = tree.get("model")
    block = outline_of_block(node, scope) if isinstance(node, Leaf) and node.style in ("literal", "folded") else None
    read_constants(tree.get("let"), scope, block.lets if block is not None else ())
    read_functions(tree.get("functions"), scope)
    read_data(tree.get("data"), scope)
    model = _model(node, block, scope) if node is not None else None
    read_observables(tree.get("observables"), model, scope)
    return Meanings(scope.names, frozenset(scope.static), model)


def _model(node: Node, block: Outline | None, scope: Scope) -> Model | None:
    place = Span(node.span.source, node.span.start, node.span.start)
    if block is not None:
        return read_model(block, scope, place)
    if not isinstance(node, Mapping):
        return None
    given = read_fields(node, MODEL_KEYS, "`model`", scope.complaints, place)
    if "layers" in given:
        return read_stack(given, scope, place)
    return read_model(outline_of_tree(given, scope), scope, place)
