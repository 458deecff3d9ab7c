"""What happens in a run, one JSON object a line on standard output: `nnspec run --json`, for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from nnspec.plan.planner import Plan
from nnspec.plan.show import rows
from nnspec.result.files import plain
from nnspec.result.record import RunRecord
from nnspec.text.diagnostic import Diagnostic, to_json

FORMAT = 1
EVENTS = {
    "plan": "`name`, `digest` and the `rows` of the plan: what is computed, how, why, with how many draws",
    "warning": "a complaint that keeps nothing from being computed, as `nnspec check --format json` writes it",
    "progress": "`names` of results, `done` of `shards`, `draws`, `seconds`, `stderr` (largest error bar so far, by name), `note`",
    "result": "one result: `name`, `method`, `dims`, `shape`, `draws`; `value` and `stderr` of a number, else `min`, `max`",
    "check": "one claim: `text`, `passed` (null: it cannot be judged), `left`, `right`, `detail`",
    "error": "a complaint that ends the run, a check that failed, or a point of a sweep that could not be computed",
    "done": "the last line about a spec: `status` (the exit status), `folder` of the run, `fresh` (false: it was there)",
}
"""What happens, and what is said about it; every line has `event` and `spec` as well."""


class Events:
    """Writes events about one spec; a reader who goes away does not end the run."""

    def __init__(self, stream: TextIO, spec: str) -> None:
        self.stream = stream
        self.spec = spec
        self.open = True

    def plan(self, plan: Plan, digest: str) -> None:
        """What is going to be computed."""
        self.say("plan", format=FORMAT, name=plan.experiment.name, digest=digest, rows=rows(plan))

    def progress(self, step: Any) -> None:
        """How far it is."""
        self.say(
            "progress", names=step.names, done=step.done, shards=step.shards, draws=step.draws,
            seconds=round(step.seconds, 3), stderr=dict(step.errors), note=step.note,
        )  # fmt: skip

    def complaints(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Warnings and errors."""
        for each in diagnostics:
            self.say("error" if each.level == "error" else "warning", **to_json(each))

    def results(self, record: RunRecord) -> None:
        """Results and claims."""
        for row in record.estimates:
            self.say("result", **row)
        for check in record.checks:
            self.say(
                "check", text=check.text, passed=check.passed, left=check.left, right=check.right, detail=check.detail
            )

    def done(self, status: int, folder: Path | None = None, *, fresh: bool = False) -> None:
        """The end of it."""
        self.say("done", status=status, folder=None if folder is None else str(folder), fresh=fresh)

    def say(self, event: str, **content: Any) -> None:
        """One line."""
        if not self.open:
            return
        line = json.dumps({"event": event, "spec": self.spec, **plain(content)}, ensure_ascii=False, allow_nan=False)
        try:
            print(line, file=self.stream, flush=True)
        except BrokenPipeError:
            self.open = False


def described() -> str:
    """The text of `nnspec doc events`."""
    width = max(map(len, EVENTS))
    lines: Sequence[str] = [f"  {name:{width}}  {text}" for name, text in EVENTS.items()]
    return "\n".join([
        "`nnspec run --json` writes one JSON object a line on standard output, as things happen, and nothing else there.",
        "Every line has `event` and `spec` (the file); numbers that are not finite are the words \"nan\" and \"inf\".",
        "A run that is killed, or interrupted twice, ends without `done`.", "", *lines,
    ])  # fmt: skip
