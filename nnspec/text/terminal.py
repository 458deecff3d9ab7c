"""How complaints look where they are read: in colour or not, and in how many columns."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

Choice = Literal["auto", "always", "never"]
CHOICES: tuple[Choice, ...] = ("auto", "always", "never")


@dataclass(frozen=True)
class Manner:
    """Whether to use colours, and the columns that there are; None where lines may be as long as they like."""

    color: bool = False
    width: int | None = None


def manner(stream: TextIO, choice: Choice = "auto", environment: Mapping[str, str] = os.environ) -> Manner:
    """What suits a stream: the choice of the command comes first, then that of the environment.

    `NO_COLOR` (no-color.org) goes before `FORCE_COLOR` (force-color.org) and `CLICOLOR_FORCE` (bixense.com/clicolors).
    """
    terminal = _is_terminal(stream)
    color = _wanted(environment, terminal=terminal) if choice == "auto" else choice == "always"
    return Manner(color, _columns(stream, environment) if terminal else None)


def _wanted(environment: Mapping[str, str], *, terminal: bool) -> bool:
    if environment.get("NO_COLOR"):
        return False
    if any(environment.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return terminal and environment.get("CLICOLOR") != "0" and environment.get("TERM") != "dumb"


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False


def _columns(stream: TextIO, environment: Mapping[str, str]) -> int | None:
    """`COLUMNS`, or what the terminal says; None when neither knows."""
    given = environment.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None
