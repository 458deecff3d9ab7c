"""What a run folder shows to people: every picture in three forms, and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnspec.ir.experiment import Experiment, Plot
from nnspec.numerics.lazy import np
from nnspec.report.plots import draw_all, draw_plot, drawable, swept
from nnspec.report.site import report
from nnspec.result.estimate import Estimate
from nnspec.result.files import write_bytes
from nnspec.result.record import RunRecord
from nnspec.text.diagnostic import Diagnostic


class CannotShow(Exception):
    """A picture or a page that is not written, and why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def publish(
    folder: Path, record: RunRecord, experiment: Experiment, estimates: Sequence[Estimate], data: Mapping[str, Any], spec: str,
    *, plots: bool = True,
) -> None:  # fmt: skip
    """Write `plots/` and `report.html` into a run folder, unless the spec says `output: {report: false}`.

    Without `plots` the page has no pictures, and says how to get them: they take most of the time of a small run.
    """
    if not dict(experiment.output).get("report", True):
        return
    record = RunRecord.from_json(record.to_json())  # as it is read from the folder later: the same order of everything
    figures = pictures(experiment, estimates, data) if plots else {}
    if plots:
        (folder / "plots").mkdir(exist_ok=True)
    for name, forms in figures.items():
        for form, content in forms.items():
            write_bytes(folder / "plots" / f"{name}.{form}", content)
    write_bytes(folder / "report.html", report(record, experiment, placed(experiment, estimates), figures, spec).encode())


def pictures(
    experiment: Experiment, estimates: Sequence[Estimate], data: Mapping[str, Any], forms: Sequence[str] | None = None
) -> dict[str, dict[str, bytes]]:
    """The pictures of a run by name and form."""
    found = placed(experiment, estimates)
    return draw_all(experiment.plots, found, data, swept=swept(experiment), **({"forms": forms} if forms else {}))


def plots_of(experiment: Experiment, estimates: Sequence[Estimate]) -> tuple[Plot, ...]:
    """The plots of a run: those of the spec, and those of what it does not show."""
    return drawable(experiment.plots, placed(experiment, estimates), swept(experiment))


def canvas_of(plot: Plot, experiment: Experiment, estimates: Sequence[Estimate], data: Mapping[str, Any]) -> Any:
    """The matplotlib figure of one of them."""
    return draw_plot(plot, {each.name: each for each in placed(experiment, estimates)}, data)


def placed(experiment: Experiment, estimates: Sequence[Estimate]) -> list[Estimate]:
    """Results whose axes know their words too: along `model.parameterization` stand `ntk` and `mup`, and not 1 and 2."""
    axes = experiment.sweep.axes if experiment.sweep is not None else ()
    words = {axis.path: np.asarray([text.strip("\"'") for text in axis.values]) for axis in axes if axis.made is None}
    return [
        replace(each, coords={**{dim: words[dim] for dim in each.dims if dim in words}, **each.coords}) for each in estimates
    ]
