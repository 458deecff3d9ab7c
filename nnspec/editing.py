"""What is done to specs by hand, as functions: mended, compared, written as formulas, described for editors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnspec.check.experiment import check as give_meaning
from nnspec.ir.experiment import Experiment
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.stages import Spec, load, loads_source, open_run
from nnspec.syntax.yaml_tree import read_source
from nnspec.text.diagnostic import Diagnostic, SpecError
from nnspec.text.source import Source

if TYPE_CHECKING:
    from nnspec.edit.differences import Comparison
    from nnspec.edit.mend import Mended
    from nnspec.edit.runs import RunComparison
    from nnspec.edit.style import Restyled


def formula(spec: Spec) -> Restyled:
    """The same spec with its model as one formula: the same networks from the same seed.

    Raises:
        SpecError: when the spec is wrong, or when its layers cannot be said by a formula (NN507).
    """
    from nnspec.edit.formula_form import formula_form

    return formula_form(spec.tree, spec.source, spec.words)


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
            parameterizations={word: words.parameterizations[word].fields for word in words.words("parameterizations")},
        )
    )


def mend(path: str | Path, *, plugin_files: tuple[str, ...] = (), no_plugins: bool = False) -> Mended:
    """Apply to a spec file the fixes that may be applied unseen; only this file is written, and only when it changes.

    Raises:
        SpecError: when the file cannot be read.
        OSError: when it cannot be written.
    """
    from nnspec.edit.mend import mend as mend_source

    def complain(source: Source) -> tuple[Diagnostic, ...]:
        try:
            return loads_source(source, plugin_files=plugin_files, no_plugins=no_plugins).check().warnings
        except SpecError as error:
            return error.diagnostics

    mended = mend_source(path, read_source(path), complain)
    if mended.changed:
        mended.write()
    return mended


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
