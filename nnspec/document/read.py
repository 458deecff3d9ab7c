"""Reading mappings against declared fields: every complaint gathered, nothing silently ignored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Mapping_
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


def unknown_key(key: Leaf, where: str, known: Iterable[str], elsewhere: Mapping_[str, str] | None = None) -> Diagnostic:
    """NN011, with the key that was probably meant; `elsewhere` says where keys of other mappings belong."""
    names = list(known)
    near = nearest(key.text, names)
    fixes = (Fix("machine", (Edit(key.span.start, key.span.end, near),)),) if near else ()
    helps = (f"did you mean `{near}`?",) if near else (_listing(names),)
    if elsewhere and key.text in elsewhere:
        helps, fixes = (f"`{key.text}` belongs {elsewhere[key.text]}",), ()
    return Diagnostic("NN011", f"unknown key `{key.text}` in {where}", key.span, helps=helps, fixes=fixes)


def _listing(names: Sequence[str]) -> str:
    if not names:
        return "nothing can stand here"
    shown = ", ".join(f"`{name}`" for name in names[:12])
    return f"known here: {shown}" + (", ..." if len(names) > 12 else "")


def missing_key(name: str, where: str, place: Span, doc: str) -> Diagnostic:
    """NN012."""
    return Diagnostic("NN012", f"{where} needs `{name}`", place, "not given here", helps=(f"`{name}`: {doc}",))


_WRITTEN = {"a mapping": "write it as `key: value`", "a list": "write it as `[first, second]`, or as lines with `- `"}

_SHORT = {"a mapping": "`key: value`", "a single value": "a value"}


def wrong_shape(node: Node, wanted: str, name: str, example: str = "") -> Diagnostic:
    """NN014: a list where a mapping belongs, and the like; NN015: nothing where anything belongs."""
    if isinstance(node, Leaf) and node.null:
        return left_empty(name, node.span, f"{_SHORT.get(wanted, wanted)} is missing here")
    helps = (f"as in `{example}`",) if example else (_WRITTEN[wanted],) if wanted in _WRITTEN else ()
    return Diagnostic("NN014", f"{_quoted(name)} must be {wanted}", node.span, f"this is {kind(node)}", helps=helps)


def left_empty(name: str, place: Span, label: str = "nothing stands behind it") -> Diagnostic:
    """NN015."""
    helps = ("give it a value, or delete the line",)
    return Diagnostic("NN015", f"{_quoted(name)} is left empty", place, label, helps=helps)


def _quoted(name: str) -> str:
    """A key in quotes; what is no key stands as it is."""
    return name if name.startswith(("a ", "an ", "the ")) else f"`{name}`"


def as_mapping(node: Node, name: str, complaints: Complaints, example: str = "") -> Mapping | None:
    """The node as a mapping, or a complaint with an example."""
    if isinstance(node, Mapping):
        return node
    complaints.add(wrong_shape(node, "a mapping", name, example))
    return None


def as_list(node: Node, name: str, complaints: Complaints, example: str = "") -> List | None:
    """The node as a list, or a complaint with an example."""
    if isinstance(node, List):
        return node
    complaints.add(wrong_shape(node, "a list", name, example))
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


MOST_UNKNOWN = 100


def read_fields(
    node: Mapping, declared: Sequence[Field], where: str, complaints: Complaints, place: Span | None = None,
    elsewhere: Mapping_[str, str] | None = None,
) -> dict[str, Given]:  # fmt: skip
    """Match keys with fields; unknown and missing ones are complaints.

    `where` names the mapping in messages (`model`, `` `correlator` ``); `elsewhere` says where other keys belong.
    """
    by_name = {item.name: item for item in declared}
    given: dict[str, Given] = {}
    unknown: list[str] = []
    for entry in node.entries:
        if entry.key.text not in by_name:
            unknown.append(entry.key.text)
            if len(unknown) <= MOST_UNKNOWN:  # a file full of them is another kind of file
                complaints.add(unknown_key(entry.key, where, by_name, elsewhere))
        elif isinstance(entry.value, Leaf) and entry.value.null:
            complaints.add(left_empty(entry.key.text, entry.key.span))
        else:
            given[entry.key.text] = Given(by_name[entry.key.text], entry.key, entry.value)
    written = {entry.key.text for entry in node.entries}
    for item in declared:
        # A key that is probably misspelt is one fault, not two.
        if item.required and item.name not in written and not _misspelt(item.name, set(unknown[:MOST_UNKNOWN])):
            complaints.add(missing_key(item.name, where, place or node.span, item.doc))
    return given


def _misspelt(name: str, unknown: set[str]) -> bool:
    return any(nearest(word, [name]) for word in unknown)


_TRUE_WORDS = {
    "yes": "true", "on": "true", "y": "true", "1": "true", "no": "false", "off": "false", "n": "false", "0": "false",
}  # fmt: skip


def read_flag(leaf: Leaf, name: str) -> bool | Diagnostic:
    """`true` or `false`, and nothing that YAML 1.1 took for them."""
    if leaf.text in ("true", "false"):
        return leaf.text == "true"
    meant = _TRUE_WORDS.get(leaf.text) or nearest(leaf.text, ("true", "false"))
    what = "the word " if leaf.text.isalpha() else ""
    helps = (f"write `{meant}`",) if meant else ("write `true` or `false`",)
    fixes = (Fix("machine", (Edit(leaf.span.start, leaf.span.end, meant),)),) if meant else ()
    return Diagnostic(
        "NN018", f"`{name}` is `true` or `false`", leaf.span, f"this is {what}`{leaf.text}`", helps=helps,
        fixes=fixes,
    )
