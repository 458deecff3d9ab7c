"""Ctrl-C and SIGTERM: the shard in hand is finished and kept, then the run stops; a second Ctrl-C ends it at once.

An exception in the middle of an import or of a callback of JAX can crash the process, and while a library compiles or
computes, Python raises none. So a signal only leaves a note, which the run reads between two shards (`check`, `held`), and
a thread listens as well: it ends the process when it is not between two shards and not in one, when the shard in hand
takes too long, at a second Ctrl-C, and when the process that this one works for (a sweep with workers) is gone.
What is written is written whole or not at all, so that none of these does harm.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

GRACE = 10.0
"""Seconds that the shard in hand has after the first signal."""
PATIENCE = 0.5
"""Seconds until a process ends that is not in a shard."""
INTERRUPTED = 130
PARENT = "NNSPEC_PARENT"
"""Of a worker: the number of the process that must be alive."""
GO_ON = "interrupted; the same command goes on where this one stopped"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_EVERY = 0.1


@dataclass
class _State:
    """What a process knows about being stopped; signals belong to a process, so there is one of these."""

    watching: bool = False
    asked: bool = False
    ending: bool = False
    """The main thread knows."""
    held: int = 0
    said: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Nothing has come yet."""
        self.watching, self.asked, self.ending, self.held, self.said = True, False, False, 0, False
        self.done = threading.Event()


_state = _State()


@contextmanager
def watched(grace: float = GRACE) -> Iterator[None]:
    """Heed SIGINT and SIGTERM inside the block: `KeyboardInterrupt` at the next `check`, or the end with status 130.

    Nothing changes outside of the main thread.
    """
    if threading.current_thread() is not threading.main_thread() or _state.watching:
        yield
        return
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    _state.begin()
    before = {number: signal.signal(number, _heed) for number in _SIGNALS}
    wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    listener = threading.Thread(target=_listen, args=(ours, _state.done, grace), name="nnspec-signals", daemon=True)
    listener.start()
    try:
        yield
    finally:
        _state.watching = False
        _state.done.set()
        signal.set_wakeup_fd(wakeup)
        theirs.send(b"\0")
        listener.join()
        for number, handler in before.items():
            signal.signal(number, handler)
        ours.close()
        theirs.close()


@contextmanager
def held() -> Iterator[None]:
    """Finish the block, which ends with something that is kept, before a signal is heeded.

    Raises:
        KeyboardInterrupt: before the block or after it.
    """
    check()
    _state.held += 1
    try:
        yield
    finally:
        _state.held -= 1
    check()


def check() -> None:
    """Stop here if a signal came.

    Raises:
        KeyboardInterrupt: when it did.
    """
    if _state.watching and _state.asked and not _state.held:
        _state.ending = True
        raise KeyboardInterrupt


def say() -> None:
    """Say how to go on, once."""
    if not _state.said:
        _state.said = True
        with suppress(OSError):
            start = "\r\x1b[?25h" if os.isatty(2) else ""  # behind `^C`; and a bar hides the cursor
            os.write(2, f"{start}{GO_ON}\n".encode())


def _heed(number: int, frame: Any) -> None:  # noqa: ARG001
    _state.asked = True


def _listen(ours: socket.socket, done: threading.Event, grace: float) -> None:
    """Count the signals as they come, whatever the main thread is doing."""
    interrupts, first, alive = 0, 0.0, _parent()
    while not done.is_set():
        ready, _, _ = select.select([ours], [], [], _EVERY)
        for number in _numbers(ours) if ready else b"":
            interrupts += number == signal.SIGINT
            if number in _SIGNALS:
                _state.asked, first = True, first or time.monotonic()
        waited = time.monotonic() - first if first else 0.0
        busy = _state.held or _state.ending
        if not done.is_set() and (interrupts > 1 or waited > (grace if busy else PATIENCE) or not alive()):
            say()
            os._exit(INTERRUPTED)


def _numbers(ours: socket.socket) -> bytes:
    try:
        return ours.recv(64)
    except OSError:
        return b""


def _parent() -> Callable[[], bool]:
    """Whether the process that this one works for is there; true for those that work for nobody."""
    wanted = os.environ.pop(PARENT, "")  # processes that this one starts work for this one
    return (lambda: os.getppid() == int(wanted)) if wanted.isdecimal() else (lambda: True)
