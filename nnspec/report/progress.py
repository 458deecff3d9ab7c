"""How far a run is, on a terminal; quiet when nobody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO


@contextmanager
def display(title: str, stream: TextIO) -> Iterator[Callable[[Any], None]]:
    """A function to call with each step of a run: a bar with rate and time left, or one line for each group."""
    if not stream.isatty():
        yield _Lines(title, stream)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:24}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
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
            self.tasks[step.names] = self.progress.add_task(step.names[:24], total=step.shards, rate="")
        self.progress.update(self.tasks[step.names], completed=step.done, total=step.shards, rate=_rate(step))


class _Lines:
    def __init__(self, title: str, stream: TextIO) -> None:
        self.title = title
        self.stream = stream

    def __call__(self, step: Any) -> None:
        if step.done == step.shards and step.done:
            rate = _rate(step)
            print(f"{self.title}: {step.names} in {step.seconds:.1f} s{', ' + rate if rate else ''}", file=self.stream)


def _rate(step: Any) -> str:
    return f"{step.draws / step.seconds:,.0f} networks/s" if step.draws and step.seconds > 0.05 else ""
