"""A spec that changes another one: both trees as one, in which every part keeps its place in its own file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from nnspec.document.paths import find, steps
from nnspec.document.spec import OPEN
from nnspec.syntax.expr_build import fold
from nnspec.syntax.tree import Entry, Leaf, Mapping, Node, Sequence
from nnspec.text.diagnostic import Diagnostic, SpecError, nearest
from nnspec.text.source import Span

DEEPEST = 8
BY_NAME = ("observables", "plots", "sweep")
"""What is replaced name by name, and never merged inside."""
CHOICES = ("sampler", "numerics.integral")
"""One word with its options: another word takes the place of the whole."""
_OWN = ("extends", "drop")
Read = Callable[[Path], Mapping]


def extended(tree: Mapping, read: Read, allowed: tuple[Path, ...] = ()) -> Mapping:
    """The spec with everything of the one that it extends, and so on; itself when it extends none.

    Mappings are merged key by key; observables, plots and the parts of a sweep are replaced by name, lists as a whole.

    Args:
        tree: a spec as it was read.
        read: reads a file into a tree.
        allowed: folders that may be read besides those of the specs themselves.

    Raises:
        SpecError: NN810 to NN813, and whatever is wrong with the files.
    """
    return _extended(tree, read, allowed, (_home(tree.span),))


def _extended(tree: Mapping, read: Read, allowed: tuple[Path, ...], chain: tuple[Path, ...]) -> Mapping:
    entry = _given(tree, "extends")
    drop = _given(tree, "drop")
    if entry is None:
        if drop is not None:
            raise SpecError(Diagnostic("NN813", "`drop` needs a spec that is extended", drop.key.span, "nothing to leave out of"))
        return tree
    leaf = entry.value
    if not isinstance(leaf, Leaf) or leaf.null:
        raise SpecError(Diagnostic("NN014", "`extends` must be a single value", leaf.span, "not the name of a file",
                                   helps=("as in `extends: cosnet.yaml`",)))  # fmt: skip
    path = _file(leaf, chain[-1].parent, allowed)
    if path in chain:
        shown = " -> ".join(each.name for each in (*chain[chain.index(path) :], path))
        raise SpecError(Diagnostic("NN811", "a spec extends itself", leaf.span, "read already", notes=(shown,)))
    if len(chain) > DEEPEST:
        raise SpecError(Diagnostic("NN811", f"more than {DEEPEST} specs extend each other", leaf.span, "one too many"))
    base = _extended(read(_shown(path, tree.span)), read, allowed, (*chain, path))
    for item in _paths(drop):
        base = _without(base, item)
    return _merged(base, _bare(tree), "")


def _home(span: Span) -> Path:
    """The file of a spec; a text that is no file counts as one in the working directory."""
    return Path(span.source.name).resolve()


def _shown(path: Path, extending: Span) -> Path:
    """The path of an extended spec as complaints show it: as short as that of the spec that extends it."""
    here = Path.cwd()
    return path if Path(extending.source.name).is_absolute() or not path.is_relative_to(here) else path.relative_to(here)


def _given(tree: Mapping, key: str) -> Entry | None:
    return next((entry for entry in tree.entries if entry.key.text == key), None)


def _bare(tree: Mapping) -> Mapping:
    return Mapping(tuple(entry for entry in tree.entries if entry.key.text not in _OWN), tree.span)


def _file(leaf: Leaf, folder: Path, allowed: tuple[Path, ...]) -> Path:
    """The file that is named, which must lie in the folder of the spec or in an allowed one."""
    try:
        path = (folder / leaf.text).resolve()
        inside = any(path.is_relative_to(each.resolve()) for each in (folder, *allowed))
        found = inside and path.is_file()
        others = sorted(each.name for each in path.parent.glob("*.y*ml")) if inside and not found else []
    except (OSError, ValueError):  # no name of a file on this system
        raise SpecError(Diagnostic("NN812", "this is no name of a file", leaf.span, "no such file")) from None
    if not inside:
        raise SpecError(Diagnostic("NN810", "a spec extends specs in its own folder only", leaf.span, "this is outside of it",
                                   helps=("allow another folder with `--allow-path DIR`",)))  # fmt: skip
    if not found:
        near = nearest(path.name, others)
        meant = leaf.text.removesuffix(path.name) + str(near)
        helps = (f"did you mean `{meant}`?",) if near else ("give its path from the folder of this spec, with its ending",)
        raise SpecError(Diagnostic("NN812", f"there is no spec `{leaf.text}`", leaf.span, "no such file", helps=helps))
    return path


# ---------------------------------------------------------------- leaving out
def _paths(drop: Entry | None) -> tuple[Leaf, ...]:
    if drop is None:
        return ()
    items = drop.value.items if isinstance(drop.value, Sequence) else (drop.value,)
    for item in items:
        if not isinstance(item, Leaf) or item.null:
            raise SpecError(Diagnostic("NN014", "`drop` must be a list of paths", item.span, "not a path",
                                       helps=("as in `drop: [plots, model.deform]`",)))  # fmt: skip
    return tuple(item for item in items if isinstance(item, Leaf))


def _without(tree: Mapping, leaf: Leaf) -> Mapping:
    try:
        find(tree, leaf.text, leaf.span)
    except SpecError as error:
        (fault,) = error.diagnostics
        place = fault.span if fault.span is not None and fault.span.source is leaf.span.source else leaf.span
        raise SpecError(Diagnostic("NN813", f"the extended spec has no `{leaf.text}`", place, "nothing to leave out",
                                   helps=fault.helps)) from None  # fmt: skip
    made = _cut(tree, [step for step, _, _ in steps(leaf.text)])
    assert isinstance(made, Mapping)
    return made


def _cut(node: Node, path: list[str]) -> Node:
    first, rest = path[0], path[1:]
    if isinstance(node, Sequence):
        k = int(first[1:-1])
        kept = (_cut(node.items[k], rest),) if rest else ()
        return Sequence((*node.items[:k], *kept, *node.items[k + 1 :]), node.span)
    assert isinstance(node, Mapping)
    entries: list[Entry] = []
    for entry in node.entries:
        if "".join(entry.key.text.split()) != "".join(first.split()):
            entries.append(entry)
        elif rest:
            entries.append(Entry(entry.key, _cut(entry.value, rest)))
    return Mapping(tuple(entries), node.span)


# ---------------------------------------------------------------- merging
def _merged(base: Node, child: Node, path: str) -> Mapping:
    assert isinstance(base, Mapping)
    assert isinstance(child, Mapping)
    news = {_identity(entry.key, path): entry for entry in child.entries}
    entries: list[Entry] = []
    for old in base.entries:
        new = news.pop(_identity(old.key, path), None)
        inside = f"{path}.{old.key.text}".removeprefix(".")
        if new is None:
            entries.append(old)
        else:
            entries.append(Entry(new.key, _chosen(old.value, new.value, inside)))
    return Mapping((*entries, *news.values()), child.span)


def _chosen(old: Node, new: Node, path: str) -> Node:
    """The value of a key that both have."""
    if isinstance(new, Leaf) and new.null and path.rpartition(".")[0] in ("", *OPEN):
        name = path.rpartition(".")[2]
        raise SpecError(Diagnostic("NN015", f"`{name}` is left empty", new.span, "nothing stands behind it",
                                   helps=(f"to leave it out of the extended spec: `drop: [{path}]`",)))  # fmt: skip
    both = isinstance(old, Mapping) and isinstance(new, Mapping)
    if not both or path.rpartition(".")[0] in BY_NAME:
        if path == "model" and isinstance(old, Leaf) != isinstance(new, Leaf):
            raise SpecError(Diagnostic("NN017", "a block and keys cannot be merged", new.span, "the other form of a model",
                                       helps=("bring both into one form: `nnspec fmt --style tree`",)))  # fmt: skip
        return new
    if path in CHOICES and isinstance(old, Mapping) and isinstance(new, Mapping):
        words = [[entry.key.text for entry in each.entries] for each in (old, new)]
        if words[0] != words[1]:
            return new
    return _merged(old, new, path)


_WORD = re.compile(r"[^\[(\s]+")


def _identity(key: Leaf, path: str) -> str:
    """Under which name two keys are the same: `w[i]` and `w[i] in R^d` declare one parameter."""
    text = fold(key.text)
    if path in ("model.params", "functions", "model.def"):
        if text.startswith("("):
            return "".join(text.split())
        match = _WORD.match(text)
        return match[0] if match is not None else text
    return text
