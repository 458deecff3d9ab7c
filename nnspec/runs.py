"""Runs as Python sees them: a folder with its record, and results by their names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nnspec.result.estimate import Estimate
from nnspec.result.record import RunRecord
from nnspec.text.diagnostic import Diagnostic, nearest


@dataclass(frozen=True)
class Run:
    """A run folder with what is in it. `fresh` is false when it had been computed before."""

    path: Path
    record: RunRecord
    estimates: tuple[Estimate, ...]
    failed: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    """Why points of a sweep could not be computed."""
    fresh: bool = True
    kept: Path | None = None

    def __getitem__(self, name: str) -> Estimate:
        """The estimate of this name."""
        found = next((estimate for estimate in self.estimates if estimate.name == name), None)
        if found is None:
            raise KeyError(self._missing(name))
        return found

    def __getattr__(self, name: str) -> Estimate:
        """The estimate of this name: `run.G2` is `run["G2"]`."""
        if name.startswith("_") or name == "estimates":  # what copying and notebooks look for
            raise AttributeError(name)
        found = next((estimate for estimate in self.estimates if estimate.name == name), None)
        if found is None:
            raise AttributeError(self._missing(name))
        return found

    def __dir__(self) -> list[str]:
        """Attributes, results among them."""
        return [*super().__dir__(), *(each.name for each in self.estimates if each.name.isidentifier())]

    def _missing(self, name: str) -> str:
        names = [estimate.name for estimate in self.estimates]
        parts = [f'run["{each}"]' for each in names if each.partition(".")[0] == name]
        if parts:
            return f"`{name}` was computed by several methods: {', '.join(parts)}"
        near = nearest(name, names)
        advice = f"did you mean `{near}`?" if near else f"results here: {', '.join(names) or 'none'}"
        return f"the run has no result `{name}`; {advice}"

    def _repr_html_(self) -> str:
        """Tables of the results, and the checks, for notebooks."""
        from nnspec.report.cells import run_cell

        return run_cell(self.record, self.estimates, self.path, fresh=self.fresh)


def open_run(path: str | Path, *, fresh: bool = False) -> Run:
    """A run folder that is there.

    Raises:
        DamagedRecord, DamagedResult, NewerFormat, OSError: when it cannot be read.
    """
    from nnspec.result.folder import read_folder

    record, estimates = read_folder(Path(path))
    return Run(Path(path), record, estimates, fresh=fresh)
