"""One random edit of a good spec ends in a tree or in a SpecError near the edit, never in another exception."""

import random
from pathlib import Path

from nnspec.syntax.expr_parse import parse_block, parse_decl, parse_def_head, parse_expr
from nnspec.syntax.tree import Leaf, Mapping, Node
from nnspec.syntax.yaml_tree import read_source, read_text
from nnspec.text.diagnostic import Diagnostic, SpecError

SPECS = sorted((Path(__file__).parents[3] / "specs").glob("*.yaml"))
ALPHABET = "abx01 \t\n:#,.()[]{}\"'|>*&!%@`^+-/=~?\\;é四\u0301\ufeff\x00λ²"


def formulas(node: Node, known: set[str]) -> list[Diagnostic]:
    """Everything that is wrong with the formulas of a spec; what is no formula is read all the same.

    Texts in `known` were read before: of a spec with one edit only one leaf is new.
    """
    problems: list[Diagnostic] = []
    leaves: list[tuple[Leaf, bool]] = []
    todo: list[tuple[Node, bool]] = [(node, False)]
    while todo:
        each, inside = todo.pop()
        if isinstance(each, Leaf):
            leaves.append((each, inside))
        elif isinstance(each, Mapping):
            for entry in each.entries:
                leaves.append((entry.key, False))
                todo.append((entry.value, entry.key.text in {"def", "deform", "params", "let", "functions", "data"}))
        else:
            todo += [(item, False) for item in each.items]
    for leaf, formula in leaves:
        if leaf.text in known:
            continue
        known.add(leaf.text)
        for parse in (parse_expr, parse_decl, parse_def_head, parse_block):
            try:
                parse(leaf)
            except SpecError as error:
                str(error)
                if formula and parse is parse_expr:
                    problems += error.diagnostics
    return problems


def edit(text: str, chance: random.Random) -> tuple[str, int]:
    place = chance.randrange(len(text))
    match chance.randrange(4):
        case 0:
            return text[:place] + text[place + 1 :], place
        case 1:
            return text[:place] + chance.choice(ALPHABET) + text[place:], place
        case 2:
            return text[:place] + chance.choice(ALPHABET) + text[place + 1 :], place
        case _:
            return text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :], place


def distance(text: str, place: int, known: set[str]) -> int | None:
    """Lines between an edit and the nearest complaint; None if there is none to judge."""
    try:
        problems = formulas(read_text(text), known)
    except SpecError as error:
        str(error)
        problems = list(error.diagnostics)
    spans = [each.span for each in problems if each.span is not None]
    in_indentation = not text[text.rfind("\n", 0, place) + 1 : place + 1].strip()
    if not spans or in_indentation:
        return None
    line, _ = spans[0].source.line_column(place)
    return min(abs(line - span.source.line_column(span.start)[0]) for span in spans)


def test_a_random_edit_never_escapes_and_is_found() -> None:
    """The primary span lies within one line of the edit in at least 95 of 100 cases."""
    assert SPECS
    distances: list[int] = []
    for path in SPECS:
        chance = random.Random(path.stem)
        text = read_source(path).text
        known: set[str] = set()
        formulas(read_text(text), known)
        for _ in range(300):
            found = distance(*edit(text, chance), known)
            if found is not None:
                distances.append(found)
    near = sum(each <= 1 for each in distances)
    assert near >= 0.95 * len(distances), (near, len(distances))
