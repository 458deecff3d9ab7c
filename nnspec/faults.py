"""What goes wrong at the very end of a command: known refusals with their exit status, and our own bugs."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnspec.result.files import NewerFormat
    from nnspec.text.diagnostic import Diagnostic
    from nnspec.text.terminal import Manner

WRONG_SPEC, WRONG_COMMAND, NOT_COMPUTED, BUG = 1, 2, 4, 70


def report(error: Exception, manner: Manner) -> int:
    """Print an error as a user should see it; the exit status that belongs to it."""
    from nnspec.text.diagnostic import render_all

    status, diagnostics = diagnose(error)
    if not diagnostics:
        return _bug(error)
    print(render_all(diagnostics, color=manner.color, width=manner.width), file=sys.stderr)
    return status


def diagnose(error: Exception) -> tuple[int, Sequence[Diagnostic]]:
    """The exit status of an error and what is to be said; nothing is said about our own bugs here."""
    from nnspec.report.gallery import CannotShow
    from nnspec.result.dataset import DamagedResult
    from nnspec.result.files import NewerFormat
    from nnspec.result.record import DamagedRecord
    from nnspec.run.execute import ComputingError, NotYet
    from nnspec.text.diagnostic import Diagnostic, Refused, SpecError

    match error:
        case SpecError():
            return WRONG_SPEC, error.diagnostics
        case NotYet():
            return NOT_COMPUTED, error.diagnostics
        case Refused():
            return WRONG_COMMAND, (error.diagnostic,)
        case CannotShow():
            return WRONG_COMMAND, (error.diagnostic,)
        case ComputingError():
            return NOT_COMPUTED, (error.diagnostic,)
        case NewerFormat():
            return NOT_COMPUTED, (_newer(error),)
        case DamagedRecord() | DamagedResult():
            advice = "compute it again with `nnspec run --force`"
            return NOT_COMPUTED, (Diagnostic("NN721", str(error), where="run folder", helps=(advice,)),)
        case OSError():
            return NOT_COMPUTED, (_refused_by_system(error),)
    return BUG, ()


def _newer(error: NewerFormat) -> Diagnostic:
    import nnspec
    from nnspec.text.diagnostic import Diagnostic

    version = error.version or "the newest version"
    helps = (f"install {version}: `pip install --upgrade nnspec`", "or compute it again here: `nnspec run SPEC --out DIR`")
    notes = (f"this is nnspec {nnspec.__version__}",)
    return Diagnostic("NN726", "the run was made by a newer nnspec", where=str(error.path), notes=notes, helps=helps)


def _refused_by_system(error: OSError) -> Diagnostic:
    from nnspec.run.places import full
    from nnspec.text.diagnostic import Diagnostic

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(Path(error.filename or "files"))
    reason = str(error.strerror or error)
    helps = ("give the folder of a run, as `nnspec run` prints it",) if _is_record(error) else ()
    return Diagnostic("NN720", reason[:1].lower() + reason[1:], where=str(error.filename or "files"), helps=helps)


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
