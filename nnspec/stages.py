"""The flow of data, one function a stage: the public Python interface. The command line adds no logic to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nnspec.check.experiment import check as give_meaning
from nnspec.document.paths import placed
from nnspec.ir.experiment import Experiment
from nnspec.plan.planner import Plan
from nnspec.plan.planner import plan as match
from nnspec.plugin.vocabulary import Vocabulary, load_vocabulary
from nnspec.result.estimate import Estimate
from nnspec.result.record import RunRecord
from nnspec.syntax.tree import Mapping
from nnspec.syntax.yaml_tree import read_source, read_tree
from nnspec.text.diagnostic import Diagnostic, SpecError
from nnspec.text.source import Source

if TYPE_CHECKING:
    from nnspec.edit.differences import Comparison
    from nnspec.edit.runs import RunComparison


@dataclass(frozen=True)
class Spec:
    """A spec that was read: its source, its tree, and the vocabulary it is read with."""

    source: Source
    tree: Mapping
    words: Vocabulary

    def check(self) -> Checked:
        """Give it its meaning and plan it.

        Raises:
            SpecError: with everything that is wrong.
        """
        return check(self)

    def run(self, out: str | Path = "runs", **options: object) -> Run:
        """Compute it; see `run`."""
        return run(self.check(), Path(out), **options)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Checked:
    """A meaningful spec: its experiment, its plan, and warnings."""

    spec: Spec
    experiment: Experiment
    plan: Plan
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Run:
    """A run folder with what is in it. `fresh` is false when it had been computed before."""

    path: Path
    record: RunRecord
    estimates: tuple[Estimate, ...]
    failed: tuple[Diagnostic, ...] = ()
    fresh: bool = True
    kept: Path | None = None

    def __getitem__(self, name: str) -> Estimate:
        """The estimate of this name."""
        return next(estimate for estimate in self.estimates if estimate.name == name)


def load(path: str | Path, *, plugin_files: tuple[str, ...] = (), no_plugins: bool = False) -> Spec:
    """Read a spec file.

    Raises:
        SpecError: when it is not even YAML as specs use it.
    """
    return loads_source(read_source(path), plugin_files=plugin_files, no_plugins=no_plugins)


def loads(text: str, name: str = "<text>", *, plugin_files: tuple[str, ...] = ()) -> Spec:
    """Read a spec from a string."""
    return loads_source(Source(name, text), plugin_files=plugin_files)


def loads_source(source: Source, *, plugin_files: tuple[str, ...] = (), no_plugins: bool = False) -> Spec:
    """Read a spec from a source."""
    return Spec(source, read_tree(source), load_vocabulary(plugin_files, no_plugins))


def check(spec: Spec) -> Checked:
    """Document and vocabulary give an experiment and its plan.

    Raises:
        SpecError: with everything that is wrong, warnings included.
    """
    meaning = give_meaning(spec.tree, spec.words)
    complaints = (*spec.words.problems, *(placed(each, spec.tree) for each in meaning.complaints))
    if meaning.experiment is None:
        raise SpecError(complaints)
    planned = match(meaning.experiment, spec.words)
    if planned.plan is None:
        raise SpecError((*complaints, *(placed(each, spec.tree) for each in planned.complaints)))
    return Checked(spec, meaning.experiment, planned.plan, complaints)


def run(
    checked: Checked, out: Path, *, force: bool = False, memory: float | None = None, cache: str | None = None,
    report: Callable[[object], None] = lambda _: None, command_line: tuple[str, ...] = (), host: str | None = None,
) -> Run:  # fmt: skip
    """Compute a spec into its run folder, or find it there.

    Raises:
        ComputingError: when a computation gave no trustworthy number; the folder is not made then.
    """
    from nnspec.run import execute, store
    from nnspec.run.run import run as compute
    from nnspec.run.run import write

    place = store.folder(out, checked.experiment)
    if not force and place.record is not None:
        return open_run(place.path, fresh=False)
    execute.prepare(cache)
    warnings = tuple(f"{each.code}: {each.message}" for each in checked.warnings)
    finished = compute(
        checked.plan, checked.spec.words, report, command_line=command_line, warnings=warnings, host=host,
        memory=execute.MEMORY if memory is None else memory,
    )  # fmt: skip
    try:
        work = store.open_work(place)
        write(finished, work)
        (work / "spec.yaml").write_bytes(checked.spec.source.text.encode())
        _report(checked, finished.record, finished.outcome.estimates, finished.outcome.data, work)
        kept = store.close_work(place)
    finally:
        store.drop_work(place)
    return Run(place.path, finished.record, finished.outcome.estimates, finished.failed, kept=kept)


def _report(
    checked: Checked, record: RunRecord, estimates: tuple[Estimate, ...], data: dict[str, object], work: Path
) -> None:
    """Pictures and the page."""
    from nnspec.report.plots import draw_all
    from nnspec.report.site import write_report

    figures = draw_all(checked.experiment.plots, estimates, data)
    for name, png in figures.items():
        (work / "plots" / f"{name}.png").write_bytes(png)
    write_report(work / "report.html", record, checked.experiment, estimates, figures, checked.spec.source.text)


def schema(words: Vocabulary) -> dict[str, object]:
    """JSON Schema of specs with the installed words, for editors."""
    from nnspec.check.observables import universal
    from nnspec.document.schema import Words, json_schema

    observables = {
        word: ((*record.fields, *universal(record)), record.doc)
        for word, record in words.observables.items()
    }
    return json_schema(
        Words(
            layers={word: (record.fields, record.call, record.doc) for word, record in words.layers.items()},
            observables=observables,
            samplers={word: record.fields for word, record in words.samplers.items()},
            parameterizations=words.words("parameterizations"),
        )
    )


def compare(
    a: str | Path, b: str | Path, *, plugin_files: tuple[str, ...] = (), no_plugins: bool = False
) -> Comparison | RunComparison:
    """Two specs by meaning, or two run folders by their results.

    Raises:
        SpecError: when a spec is wrong, or when a spec is to be compared with a run folder (NN733).
        DamagedRecord, DamagedResult, OSError: when a run folder cannot be read.
    """
    from nnspec.edit.differences import compare as compare_specs
    from nnspec.edit.runs import compare_runs

    if Path(a).is_dir() and Path(b).is_dir():
        one, other = (open_run(path) for path in (a, b))
        return compare_runs((one.estimates, one.record.checks), (other.estimates, other.record.checks))
    if Path(a).is_dir() or Path(b).is_dir():
        helps = ("compare two specs or two run folders; the spec of a run is its `spec.yaml`",)
        folder = next(path for path in (a, b) if Path(path).is_dir())
        raise SpecError(Diagnostic("NN733", "a spec and a folder cannot be compared", where=str(folder), helps=helps))
    specs = [load(path, plugin_files=plugin_files, no_plugins=no_plugins) for path in (a, b)]
    left, right = (_meant(spec) for spec in specs)
    return compare_specs(left, right, [spec.source.text for spec in specs])


def _meant(spec: Spec) -> Experiment:
    """The meaning of a spec, whether or not it can be computed."""
    meaning = give_meaning(spec.tree, spec.words)
    if meaning.experiment is None:
        raise SpecError((*spec.words.problems, *meaning.complaints))
    return meaning.experiment


def open_run(path: str | Path, *, fresh: bool = False) -> Run:
    """A run folder that is there.

    Raises:
        DamagedRecord, DamagedResult, OSError: when it cannot be read.
    """
    from nnspec.result.dataset import read_results

    record = RunRecord.read(Path(path) / "run.json")
    return Run(Path(path), record, tuple(read_results(Path(path) / "results.nc")), fresh=fresh)


__all__ = ["Checked", "Run", "Spec", "SpecError", "check", "compare", "load", "loads", "open_run", "run", "schema"]
