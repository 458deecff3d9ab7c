"""Colour and width: what the command says, then the environment, then the stream."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
from collections.abc import Iterator

import pytest

from nnspec.text.terminal import Manner, manner


@pytest.fixture
def terminal() -> Iterator[io.TextIOWrapper]:
    """A terminal of 40 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    with os.fdopen(theirs, "w") as stream:
        yield stream
    os.close(ours)


def test_a_file_is_plain_and_wide() -> None:
    assert manner(io.StringIO(), environment={"COLUMNS": "50"}) == Manner(color=False, width=None)


def test_a_terminal_has_colours_and_a_width(terminal: io.TextIOWrapper) -> None:
    assert manner(terminal, environment={}) == Manner(color=True, width=40)
    assert manner(terminal, environment={"COLUMNS": "50"}).width == 50
    assert manner(terminal, environment={"COLUMNS": "wide"}).width == 40


@pytest.mark.parametrize(
    ("environment", "color"),
    [
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"CLICOLOR": "0"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
    ids=str,
)
def test_what_the_environment_says_about_a_terminal(
    terminal: io.TextIOWrapper, environment: dict[str, str], color: bool
) -> None:
    assert manner(terminal, environment=environment).color == color
    assert manner(terminal, "always", environment).color
    assert not manner(terminal, "never", environment).color


@pytest.mark.parametrize("name", ["FORCE_COLOR", "CLICOLOR_FORCE"])
def test_colour_can_be_forced_on_a_file(name: str) -> None:
    assert manner(io.StringIO(), environment={name: "1"}) == Manner(color=True, width=None)
    assert not manner(io.StringIO(), environment={name: "0"}).color
    assert not manner(io.StringIO(), environment={name: ""}).color
    assert not manner(io.StringIO(), "never", {name: "1"}).color


def test_a_stream_that_is_closed() -> None:
    stream = io.StringIO()
    stream.close()
    assert manner(stream, environment={}) == Manner()
