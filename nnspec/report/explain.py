"""What a code means, and what a spec means at each level between text and program."""

from __future__ import annotations

import json
from typing import Any

from nnspec.document.paths import find as at_path
from nnspec.ir.digest import canonical, digest
from nnspec.ir.experiment import Experiment
from nnspec.lower.forms import FORMS, Obstacle
from nnspec.plan.planner import Plan
from nnspec.plan.show import table
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.report.latex import model_latex
from nnspec.report.parts import formula_lines, mathematics, meaning, tree_lines
from nnspec.report.programs import field_jaxpr
from nnspec.syntax.tree import Mapping


def emit(checked: Any, level: str, path: str = "") -> str:
    """A checked spec at one level: tree, ast, ir, forms, plan, latex or jaxpr; with a path that part alone.

    Raises:
        SpecError: NN801 when the path leads nowhere.
    """
    experiment: Experiment = checked.experiment
    plan: Plan = checked.plan
    tree: Mapping = checked.spec.tree
    match level:
        case "tree":
            return "\n".join(tree_lines(at_path(tree, path) if path else tree, path))
        case "ast":
            return "\n".join(formula_lines(at_path(tree, path) if path else tree, path))
        case "ir" if path:
            return meaning(experiment, tree, path)
        case "latex" if path:
            return mathematics(experiment, tree, path)
        case "ir":
            text = json.dumps(json.loads(canonical(experiment)), indent=1, ensure_ascii=False)
            return f"digest {digest(experiment)}\n{text}"
        case "forms":
            return _forms(experiment, checked.spec.words)
        case "latex":
            return model_latex(experiment.model)
        case "jaxpr":
            return field_jaxpr(experiment, checked.spec.words)
        case _:
            return table(plan)


def _forms(experiment: Experiment, words: Vocabulary) -> str:
    lines = []
    for name, find in FORMS.items():
        form = find(experiment, words)
        lines.append(f"{name}: {_obstacle(form) if isinstance(form, Obstacle) else _found(form)}")
    return "\n".join(lines)


def _found(form: Any) -> str:
    summary = getattr(form, "summary", "")
    return f"yes, {summary}" if summary else "yes"


def _obstacle(form: Obstacle) -> str:
    if form.span is None:
        return f"no: {form.reason}"
    line, column = form.span.source.line_column(form.span.start)
    return f"no: {form.reason} ({form.span.source.name}:{line}:{column})"
