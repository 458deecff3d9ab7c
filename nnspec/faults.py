"""What goes wrong at the very end of a command: known refusals with their exit status, and our own bugs."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnspec.text.terminal import Manner

WRONG_SPEC, WRONG_COMMAND, NOT_COMPUTED, BUG = 1, 2, 4, 70


def report(error: Exception, manner: Manner) -> int:
    """Print an error as a user should see it; the exit status that belongs to it."""
    from nnspec.result.dataset import DamagedResult
    from nnspec.result.record import DamagedRecord
    from nnspec.run.execute import ComputingError, NotYet
    from nnspec.text.diagnostic import Diagnostic, Refused, SpecError, render, render_all

    if isinstance(error, SpecError):
        print(render_all(error.diagnostics, color=manner.color, width=manner.width), file=sys.stderr)
        return WRONG_SPEC
    if isinstance(error, Refused):
        print(render(error.diagnostic, color=manner.color, width=manner.width), file=sys.stderr)
        return WRONG_COMMAND
    if isinstance(error, NotYet):
        print(render_all(error.diagnostics, color=manner.color, width=manner.width), file=sys.stderr)
        return NOT_COMPUTED
    if isinstance(error, ComputingError):
        print(render(error.diagnostic, color=manner.color, width=manner.width), file=sys.stderr)
        return NOT_COMPUTED
    if isinstance(error, DamagedRecord | DamagedResult):
        advice = "compute it again with `nnspec run --force`"
        found = Diagnostic("NN721", str(error), where="run folder", helps=(advice,))
        print(render(found, color=manner.color), file=sys.stderr)
        return NOT_COMPUTED
    if isinstance(error, OSError):
        reason = str(error.strerror or error)
        helps = ("give the folder of a run, as `nnspec run` prints it",) if _is_record(error) else ()
        found = Diagnostic("NN720", reason[:1].lower() + reason[1:], where=str(error.filename or "files"), helps=helps)
        print(render(found, color=manner.color), file=sys.stderr)
        return NOT_COMPUTED
    return _bug(error)


def _is_record(error: OSError) -> bool:
    return isinstance(error, FileNotFoundError | NotADirectoryError) and Path(str(error.filename)).name == "run.json"


def _bug(error: Exception) -> int:
    """An internal error: one line where it was, and a file with the rest."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((f for f in reversed(frames) if "nnspec" in Path(f.filename).parts), frames[-1])
    where = f"{Path(place.filename).stem}.{place.name}"
    lines = [f"internal error: {type(error).__name__} in {where} (this is a bug in nnspec, not in your spec)"]
    first = str(error).splitlines()[0] if str(error) else ""
    if first:
        lines.append(f"  {first[:200]}")
    path = _crash_file("".join(traceback.format_exception(error)))
    if path is not None:
        lines.append(f"  report it with the file {path}")
    print("\n".join(lines), file=sys.stderr)
    return BUG


def _crash_file(text: str) -> Path | None:
    try:
        handle, name = tempfile.mkstemp(prefix="nnspec-crash-", suffix=".txt")
        with os.fdopen(handle, "w") as file:
            file.write(f"command: nnspec {' '.join(sys.argv[1:])}\n{text}")
    except OSError:
        return None
    return Path(name)
