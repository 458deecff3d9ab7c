"""One page for a run: what was asked, what came out, whether the claims hold, by which methods, and where from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from nnspec.ir.experiment import Axis, Experiment, Plot
from nnspec.ir.expr import Const, Expr, ResultRef
from nnspec.ir.walk import walk
from nnspec.numerics.lazy import np
from nnspec.report.bibliography import bibtex, entries, unknown
from nnspec.report.canvas import spoken
from nnspec.report.curves import names_of
from nnspec.report.equations import equation
from nnspec.report.latex import model_latex
from nnspec.report.mathml import mathml, model_mathml
from nnspec.report.model import remark
from nnspec.report.page import (
    anchor,
    document,
    element,
    facts,
    mapping_table,
    paragraphs,
    picture,
    result_table,
    section,
    shown,
    source_text,
)
from nnspec.report.plots import drawable, swept
from nnspec.report.points import points_table
from nnspec.report.residuals import residuals
from nnspec.report.tables import tabulate
from nnspec.result.estimate import Estimate
from nnspec.result.format import plain_number
from nnspec.result.record import CheckRecord, RunRecord

_BADGES = {"done": "good", "failed": "bad", "check failed": "bad"}
_PLAN = ("name", "word", "method", "backend", "rule", "size", "draws", "flops", "bytes")
_VERDICTS = {True: ("good", "holds"), False: ("bad", "fails"), None: ("open", "not judged")}


def report(
    record: RunRecord,
    experiment: Experiment,
    estimates: Sequence[Estimate],
    figures: Mapping[str, Mapping[str, bytes]],
    spec_text: str,
    points_at: str = "points",
) -> str:
    """The report as HTML, for a sweep with its points; how long the run took is not in it: a rerun gives the same page.

    `figures` are drawings by name and form; `svg` is shown. `points_at` is the folder of the points, seen from the page.
    """
    keys = _keys(record, estimates)
    parts = {
        "Model": _model(experiment),
        "Checks": _checks(record, experiment, estimates),
        "Points": points_table(record, experiment, estimates, points_at),
        "Figures": _figures(experiment, estimates, figures),
        "Results": "\n".join(result_table(table) for table in tabulate(estimates)),
        "Plan": _plan(record.plan),
        "Methods": "\n".join(_methods(estimates, keys)),
        "References": _references(keys),
        "Specification": source_text(spec_text, "spec-text") if spec_text else "",
        "Provenance": _provenance(record),
    }
    present = {title: content for title, content in parts.items() if content}
    sections = "\n".join(section(title, content) for title, content in present.items())
    footer = element("footer", element("p", f"Made by nnspec {escape(record.provenance.nnspec)}.", class_="small"))
    return document(record.name, f"{_header(record, experiment, present)}\n<main>\n{sections}\n</main>\n{footer}")


def _header(record: RunRecord, experiment: Experiment, titles: Iterable[str]) -> str:
    judged = [check for check in record.checks if check.passed is not None]
    held = sum(bool(check.passed) for check in judged)
    told = [element("span", escape(record.status), class_=f"badge {_BADGES.get(record.status, 'open')}")]
    if record.checks:
        told.append(element("span", f"checks: {held} of {len(record.checks)} hold"))
    told.append(element("span", f"seed {record.provenance.seed}"))
    told.append(element("span", element("code", escape(record.digest[:12]))))
    links = "".join(f'<a href="#{anchor(title)}">{escape(title)}</a>' for title in titles)
    warnings = "".join(element("p", escape(text), class_="note") for text in record.warnings)
    return element(
        "header", element("h1", escape(record.name)), paragraphs(experiment.doc, class_="lead"),
        element("div", *told, class_="facts"), element("nav", links), warnings,
    )  # fmt: skip


# ---------------------------------------------------------------- what was asked
def _model(experiment: Experiment) -> str:
    """The model in mathematics, with the numbers it was run with."""
    lines = element("div", model_mathml(experiment.model), class_="model wide", tabindex="0")
    axes = {axis.path: axis for axis in experiment.sweep.axes} if experiment.sweep is not None else {}
    before = "written with the values that the spec has before the sweep" if axes else ""
    words = "; ".join(filter(None, [remark(experiment.model), before]))
    numbers = "".join(
        element("li", mathml(Const(name=each.name)), " = ", escape(plain_number(each.value, 8)))
        for each in experiment.constants if f"let.{each.name}" not in axes
    )
    numbers += "".join(_swept(axis) for axis in axes.values())
    data = "".join(element("li", mathml(Const(name=each.name)), " = ", mathml(each.value)) for each in experiment.data)
    chips = element("ul", numbers + data, class_="chips") if numbers + data else ""
    written = element("details", element("summary", "LaTeX"), source_text(model_latex(experiment.model), "model-latex"))
    return lines + (element("p", escape(words), class_="small") if words else "") + chips + written


def _swept(axis: Axis) -> str:
    """What a sweep changes, with its values."""
    name = axis.path.removeprefix("let.")
    head = mathml(Const(name=name)) if name != axis.path else escape(name)
    values = mathml(axis.made) if axis.made is not None else escape(", ".join(axis.values))
    return element("li", head, " = ", values, class_="swept")


def _checks(record: RunRecord, experiment: Experiment, estimates: Sequence[Estimate]) -> str:
    """Every claim with its verdict, both sides, and how many standard deviations lie between what it compares."""
    claims = (*experiment.checks, *(experiment.sweep.checks if experiment.sweep is not None else ()))
    formulas = {check.text: check.that for check in claims}
    rows = []
    for check in record.checks:
        colour, verdict = _VERDICTS[check.passed]
        that = formulas.get(check.text)
        formula = mathml(that) if that is not None else element("code", escape(check.text))
        told = "; ".join(filter(None, [_sides(check), _apart(that, estimates) if that is not None else ""]))
        claim = element("div", formula, class_="wide", tabindex="0", role="region", aria_label=check.text)
        sides = element("p", escape(told), class_="sides") if told else ""
        rows.append(element("li", element("span", verdict, class_=f"badge {colour}"), element("div", claim, sides)))
    return element("ul", *rows, class_="claims") if rows else ""


def _sides(check: CheckRecord) -> str:
    left = "" if check.left is None else f"left side {plain_number(check.left, 4)}"
    right = "" if check.right is None else f"right side {plain_number(check.right, 4)}"
    return "; ".join(filter(None, [left, right, check.detail, check.at]))


def _apart(that: Expr, estimates: Sequence[Estimate]) -> str:
    """Of a claim about two results: their largest distance in standard deviations."""
    names = list(dict.fromkeys(part.name for part in walk(that) if isinstance(part, ResultRef)))
    by_name = {each.name: each for each in estimates}
    if len(names) != 2 or not set(names) <= set(by_name):
        return ""
    one, other = by_name[names[0]], by_name[names[1]]
    if np.shape(one.value) != np.shape(other.value):
        return ""
    pulls = np.abs(residuals(one, other))
    if not np.isfinite(pulls).any():
        return ""
    return f"largest |{one.name} − {other.name}|/σ {float(np.nanmax(pulls)):.2f}, of {int(np.isfinite(pulls).sum())} entries"


def _plan(rows: Sequence[Mapping[str, Any]]) -> str:
    """The plan as a table; below it why, what else could have answered, and why the others could not."""
    if not rows:
        return ""
    apart = ("dims", "shape", "why", "instead", "refusals")
    lines = [
        {key: value for key, value in row.items() if key not in apart}
        | {"size": _size(row.get("dims"), row.get("shape"))}
        for row in rows
    ]
    table = mapping_table(lines, first=_PLAN, last=("error",))
    others = []
    for row in rows:
        told = [str(row["why"])] if row.get("why") else []
        told += [f"also possible: {', '.join(row['instead'])}"] if row.get("instead") else []
        told += [f"not {text}" for text in row.get("refusals") or ()]
        others += [element("li", element("b", escape(str(row.get("name", "")))), ": ", escape(text)) for text in told]
    if not others:
        return table
    return table + element(
        "details", element("summary", "Why this way, and why not otherwise"), element("ul", *others, class_="small")
    )


def _size(dims: Any, shape: Any) -> str:
    return " × ".join(f"{n} {dim}" for dim, n in zip(dims or (), shape or (), strict=False))


# ---------------------------------------------------------------- what came out
def _figures(
    experiment: Experiment, estimates: Sequence[Estimate], figures: Mapping[str, Mapping[str, bytes]]
) -> str:
    asked = {plot.name: plot for plot in drawable(experiment.plots, estimates, swept(experiment))}
    if asked and not figures:
        words = "Not drawn in this run: <code>nnspec report</code> makes the page with pictures, <code>nnspec plot</code> files."
        return element("p", words, class_="small")
    drawn = [picture(forms["svg"], *_told(name, asked.get(name), estimates)) for name, forms in figures.items()]
    return element("div", *drawn, class_="figures") if drawn else ""


def _told(name: str, plot: Plot | None, estimates: Sequence[Estimate]) -> tuple[str, str]:
    """What a picture shows, in words for who cannot see it, and its caption."""
    names = names_of(plot) if plot is not None else (name,)
    drawn = [each for each in estimates if each.name in names or each.name.split(".")[0] in names]
    over = str(plot.option("x") or "") if plot is not None else ""
    kind = plot.word if plot is not None else "plot"
    logs = [key[3:] for key in ("logx", "logy") if plot is not None and plot.option(key)]
    alt = f"{kind} {name}: {', '.join(each.name for each in drawn)}" + (f" against {over}" if over else "")
    alt += f"; logarithmic {' and '.join(logs)} axis" if logs else ""
    told = "; ".join(
        f"{each.name}: {each.word} by {spoken(each.method)}" + (f", {shown('draws', each.draws)} draws" if each.draws else "")
        for each in drawn
    )
    bars = kind == "lines" and any(each.stderr is not None for each in drawn)
    against = ", ".join(plot.option("residuals") or ()) if plot is not None else ""
    parts = [f"{told}." if told else "", "Bars and bands: one standard deviation." if bars else "",
             f"Δ/σ: distance from {against} in standard deviations." if against else ""]  # fmt: skip
    return alt, f"{element('b', escape(name))}. {escape(' '.join(filter(None, parts)))}"


def _methods(estimates: Sequence[Estimate], keys: Sequence[str]) -> Iterable[str]:
    """Each method once, with its equation, who supplied it and what to cite."""
    groups: dict[tuple[str, str, str], list[Estimate]] = {}
    for each in estimates:
        groups.setdefault((each.word, each.method, each.equation), []).append(each)
    for (word, method, formula), group in groups.items():
        names = ", ".join(each.name for each in group)
        title = element("h3", f"{escape(names)}: {escape(word)} by {escape(spoken(method))}")
        drawing = element("div", equation(formula), class_="wide", tabindex="0") if formula else ""
        told = [_supplied(group[0]), _draws(group)]
        cited = ", ".join(_cite(key, keys) for key in dict.fromkeys(key for each in group for key in each.cite))
        line = "; ".join(filter(None, [*map(escape, filter(None, told)), cited]))
        yield element("div", title, drawing, element("p", line, class_="small") if line else "", class_="method")


def _draws(group: Sequence[Estimate]) -> str:
    """How many networks; by name where not all have the same."""
    counts = {each.name: each.draws for each in group if each.draws}
    if len(set(counts.values())) < 2:
        return next((f"{shown('draws', count)} draws" for count in counts.values()), "")
    return ", ".join(f"{shown('draws', count)} draws for {name}" for name, count in counts.items())


def _supplied(estimate: Estimate) -> str:
    backend = f"backend {estimate.backend}" if estimate.backend else ""
    return " of ".join(filter(None, [backend, estimate.plugin]))


# ---------------------------------------------------------------- where it is from
def _keys(record: RunRecord, estimates: Sequence[Estimate]) -> list[str]:
    return list(dict.fromkeys([*record.citations, *(key for each in estimates for key in each.cite)]))


def _cite(key: str, keys: Sequence[str]) -> str:
    known = [entry.key for entry in entries(keys)]
    return f'<a href="#{escape(key)}">[{known.index(key) + 1}]</a>' if key in known else escape(f"[{key}]")


def _references(keys: Sequence[str]) -> str:
    """The papers, numbered, with links; BibTeX below."""
    items = []
    for entry in entries(keys):
        link = f' <a href="{escape(entry.link)}">{escape(entry.link.split("://")[1])}</a>' if entry.link else ""
        items.append(element("li", escape(entry.text()) + "." + link, id=entry.key))
    listed = element("ol", *items, class_="references") if items else ""
    missing = unknown(keys)
    note = (
        element("p", escape("Not in the bibliography: " + ", ".join(missing) + "."), class_="small") if missing else ""
    )
    source = source_text(bibtex(keys), "bibtex")
    return listed + note + (element("details", element("summary", "BibTeX"), source) if items else "")


def _provenance(record: RunRecord) -> str:
    """What another person needs to get the same numbers; times and the command line are in `run.json` alone."""
    origin = record.provenance
    version = f"{origin.nnspec}, commit {origin.commit}" if origin.commit else origin.nnspec
    return facts(
        [
            ("digest", record.digest), ("seed", str(origin.seed)), ("draws", shown("draws", origin.draws)),
            ("nnspec", version), ("language", str(origin.language)), ("plugins", shown("", origin.plugins)),
            ("python", origin.python), ("libraries", shown("", origin.libraries)), ("device", origin.device),
            ("64-bit types", "on" if origin.x64 else "off"), ("precision", "; ".join(origin.precision)),
            ("platform", ", ".join(value for value in origin.platform.values() if value)),
        ]
    )  # fmt: skip
