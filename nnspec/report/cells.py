"""Specs, plans and runs as pieces of HTML for a notebook: escaped, with nothing to load and no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from nnspec.ir.experiment import Experiment
from nnspec.plan.planner import Plan
from nnspec.plan.show import rows
from nnspec.report.mathml import model_mathml
from nnspec.report.model import remark
from nnspec.report.page import element, mapping_table, result_table
from nnspec.report.tables import tabulate
from nnspec.result.estimate import Estimate
from nnspec.result.record import RunRecord
from nnspec.text.diagnostic import Diagnostic, render_all

_VERDICTS = {True: "passed", False: "FAILED", None: "unknown"}


def spec_cell(experiment: Experiment) -> str:
    """What a spec is about: its name, its model, its constants."""
    return _cell(_title(experiment.name, experiment.doc), _model(experiment))


def faults_cell(name: str, faults: Sequence[Diagnostic]) -> str:
    """What is wrong with a spec."""
    return _cell(_title(name), element("pre", escape(render_all(faults))))


def plan_cell(experiment: Experiment, plan: Plan, warnings: Sequence[Diagnostic] = ()) -> str:
    """The model, how each observable would be got, and warnings."""
    told = element("pre", escape(render_all(warnings))) if warnings else ""
    return _cell(_title(experiment.name, experiment.doc), _model(experiment), _plan(plan), told)


def run_cell(record: RunRecord, estimates: Sequence[Estimate], path: Path, *, fresh: bool) -> str:
    """Tables of results with their errors, the checks, and where the files are."""
    claims = [
        element("li", escape(f"{_VERDICTS[each.passed]}: "), element("code", escape(each.text))) for each in record.checks
    ]
    found = "".join(result_table(table) for table in tabulate(estimates))
    place = f"{path}" + ("" if fresh else " (computed before)")
    return _cell(
        _title(record.name), found, element("ul", *claims) if claims else "",
        element("p", "run folder: ", element("code", escape(place))),
    )  # fmt: skip


def _cell(*content: str) -> str:
    return element("div", *filter(None, content), class_="nnspec")


def _title(name: str, doc: str = "") -> str:
    return element("p", element("b", escape(name)), escape(f" – {' '.join(doc.split())}") if doc.strip() else "")


def _model(experiment: Experiment) -> str:
    words = remark(experiment.model)
    numbers = ", ".join(f"{each.name} = {each.value:g}" for each in experiment.constants)
    told = "; ".join(filter(None, [words, numbers]))
    return model_mathml(experiment.model) + (element("p", element("small", escape(told))) if told else "")


def _plan(plan: Plan) -> str:
    shown = ("name", "word", "method", "rule", "backend", "draws")
    lines = [
        {key: row[key] for key in shown}
        | {"result": " × ".join(f"{dim} {n}" for dim, n in zip(row["dims"], row["shape"], strict=True)) or "a number"}
        for row in rows(plan)
    ]
    why = [element("li", element("b", escape(row["name"])), escape(f": {row['why']}")) for row in rows(plan)]
    return mapping_table(lines) + element("details", element("summary", "Why this way"), element("ul", *why))
