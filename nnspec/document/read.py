"""Reading mappings against declared fields: every complaint gathered, nothing silently ignored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nnspec.document.fields import Field
from nnspec.syntax.tree import Leaf, Mapping, Node
from nnspec.syntax.tree import Sequence as List
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, nearest
from nnspec.text.source import Span


@dataclass
class Complaints:
    """Diagnostics of one stage, gathered so that one fault hides no other."""

    found: list[Diagnostic] = field(default_factory=list)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a complaint."""
        self.found.append(diagnostic)

    @property
    def errors(self) -> list[Diagnostic]:
        """Those that stop the run."""
        return [each for each in self.found if each.level == "error"]


def kind(node: Node | None) -> str:
    """What a node is, in a user's words."""
    match node:
        case None:
            return "nothing"
        case Leaf(null=True):
            return "nothing"
        case Leaf():
            return "a single value"
        case List():
            return "a list"
        case _:
            return "a mapping"


def unknown_key(key: Leaf, where: str, known: Iterable[str]) -> Diagnostic:
    """NN011, with the key that was probably meant."""
    names = list(known)
    near = nearest(key.text, names)
    fixes = (Fix("machine", (Edit(key.span.start, key.span.end, near),)),) if near else ()
    helps = (f"did you mean `{near}`?",) if near else (_listing(names),)
    return Diagnostic("NN011", f"unknown key `{key.text}` in {where}", key.span, helps=helps, fixes=fixes)


def _listing(names: Sequence[str]) -> str:
    if not names:
        return "nothing can stand here"
    shown = ", ".join(f"`{name}`" for name in names[:12])
    return f"known here: {shown}" + (", ..." if len(names) > 12 else "")


def missing_key(name: str, where: str, place: Span, doc: str) -> Diagnostic:
    """NN012."""
    return Diagnostic("NN012", f"{where} needs `{name}`", place, "not given here", helps=(f"`{name}`: {doc}",))


def wrong_shape(node: Node, wanted: str, name: str) -> Diagnostic:
    """NN014: a list where a mapping belongs, and the like."""
    return Diagnostic("NN014", f"`{name}` must be {wanted}, and this is {kind(node)}", node.span)


def as_mapping(node: Node, name: str, complaints: Complaints) -> Mapping | None:
    """The node as a mapping, or a complaint."""
    if isinstance(node, Mapping):
        return node
    complaints.add(wrong_shape(node, "a mapping", name))
    return None


def as_list(node: Node, name: str, complaints: Complaints) -> List | None:
    """The node as a list, or a complaint."""
    if isinstance(node, List):
        return node
    complaints.add(wrong_shape(node, "a list", name))
    return None


def as_leaf(node: Node, name: str, complaints: Complaints) -> Leaf | None:
    """The node as one value, or a complaint."""
    if isinstance(node, Leaf) and not node.null:
        return node
    complaints.add(wrong_shape(node, "a single value", name))
    return None


@dataclass(frozen=True)
class Given:
    """One key that was given: its field, the key and its value."""

    field: Field
    key: Leaf
    value: Node


def read_fields(
    node: Mapping, declared: Sequence[Field], where: str, complaints: Complaints, place: Span | None = None
) -> dict[str, Given]:
    """Match keys with fields; unknown and missing ones are complaints.

    `where` names the mapping in messages (`model`, `` `correlator` ``).
    """
    by_name = {item.name: item for item in declared}
    given: dict[str, Given] = {}
    for entry in node.entries:
        if entry.key.text not in by_name:
            complaints.add(unknown_key(entry.key, where, by_name))
        elif isinstance(entry.value, Leaf) and entry.value.null:
            complaints.add(Diagnostic("NN015", f"`{entry.key.text}` is left empty", entry.key.span))
        else:
            given[entry.key.text] = Given(by_name[entry.key.text], entry.key, entry.value)
    written = {entry.key.text for entry in node.entries}
    for item in declared:
        # A key that is probably misspelt is one fault, not two.
        if item.required and item.name not in written and not _misspelt(item.name, written - set(by_name)):
            complaints.add(missing_key(item.name, where, place or node.span, item.doc))
    return given


def _misspelt(name: str, unknown: set[str]) -> bool:
    return any(nearest(word, [name]) for word in unknown)


_TRUE_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false", "True": "true", "False": "false"}


def read_flag(leaf: Leaf, name: str) -> bool | Diagnostic:
    """`true` or `false`, and nothing that YAML 1.1 took for them."""
    if leaf.text in ("true", "false"):
        return leaf.text == "true"
    meant = _TRUE_WORDS.get(leaf.text)
    helps = (f"write `{meant}`",) if meant else ("write `true` or `false`",)
    fixes = (Fix("machine", (Edit(leaf.span.start, leaf.span.end, meant),)),) if meant else ()
    return Diagnostic(
        "NN018", f"`{name}` is true or false, and this is the word `{leaf.text}`", leaf.span, helps=helps, fixes=fixes
    )
