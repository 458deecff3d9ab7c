"""What a code means, and what a spec means at each level between text and program."""

from __future__ import annotations

import json
from typing import Any

from nnspec.ir.digest import canonical, digest
from nnspec.ir.experiment import Experiment
from nnspec.lower.forms import FORMS, Obstacle
from nnspec.plan.planner import Plan
from nnspec.plan.show import table
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.report.latex import model_latex
from nnspec.syntax.expr_parse import parse_expr
from nnspec.syntax.show import show
from nnspec.syntax.tree import Leaf, Mapping, Node
from nnspec.syntax.tree import Sequence as List
from nnspec.text.catalogue import page
from nnspec.text.diagnostic import SpecError


def code_page(code: str) -> str | None:
    """The page of an error code, None when there is none."""
    found = page(code.upper())
    if found is None:
        return None
    return (
        f"{found.code}: {found.title}\n\n{found.why}\n\nbad:\n{_indented(found.bad)}\n\ngood:\n{_indented(found.good)}"
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines())


def emit(checked: Any, level: str) -> str:
    """A checked spec at one level: tree, ast, ir, forms, plan or latex."""
    experiment: Experiment = checked.experiment
    plan: Plan = checked.plan
    match level:
        case "tree":
            return "\n".join(_tree(checked.spec.tree, ""))
        case "ast":
            return "\n".join(_ast(checked.spec.tree, ""))
        case "ir":
            text = json.dumps(json.loads(canonical(experiment)), indent=1, ensure_ascii=False)
            return f"digest {digest(experiment)}\n{text}"
        case "forms":
            return _forms(experiment, checked.spec.words)
        case "latex":
            return model_latex(experiment.model)
        case _:
            return table(plan)


def _tree(node: Node, path: str) -> list[str]:
    match node:
        case Leaf(text=text):
            return [f"{path or '.'}: {text!r}" if "\n" in text else f"{path or '.'}: {text}"]
        case List(items=items):
            return [line for k, item in enumerate(items) for line in _tree(item, f"{path}[{k}]")]
        case Mapping(entries=entries):
            return [line for e in entries for line in _tree(e.value, f"{path}.{e.key.text}" if path else e.key.text)]


def _ast(node: Node, path: str) -> list[str]:
    """Every value that is a formula, with all its parentheses decided."""
    if not isinstance(node, Leaf):
        items = [(f"[{k}]", item) for k, item in enumerate(node.items)] if isinstance(node, List) else [
            (f".{entry.key.text}", entry.value) for entry in node.entries
        ]  # fmt: skip
        return [line for name, item in items for line in _ast(item, (path + name).lstrip("."))]
    if node.null or path in ("doc", "name"):
        return []
    try:
        return [f"{path}: {show(parse_expr(node))}"]
    except SpecError:
        return []


def _forms(experiment: Experiment, words: Vocabulary) -> str:
    lines = []
    for name, find in FORMS.items():
        form = find(experiment, words)
        lines.append(f"{name}: {'no: ' + form.reason if isinstance(form, Obstacle) else 'yes'}")
    return "\n".join(lines)
