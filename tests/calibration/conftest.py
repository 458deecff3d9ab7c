"""The table of all error bars that were tested, at the end of the session."""

from __future__ import annotations

import small_runs


def pytest_terminal_summary(terminalreporter) -> None:
    """`python -m pytest -m slow tests/calibration` prints what 1,000 small runs gave, by every way of sampling."""
    if small_runs.ROWS:
        terminalreporter.section("error bars; a normal law has 0.683, 0.954, 0.0027, 0, 1")
        for line in (small_runs.HEAD, *small_runs.ROWS):
            terminalreporter.write_line(line)
