"""How far a run is, on a terminal; one line for each group where nobody looks; nothing for those who want nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from nnspec.result.format import plain_number


@contextmanager
def display(title: str, stream: TextIO, *, quiet: bool = False) -> Iterator[Callable[[Any], None]]:
    """A function to call with each step of a run: a bar with rate, errors and time left, or one line for each group.

    Remarks are written above the bar when they come up. A reader who goes away does not end the run.
    """
    if quiet:
        yield _nothing
        return
    if not stream.isatty():
        yield _Lines(title, stream)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:24}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[errors]}", markup=False),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        yield _Bars(progress)


class _Bars:
    def __init__(self, progress: Any) -> None:
        self.progress = progress
        self.tasks: dict[str, Any] = {}

    def __call__(self, step: Any) -> None:
        if step.names not in self.tasks:
            self.tasks[step.names] = self.progress.add_task(step.names[:24], total=step.shards, rate="", errors="")
        self.progress.update(
            self.tasks[step.names], completed=step.done, total=step.shards, rate=_rate(step), errors=errors(step),
        )  # fmt: skip
        if step.note:
            self.progress.console.print(step.note, markup=False, highlight=False)


class _Lines:
    def __init__(self, title: str, stream: TextIO) -> None:
        self.title = title
        self.stream = stream

    def __call__(self, step: Any) -> None:
        if step.note:
            self.say(f"{self.title}: {step.note}")
        elif step.done == step.shards and step.done:
            rate = _rate(step)
            self.say(f"{self.title}: {step.names} in {step.seconds:.1f} s{', ' + rate if rate else ''}")

    def say(self, text: str) -> None:
        with suppress(OSError):  # whoever reads it left
            print(text, file=self.stream, flush=True)


def _nothing(step: Any) -> None:
    """Say nothing about a step."""


def errors(step: Any, most: int = 3) -> str:
    """The largest error bar so far of each result: `G2 ±0.012`."""
    shown = [f"{name} ±{plain_number(error, 2)}" for name, error in step.errors[:most]]
    return ", ".join([*shown, *(["…"] if len(step.errors) > most else [])])


def _rate(step: Any) -> str:
    return f"{step.draws / step.seconds:,.0f} networks/s" if step.draws and step.seconds > 0.05 else ""
