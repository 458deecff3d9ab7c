"""Run folders shown again: pictures and the page are made from what lies there, and nothing is computed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnspec.ir.digest import digest
from nnspec.report.canvas import FORMS, rendered
from nnspec.report.gallery import CannotShow, canvas_of, pictures, placed, plots_of
from nnspec.report.site import report as page
from nnspec.result.files import write_bytes
from nnspec.run.data import make_data
from nnspec.stages import Checked, Run, load, open_run
from nnspec.text.diagnostic import Diagnostic, nearest


@dataclass(frozen=True)
class Shown:
    """A run folder with the meaning of its spec; `doubt` says when that is no longer what was computed."""

    run: Run
    checked: Checked
    data: dict[str, Any]
    doubt: str = ""


def opened(folder: str | Path, *, plugin_files: Sequence[str] = (), no_plugins: bool = False) -> Shown:
    """A run folder, or that of a sweep.

    Raises:
        DamagedRecord, DamagedResult, OSError: when it cannot be read.
        SpecError: when its `resolved.yaml` was edited and is wrong now.
    """
    run = open_run(folder)
    spec = load(run.path / "resolved.yaml", plugin_files=tuple(plugin_files), no_plugins=no_plugins)
    checked = spec.check()
    whole = checked.experiment.sweep is not None
    doubt = ""
    if digest(checked.experiment) != run.record.digest:
        doubt = "resolved.yaml no longer means what was computed: equations and plots are those of the file as it is now"
    return Shown(run, checked, {} if whole else make_data(checked.experiment, checked.spec.words), doubt)


def plot(
    shown: Shown, name: str | None = None, *, out: str | Path | None = None, forms: Sequence[str] = (), force: bool = False
) -> list[Path]:
    """Draw the plots of a run again, or the one of this name; the files.

    Args:
        shown: the run folder.
        name: a plot of the spec, or of a result that none of them shows; all of them without it.
        out: the file of the one plot, whose ending says how it is drawn (`svg`, `pdf`, `png`); without it files go to
            `plots/` in the run folder, which is theirs.
        forms: how they are drawn; in all forms without it.
        force: write over a file that is there.

    Raises:
        CannotShow: when there is no plot of this name, or the file is there.
    """
    experiment, estimates = shown.checked.experiment, shown.run.estimates
    known = plots_of(experiment, estimates)
    wanted = [each for each in known if name in (None, each.name)]
    if not wanted or (out is not None and len(wanted) > 1):
        raise CannotShow(_which(name, [each.name for each in known], shown.run.path))
    if out is None:
        files = [(each, form, shown.run.path / "plots" / f"{each.name}.{form}") for each in wanted for form in forms or FORMS]
    else:
        path = Path(out)
        form = forms[0] if forms else path.suffix.lstrip(".").lower()
        if form not in FORMS:
            raise CannotShow(Diagnostic("NN724", f"`{path.name}` does not say how it is drawn", where="command line",
                                        helps=(f"end it in one of {', '.join(f'.{each}' for each in FORMS)}",)))  # fmt: skip
        _free(path, force=force)
        files = [(wanted[0], form, path)]
    for each in wanted:
        canvas = canvas_of(each, experiment, estimates, shown.data)
        for mine, form, path in files:
            if mine is each:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(path, rendered(canvas, form))
    return [path for _, _, path in files]


def report(shown: Shown, *, out: str | Path | None = None, force: bool = False) -> Path:
    """Make the page of a run again; the file. Without `out` it is `report.html` in the run folder.

    Raises:
        CannotShow: when the file is there.
    """
    path = Path(out) if out is not None else shown.run.path / "report.html"
    if out is not None:
        _free(path, force=force)
    experiment, estimates = shown.checked.experiment, shown.run.estimates
    record = shown.run.record
    if shown.doubt:
        record = replace(record, warnings=(shown.doubt, *record.warnings))
    figures = pictures(experiment, estimates, shown.data, ("svg",))
    spec = (shown.run.path / "spec.yaml").read_bytes().decode()
    at = Path(os.path.relpath(shown.run.path / "points", path.parent)).as_posix()
    write_bytes(path, page(record, experiment, placed(experiment, estimates), figures, spec, at).encode())
    return path


def _free(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise CannotShow(Diagnostic("NN723", f"`{path}` is there already", where="command line",
                                    helps=("write over it with `--force`",)))  # fmt: skip


def _which(name: str | None, known: Sequence[str], folder: Path) -> Diagnostic:
    names = ", ".join(f"`{each}`" for each in known)
    there = (f"plots here: {names}",) if known else ("no result of this run is over one or two dimensions",)
    if name is None:
        message = "which plot goes to the file?" if known else "the run has no plot"
        return Diagnostic("NN722", message, where=str(folder), helps=there)
    near = nearest(name, known)
    helps = (f"did you mean `{near}`?", *there) if near else there
    return Diagnostic("NN722", f"the run has no plot `{name}`", where=str(folder), helps=helps)
