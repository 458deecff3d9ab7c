"""The flow of data, one function a stage: the public Python interface. The command line adds no logic to it."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.check.experiment import check as give_meaning
from nnspec.check.lints import lint
from nnspec.check.silence import silence
from nnspec.document.extend import extended
from nnspec.document.paths import placed, with_value
from nnspec.edit.build import Draft
from nnspec.ir.experiment import Experiment
from nnspec.plan.lints import lint as lint_plan
from nnspec.plan.planner import Plan
from nnspec.plan.planner import plan as match
from nnspec.plugin.vocabulary import Vocabulary, load_vocabulary
from nnspec.runs import Run, open_run
from nnspec.syntax.tree import Entry, Mapping
from nnspec.syntax.yaml_tree import read_source, read_tree, read_value
from nnspec.text.diagnostic import Diagnostic, SpecError
from nnspec.text.source import Source, Span

if TYPE_CHECKING:
    from nnspec.run import sweep

Changes = tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Spec:
    """A spec that was read: its source, its tree with what it extends, and the vocabulary it is read with."""

    source: Source
    tree: Mapping
    words: Vocabulary
    own: Mapping | None = None
    """The tree of this file alone, where it extends another."""
    plugins: tuple[str, ...] = ()
    """Words of the command line with which another process gets the same vocabulary."""

    def set(self, path: str, value: object) -> Spec:
        """The spec with another value at a path, which is read as in the file: `spec.set("let.m", 2)`.

        Raises:
            SpecError: NN801 when the path leads nowhere.
        """
        from nnspec.edit.values import plain_value
        from nnspec.edit.yaml_text import one_line

        text = value if isinstance(value, str) else one_line(plain_value(value, path))
        source = Source("command line", f"{path}={text}")
        place = Span(source, 0, len(path))
        return replace(self, tree=with_value(self.tree, path, read_value(text, f"{path}="), place))

    def only(self, *names: str) -> Spec:
        """The spec that asks for these observables alone, with the checks and plots that need no others.

        Raises:
            SpecError: NN809 when it asks for no such observable, or with everything that is wrong.
        """
        from nnspec.edit.narrow import narrowed

        return replace(self, tree=narrowed(self.tree, self.check().experiment, names))

    def check(self) -> Checked:
        """Give it its meaning and plan it.

        Raises:
            SpecError: with everything that is wrong.
        """
        return check(self)

    def plan(self) -> Plan:
        """How each observable would be computed.

        Raises:
            SpecError: with everything that is wrong.
        """
        return self.check().plan

    def run(self, out: str | Path | None = None, **options: object) -> Run:
        """Compute it; see `run`."""
        return run(self.check(), Path(out) if out is not None else None, **options)  # type: ignore[arg-type]

    def _repr_html_(self) -> str:
        """The model in mathematics, or what is wrong with the spec, for notebooks."""
        from nnspec.report.cells import faults_cell, spec_cell

        meaning = give_meaning(self.tree, self.words)
        if meaning.experiment is None:
            return faults_cell(self.source.name, meaning.complaints)
        return spec_cell(meaning.experiment)


class Model(Draft):
    """A spec written in Python: `Model("name", x="R^d", d=2)`, then `param`, `field`, `observe`, ...; `print` shows it."""

    def spec(self) -> Spec:
        """The spec, read from its text: `Model(...).spec().run()`.

        Raises:
            SpecError: when the text is not a spec.
        """
        return loads(str(self), str(self.values()["name"]))

    def _repr_html_(self) -> str:
        """The model in mathematics, or what is missing so far, for notebooks."""
        from nnspec.report.cells import faults_cell

        try:
            return self.spec()._repr_html_()
        except SpecError as error:
            return faults_cell(str(self.values()["name"]), error.diagnostics)


@dataclass(frozen=True)
class Checked:
    """A meaningful spec: its experiment, its plan, and warnings."""

    spec: Spec
    experiment: Experiment
    plan: Plan
    warnings: tuple[Diagnostic, ...]

    def _repr_html_(self) -> str:
        """The model and the plan, for notebooks."""
        from nnspec.report.cells import plan_cell

        return plan_cell(self.experiment, self.plan, self.warnings)


def load(
    path: str | Path, *, plugin_files: tuple[str, ...] = (), no_plugins: bool = False, allow: tuple[str, ...] = (),
    changes: Changes = (),
) -> Spec:  # fmt: skip
    """Read a spec file, and the one that it extends.

    Args:
        path: the file.
        plugin_files: Python files with further plugins.
        no_plugins: built-in plugins alone.
        allow: folders from which extended specs may be read, besides that of the spec.
        changes: paths with their values, as of `--set model.layers[0].dense.width=64`, in order.

    Raises:
        SpecError: when it is not even YAML as specs use it, when what it extends cannot be read, or a path leads nowhere.
    """
    return loads_source(read_source(path), plugin_files=plugin_files, no_plugins=no_plugins, allow=allow, changes=changes)


def loads(text: str, name: str = "<text>", *, plugin_files: tuple[str, ...] = (), allow: tuple[str, ...] = ()) -> Spec:
    """Read a spec from a string."""
    return loads_source(Source(name, text), plugin_files=plugin_files, allow=allow)


def loads_source(
    source: Source, *, plugin_files: tuple[str, ...] = (), no_plugins: bool = False, allow: tuple[str, ...] = (),
    changes: Changes = (),
) -> Spec:  # fmt: skip
    """Read a spec from a source."""
    own = read_tree(source)
    tree = extended(own, lambda path: read_tree(read_source(path)), tuple(map(Path, allow)))
    plugins = (*(word for file in plugin_files for word in ("--plugin-file", file)), *(["--no-plugins"] if no_plugins else []))
    spec = Spec(source, tree, load_vocabulary(plugin_files, no_plugins), own, plugins)
    for path, value in changes:
        spec = spec.set(path, value)
    return spec


def check(spec: Spec) -> Checked:
    """Document and vocabulary give an experiment and its plan.

    Raises:
        SpecError: with everything that is wrong, warnings included.
    """
    meaning = give_meaning(spec.tree, spec.words)
    planned = match(meaning.experiment, meaning.words) if meaning.experiment is not None else None
    complaints = [*spec.words.problems, *meaning.complaints]
    if planned is not None:
        complaints += planned.complaints
    if meaning.experiment is not None and planned is not None and planned.plan is not None:
        complaints += lint(meaning.experiment, spec.tree, lambda tree: give_meaning(tree, meaning.words).experiment)
        complaints += lint_plan(planned.plan)
    heard = tuple(placed(each, spec.tree) for each in silence(complaints, spec.tree))
    if meaning.experiment is None or planned is None or planned.plan is None:
        raise SpecError(heard)
    return Checked(replace(spec, words=meaning.words), meaning.experiment, planned.plan, heard)


def run(
    checked: Checked, out: Path | None = None, *, force: bool = False, memory: float | None = None, cache: str | None = None,
    report: Callable[[object], None] = lambda _: None, command_line: tuple[str, ...] = (), host: str | None = None,
    programs: MutableMapping[str, Any] | None = None, fail_fast: bool = False,
    plots: bool = True,
) -> Run:  # fmt: skip
    """Compute a spec into its run folder, or find it there; a sweep into one folder with those of its points.

    Run folders go to `out`; without it to the `output.folder` of the spec, or to `runs`. Compiled programs and shards are
    kept in the folder `cache`, so that a longer run begins where a shorter one ended; without it shards are kept beside
    the run folder until the run is complete. A sweep computes all points that can be computed, or with `fail_fast` those
    before the first that cannot. Without `plots` no picture is drawn, nor is any of a single point of a sweep: `nnspec plot`
    and `nnspec report` draw them from its folder.

    Raises:
        ComputingError: when a computation gave no trustworthy number; the folder is not made then.
        NotYet: when this version cannot compute what the spec asks for.
    """
    from nnspec.report.gallery import publish
    from nnspec.run import execute, places, stopping, store
    from nnspec.run.data import keep_files
    from nnspec.run.run import run as compute
    from nnspec.run.run import write
    from nnspec.run.shards import Shelf

    if checked.plan.pending:
        raise execute.NotYet(checked.plan.pending)
    output = dict(checked.experiment.output)
    place = store.folder(out or Path(output.get("folder") or "runs"), checked.experiment)
    if not force and place.record is not None and place.record.status != "failed":
        return Run(place.path, *places.read_same(place.path, checked.experiment), fresh=False)
    places.ready(place.path.parent)
    execute.prepare(cache)
    if checked.experiment.sweep is not None:
        options = {"force": force, "memory": memory, "cache": cache, "report": report, "command_line": command_line, "host": host}
        return _sweep(checked, place.path, options, fail_fast=fail_fast, plots=plots)
    warnings = tuple(f"{each.code}: {each.message}" for each in checked.warnings)
    shelf = Shelf(place.shards if cache is None else Path(cache) / "shards")
    with shelf.dropped_on(execute.ComputingError, keep=cache is not None):  # whoever goes on would come to the same end
        finished = compute(
            checked.plan, checked.spec.words, report, command_line=command_line, warnings=warnings, host=host,
            memory=execute.MEMORY if memory is None else memory, programs=programs, shelf=shelf, force=force,
        )  # fmt: skip
    try:
        work = store.open_work(place)
        write(finished, work)
        (work / "spec.yaml").write_bytes(checked.spec.source.text.encode())
        (work / "resolved.yaml").write_bytes(resolved(checked.spec).encode())
        keep_files(checked.experiment, work)
        outcome = finished.outcome
        publish(work, finished.record, checked.experiment, outcome.estimates, outcome.data, checked.spec.source.text, plots=plots)
        if not force and place.record is not None:  # another process was faster
            return Run(place.path, *places.read_same(place.path, checked.experiment), fresh=False)
        with stopping.held():
            kept = store.close_work(place)
            shelf.close(keep=cache is not None)
    finally:
        store.drop_work(place)
    return Run(place.path, finished.record, finished.outcome.estimates, finished.failed, kept=kept)


def cached(checked: Checked, cache: str | None) -> dict[str, str]:
    """By the names of observables: what of it is on disk already, or why it must be computed."""
    from nnspec.run import execute
    from nnspec.run.shards import Shelf

    execute.prepare(cache)
    return execute.reasons(checked.plan, checked.spec.words, Shelf(None if cache is None else Path(cache) / "shards"))


def _sweep(checked: Checked, path: Path, options: dict[str, Any], *, fail_fast: bool, plots: bool) -> Run:
    """Every point in a run folder of its own, and the whole beside them; points that are there are not computed again."""
    from nnspec.report.gallery import publish
    from nnspec.run import execute, sweep
    from nnspec.run.data import keep_files
    from nnspec.run.run import run_record, write_whole

    words, experiment = checked.spec.words, checked.experiment
    assert experiment.sweep is not None
    programs: dict[str, Any] = {}

    def one(point: sweep.Point) -> sweep.Swept:
        meaning = None
        try:
            spec = _without_sweep(checked)
            for where, value in point.changes:
                spec = spec.set(where, value)
            ready = spec.check()
            meaning = ready.experiment
            said = {**options, "report": lambda each: options["report"](replace(each, names=f"{point}: {each.names}"))}
            done = run(ready, path / "points", **said, programs=programs, plots=False)
        except (SpecError, execute.NotYet) as error:
            return sweep.Swept(point, meaning, errors=error.diagnostics)
        except execute.ComputingError as error:
            return sweep.Swept(point, meaning, errors=(error.diagnostic,))
        return sweep.Swept(point, meaning, done.estimates, done.path.name, done.record.checks, done.failed)

    listed = sweep.points(experiment.sweep, experiment.numerics.seed, words)
    path.mkdir(parents=True, exist_ok=True)
    keep_files(experiment, path)  # where the processes of points find them
    if experiment.sweep.workers > 1 and not fail_fast:
        _compute_ahead(checked, listed, path, options)
    found: list[sweep.Swept] = []
    for point in listed:
        stop = fail_fast and any(each.errors for each in found)
        found.append(sweep.left_out(point, experiment.sweep) if stop else one(point))
    whole = sweep.over(experiment, found, words)
    record, failed = run_record(checked.plan, words, whole, options["command_line"], options["host"])
    (path / "spec.yaml").write_bytes(checked.spec.source.text.encode())
    (path / "resolved.yaml").write_bytes(resolved(checked.spec).encode())
    publish(path, record, experiment, whole.estimates, {}, checked.spec.source.text, plots=plots)
    write_whole(record, whole, path)
    errors = tuple(each for point in whole.points for each in point.errors)
    return Run(path, record, whole.estimates, (*failed, *(each for point in whole.points for each in point.failed)), errors=errors)


def _compute_ahead(checked: Checked, listed: Sequence[sweep.Point], path: Path, options: dict[str, Any]) -> None:
    """The points by processes of their own, those first that are not there; what is wrong is said when they are gathered."""
    from nnspec.run import workers

    assert checked.experiment.sweep is not None
    traced = {f"let.{each.name}" for each in checked.experiment.constants if not each.static} | {"numerics.seed"}
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for point in listed:
        spec = _without_sweep(checked)
        with suppress(SpecError):
            for where, value in point.changes:
                spec = spec.set(where, value)
            alike = tuple(change for change in point.changes if change[0] not in traced)
            groups.setdefault(alike, []).append(resolved(spec))
    memory = ("--memory", f"{options['memory']:.0f}B") if options["memory"] is not None else ()
    force = ("--force",) if options["force"] else ()
    count, arguments = checked.experiment.sweep.workers, (*checked.spec.plugins, *memory, *force)
    workers.compute_ahead(list(groups.values()), path / "points", count, arguments)
    options["force"] = False  # they are new


def _without_sweep(checked: Checked) -> Spec:
    """The spec at one point: without the sweep, and without pictures over it."""
    axes = {axis.path for axis in checked.experiment.sweep.axes} if checked.experiment.sweep is not None else set()
    over = {plot.name for plot in checked.experiment.plots if axes & {plot.option(key) for key in ("x", "y", "color", "column")}}
    entries: list[Entry] = []
    for entry in checked.spec.tree.entries:
        if entry.key.text == "plots" and isinstance(entry.value, Mapping):
            kept = tuple(each for each in entry.value.entries if each.key.text not in over)
            entries += [Entry(entry.key, Mapping(kept, entry.value.span))] if kept else []
        elif entry.key.text != "sweep":
            entries.append(entry)
    return replace(checked.spec, tree=Mapping(tuple(entries), checked.spec.tree.span))


def resolved(spec: Spec) -> str:
    """The spec as one text that stands alone: with what it extends, and with what was set."""
    from nnspec.edit.yaml_text import lines, plain

    return "\n".join(lines(plain(spec.tree), opened=3)) + "\n"


__all__ = [
    "Checked", "Model", "Run", "Spec", "SpecError", "cached", "check", "load", "loads", "open_run", "resolved", "run"
]  # fmt: skip
