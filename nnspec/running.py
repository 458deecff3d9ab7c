"""`nnspec run`: specs one after the other, what is said meanwhile to people and to programs, and how it is stopped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.arguments import Arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnspec.report.events import Events
    from nnspec.stages import Checked, Run, Spec
    from nnspec.text.diagnostic import Diagnostic

DONE, CHECK_FAILED, POINTS_FAILED, INTERRUPTED = 0, 3, 5, 130


@dataclass
class Teller:
    """Says what happens in the run of one spec: on standard error to people, as JSON lines to programs."""

    args: Arguments
    events: Events | None
    tell: Callable[[Sequence[Diagnostic]], None]
    told: bool = field(default=False)

    def checked(self, checked: Checked) -> None:
        """Warnings, and what is planned."""
        from nnspec.ir.digest import digest

        self.complaints(checked.warnings)
        if self.events is not None:
            self.events.plan(checked.plan, digest(checked.experiment))

    def complaints(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Something is wrong, or may be."""
        self.tell(diagnostics)
        if self.events is not None:
            self.events.complaints(diagnostics)

    @contextmanager
    def showing(self, title: str) -> Iterator[Callable[[Any], None]]:
        """A function to call with each step."""
        from nnspec.report.progress import display

        with display(title, sys.stderr, quiet=self.args.quiet) as show:

            def both(step: Any) -> None:
                show(step)
                if self.events is not None:
                    self.events.progress(step)

            yield both

    def results(self, done: Run) -> None:
        """What came out: events, or tables; the folder alone for those who want it quiet."""
        if self.events is not None:
            self.events.results(done.record)
        elif self.args.quiet:
            print(done.path)
        else:
            print_run(done)
        self.complaints((*done.errors, *done.failed))

    def done(self, status: int, found: Run | None = None) -> int:
        """The end."""
        if self.events is not None:
            self.events.done(status, None if found is None else found.path, fresh=found is not None and found.fresh)
        return status


def run(args: Arguments, load: Callable[[str], Spec], fault: Callable[[Exception], int], tell: Any) -> int:
    """Every spec in its turn, with the programs that were compiled for those before it; the worst exit status."""
    programs: dict[str, Any] = {}
    return max([_one(path, args, load, fault, tell, programs) for path in args.specs])


def _one(
    path: str, args: Arguments, load: Callable[[str], Spec], fault: Callable[[Exception], int], tell: Any,
    programs: dict[str, Any],
) -> int:  # fmt: skip
    teller = Teller(args, _events(path) if args.json else None, tell)
    try:
        spec = load(path)
        return _compute((spec.only(*args.only.split(",")) if args.only else spec).check(), args, teller, programs)
    except KeyboardInterrupt:
        teller.done(INTERRUPTED)
        raise
    except Exception as error:  # the specs behind this one have their turn
        status = fault(error)
        if teller.events is not None:
            from nnspec.faults import diagnose

            known = diagnose(error)[1]
            teller.events.complaints(known)
            if not known:
                teller.events.say("error", code=None, message=f"internal error: {type(error).__name__}")
        return teller.done(status)


def _compute(checked: Checked, args: Arguments, teller: Teller, programs: dict[str, Any]) -> int:
    from nnspec.run.cache import root
    from nnspec.stages import cached
    from nnspec.stages import run as compute

    place = root()
    cache = None if place is None else str(place)
    teller.checked(checked)
    if args.dry_run:
        if teller.events is None:
            from nnspec.plan.show import table

            print(table(checked.plan, reasons=cached(checked, cache)))
        return teller.done(DONE)
    with teller.showing(checked.experiment.name) as report:
        done = compute(
            checked, Path(args.out) if args.out else None, force=args.force, memory=args.memory, cache=cache, report=report,
            command_line=args.command_line, host=_host() if args.host else None, fail_fast=args.fail_fast,
            plots=not args.no_plots, programs=programs,
        )  # fmt: skip
    teller.results(done)
    return teller.done({"failed": POINTS_FAILED, "check failed": CHECK_FAILED}.get(done.record.status, DONE), done)


def _events(path: str) -> Events:
    from nnspec.report.events import Events

    return Events(sys.stdout, path)


def watched(answer: Callable[[], int]) -> int:
    """A run that may be stopped at any time."""
    from nnspec.run.stopping import watched as watching

    with watching():
        return answer()


def interrupted() -> int:
    """Say how to go on."""
    from nnspec.run.stopping import say

    say()
    return INTERRUPTED


def print_run(done: Run) -> None:
    """Tables, checks and files of a run."""
    from nnspec.report.summary import summary

    print(summary(done.record, done.estimates, done.path, fresh=done.fresh, kept=done.kept, width=width()))


def width() -> int:
    """Columns of the terminal."""
    import shutil

    return max(60, shutil.get_terminal_size((100, 24)).columns)


def _host() -> str:
    import platform

    return platform.node()
